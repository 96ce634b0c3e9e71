"""Fields that CKAN's clients ask for by name: read from the index when somebody asks, and no sooner.

Each document has them in a column of their own, which is mapped, not loaded. Those that are asked for all the time and
have few values are read together on the first such search; all others, of which a catalogue may have hundreds, one by
one, and only as many as MOST_HELD stay.
"""

from __future__ import annotations

import marshal
import threading
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from opendata.search.collation import title_key
from opendata.search.columns import Numbers, Pairs, ValueColumn, Vocabulary, storable
from opendata.search.document import SearchDocument

MOST_HELD = 32
"""Fields outside CORE that are kept in memory at once."""
MOST_CHARACTERS = 256
"""Of a value that are kept: longer ones are texts, which nobody asks for as a whole."""

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "state": ("active",),
    "capacity": ("public",),
    "private": ("false",),
    "isopen": ("false",),
    "dataset_type": ("dataset",),
    "entity_type": ("package",),
}
"""What holds where a document does not say otherwise."""

CORE = (*DEFAULTS, "organization", "groups", "license_id", "owner_org", "creator_user_id")
"""Fields that are read at once."""

_OFTEN = (
    b"extras_contact_points extras_contributors extras_doi extras_frequency extras_harvest_source_title "
    b"extras_harvest_source_url extras_identifier extras_identifiers extras_issued extras_keywords extras_language "
    b"extras_license_text extras_modified extras_register_number extras_report_number extras_resource_type_general "
    b"extras_spatial_text extras_study_title extras_temporal_start extras_temporal_end author creator_user_id groups "
    b"license_id maintainer organization owner_org res_description res_name res_url url version https:// .xlsx .pdf "
    b".csv name title_string"
)
"""What nearly every document says: short texts are packed a third smaller with it. It belongs to the index's format."""

NUMBERS = ("metadata_created", "metadata_modified", "views", "title_end", "notes_start", "notes_end")
"""Instants are in microseconds since 1970; the last three are where title and description end and begin by position."""


class Segment(Protocol):
    """What is read here of a run of documents that never changes."""

    @property
    def id(self) -> str:
        """What it is called."""
        ...

    @property
    def size(self) -> int:
        """How many documents it has."""
        ...

    def named(self) -> Iterator[bytes]:
        """What `packed` gave of each document, in their order."""
        ...


class NamedColumn(NamedTuple):
    """Which document has which value of a field."""

    pairs: Pairs
    vocabulary: Vocabulary


def packed(document: SearchDocument, ends: Sequence[int]) -> bytes:
    """The named fields of a document as they stand in their column; `ends` are where its searched fields end."""
    title_end, notes_start, notes_end = (ends[0], ends[1], ends[2]) if ends else (0, 0, 0)
    values = {
        name: tuple(dict.fromkeys(storable(value[:MOST_CHARACTERS]) for value in found))
        for name, found in (*document.named, ("name", (document.slug,)), ("title_string", (title_key(document.title),)))
    }
    numbers = (document.created_at, document.modified_at, document.views, title_end, notes_start, notes_end)
    packing = zlib.compressobj(1, zdict=_OFTEN)
    return packing.compress(marshal.dumps((numbers, values))) + packing.flush()


@dataclass(slots=True)
class _Known:
    """What was read of a segment."""

    numbers: Mapping[str, Numbers]
    names: frozenset[str]
    pairs: dict[str, Pairs] = field(default_factory=dict)


class Named:
    """The named fields of an index within a process. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._vocabularies: OrderedDict[str, Vocabulary] = OrderedDict()

    def keep_only(self, ids: Collection[str]) -> None:
        """Forget all other segments."""
        with self._lock:
            self._known = {key: known for key, known in self._known.items() if key in ids}

    def numbers(self, segments: Sequence[Segment]) -> dict[str, Numbers]:
        """The numbers of all documents of these segments, one after the other."""
        empty = np.zeros(0, np.int64)
        with self._lock:
            known = [self._of(segment) for segment in segments]
            joined = {name: np.concatenate([empty, *(one.numbers[name] for one in known)]) for name in NUMBERS}
            start = 0
            for one, segment in zip(known, segments, strict=True):
                # As views of what is joined, so that memory holds them once.
                one.numbers = {name: numbers[start : start + segment.size] for name, numbers in joined.items()}
                start += segment.size
        return joined

    def column(self, segments: Sequence[Segment], name: str) -> NamedColumn | None:
        """A field of all documents of these segments; None where no document has it."""
        with self._lock:
            known = [(segment, self._of(segment)) for segment in segments]
            if not known or (name not in CORE and not any(name in one.names for _segment, one in known)):
                return None
            vocabulary = self._vocabulary(name)
            for segment, one in known:
                if name not in one.pairs:
                    one.pairs[name] = _read(segment, one, name, vocabulary)
            parts = [one.pairs[name] for _segment, one in known]
            joined = Pairs.joined(parts)
            for (_segment, one), view in zip(known, joined.views(parts), strict=True):
                one.pairs[name] = view  # so that memory holds them once
            return NamedColumn(joined, vocabulary)

    def _vocabulary(self, name: str) -> Vocabulary:
        found = self._vocabularies.get(name)
        if found is None:
            found = self._vocabularies[name] = Vocabulary()
        self._vocabularies.move_to_end(name)
        others = [key for key in self._vocabularies if key not in CORE]
        for key in others[:-MOST_HELD]:
            del self._vocabularies[key]
            for known in self._known.values():
                known.pairs.pop(key, None)
        return found

    def _of(self, segment: Segment) -> _Known:
        found = self._known.get(segment.id)
        if found is None:
            found = self._known[segment.id] = self._first(segment)
        return found

    def _first(self, segment: Segment) -> _Known:
        """The numbers and the fields of CORE, in one pass."""
        columns = {name: ValueColumn(self._vocabulary(name)) for name in CORE}
        names: set[str] = set()
        numbers = array("q")
        for doc, row in enumerate(segment.named()):
            mine, values = _unpacked(row)
            numbers.extend(mine)
            names.update(values)
            for name, column in columns.items():
                if found := values.get(name) or DEFAULTS.get(name):
                    column.add(doc, found)
        table: NDArray[Any] = np.array(numbers, dtype=np.int64).reshape(-1, len(NUMBERS)).T.copy()
        pairs = {name: column.pairs(segment.size) for name, column in columns.items()}
        return _Known(dict(zip(NUMBERS, table, strict=True)), frozenset(names), pairs)


def _read(segment: Segment, known: _Known, name: str, vocabulary: Vocabulary) -> Pairs:
    column = ValueColumn(vocabulary)
    if name in known.names:
        for doc, row in enumerate(segment.named()):
            if found := _unpacked(row)[1].get(name):
                column.add(doc, found)
    return column.pairs(segment.size)


def _unpacked(row: bytes) -> tuple[tuple[int, ...], dict[str, tuple[str, ...]]]:
    plain = zlib.decompressobj(zdict=_OFTEN).decompress(row)
    found: tuple[tuple[int, ...], dict[str, tuple[str, ...]]] = marshal.loads(plain)  # noqa: S302 - our own column
    return found
