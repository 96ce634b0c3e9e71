"""The keys of the pages of one file, packed: which pages hold which words close together, without reading a page.

An inverted list: the sorted 32-bit hashes of all keys, how many pages each stands on, those pages, and for each of them
in which of its ZONES equal parts the key stands, one bit a part. Two keys with one hash are taken for one: for a given
word that happens in about one of 400,000 files of 10,000 keys.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

FORMAT = 2
"""The first byte. Raised whenever the layout changes; keys of another layout are made again."""
ZONES = 16
"""Parts of a page; about 20 words of an ordinary one."""
MAX_PAGES = 65_535
"""Pages beyond are not kept: they have no number of 16 bits."""
MAX_POSTINGS = 20_000_000
"""Keys over all pages. A file that has more gets no page keys at all, rather than wrong ones."""

MAX_WORDS = 65_535
"""Words that a page is said to have at most."""

FEW = 8
"""Keys of a file that are looked at one by one; of more, all postings at once."""

_HEADER = struct.Struct("<BBHI8s")
"""Format, bytes of a page number, pages, different keys, the analysis that gave them."""
_NARROW_PAGES = 255

Zones = NDArray[np.uint16]
"""Bits of the parts of each page, the first part the lowest bit; 0 where the page does not hold it."""
Hashes = NDArray[np.uint32]


def hash32(key: str) -> int:
    """What a key is kept as."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))


def analysis_id(version: str) -> str:
    """A short name (16 hex digits) for the `version` of an analyser: keys of two versions are never mixed."""
    return hashlib.blake2s(version.encode("utf-8"), digest_size=8).hexdigest()


def analysis_of(packed: bytes) -> str:
    """The `analysis_id` of what `pack` gave. ValueError for anything else."""
    return _header(packed)[3]


def pack(pages: Iterable[Sequence[tuple[str, ...]]], version: str) -> bytes:
    """The keys of the words of each page, in the order of the text; `version` is that of the analyser that gave them.

    b"" where there are more than MAX_POSTINGS.
    """
    postings: list[NDArray[np.uint64]] = []
    zones: list[Zones] = []
    lengths: list[int] = []
    size = 0
    for words in pages:
        if len(lengths) == MAX_PAGES:
            break
        lengths.append(min(len(words), MAX_WORDS))
        found = _zones(words)
        size += len(found)
        if size > MAX_POSTINGS:
            return b""
        hashes = np.fromiter(map(hash32, found), np.uint64, len(found))
        postings.append((hashes << np.uint64(16)) | np.uint64(len(lengths)))
        zones.append(np.fromiter(found.values(), np.uint16, len(found)))
    return _packed(*_sorted(postings, zones), lengths, version)


def _zones(words: Sequence[tuple[str, ...]]) -> dict[str, int]:
    """In which parts of a page each key stands."""
    found: dict[str, int] = {}
    for zone in range(ZONES):
        part = words[len(words) * zone // ZONES : len(words) * (zone + 1) // ZONES]
        for key in set(chain.from_iterable(part)):
            found[key] = found.get(key, 0) | 1 << zone
    return found


def _sorted(postings: list[NDArray[np.uint64]], zones: list[Zones]) -> tuple[NDArray[np.uint64], Zones]:
    """By hash, then by page; two keys with one hash are one."""
    if not postings:
        return np.zeros(0, np.uint64), np.zeros(0, np.uint16)
    every, masks = np.concatenate(postings), np.concatenate(zones)
    order = np.argsort(every, kind="stable")
    every, masks = every[order], masks[order]
    first = np.flatnonzero(np.diff(every, prepend=every[:1] + np.uint64(1)))
    return every[first], np.bitwise_or.reduceat(masks, first) if len(first) else masks


def _packed(postings: NDArray[np.uint64], zones: Zones, lengths: list[int], version: str) -> bytes:
    hashes, counts = np.unique((postings >> np.uint64(16)).astype(np.uint32), return_counts=True)
    width = 1 if len(lengths) <= _NARROW_PAGES else 2
    header = _HEADER.pack(FORMAT, width, len(lengths), len(hashes), bytes.fromhex(analysis_id(version)))
    numbers = (postings & np.uint64(0xFFFF)).astype(_number_type(width))
    arrays = (np.array(lengths, "<u2"), hashes.astype("<u4"), counts.astype(_number_type(width)), numbers, zones)
    return b"".join((header, *(array.tobytes() for array in arrays)))


class PageKeys:
    """The keys of the pages of one file. `pages` is how many there are, `lengths` how many words each has."""

    def __init__(
        self,
        lengths: NDArray[np.uint16],
        hashes: Hashes,
        counts: NDArray[np.integer],
        numbers: NDArray[np.integer],
        zones: Zones,
    ) -> None:
        self.pages = len(lengths)
        self.lengths = lengths
        self._hashes = hashes
        self._ends = np.cumsum(counts, dtype=np.int64)
        self._numbers = numbers
        self._zones = zones

    @classmethod
    def unpack(cls, packed: bytes) -> PageKeys:
        """What `pack` gave. ValueError for anything else, and for the layout of another version."""
        width, pages, size, _analysis = _header(packed)
        kind, at = _number_type(width), _HEADER.size + 2 * pages
        start = at + size * (4 + width)
        postings, left = divmod(len(packed) - start, width + 2)
        if postings < 0 or left:
            raise ValueError("Page keys are cut short.")
        counts = np.frombuffer(packed, kind, size, at + 4 * size)
        if int(counts.sum(dtype=np.int64)) != postings:
            raise ValueError("Page keys are cut short.")
        return cls(
            np.frombuffer(packed, "<u2", pages, _HEADER.size),
            np.frombuffer(packed, "<u4", size, at),
            counts,
            np.frombuffer(packed, kind, postings, start),
            np.frombuffer(packed, "<u2", postings, start + width * postings),
        )

    def zones(self, keys: Iterable[str]) -> Zones:
        """In which parts of each page at least one of `keys` stands; page 1 at place 0."""
        found = np.zeros(self.pages, np.uint16)
        places = self._places(_hashes(frozenset(keys)))
        if len(places) > FEW:
            sizes = self._ends[places] - np.where(places > 0, self._ends[places - 1], 0)
            every = np.repeat(self._ends[places] - np.cumsum(sizes), sizes) + np.arange(sizes.sum())
            np.bitwise_or.at(found, self._numbers[every].astype(np.intp) - 1, self._zones[every])
            return found
        for place in places.tolist():
            start, end = self._ends[place - 1] if place else 0, self._ends[place]
            found[self._numbers[start:end].astype(np.intp) - 1] |= self._zones[start:end]
        return found

    def _places(self, sought: Hashes) -> NDArray[np.intp]:
        places = np.searchsorted(self._hashes, sought)
        inside = places < len(self._hashes)
        places = places[inside]
        held: NDArray[np.intp] = places[self._hashes[places] == sought[inside]]
        return held


@lru_cache(maxsize=64)
def _hashes(keys: frozenset[str]) -> Hashes:
    """What the keys are kept as; the same ones are looked for in one file after the other."""
    return np.fromiter({hash32(key) for key in keys}, np.uint32)


def _number_type(width: int) -> str:
    return f"<u{width}"


def _header(packed: bytes) -> tuple[int, int, int, str]:
    """Bytes of a page number, pages, different keys, analysis."""
    if len(packed) < _HEADER.size:
        raise ValueError("Page keys are cut short.")
    layout, width, pages, size, analysis = _HEADER.unpack_from(packed)
    if layout != FORMAT or width not in (1, 2):
        raise ValueError(f"Page keys of layout {layout}, this program reads {FORMAT}.")
    return width, pages, size, analysis.hex()
