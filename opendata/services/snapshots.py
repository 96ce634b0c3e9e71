"""How a state of a record is written down: whole, or as what differs from the state before it.

Every tenth state is whole, so that no more than ten rows are read for one. Whatever takes a state away makes the one
after it whole (revisions.thin).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.store.codec import dump, load

Record = DatasetRecord | StudyRecord
TYPES: dict[str, type[DatasetRecord] | type[StudyRecord]] = {"dataset": DatasetRecord, "study": StudyRecord}

EVERY = 10
"""One of so many states of a record is whole."""
SINCE = "@"
"""Names, among what differs, the number of the state that it differs from. No field is called so."""

PASSING = (
    "views", "downloads", "source", "sources", "edited", "metadata_created", "metadata_modified", "creator_id",
)  # fmt: skip
"""Fields of a record that no revision holds: each is the same for all of them, or no one's to change."""

PASSING_OF_FILES = ("text", "fetch_problem", "link", "downloads", "created", "metadata_modified", "position")

REFERENCES = ("organization", "study")
OF_REFERENCES = ("id", "slug", "title", "register_number")
"""What is kept of an organisation or a study that the record names."""

_FAST = 1
"""How hard zlib tries: records are small, and a harvest waits for it."""
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def lasting(record: Record) -> dict[str, Any]:
    """What a revision holds of the record, as JSON."""
    data: dict[str, Any] = dump(record)
    for name in PASSING:
        data.pop(name, None)
    return _trimmed(data)


def _trimmed(data: dict[str, Any]) -> dict[str, Any]:
    for file in data.get("resources", ()):
        for name in PASSING_OF_FILES:
            file.pop(name, None)
    for name in REFERENCES:
        if named := data.get(name):
            data[name] = {part: named[part] for part in OF_REFERENCES if part in named}
    for relation in data.get("relations", ()):
        if "target_id" in relation:  # the record at the far end says itself what it is called
            relation.pop("title", None)
            relation.pop("target_slug", None)
    return data


def difference(before: Record, after: Record) -> dict[str, Any]:
    """The fields of `lasting` that differ, as they are after; nothing where no such field does. What the record names
    is told again with them: it may be called otherwise by now without being another.
    """
    cls: Any = type(after)
    names = [name for name in _fields(cls) if getattr(before, name) != getattr(after, name)]
    was, became = (_trimmed({name: dump(getattr(one, name)) for name in names}) for one in (before, after))
    found = {name: value for name, value in became.items() if value != was[name]}
    if found:
        found |= _trimmed({name: dump(getattr(after, name)) for name in REFERENCES if hasattr(after, name)})
    return found


@cache
def _fields(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls) if field.name not in PASSING)


def digest(data: bytes) -> str:
    """Names that content."""
    return hashlib.sha256(data).hexdigest()


def written(data: dict[str, Any]) -> bytes:
    """The JSON of it."""
    return _write(data).encode("utf-8", "surrogatepass")


def packed(data: bytes) -> bytes:
    """As a column holds it."""
    return zlib.compress(data, _FAST)


def unpacked(snapshot: bytes) -> dict[str, Any]:
    """What was packed."""
    found: dict[str, Any] = json.loads(zlib.decompress(snapshot).decode("utf-8", "surrogatepass"))
    return found


def states(rows: Iterable[tuple[int, bytes]]) -> dict[int, dict[str, Any]]:
    """The whole state after each of these, by its number: rows of one record, oldest first. Those before the first
    whole one are left out.
    """
    found: dict[int, dict[str, Any]] = {}
    for number, snapshot in rows:
        data = unpacked(snapshot)
        if SINCE not in data:
            found[number] = data
        elif (base := found.get(data.pop(SINCE))) is not None:
            found[number] = base | data
    return found


def record_from(kind: str, data: dict[str, Any]) -> Record:
    """The record of a state; without the moment at which it stood."""
    made: Record = load(TYPES[kind], data)
    if isinstance(made, DatasetRecord):  # the place of a file is that in the list
        files = tuple(dataclasses.replace(one, position=number) for number, one in enumerate(made.resources))
        made = dataclasses.replace(made, resources=files)
    return made


def is_same(kind: str, data: dict[str, Any], record: Record) -> bool:
    """Whether the record is in that state, whatever of it passes."""
    return lasting(record_from(kind, data)) == lasting(record)


def after_a_gap(kept: Sequence[int], gone: set[int]) -> list[int]:
    """Of the numbers `kept`, oldest first, those that stay and whose predecessor does not."""
    return [number for before, number in pairwise(kept) if before in gone and number not in gone]
