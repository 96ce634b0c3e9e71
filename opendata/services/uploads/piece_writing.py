"""Writing one file that arrives in pieces: what has come is on the disk, and a piece that is wrong leaves nothing."""

from __future__ import annotations

import datetime as dt
import hmac
import os
from dataclasses import dataclass, replace
from hashlib import new as new_digest
from pathlib import Path
from typing import Any, Protocol

from opendata.errors import Invalid, TooLarge
from opendata.services.uploads.piece_infos import Info, answering, write_info

CHUNK = 64 * 1024
"""Bytes read at once. When a connection breaks, no more than these have arrived in vain."""

CHECKSUMS = ("sha1", "sha256", "md5")
"""Kinds of checksum that a piece may carry. Against faults of transmission, not against people."""


class Source(Protocol):
    """The bytes of a piece as they come in."""

    size: int | None
    """How many there are in all; None where the end alone tells."""

    def read(self, most: int) -> bytes:
        """The next bytes, b"" at the end. OSError when they stop coming."""
        ...


class WrongChecksum(Invalid):
    """A piece is not what its checksum says; it was thrown away."""


class Interrupted(Invalid):
    """A piece ended too early. What had come stays, unless it had a checksum, which only a whole piece can meet."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece must come to: one of `CHECKSUMS` and the digest in bytes."""

    kind: str
    digest: bytes


class Writer:
    """A file that nobody else can write now."""

    def __init__(self, path: Path, descriptor: int, info: Info) -> None:
        self._path, self._descriptor, self.info = path, descriptor, info
        if info.unverified_from is not None:  # the one who wrote there was killed
            self._forget_from(info.unverified_from)

    @property
    def offset(self) -> int:
        """How many bytes there are."""
        return os.fstat(self._descriptor).st_size

    def say(self, **changes: Any) -> None:
        """Change what is said of the file."""
        changed = replace(self.info, **changes)
        with answering(self._path.parent):
            write_info(self._path.parent, changed)
        self.info = changed

    def append(self, source: Source, most: int, checksum: Checksum | None = None) -> None:
        """Write all of `source` at the end: it is on the disk afterwards, not only on its way to it.

        Interrupted and NoSpace keep what has come; TooLarge (over `most` bytes) and WrongChecksum keep none of it.
        """
        start = self.offset
        os.lseek(self._descriptor, start, os.SEEK_SET)
        if checksum is not None:
            self.say(unverified_from=start)
        try:
            self._copy(source, most, new_digest(checksum.kind, usedforsecurity=False) if checksum else None, checksum)
        except TooLarge:
            self._forget_from(start)
            raise
        finally:
            if self.info.unverified_from is not None:
                self._forget_from(start)
            with answering(self._path.parent):
                os.fsync(self._descriptor)

    def _copy(self, source: Source, most: int, digest: Any, checksum: Checksum | None) -> None:
        taken, wanted = 0, source.size
        while wanted is None or taken < wanted:
            piece = _piece(source, CHUNK if wanted is None else min(CHUNK, wanted - taken))
            if not piece:
                if wanted is None:
                    break
                raise Interrupted(f"The body ended after {taken} of {wanted} bytes.")
            taken += len(piece)
            if taken > most:
                raise TooLarge(f"More bytes were sent than the {most} that the file still lacks.")
            self._write(piece)
            if digest is not None:
                digest.update(piece)
        if checksum is not None:
            if not hmac.compare_digest(digest.digest(), checksum.digest):
                raise WrongChecksum("The bytes are not what their checksum says; send this piece again.")
            with answering(self._path.parent):
                os.fsync(self._descriptor)
            self.say(unverified_from=None)

    def _write(self, piece: bytes) -> None:
        left = memoryview(piece)
        with answering(self._path.parent):
            while left:
                left = left[os.write(self._descriptor, left) :]

    def _forget_from(self, start: int) -> None:
        if self.offset > start:
            os.ftruncate(self._descriptor, start)
        if self.info.unverified_from is not None:
            self.say(unverified_from=None)

    def touch(self, now: dt.datetime) -> None:
        """The file is in use: its time begins anew."""
        set_time(self._path, now)

    def empty(self) -> None:
        """The bytes are no longer needed; what was said of them stays."""
        os.ftruncate(self._descriptor, 0)


def set_time(path: Path, now: dt.datetime) -> None:
    """Let the file be as old as `now`."""
    os.utime(path, (now.timestamp(), now.timestamp()))


def _piece(source: Source, most: int) -> bytes:
    try:
        return source.read(most)
    except TimeoutError:
        raise Interrupted("Nothing more came in time. Go on from the offset that HEAD tells.") from None
    except OSError:
        raise Interrupted("The connection broke. Go on from the offset that HEAD tells.") from None
