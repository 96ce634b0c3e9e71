"""Files that arrive in pieces, on the disk: `partial/<id>` holds the bytes, `partial/<id>.json` what was said of them.

How far a file has come is the length of the one on the disk and is written down nowhere else, so that no crash can make
the two differ. Its age is its time of modification. One writer at a time, over all processes, by a lock on the file.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from opendata.errors import Locked, NotFound
from opendata.services.uploads.piece_infos import Info, answering, gone, info_path, read_info, write_info
from opendata.services.uploads.piece_writing import Writer, set_time

LOCK = ".lock"


class Pieces:
    """The folder of unfinished files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, id_: UUID) -> Path:
        """Where the bytes are."""
        return self.folder / str(id_)

    def create(self, info: Info, now: dt.datetime) -> None:
        """An empty file."""
        with answering(self.folder):
            path = self.path(info.id)
            path.touch(mode=0o640)
            set_time(path, now)
            write_info(self.folder, info)

    def info(self, id_: UUID) -> Info:
        """What was said of the file. NotFound."""
        return read_info(self.folder, id_)

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
        with answering(self.folder):
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
            raise gone() from None
        try:
            _lock(descriptor, patience)
            # Who removed it meanwhile has removed what was said first.
            yield Writer(self.path(id_), descriptor, self.info(id_))
        finally:
            os.close(descriptor)

    def remove(self, id_: UUID) -> None:
        """Nothing of it is left. To be called while it is held."""
        info_path(self.folder, id_).unlink(missing_ok=True)
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
        with answering(self.folder):
            return shutil.disk_usage(self.folder).free

    def _stat(self, id_: UUID) -> os.stat_result:
        try:
            return self.path(id_).stat()
        except FileNotFoundError:
            raise gone() from None


def _lock(descriptor: int, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise Locked("Another request is writing this file. Ask again in a moment.") from None
            time.sleep(0.1)
