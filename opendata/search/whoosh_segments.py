"""Looks up keys and their postings in a segment. Nothing here moves a place in a file: threads may share it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from opendata.search.postings import EMPTY, Postings, unpack_docs, unpack_places

TERM = struct.Struct("!BfIBBfIIqi")
"""What Whoosh keeps of a term: flags, weight, documents, two lengths, highest weight, first and last document, and
where its postings stand and how long they are."""
_LENGTHS = struct.Struct("!ii")
_FIELD = struct.Struct("!H")


class Term(NamedTuple):
    """A key of a segment: in how many of its documents, deleted ones included, the first of them, and its postings."""

    documents: int
    first: int
    offset: int
    length: int


class Terms:
    """The keys of one field of a segment."""

    def __init__(self, reader: Any, field: str) -> None:
        terms = reader._terms
        self._index, self._file, self._buffer = terms._tindex, terms._postfile, terms._dbfile._buf
        self._field = _FIELD.pack(terms._fieldmap.get(field, 0xFFFF))

    def find(self, key: bytes) -> Term | None:
        """The term of a key; None when no document has it."""
        for at, _length in self._index.ranges_for_key(self._field + key):
            return self._term(at)
        return None

    def beginning(self, prefix: bytes = b"") -> Iterator[tuple[bytes, Term]]:
        """Every key that begins so, in order."""
        sought, end, buffer = self._field + prefix, self._index.endofdata, self._buffer
        at = self._index.closest_key_pos(sought)
        while at is not None and at < end:
            key_length, data_length = _LENGTHS.unpack_from(buffer, at)
            at += _LENGTHS.size
            key = bytes(buffer[at : at + key_length])
            if not key.startswith(sought):
                return
            at += key_length
            yield key[_FIELD.size :], self._term(at)
            at += data_length

    def packed(self, term: Term) -> bytes:
        """The postings as they were packed."""
        found: bytes = self._file.get(term.offset, term.length)
        return found

    def postings(self, term: Term) -> Postings:
        """All postings of a term."""
        if not term.length:
            return EMPTY
        packed = self.packed(term)
        return Postings(*unpack_docs(packed, term.first, term.documents), *unpack_places(packed, term.documents))

    def _term(self, at: int) -> Term:
        _flags, _weight, documents, _min, _max, _heaviest, first, _last, offset, length = TERM.unpack_from(
            self._buffer, at
        )
        return Term(documents, first, offset, length)
