"""Files that arrive in pieces, on the disk: `partial/<id>` holds the bytes, `partial/<id>.json` what was said of them.

How far a file has come is the length of the one on the disk and is written down nowhere else, so that no crash can make
the two differ. Its age is its time of modification. One writer at a time, over all processes, by a lock on the file.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hmac
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import new as new_digest
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from opendata.errors import Invalid, Locked, NoSpace, NotFound, TooLarge, Unavailable

CHUNK = 64 * 1024
"""Bytes read at once. When a connection breaks, no more than these have arrived in vain."""

CHECKSUMS = ("sha1", "sha256", "md5")
"""Kinds of checksum that a piece may carry. Against faults of transmission, not against people."""

LOCK = ".lock"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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


@dataclass(frozen=True, slots=True)
class Info:
    """What was said of a file when it was begun. `length` None: not known yet. `unverified_from`: a piece with a
    checksum is being written from there on, and counts for nothing until it is verified. `upload_id`: what it became.
    """

    id: UUID
    user_id: UUID
    filename: str
    metadata: str
    length: int | None
    unverified_from: int | None = None
    upload_id: UUID | None = None


class Pieces:
    """The folder of unfinished files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, id_: UUID) -> Path:
        """Where the bytes are."""
        return self.folder / str(id_)

    def create(self, info: Info, now: dt.datetime) -> None:
        """An empty file."""
        with _answering(self.folder):
            path = self.path(info.id)
            path.touch(mode=0o640)
            _set_time(path, now)
            self.write_info(info)

    def info(self, id_: UUID) -> Info:
        """What was said of the file. NotFound."""
        try:
            return _loaded(json.loads(self._info_path(id_).read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("There is no such file here. It may have been removed; begin it anew.") from None

    def offset(self, info: Info) -> int:
        """How many bytes of the file are there and verified where they can be."""
        size = self._stat(info.id).st_size
        return size if info.unverified_from is None else min(size, info.unverified_from)

    def changed(self, info: Info) -> dt.datetime:
        """When the last byte came."""
        return dt.datetime.fromtimestamp(self._stat(info.id).st_mtime, dt.UTC)

    def all(self) -> Iterator[Info]:
        """Every file, in no order."""
        for path in self.folder.glob("*.json"):
            with suppress(NotFound, ValueError):
                yield self.info(UUID(path.stem))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else begins a file within it: what is counted stays true until the new one is there."""
        with _answering(self.folder):
            self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def held(self, id_: UUID, patience: float = 0) -> Iterator[Writer]:
        """The file, for one writer. NotFound; Locked when somebody else has it for longer than `patience` seconds."""
        try:
            descriptor = os.open(self.path(id_), os.O_RDWR)
        except FileNotFoundError:
            raise NotFound("There is no such file here. It may have been removed; begin it anew.") from None
        try:
            _lock(descriptor, patience)
            yield Writer(self, descriptor, self.info(id_))  # who removed it meanwhile has removed what was said first
        finally:
            os.close(descriptor)

    def remove(self, id_: UUID) -> None:
        """Nothing of it is left. To be called while it is held."""
        self._info_path(id_).unlink(missing_ok=True)
        self.path(id_).unlink(missing_ok=True)

    def strays(self, before: dt.datetime) -> Iterator[Path]:
        """What a killed process left behind: bytes of which nothing is said, descriptions half written."""
        for path in self.folder.glob("*"):
            with suppress(FileNotFoundError):
                other = path.with_suffix("" if path.suffix == ".json" else ".json")
                if path.name != LOCK and not other.exists() and path.stat().st_mtime < before.timestamp():
                    yield path

    def free(self) -> int:
        """Bytes of room on the disk."""
        with _answering(self.folder):
            return shutil.disk_usage(self.folder).free

    def write_info(self, info: Info) -> None:
        """Replace what is said of the file: wholly or not at all."""
        descriptor, name = tempfile.mkstemp(dir=self.folder, suffix=".new")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(_dumped(info)).encode())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._info_path(info.id))
        finally:
            Path(name).unlink(missing_ok=True)

    def _info_path(self, id_: UUID) -> Path:
        return self.folder / f"{id_}.json"

    def _stat(self, id_: UUID) -> os.stat_result:
        try:
            return self.path(id_).stat()
        except FileNotFoundError:
            raise NotFound("There is no such file here. It may have been removed; begin it anew.") from None


class Writer:
    """A file that nobody else can write now."""

    def __init__(self, pieces: Pieces, descriptor: int, info: Info) -> None:
        self._pieces, self._descriptor, self.info = pieces, descriptor, info
        if info.unverified_from is not None:  # the one who wrote there was killed
            self._forget_from(info.unverified_from)

    @property
    def offset(self) -> int:
        """How many bytes there are."""
        return os.fstat(self._descriptor).st_size

    def say(self, **changes: Any) -> None:
        """Change what is said of the file."""
        changed = replace(self.info, **changes)
        with _answering(self._pieces.folder):
            self._pieces.write_info(changed)
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
            with _answering(self._pieces.folder):
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
            with _answering(self._pieces.folder):
                os.fsync(self._descriptor)
            self.say(unverified_from=None)

    def _write(self, piece: bytes) -> None:
        left = memoryview(piece)
        with _answering(self._pieces.folder):
            while left:
                left = left[os.write(self._descriptor, left) :]

    def _forget_from(self, start: int) -> None:
        if self.offset > start:
            os.ftruncate(self._descriptor, start)
        if self.info.unverified_from is not None:
            self.say(unverified_from=None)

    def touch(self, now: dt.datetime) -> None:
        """The file is in use: its time begins anew."""
        _set_time(self._pieces.path(self.info.id), now)

    def empty(self) -> None:
        """The bytes are no longer needed; what was said of them stays."""
        os.ftruncate(self._descriptor, 0)


def _lock(descriptor: int, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise Locked("Another request is writing this file. Ask again in a moment.") from None
            time.sleep(0.1)


def _piece(source: Source, most: int) -> bytes:
    try:
        return source.read(most)
    except TimeoutError:
        raise Interrupted("Nothing more came in time. Go on from the offset that HEAD tells.") from None
    except OSError:
        raise Interrupted("The connection broke. Go on from the offset that HEAD tells.") from None


def _set_time(path: Path, now: dt.datetime) -> None:
    os.utime(path, (now.timestamp(), now.timestamp()))


def _dumped(info: Info) -> dict[str, object]:
    return {
        "id": str(info.id),
        "user": str(info.user_id),
        "filename": info.filename,
        "metadata": info.metadata,
        "length": info.length,
        "unverified_from": info.unverified_from,
        "upload": str(info.upload_id) if info.upload_id else None,
    }


def _loaded(said: dict[str, Any]) -> Info:
    return Info(
        id=UUID(said["id"]),
        user_id=UUID(said["user"]),
        filename=said["filename"],
        metadata=said["metadata"],
        length=said["length"],
        unverified_from=said["unverified_from"],
        upload_id=UUID(said["upload"]) if said["upload"] else None,
    )


@contextmanager
def _answering(folder: Path) -> Iterator[None]:
    """Trouble with the disk in our words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("There is no room on the disk of this site. What had come before is kept.") from error
        raise Unavailable(
            f"files: {folder}: {error.strerror or error}; look at the disk and its permissions", part="files"
        ) from error
