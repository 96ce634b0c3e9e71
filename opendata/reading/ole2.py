"""The directory of an OLE2 file (MS-CFB), whose names tell a DOC from an XLS, and single streams. Bounded, and never
raises: what cannot be followed ends there.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MOST_SECTORS = 64
"""Directory sectors read at most: 256 entries or more; the streams of a document stand among the first."""
_ENTRY = 128


def names(stream: BinaryIO) -> frozenset[str]:
    """Names of the streams and storages; empty when the directory cannot be found."""
    stream.seek(0)
    header = stream.read(512)
    if len(header) < 512 or not header.startswith(MAGIC):
        return frozenset()
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        return frozenset()
    size = 1 << shift
    (sector,) = struct.unpack_from("<I", header, 48)
    tables = struct.unpack_from("<109I", header, 76)
    found: set[str] = set()
    for _ in range(_MOST_SECTORS):
        data = _sector(stream, sector, size)
        if not data:
            break
        found |= _entries(data)
        sector = _next_sector(stream, tables, sector, size)
    return frozenset(found)


def content(stream: BinaryIO, wanted: tuple[str, ...]) -> bytes:
    """The bytes of the first stream that has one of these names (in lower case), as far as they can be followed."""
    stream.seek(0)
    header = stream.read(512)
    if len(header) < 512 or not header.startswith(MAGIC):
        return b""
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        return b""
    sectors = _Sectors(stream, 1 << shift, header)
    (directory,) = struct.unpack_from("<I", header, 48)
    entries = list(_stream_entries(sectors.chain(directory, _MOST_SECTORS)))
    (small,) = struct.unpack_from("<I", header, 56)
    found = next((one for name in wanted for one in entries if one.name.lower() == name), None)
    if found is None or not entries:
        return b""
    if found.size >= small:
        return sectors.chain(found.start)[: found.size]
    (table,) = struct.unpack_from("<I", header, 60)
    mini = _Chains(sectors.chain(entries[0].start), 64, 0, sectors.chain(table))
    return mini.chain(found.start)[: found.size]


class _StreamEntry(NamedTuple):
    name: str
    start: int
    size: int


def _stream_entries(data: bytes) -> list[_StreamEntry]:
    """Every entry in use, the root first, whose own stream holds the small ones."""
    found = []
    for at in range(0, len(data) - _ENTRY + 1, _ENTRY):
        (length,) = struct.unpack_from("<H", data, at + 64)
        if 2 <= length <= 64 and data[at + 66] in (1, 2, 5):
            name = data[at : at + length - 2].decode("utf-16-le", "replace")
            found.append(_StreamEntry(name, *struct.unpack_from("<II", data, at + 116)))
    return found


class _Chains:
    """Sectors of `size` bytes in `data`, the first at `offset`, with the table that says which follows which."""

    def __init__(self, data: bytes, size: int, offset: int, table: bytes) -> None:
        self._data, self._size, self._offset = data, size, offset
        self._next = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])

    def chain(self, sector: int, most: int = 0) -> bytes:
        """The sectors from `sector` on, at most `most` of them where it is given; each at most once."""
        parts: list[bytes] = []
        limit = most or len(self._next)
        while sector < len(self._next) and len(parts) < limit:
            at = self._offset + sector * self._size
            parts.append(self._data[at : at + self._size])
            sector = self._next[sector]
        return b"".join(parts)


class _Sectors(_Chains):
    """The ordinary sectors of the file."""

    def __init__(self, stream: BinaryIO, size: int, header: bytes) -> None:
        stream.seek(0)
        data = stream.read()
        tables = list(struct.unpack_from("<109I", header, 76))
        (more,) = struct.unpack_from("<I", header, 68)
        # Tables of tables, for files over seven megabytes; each names 127 (or 1023) tables and the next of its kind.
        for _ in range(len(data) // size):
            at = (more + 1) * size
            if more >= 0xFFFFFFFA or at + size > len(data):
                break
            *named, more = struct.unpack_from(f"<{size // 4}I", data, at)
            tables += named
        places = [(number + 1) * size for number in tables if number < 0xFFFFFFFA]
        super().__init__(data, size, size, b"".join(data[at : at + size] for at in places))


def _sector(stream: BinaryIO, number: int, size: int) -> bytes:
    if number >= 0xFFFFFFFA:
        return b""
    stream.seek((number + 1) * size)
    return stream.read(size)


def _next_sector(stream: BinaryIO, tables: tuple[int, ...], sector: int, size: int) -> int:
    """The sector after `sector` in its chain; the end mark when the table does not reach so far."""
    table, offset = divmod(sector, size // 4)
    end = 0xFFFFFFFE
    if table >= len(tables):
        return end
    data = _sector(stream, tables[table], size)
    return int(struct.unpack_from("<I", data, offset * 4)[0]) if len(data) >= offset * 4 + 4 else end


def _entries(data: bytes) -> set[str]:
    found = set()
    for start in range(0, len(data) - _ENTRY + 1, _ENTRY):
        (length,) = struct.unpack_from("<H", data, start + 64)
        if 2 < length <= 64 and data[start + 66]:
            found.add(data[start : start + length - 2].decode("utf-16-le", "replace"))
    return found
