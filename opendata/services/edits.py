"""What people wrote over what the sources say, field by field: pure rules, no store.

An edited field keeps its value whatever the sources say later; what they say meanwhile is kept beside it, so that it
can be shown and taken again. A disclosure is the exception: the stricter of the two stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_type_hints

from opendata.catalog.provenance import Edit
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import LANGUAGES, Disclosure
from opendata.store.codec import dump, load

FILE = "file."
"""Stands before the key of a file and its field where an edit is one of a file: file.KEY.license_id."""

IN_LANGUAGES = ("title", "description")
"""Fields that are edited, and filled by other sources, language by language."""

FIELDS = (
    "type", "keywords", "themes", "subjects", "license_id", "license_text", "issued", "modified", "languages",
    "frequency", "temporal", "spatial", "version", "contributors", "contacts", "landing_page", "register_number",
    "report_number",
)  # fmt: skip
"""Fields that are edited as a whole."""

FILE_FIELDS = ("name", "license_id", "license_text", "disclosure", "role", "language")

EDITABLE = (*(f"{name}.{language}" for name in IN_LANGUAGES for language in LANGUAGES), *FIELDS)
"""Everything of a record that can be edited; of a file `FILE_FIELDS`."""


def value_of(record: DatasetRecord, name: str) -> Any:
    """The value of an editable field. KeyError where there is no such file."""
    if name.startswith(FILE):
        key, field = file_field(name)
        return getattr(next(one for one in record.resources if one.key == key), field)
    field, _, language = name.partition(".")
    value = getattr(record, field)
    return value.inside(language) if language else value


def with_value(record: DatasetRecord, name: str, value: Any) -> DatasetRecord:
    """The record with another value of an editable field."""
    if name.startswith(FILE):
        key, field = file_field(name)
        changed = (replace(one, **{field: value}) if one.key == key else one for one in record.resources)
        return replace(record, resources=tuple(changed))
    field, _, language = name.partition(".")
    return replace(record, **{field: replace(getattr(record, field), **{language: value}) if language else value})


def file_field(name: str) -> tuple[str, str]:
    """Key and field of an edit of a file."""
    key, _, field = name.removeprefix(FILE).rpartition(".")
    return key, field


def kind_of(name: str) -> Any:
    """The type of an editable field, for `codec.load`."""
    if name.startswith(FILE):
        return get_type_hints(ResourceRecord)[file_field(name)[1]]
    field, _, language = name.partition(".")
    return str if language else get_type_hints(DatasetRecord)[field]


def unedited(stored: DatasetRecord) -> DatasetRecord:
    """The record as the sources have it."""
    for edit in stored.edited:
        if _is_there(stored, edit.field):
            stored = with_value(stored, edit.field, load(kind_of(edit.field), edit.said))
    return replace(stored, edited=())


def with_edits(found: DatasetRecord, stored: DatasetRecord) -> DatasetRecord:
    """`found` with what people wrote over `stored`; each edit notes what the sources say of its field now."""
    kept = []
    record = found
    for edit in stored.edited:
        name = _name_in(found, stored, edit.field) if _is_there(stored, edit.field) else ""
        if name:
            now_said = value_of(found, name)
            record = with_value(record, name, _standing(value_of(stored, edit.field), now_said))
            kept.append(replace(edit, field=name, said=dump(now_said)))
    return replace(record, edited=tuple(kept))


def _standing(edited: Any, said: Any) -> Any:
    """The edited value; of two disclosures the stricter one."""
    if isinstance(edited, Disclosure) and said.is_stricter_than(edited):
        return said
    return edited


def _name_in(found: DatasetRecord, stored: DatasetRecord, name: str) -> str:
    """What the edited field is called in `found`, "" where it is of a file that is there no more.

    A source may give a file another key; while it has the same link or bytes, what was written of it holds.
    """
    if _is_there(found, name):
        return name
    key, field = file_field(name)
    had = next(one for one in stored.resources if one.key == key)
    known = {one.key for one in stored.resources}
    for one in found.resources:
        same_link = bool(had.download_url) and one.download_url == had.download_url
        if one.key not in known and (same_link or (had.checksum and one.checksum == had.checksum)):
            return f"{FILE}{one.key}.{field}"
    return ""


def _is_there(record: DatasetRecord, name: str) -> bool:
    return not name.startswith(FILE) or any(one.key == file_field(name)[0] for one in record.resources)


def edited_fields(edits: Iterable[Edit]) -> dict[str, Edit]:
    """The edits by field."""
    return {edit.field: edit for edit in edits}
