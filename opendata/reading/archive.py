"""The files of a zip archive, read in place: nothing is ever extracted by its name.

Archives are judged by their directory before a byte is unpacked, and streams stop at the size that the directory
states, so that an entry which lies about its size is cut off and reported.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import IO, BinaryIO, cast

from opendata.errors import SourceError
from opendata.reading.filenames import decoded_name, is_skipped, shown

MAX_ENTRIES = 50_000
MAX_ENTRY_BYTES = 2 * 1024**3
MAX_TOTAL_BYTES = 8 * 1024**3
MAX_RATIO = 300
"""Unpacked to packed. Sparse spreadsheets and logs reach about 100; Deflate itself ends at 1032."""
_RATIO_FROM = 1024**2
"""Below this unpacked size, in bytes, a high ratio is harmless."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
ENCRYPTED = "it is encrypted"
"""The refusal of an entry that needs a password."""
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))))
"""Names that Windows keeps for devices, whatever their extension: nobody there could save such a file."""
_UNICODE_PATH = 0x7075
_UTF8_FLAG = 0x800
_BROKEN = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path with `/` below the source, its size in bytes, how to open it; or why that is refused."""

    path: str
    size: int = 0
    open: Callable[[], BinaryIO] | None = None
    refused: str = ""
    unseen: bool = False
    """Whether a whole folder is behind the refusal, so that the listing cannot be complete."""


class ZipEntries:
    """An open archive. Streams may be opened as long as it is; afterwards each opens the archive anew."""

    def __init__(self, path: Path) -> None:
        """SourceError for what is no readable zip."""
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise SourceError(f"{path.name} cannot be read as a zip archive: {error}") from error

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def entries(self) -> Iterator[Entry]:
        """Every file in the archive's order, without hidden ones; a refused one says why."""
        infos = self._archive.infolist()
        overlapping = _overlapping(infos)
        seen: set[str] = set()
        total = 0
        for number, info in enumerate(infos):
            path = entry_name(info)
            if path.endswith("/") or is_skipped(path.replace("..", "")):
                continue
            if number >= MAX_ENTRIES:
                yield Entry(shown(path), refused=f"the archive has more than {MAX_ENTRIES} entries", unseen=True)
                return
            total += info.file_size
            reason = _refusal(info, path, total)
            if not reason and id(info) in overlapping:
                reason = "it overlaps another entry, as archive bombs do"
            if not reason and path in seen:
                reason = "a second entry of the same name"
            seen.add(path)
            yield Entry(shown(path), refused=reason) if reason else self._entry(info, path)

    def _entry(self, info: zipfile.ZipInfo, path: str) -> Entry:
        return Entry(shown(path), info.file_size, lambda: self._open(info))

    def _open(self, info: zipfile.ZipInfo) -> BinaryIO:
        try:
            archive = self._archive if self._archive.fp is not None else zipfile.ZipFile(self._path)
            return cast("BinaryIO", io.BufferedReader(_Bounded(archive.open(info), info)))
        except _BROKEN as error:
            raise SourceError(f"{shown(entry_name(info))} cannot be read from the archive: {error}") from error


class _Bounded(io.RawIOBase):
    """An entry's bytes, no more of them than its directory states; SourceError for broken ones."""

    def __init__(self, inner: IO[bytes], info: zipfile.ZipInfo) -> None:
        super().__init__()
        self._inner = inner
        self._info = info
        self._left = info.file_size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._inner.read(min(len(buffer), 1024**2))
        except _BROKEN as error:
            raise SourceError(f"{shown(entry_name(self._info))} is broken inside the archive: {error}") from error
        self._left -= len(data)
        if self._left < 0:
            raise SourceError(f"{shown(entry_name(self._info))} unpacks to more than the archive states")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def entry_name(info: zipfile.ZipInfo) -> str:
    """The name of an entry with `/`: Info-ZIP's Unicode field, the UTF-8 flag, else a guess at its code page."""
    if info.flag_bits & _UTF8_FLAG:
        name = info.orig_filename
    else:
        raw = info.orig_filename.encode("cp437", errors="replace")
        name = _unicode_path(info.extra, raw) or decoded_name(raw)
    return name.replace("\\", "/")


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in Info-ZIP's field 0x7075 (APPNOTE 4.6.9), where it belongs to the name `raw`; else ""."""
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) > 5 and int.from_bytes(body[1:5], "little") == zlib.crc32(raw):
            return body[5:].decode("utf-8", errors="replace")
    return ""


def _refusal(info: zipfile.ZipInfo, path: str, total: int) -> str:
    """Why an entry is not taken, "" where it is."""
    checks = (
        (path.startswith("/") or path[1:2] == ":", "an absolute path"),
        (".." in path.split("/"), "a path that leads out of the archive"),
        ("\x00" in path, "a NUL in its name"),
        (any(_is_device(part) for part in path.split("/")), "a name that Windows keeps for a device"),
        (bool(info.flag_bits & 0x1), ENCRYPTED),
        (stat.S_ISLNK(info.external_attr >> 16), "a symbolic link"),
        (info.compress_type not in _METHODS, f"compression method {info.compress_type} is not supported"),
        (info.file_size > MAX_ENTRY_BYTES, f"it unpacks to {info.file_size} bytes; the cap is {MAX_ENTRY_BYTES}"),
        (total > MAX_TOTAL_BYTES, f"the archive unpacks to more than {MAX_TOTAL_BYTES} bytes"),
        (_is_bomb(info), f"it unpacks to more than {MAX_RATIO} times its size, as archive bombs do"),
    )
    return next((reason for bad, reason in checks if bad), "")


def _is_device(part: str) -> bool:
    return part.partition(".")[0].strip().lower() in _DEVICES


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1)


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """The entries (by id) whose bytes begin inside those of another."""
    found: set[int] = set()
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            found.add(id(info))
        end = max(end, info.header_offset + 30 + info.compress_size)
    return found
