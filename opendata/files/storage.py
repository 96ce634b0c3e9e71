"""Where files live: addressed by the SHA-256 of their bytes, so the same file twice is one object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1024 * 1024
"""Bytes read at once; also the most that a copy holds in memory."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The key of a stored file (SHA-256 in lower-case hex) and its size in bytes."""

    checksum: str
    byte_size: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something unfinished in a store, of a put that runs or was killed. `since` is aware UTC; `token`: the store's."""

    name: str
    since: dt.datetime
    token: str = ""


class FileStore(Protocol):
    """One contract for local folders and S3; tests/files/test_store_contract.py runs over every one."""

    def put(self, stream: BinaryIO, *, max_bytes: int) -> StoredFile:
        """Store all of `stream`. TooLarge beyond `max_bytes`; then, as after any error, nothing is kept."""
        ...

    def put_path(self, path: Path, *, max_bytes: int) -> StoredFile:
        """Store the file at `path`, as `put`."""
        ...

    def open(self, checksum: str) -> BinaryIO:
        """A seekable reader. NotFound for an unknown key."""
        ...

    def local_path(self, checksum: str, *, keep: bool = False) -> AbstractContextManager[Path]:
        """A path that other programs can read while the context is open. NotFound for an unknown key.

        `keep`: it will be asked for again; a copy that has to be fetched may stay here.
        """
        ...

    def size(self, checksum: str) -> int:
        """Size in bytes. NotFound for an unknown key."""
        ...

    def exists(self, checksum: str) -> bool:
        """Whether the key is stored."""
        ...

    def delete(self, checksum: str) -> None:
        """Remove it; nothing happens for an unknown key."""
        ...

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        ...

    def stored(self) -> Iterator[StoredFile]:
        """Every key with its size in bytes, in no order."""
        ...

    def link(self, checksum: str, *, disposition: str, media_type: str) -> str:
        """An address that gives the file to anybody for a short while, "" where there is none or it is not allowed.

        The answer there has these values in Content-Disposition and Content-Type.
        """
        ...

    def leftovers(self) -> Iterator[Leftover]:
        """What is unfinished, in no order: puts that run now, and those that were killed."""
        ...

    def discard(self, leftover: Leftover) -> None:
        """Remove a leftover; nothing happens for one that is gone."""
        ...

    def check(self) -> None:
        """Raise Unavailable when the store cannot be read and written now."""
        ...
