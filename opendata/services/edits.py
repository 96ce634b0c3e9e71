"""What people wrote over what the sources say, field by field: pure rules, no store.

An edited field keeps its value whatever the sources say later; what they say meanwhile is kept beside it, so that it
can be shown and taken again. A disclosure is the exception: the stricter of the two stands. A file may be by hand as a
whole, where people added it or gave it other bytes or another address, and one that they took out stays out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_type_hints
from uuid import UUID

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
"""Everything of a record that can be edited in a form; of a file `FILE_FIELDS`."""

WRITTEN = (
    *EDITABLE, *(f"{name}.other" for name in IN_LANGUAGES), "identifier", "table_of_contents", "performer",
    "identifiers", "bbox", "relations", "extras", "organization",
)  # fmt: skip
"""Everything of a record that programs write, and that then stays as well."""

FILE_WRITTEN = (*FILE_FIELDS, "description", "filename", "format", "media_type", "issued", "modified", "extras")

OWN, GONE = "own", "gone"
"""Stand in the place of a field for a file that is by hand as a whole, and for one that people took out."""


def value_of(record: DatasetRecord, name: str) -> Any:
    """The value of an editable field; of `OWN` and `GONE` the file, None where there is none."""
    if name.startswith(FILE):
        key, field = file_field(name)
        file = next((one for one in record.resources if one.key == key), None)
        return file if file is None or field in (OWN, GONE) else getattr(file, field)
    field, _, language = name.partition(".")
    value = getattr(record, field)
    return value.inside(language) if language else value


def with_value(record: DatasetRecord, name: str, value: Any) -> DatasetRecord:
    """The record with another value of an editable field."""
    if name.startswith(FILE):
        key, field = file_field(name)
        if field in (OWN, GONE):
            return _with_file(record, key, value)
        changed = (replace(one, **{field: value}) if one.key == key else one for one in record.resources)
        return replace(record, resources=tuple(changed))
    field, _, language = name.partition(".")
    return replace(record, **{field: replace(getattr(record, field), **{language: value}) if language else value})


def _with_file(record: DatasetRecord, key: str, file: ResourceRecord | None) -> DatasetRecord:
    """The record with that file in the place of the one that has the key, or without it."""
    if file is not None and all(one.key != key for one in record.resources):
        return replace(record, resources=(*record.resources, file))
    kept = (file if one.key == key else one for one in record.resources)
    return replace(record, resources=tuple(one for one in kept if one is not None))


def file_field(name: str) -> tuple[str, str]:
    """Key and field of an edit of a file."""
    key, _, field = name.removeprefix(FILE).rpartition(".")
    return key, field


def kind_of(name: str) -> Any:
    """The type of an editable field, for `codec.load`."""
    if name.startswith(FILE):
        field = file_field(name)[1]
        return ResourceRecord | None if field in (OWN, GONE) else get_type_hints(ResourceRecord)[field]
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
        if edit.field.startswith(FILE) and file_field(edit.field)[1] in (OWN, GONE):
            said = value_of(found, edit.field)
            kept.append(replace(edit, said=dump(said)))
            record = with_value(record, edit.field, _standing_file(value_of(stored, edit.field), said))
            continue
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


def _standing_file(edited: ResourceRecord | None, said: ResourceRecord | None) -> ResourceRecord | None:
    """The file that is by hand, no more open than its source says of the one in its place."""
    if edited and said and said.disclosure.is_stricter_than(edited.disclosure):
        return replace(edited, disclosure=said.disclosure)
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
    if not name.startswith(FILE):
        return True
    key, field = file_field(name)
    return field in (OWN, GONE) or any(one.key == key for one in record.resources)


def edited_fields(edits: Iterable[Edit]) -> dict[str, Edit]:
    """The edits by field."""
    return {edit.field: edit for edit in edits}


def changed(before: DatasetRecord, after: DatasetRecord) -> tuple[str, ...]:
    """The names of the fields whose values differ; a file whose bytes or address do is `OWN`."""
    names = [name for name in WRITTEN if _comparable(before, name) != _comparable(after, name)]
    had = {one.key: one for one in before.resources}
    for file in after.resources:
        earlier = had.pop(file.key, None)
        if earlier is None or _place(earlier) != _place(file):
            names.append(f"{FILE}{file.key}.{OWN}")
        else:
            fields = (field for field in FILE_WRITTEN if getattr(earlier, field) != getattr(file, field))
            names += [f"{FILE}{file.key}.{field}" for field in fields]
    return (*names, *(f"{FILE}{key}.{GONE}" for key in had))


def _comparable(record: DatasetRecord, name: str) -> Any:
    value = value_of(record, name)
    return value.id if name == "organization" and value else value


def _place(file: ResourceRecord) -> tuple[str, str, str]:
    return file.download_url, file.access_url, file.checksum if file.stored else ""


def noted(before: DatasetRecord, names: Iterable[str], at: dt.datetime, user: UUID | None) -> tuple[Edit, ...]:
    """The edits of the record once the fields of these `names` were written by hand over `before`."""
    edits = edited_fields(before.edited)
    source = unedited(before)
    for name in names:
        file, _dot, field = name.rpartition(".")
        known = edits.get(name)
        if field in (OWN, GONE) and name.startswith(FILE):  # stands for all that was written of the file before
            known = edits.get(f"{file}.{OWN}")
            edits = {one: edit for one, edit in edits.items() if not one.startswith(f"{file}.")}
        elif f"{file}.{OWN}" in edits:
            continue
        said = known.said if known else dump(value_of(source, name))
        if field != GONE or said is not None:  # a file that no source has needs no mark to stay out
            edits[name] = Edit(name, at, user, said)
    return tuple(edits.values())


def by_hand(record: DatasetRecord, at: dt.datetime, user: UUID | None) -> tuple[Edit, ...]:
    """The edits of a record that people made as a whole, and that a source has now as well: all that it says stays."""
    names = [name for name in WRITTEN if value_of(record, name)]
    names += [f"{FILE}{one.key}.{OWN}" for one in record.resources]
    return tuple(Edit(name, at, user) for name in names)


PLAIN = ("slug", "state", "private")
"""Fields that no source says, so that they are never marked as written by hand."""


def told(record: DatasetRecord, name: str) -> object:
    """What an event tells of a field; of an organisation its slug, of a file its name."""
    if name in PLAIN:
        return dump(getattr(record, name))
    value = value_of(record, name)
    if name == "organization":
        return value.slug if value else None
    if value is not None and name.endswith((f".{OWN}", f".{GONE}")):
        address = value.download_url or value.access_url
        return {"name": value.filename or address or value.key, "checksum": value.checksum if value.stored else ""}
    return dump(value)
