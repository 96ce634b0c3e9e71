"""Whether what a list of tests/export names is really lost: of one that comes through, the list would tell a lie."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import Disclosure, Text
from opendata.errors import NotFound
from opendata.services import groups
from opendata.services.catalogue import Catalogue

Pairs = Sequence[tuple[DatasetRecord, DatasetRecord]]
"""Each record as it is stored by the original and by the copy."""


def is_lost(name: str, pairs: Pairs, absent: Collection[DatasetRecord], copy: Catalogue) -> bool:
    """Whether `name` differs in any record. `absent` are those of the original that the copy does not have."""
    if name in ("state", "tombstone"):
        return any(one.state is RecordState.WITHDRAWN for one in absent)
    if name == "private":
        return any(one.private for one in absent)
    if name == "groups":
        return not _is_group(copy, "floods")
    if name in _SPECIAL:
        return any(_SPECIAL[name](one, other) for one, other in pairs)
    if name.startswith("file."):
        return any(
            getattr(file, name[5:]) != getattr(twin, name[5:])
            for one, other in pairs
            for file, twin in zip(one.resources, other.resources, strict=True)
        )
    return any(_at(one, name) != _at(other, name) for one, other in pairs)


def _is_group(copy: Catalogue, name: str) -> bool:
    try:
        return groups.is_group(copy, name)
    except NotFound:
        return False


def _at(value: Any, path: str) -> Any:
    """The value of a field, or of a part of it ("organization.title"); without order, which is nowhere a loss."""
    for name in path.split("."):
        value = getattr(value, name) if value is not None else None
    return set(map(repr, value)) if isinstance(value, tuple) else value


def _texts(value: Any) -> Iterator[Text]:
    """All texts inside, in order."""
    if isinstance(value, Text):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def _original(one: DatasetRecord, other: DatasetRecord) -> bool:
    return any(left.original != right.original for left, right in zip(_texts(one), _texts(other), strict=False))


def _foreign(one: DatasetRecord, other: DatasetRecord) -> bool:
    return bool(one.title.other) and one.title.original != other.title.original


def _breaks(one: DatasetRecord, other: DatasetRecord) -> bool:
    left, right = one.description.ru, other.description.ru
    return left != right and left.split() == right.split()


def _addresses(one: DatasetRecord, other: DatasetRecord) -> bool:
    links = {file.access_url for file in one.resources if file.access_url and file.disclosure == Disclosure()}
    return not links <= {file.download_url for file in other.resources}


def _first_is_original(one: DatasetRecord, other: DatasetRecord) -> bool:
    pairs = ((one.description, other.description), (one.performer, other.performer))
    return any(len(text.values()) > 1 and not text.original and twin.original for text, twin in pairs)


def _kinds(one: DatasetRecord, other: DatasetRecord) -> bool:
    return {relation.kind for relation in one.relations} != {relation.kind for relation in other.relations}


_SPECIAL: dict[str, Callable[[DatasetRecord, DatasetRecord], bool]] = {
    "languages of texts": _original,
    "texts in other languages": _foreign,
    "original language": _first_is_original,
    "line breaks": _breaks,
    "file addresses": _addresses,
    "relations of a kind": _kinds,
}
"""What a list names that is no field."""
