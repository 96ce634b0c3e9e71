"""Copies of files of a remote store that stay for the next time: bounded, and shared by the processes of a machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MOST_BYTES = 1024**3
"""Of all copies; the ones that were not used for longest go."""
SHARE = 4
"""One copy has this part of it at most: else a single file would push all others out."""


class KeptCopies:
    """A folder of copies by checksum. Whoever uses one has a name of its own for it, so that any may go at any time."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes

    @contextmanager
    def path(self, checksum: str, size: int, fetch: Callable[[Path], None]) -> Iterator[Path]:
        """The copy, made by `fetch` where it is not here. It is there while the context is open."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="opendata-", dir=self._folder.parent) as own:
            path = Path(own) / checksum
            if not self._found(path, size):
                fetch(path)
                self._keep(path, size)
            yield path

    def drop(self, checksum: str) -> None:
        """Forget the copy, where there is one."""
        with suppress(OSError):
            (self._folder / checksum).unlink(missing_ok=True)

    def _found(self, path: Path, size: int) -> bool:
        kept = self._folder / path.name
        try:
            os.link(kept, path)
            if path.stat().st_size == size:
                os.utime(kept)
                return True
            path.unlink()
        except OSError:  # there is none, it goes at this moment, or the disk knows no second names
            path.unlink(missing_ok=True)
        return False

    def _keep(self, path: Path, size: int) -> None:
        if size > self._most // SHARE:
            return
        self.drop(path.name)
        with suppress(OSError):  # another process was faster, or the folder is tidied away
            os.link(path, self._folder / path.name)
            self._make_room()

    def _make_room(self) -> None:
        found = []
        for one in self._folder.iterdir():
            with suppress(FileNotFoundError):
                stated = one.stat()
                found.append((stated.st_mtime_ns, stated.st_size, one))
        held = sum(size for _, size, _ in found)
        for _, size, one in sorted(found):
            if held <= self._most:
                return
            self.drop(one.name)
            held -= size
