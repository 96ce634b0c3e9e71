"""The keys of the pages of one file, packed: which pages hold a word is then known without reading a page.

An inverted list: the sorted 32-bit hashes of all keys, how many pages each stands on, and those pages. Two keys with
one hash are taken for one: for a given word that happens in about one of 400,000 files of 10,000 keys.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
"""The first byte. Raised whenever the layout changes; keys of another layout are made again."""
MAX_PAGES = 65_535
"""Pages beyond are not kept: they have no number of 16 bits."""
MAX_POSTINGS = 20_000_000
"""Keys over all pages. A file that has more gets no page keys at all, rather than wrong ones."""

_HEADER = struct.Struct("<BBHI8s")
"""Format, bytes of a page number, pages, different keys, the analysis that gave them."""
_NARROW_PAGES = 255

Mask = NDArray[np.bool_]
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


def pack(pages: Iterable[Collection[str]], version: str) -> bytes:
    """The keys of each page, in the order of the pages; `version` is that of the analyser that gave them.

    b"" where there are more than MAX_POSTINGS.
    """
    parts: list[NDArray[np.uint64]] = []
    number = size = 0
    for number, keys in enumerate(pages, 1):
        if number > MAX_PAGES:
            number = MAX_PAGES
            break
        size += len(keys)
        if size > MAX_POSTINGS:
            return b""
        hashes = np.fromiter(map(hash32, keys), np.uint64, len(keys))
        parts.append((hashes << np.uint64(16)) | np.uint64(number))
    # Sorted by hash, then by page; what stands twice (a key given twice, two keys with one hash) once.
    postings = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.uint64)
    hashes, counts = np.unique((postings >> np.uint64(16)).astype(np.uint32), return_counts=True)
    width = 1 if number <= _NARROW_PAGES else 2
    numbers = (postings & np.uint64(0xFFFF)).astype(_number_type(width))
    header = _HEADER.pack(FORMAT, width, number, len(hashes), bytes.fromhex(analysis_id(version)))
    arrays = (hashes.astype("<u4"), counts.astype(_number_type(width)), numbers)
    return b"".join((header, *(array.tobytes() for array in arrays)))


class PageKeys:
    """The keys of the pages of one file. `pages` is how many there are; a mask holds page 1 at its place 0."""

    def __init__(self, pages: int, hashes: Hashes, counts: NDArray[np.integer], numbers: NDArray[np.integer]) -> None:
        self.pages = pages
        self._hashes = hashes
        self._ends = np.cumsum(counts, dtype=np.int64)
        self._numbers = numbers

    @classmethod
    def unpack(cls, packed: bytes) -> PageKeys:
        """What `pack` gave. ValueError for anything else, and for the layout of another version."""
        width, pages, size, _analysis = _header(packed)
        kind, at = _number_type(width), _HEADER.size
        if len(packed) < at + size * (4 + width):
            raise ValueError("Page keys are cut short.")
        hashes = np.frombuffer(packed, "<u4", size, at)
        counts = np.frombuffer(packed, kind, size, at + 4 * size)
        numbers = np.frombuffer(packed, kind, -1, at + (4 + width) * size)
        if int(counts.sum(dtype=np.int64)) != len(numbers):
            raise ValueError("Page keys are cut short.")
        return cls(pages, hashes, counts, numbers)

    def holding(self, keys: Iterable[str]) -> Mask:
        """Which pages hold at least one of `keys`."""
        found = np.zeros(self.pages, np.bool_)
        for place in self._places(keys):
            start = self._ends[place - 1] if place else 0
            found[self._numbers[start : self._ends[place]].astype(np.intp) - 1] = True
        return found

    def _places(self, keys: Iterable[str]) -> list[int]:
        sought = np.fromiter({hash32(key) for key in keys}, np.uint32)
        places = np.searchsorted(self._hashes, sought)
        inside = places < len(self._hashes)
        held = places[inside][self._hashes[places[inside]] == sought[inside]]
        return [int(place) for place in held]


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
