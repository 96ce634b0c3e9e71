"""Writes Whoosh's segments with postings of our own layout. Segments, deletions and commits stay Whoosh's.

Whoosh hands every single posting through five functions, pickles them in blocks of 128 and unpickles them one by one.
Here postings are numbers in arrays from the document to the file.
"""

from __future__ import annotations

import heapq
import marshal
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from opendata.search.document_keys import DocumentKeys
from opendata.search.postings import IN_TEXT, Postings, pack
from opendata.search.whoosh_schema import FACTS, ID, KEYS
from opendata.search.whoosh_segments import TERM, Terms

MOST_POSTINGS = 4_000_000
"""Postings held in memory, some 20 bytes each, before they are sorted to disk."""
_RUN_PART = 10_000
FEW_SEGMENTS = 4
"""So many segments of about one size are left as they are; one more, and they become one."""
_TIER = 5.0

Listed = tuple[bytes, Postings]


class BulkWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer with a pool, a merge policy and a way to the files of our own."""

    def __init__(self, index: FileIndex) -> None:
        super().__init__(index)
        self.pool = Pool(Path(self._tempstorage.folder))
        self._ids: dict[bytes, int] = {}
        self._merged: list[Iterable[Listed]] = []

    def add_document(self, **fields: Any) -> None:
        """One more document, as `whoosh_fields` gives it."""
        self._check_state()
        self._ids[fields[ID].encode("ascii")] = self.docnum
        self.pool.add(self.docnum, fields[KEYS])
        self._add_facts(fields[FACTS])

    def delete_ids(self, ids: Collection[UUID]) -> None:
        """Delete the documents of these ids that were committed before."""
        base = 0
        for segment in self.segments:
            reader = SegmentReader(self.storage, self.schema, segment)
            terms = Terms(reader, ID)
            for one in ids:
                found = terms.find(one.hex.encode("ascii"))
                if found is not None and not segment.is_deleted(found.first):
                    self.delete_document(base + found.first)
            base += segment.doc_count_all()
            reader.close()

    def add_reader(self, reader: Any) -> None:
        """Take over the documents of another segment that are not deleted."""
        self._check_state()
        size = reader.doc_count_all()
        moved = np.full(size, -1, np.int64)
        facts = reader.column_reader(FACTS)
        for doc in range(size):
            if not reader.is_deleted(doc):
                moved[doc] = self.docnum
                self._add_facts(facts[doc])
        for key, term in Terms(reader, ID).beginning():
            if moved[term.first] >= 0:
                self._ids[key] = int(moved[term.first])
        # Read while the new segment is written: the maps of the old one stay until then.
        self._merged.append(_moved(Terms(reader, KEYS), moved))

    def _add_facts(self, packed: bytes) -> None:
        self.perdocwriter.start_doc(self.docnum)
        self.perdocwriter.add_column_value(FACTS, self.schema[FACTS].column_type, packed)
        self.perdocwriter.finish_doc()
        self._added = True
        self.docnum += 1

    def _merge_segments(self, mergetype: Any, optimize: Any, merge: Any) -> list[Any]:  # noqa: ARG002
        kept, merged = to_merge(self.segments, self.docnum)
        for segment in merged:
            self.add_reader(SegmentReader(self.storage, self.schema, segment))
        return kept

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        fields = self.fieldwriter
        fields.start_field(ID, self.schema[ID])
        for key in sorted(self._ids):
            _add_term(fields, key, 1, self._ids[key], b"")
        fields.start_field(KEYS, self.schema[KEYS])
        for key, postings in _joined([*self.pool.sorted_runs(), *self._merged]):
            _add_term(fields, key, len(postings), int(postings.docs[0]), pack(postings))
        fields.close()
        self._merged = []


def to_merge(segments: Sequence[Any], added: int) -> tuple[list[Any], list[Any]]:
    """Which segments stay, and which go into the new one, that has `added` documents already.

    Small ones are merged as soon as there are several of about one size, so that there are a few of every size and
    each document is written anew a few times in its life; and those that are deleted for the most part.
    """
    kept = [one for one in segments if one.doc_count() > one.doc_count_all() / 2]
    merged = [one for one in segments if one.doc_count() <= one.doc_count_all() / 2]
    size = added + sum(one.doc_count() for one in merged)
    for one in sorted(kept, key=lambda segment: segment.doc_count()):
        similar = [other for other in kept if other.doc_count() <= max(size, one.doc_count()) * _TIER]
        if len(similar) >= FEW_SEGMENTS and one.doc_count() <= max(size, 1) * _TIER:
            merged.append(one)
            size += one.doc_count()
    return [one for one in kept if one not in merged], merged


def _add_term(fields: Any, key: bytes, documents: int, first: int, packed: bytes) -> None:
    file = fields._postfile
    value = TERM.pack(0, 0.0, documents, 0, 0, 0.0, first, 0, file.tell(), len(packed))
    file.write(packed)
    fields._tindex.add(fields._fieldid.to_bytes(2, "big") + key, value)


def _moved(terms: Terms, moved: NDArray[np.int64]) -> Iterator[Listed]:
    """The postings of a segment with the documents' new numbers, without deleted ones."""
    whole = bool((moved >= 0).all())
    for key, term in terms.beginning():
        found = terms.postings(term)
        docs = moved[found.docs]
        if whole:
            yield key, Postings(docs, found.weights, found.counts, found.places)
            continue
        live = docs >= 0
        if live.any():
            places = found.places[np.repeat(live, found.counts & ~np.uint8(IN_TEXT))]
            yield key, Postings(docs[live], found.weights[live], found.counts[live], places)


def _joined(sources: Sequence[Iterable[Listed]]) -> Iterator[Listed]:
    """One list per key from several sources, each in order of keys; a later source has the higher documents."""
    if len(sources) == 1:
        yield from sources[0]
        return
    for key, group in groupby(heapq.merge(*sources, key=itemgetter(0)), itemgetter(0)):
        parts = [postings for _key, postings in group]
        yield key, parts[0] if len(parts) == 1 else _one_after_the_other(parts)


def _one_after_the_other(parts: Sequence[Postings]) -> Postings:
    return Postings(
        np.concatenate([part.docs for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.places for part in parts]),
    )


class _Numbers(dict[str, int]):
    """Numbers keys as they come."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


@dataclass(frozen=True, slots=True)
class _Run:
    """Sorted postings: of key n those from `bounds[n]` to `bounds[n + 1]`, and as for `places_bounds`."""

    keys: Iterable[bytes]
    bounds: Sequence[int]
    places_bounds: Sequence[int]
    arrays: Postings

    def __iter__(self) -> Iterator[Listed]:
        docs, weights, counts, places = (
            self.arrays.docs,
            self.arrays.weights,
            self.arrays.counts,
            self.arrays.places,
        )
        start = first = 0
        for number, key in enumerate(self.keys, 1):
            end, last = self.bounds[number], self.places_bounds[number]
            yield key, Postings(docs[start:end], weights[start:end], counts[start:end], places[first:last])
            start, first = end, last


class Pool:
    """Takes the keys of documents and gives postings sorted by key; many are kept in sorted runs on disk meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: list[_Run] = []
        self._empty()

    def _empty(self) -> None:
        self._numbers = _Numbers()
        self._keys, self._weights, self._counts, self._places = array("I"), array("f"), array("B"), array("I")
        self._docs: list[tuple[int, int]] = []

    def add(self, doc: int, found: DocumentKeys) -> None:
        """The keys of one more document; documents come in order of their numbers."""
        self._docs.append((doc, len(found.keys)))
        self._keys.extend(map(self._numbers.__getitem__, found.keys))
        self._weights.frombytes(found.weights.tobytes())
        self._counts.frombytes((found.counts | (found.in_text * np.uint8(IN_TEXT))).tobytes())
        self._places.frombytes(found.positions.tobytes())
        if len(self._keys) >= MOST_POSTINGS:
            self._runs.append(self._put_away(self._sorted()))
            self._empty()

    def sorted_runs(self) -> list[Iterable[Listed]]:
        """Everything, once: runs in the order of their documents, each in the order of its keys."""
        runs: list[Iterable[Listed]] = [*self._runs, self._sorted()]
        self._empty()
        return runs

    def cleanup(self) -> None:
        """Forget them all. The runs go with the writer's temporary folder."""
        self._runs = []
        self._empty()

    def _sorted(self) -> _Run:
        keys = [key.encode("utf-8") for key in self._numbers]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        ranks = np.empty(len(keys), np.uint32)
        ranks[order] = np.arange(len(keys), dtype=np.uint32)
        by_key = ranks[np.frombuffer(self._keys, np.uint32)]
        way = np.argsort(by_key, kind="stable")
        numbers, sizes = (np.array([pair[n] for pair in self._docs], np.int64) for n in (0, 1))
        counts = np.frombuffer(self._counts, np.uint8)
        starts = _ends(counts)[:-1]
        counts = counts[way]
        ends = _ends(counts)
        gathered = np.repeat(starts[way] - ends[:-1], np.diff(ends)) + np.arange(ends[-1])
        bounds = np.searchsorted(by_key[way], np.arange(len(keys) + 1))
        arrays = Postings(
            np.repeat(numbers, sizes)[way],
            np.frombuffer(self._weights, np.float32)[way],
            counts,
            np.frombuffer(self._places, np.uint32)[gathered],
        )
        return _Run([keys[n] for n in order], bounds.tolist(), ends[bounds].tolist(), arrays)

    def _put_away(self, run: _Run) -> _Run:
        """The same run, on disk."""
        name = self._folder / f"run-{len(self._runs)}"
        arrays = run.arrays
        saved = [
            _saved(Path(f"{name}-{n}.npy"), one)
            for n, one in enumerate((arrays.docs, arrays.weights, arrays.counts, arrays.places))
        ]
        keys = list(run.keys)
        with Path(f"{name}-keys").open("wb") as file:
            for start in range(0, len(keys), _RUN_PART):
                marshal.dump(keys[start : start + _RUN_PART], file)
        return _Run(_Keys(Path(f"{name}-keys")), array("q", run.bounds), array("q", run.places_bounds), Postings(*saved))


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of a run on disk."""

    path: Path

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while True:
                try:
                    part = marshal.load(file)  # noqa: S302 - our own file of a moment ago
                except EOFError:
                    return
                yield from part


def _ends(counts: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the positions of each posting end, with a zero before."""
    ends = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts & ~np.uint8(IN_TEXT), out=ends[1:], dtype=np.int64)
    return ends


def _saved(path: Path, values: NDArray[Any]) -> NDArray[Any]:
    np.save(path, values)
    found: NDArray[Any] = np.load(path, mmap_mode="r") if len(values) else values
    return found
