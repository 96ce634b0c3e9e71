"""The names in the directory of an OLE2 file (MS-CFB), which tell a DOC from an XLS. Bounded, and never raises."""

from __future__ import annotations

import struct
from typing import BinaryIO

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
