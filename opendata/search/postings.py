"""The postings of one key as bytes: which documents hold it, with what weight and where. Read and written as arrays.

Layout: a byte of kinds, the differences of the document numbers in the narrowest type that takes them, the weights as
16-bit floats, and, where the record's own texts hold the key at all, a byte per document (how many positions; the
highest bit for report text) and the positions. Nothing is compressed further: a search reads a list with a few calls
whatever its length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IN_TEXT = 128
"""The bit of a count that says that report text holds the key."""
_WIDTHS = ("<u1", "<u2", "<u4")
_WIDE_POSITIONS = 4
_POSITIONED = 8
_MOST_WEIGHT = 60_000.0

Docs = NDArray[np.int64]
Weights = NDArray[np.float32]
Counts = NDArray[np.uint8]
Places = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of one key in rising order of documents. `counts` of `places` belong to each document; a count has
    the bit IN_TEXT where report text holds the key."""

    docs: Docs
    weights: Weights
    counts: Counts
    places: Places

    def __len__(self) -> int:
        return len(self.docs)


EMPTY = Postings(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.uint8), np.zeros(0, np.uint32))


def pack(postings: Postings) -> bytes:
    """The bytes that `unpack_docs` and `unpack_places` read again. The first document is not among them."""
    docs, counts, places = postings.docs, postings.counts, postings.places
    gaps = docs[1:] - docs[:-1]
    width = _width(int(gaps.max(initial=0)))
    wide = bool(len(places)) and int(places.max()) > 0xFFFF
    code = width | (_WIDE_POSITIONS if wide else 0) | (_POSITIONED if len(places) else 0)
    parts = [
        bytes((code,)),
        gaps.astype(_WIDTHS[width]).tobytes(),
        np.minimum(postings.weights, _MOST_WEIGHT).astype("<f2").tobytes(),
    ]
    if len(places):
        parts += [counts.tobytes(), places.astype("<u4" if wide else "<u2").tobytes()]
    return b"".join(parts)


def unpack_docs(packed: bytes, first: int, size: int) -> tuple[Docs, Weights]:
    """The documents and weights of a list of `size` that begins with document `first`."""
    kind = _WIDTHS[packed[0] & 3]
    docs = np.empty(size, np.int64)
    docs[0] = first
    docs[1:] = np.frombuffer(packed, kind, size - 1, 1)
    np.cumsum(docs, out=docs)
    weights = np.frombuffer(packed, "<f2", size, 1 + (size - 1) * int(kind[2])).astype(np.float32)
    return docs, weights


def unpack_places(packed: bytes, size: int) -> tuple[Counts, Places]:
    """The counts and positions of such a list."""
    code = packed[0]
    at = 1 + (size - 1) * int(_WIDTHS[code & 3][2]) + 2 * size
    if not code & _POSITIONED:
        return np.full(size, IN_TEXT, np.uint8), EMPTY.places
    counts = np.frombuffer(packed, np.uint8, size, at)
    places = np.frombuffer(packed, "<u4" if code & _WIDE_POSITIONS else "<u2", -1, at + size)
    return counts, places.astype(np.uint32)


def _width(largest: int) -> int:
    return 0 if largest <= 0xFF else 1 if largest <= 0xFFFF else 2
