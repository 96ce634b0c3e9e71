"""Whoosh's storage with its segments mapped into memory and not copied into it.

Whoosh 2.7.4 maps a segment and then copies all of it once more into the process, report texts' postings included;
with this the pages stay the system's, shared by all processes and read only where a query goes.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile

SEGMENT_SUFFIX = ".seg"
_PEEK = 256
"""Bytes that unpickling looks ahead: a block's header has under a hundred."""


class _View:
    """A part of a mapped file with a place to read from, as far as Whoosh and pickle ask for it."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self._view)}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def peek(self, size: int = _PEEK) -> bytes:
        return bytes(self._view[self._at : self._at + min(size, _PEEK)])

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._view) if size is None or size < 0 else self._at + size
        found = bytes(self._view[self._at : end])
        self._at += len(found)
        return found

    def readinto(self, target: memoryview) -> int:
        found = self.read(len(target))
        target[: len(found)] = found
        return len(found)

    def readline(self) -> bytes:
        line = bytearray()
        while byte := self.read(1):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)

    def close(self) -> None:
        """The map goes with the last view of it."""


class MappedFile(BufferFile):  # type: ignore[misc]
    """A mapped segment, or one of the files inside it."""

    def __init__(self, view: memoryview, name: str | None = None) -> None:
        super().__init__(b"", name=name)
        self._buf = view
        self.file = _View(view)

    def subset(self, position: int, length: int, name: str | None = None) -> MappedFile:
        """A file within this one, without a copy."""
        return MappedFile(self._buf[position : position + length], name=name)


class MappedStorage(FileStorage):  # type: ignore[misc]
    """A folder of index files. `supports_mmap` is off because it names Whoosh's own mapping, which copies."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), supports_mmap=False)

    def open_file(self, name: str, **kwargs: Any) -> Any:
        """A segment mapped, every other file as Whoosh does."""
        path = Path(self.folder) / name
        if not name.endswith(SEGMENT_SUFFIX) or not path.stat().st_size:
            return super().open_file(name, **kwargs)
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return MappedFile(memoryview(mapped), name=name)
