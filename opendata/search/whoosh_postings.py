"""Writes Whoosh's segments with postings of our own layout. Segments, deletions and commits stay Whoosh's.

Whoosh hands every single posting through five functions, pickles them in blocks of 128 and unpickles them one by one.
Here postings are numbers in arrays from the document to the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from math import log
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from opendata.search.pool import Listed, Pool, merged
from opendata.search.postings import IN_TEXT, Postings, pack
from opendata.search.whoosh_schema import COLUMN_FIELDS, ID, KEYS
from opendata.search.whoosh_segments import TERM, Terms

FEW_SEGMENTS = 3
"""So many segments that are no larger than a new one are merged with it; documents are written anew some six times."""
_TIER = 10.0
"""Segments of sizes within this factor are taken for equally large."""
MOST_MERGED = 50_000
"""Documents of a segment that no commit writes anew, so that none takes longer than some seconds."""


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
        self._add_columns([fields[name] for name in COLUMN_FIELDS])

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
        columns = [reader.column_reader(name) for name in COLUMN_FIELDS]
        for doc in range(size):
            if not reader.is_deleted(doc):
                moved[doc] = self.docnum
                self._add_columns([column[doc] for column in columns])
        for key, term in Terms(reader, ID).beginning():
            if moved[term.first] >= 0:
                self._ids[key] = int(moved[term.first])
        # Read while the new segment is written: the maps of the old one stay until then.
        self._merged.append(_moved(Terms(reader, KEYS), moved))

    def _add_columns(self, values: Sequence[bytes]) -> None:
        self.perdocwriter.start_doc(self.docnum)
        for name, packed in zip(COLUMN_FIELDS, values, strict=True):
            self.perdocwriter.add_column_value(name, self.schema[name].column_type, packed)
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
        for key, postings in merged([*self.pool.sorted_runs(), *self._merged]):
            _add_term(fields, key, len(postings), int(postings.docs[0]), pack(postings))
        fields.close()
        self._merged = []


def to_merge(segments: Sequence[Any], added: int) -> tuple[list[Any], list[Any]]:
    """Which segments stay, and which go into the new one, that has `added` documents already.

    Segments are merged as soon as there are a few of one size, so that there are a few of every size only; and those
    that are deleted for the most part, at once.
    """
    merged = [one for one in segments if one.doc_count() <= one.doc_count_all() / 2]
    kept = [one for one in segments if one not in merged]
    size = added + sum(one.doc_count() for one in merged)
    while size:
        small = [one for one in kept if one.doc_count() < MOST_MERGED and _tier(one.doc_count()) <= _tier(size)]
        if len(small) < FEW_SEGMENTS:
            break
        merged += small
        kept = [one for one in kept if one not in small]
        size += sum(one.doc_count() for one in small)
    return kept, merged


def _tier(documents: int) -> int:
    return int(log(max(documents, 1), _TIER))


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
