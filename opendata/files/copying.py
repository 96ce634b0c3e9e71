"""Moves a site from one file store to another: every file is copied, and read again where it arrived.

What is there already is left, so a copy that was broken off goes on where it was, and the site may run meanwhile: files
are only ever added, and a last run brings those that came since.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from opendata.errors import CatalogueError, Conflict, NotFound, Unavailable
from opendata.files.keys import Nowhere, receive
from opendata.files.local import LocalStore
from opendata.files.storage import FileStore, StoredFile

_DAMAGED = "the file is damaged where it is copied from: restore it from a backup"
AT_ONCE = 4
"""Files copied at the same time: most of the time of a small one is waiting for answers."""

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that is not in the target as it should be, and why."""

    checksum: str
    reason: str


@dataclass(slots=True)
class Copied:
    """What a copy came to. `present` were in the target before; `bytes` were copied, or would be."""

    files: int = 0
    copied: int = 0
    present: int = 0
    bytes: int = 0
    failed: list[Failed] = field(default_factory=list)


class _Checked(io.RawIOBase):
    """The bytes of a stored file, which end with an error where they are not those of its key: nothing is then put."""

    def __init__(self, stream: BinaryIO, checksum: str) -> None:
        self._stream, self._checksum = stream, checksum
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        if not data and self._digest.hexdigest() != self._checksum:
            raise Conflict(_DAMAGED)
        return data


def copy(
    source: FileStore,
    target: FileStore,
    *,
    dry_run: bool = False,
    recheck: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy what `target` lacks, or has in another size, and read it again there. A bad file is told and fails alone.

    `recheck`: also what is there already is read again, and copied where it is damaged. With `dry_run` nothing is
    written. Unavailable ends it; what was copied stays.
    """
    wanted = sorted(source.stored(), key=lambda one: one.checksum)
    there = {one.checksum: one.byte_size for one in target.stored()}
    done = Copied(files=len(wanted))
    one_file = _Copier(source, target, dry_run=dry_run, recheck=recheck)
    results = _at_once(lambda one: one_file.copy(one, there.get(one.checksum) == one.byte_size), wanted)
    for number, (one, result) in enumerate(zip(wanted, results, strict=True), 1):
        if isinstance(result, str):
            done.failed.append(Failed(one.checksum, result))
        elif result:
            done.copied += 1
            done.bytes += one.byte_size
        else:
            done.present += 1
        if progress:
            progress(number, len(wanted))
    return done


@dataclass(frozen=True, slots=True)
class _Copier:
    source: FileStore
    target: FileStore
    dry_run: bool
    recheck: bool

    def copy(self, one: StoredFile, there: bool) -> bool | str:
        """Whether the file was copied, or why it could not be."""
        try:
            if there and not (self.recheck and not self._arrived(one)):
                return False
            if not self.dry_run:
                self._put(one, replace=there)
        except Unavailable:
            raise
        except CatalogueError as error:
            return error.message
        return True

    def _put(self, one: StoredFile, *, replace: bool) -> None:
        if replace:  # a store leaves what has the right size
            self.target.delete(one.checksum)
        if isinstance(self.source, LocalStore):  # the very file is sent: a full disk is a reason to move
            with self.source.local_path(one.checksum) as path:
                if _checksum(path) != one.checksum:
                    raise Conflict(_DAMAGED)
                self.target.put_path(path, max_bytes=one.byte_size)
        else:
            with self.source.open(one.checksum) as stream:
                self.target.put(_Checked(stream, one.checksum), max_bytes=one.byte_size)  # type: ignore[arg-type]
        if not self._arrived(one):
            self.target.delete(one.checksum)
            raise Conflict("the file is not the same where it was copied to: look at that disk or service")

    def _arrived(self, one: StoredFile) -> bool:
        try:
            with self.target.open(one.checksum) as stream:
                return _checksum(stream) == one.checksum
        except NotFound:
            return False


def _checksum(source: Path | BinaryIO) -> str:
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return _checksum(stream)
    return receive(source, Nowhere(), max_bytes=sys.maxsize).checksum


def _at_once(work: Callable[[StoredFile], bool | str], items: list[StoredFile]) -> Iterator[bool | str]:
    """The results in the order of the items. An error ends it, and what has not begun is left."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        futures: list[Future[bool | str]] = [pool.submit(work, item) for item in items]
        for future in futures:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
