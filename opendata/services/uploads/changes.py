"""What publishing would change in a record, field by field, in short texts for the page that shows it beforehand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Text
from opendata.services.merging import merged
from opendata.services.rewriting import UNCOMPARED_FIELDS

MOST_TEXT = 500
"""Characters that a change shows of a field."""

_OF_THE_REGISTER = (
    "id", "slug", "datasets", "state", "private", "demo", "tombstone", "metadata_created", "metadata_modified",
)  # fmt: skip
_OURS = (*UNCOMPARED_FIELDS, "state", "organization", "study", "read_from_file", "private")


def changes(stored: DatasetRecord, found: DatasetRecord, today: dt.date) -> list[list[str]]:
    """[field, before, after] of every field that writing `found` over `stored` changes. Where only the bytes of files
    do, before and after are the same names of files.
    """
    after = merged(found, stored, today)
    told = []
    for one in fields(DatasetRecord):
        if one.name in _OURS:
            continue
        old, new = short(_said(one.name, stored)), short(_said(one.name, after))
        if old != new:
            told.append([one.name, old, new])
    if not told and stored.resources:
        names = short([file.filename or file.key for file in stored.resources])
        return [["resources", names, names]]
    return told


def study_changes(stored: StudyRecord | None, found: StudyRecord) -> list[list[str]]:
    """[field, before, after] of every field of a study that registering `found` over `stored` changes."""
    if stored is None:
        return []
    told = []
    for one in fields(StudyRecord):
        if one.name in _OF_THE_REGISTER:
            continue
        before, after = short(getattr(stored, one.name)), short(getattr(found, one.name))
        if before != after:
            told.append([one.name, before, after])
    return told


def _said(name: str, record: DatasetRecord) -> Any:
    """The value of a field; of a file what a row says of it, since its bytes are not stored yet."""
    value = getattr(record, name)
    if name != "resources":
        return value
    return [
        [file.filename or file.key, file.name, file.role, file.language, file.license_id, file.disclosure]
        for file in value
    ]


def short(value: Any) -> str:
    """The value on one line: the first texts of what it holds."""
    line = " ".join(_text(value).split())
    return line if len(line) <= MOST_TEXT else line[: MOST_TEXT - 1] + "…"


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, Text):
        return " / ".join(dict.fromkeys(one.value for one in value.values()))
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int | float | dt.date):
        return str(value)
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        return _joined((getattr(value, one.name) for one in fields(value)), ", ")
    if isinstance(value, Iterable):
        return _joined(value, "; ")
    return str(value)


def _joined(parts: Iterable[Any], between: str) -> str:
    return between.join(text for text in map(_text, parts) if text)
