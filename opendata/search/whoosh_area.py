"""One area of the index on disk: a folder per build, and a file CURRENT that names the live one.

A rebuild writes a new folder and then replaces CURRENT, which is one rename: whoever reads sees the old index or the
new one. The folder before the live one is kept until the next change a while later, for readers that are still in it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from whoosh.index import _DEF_INDEX_NAME, FileIndex
from whoosh.util.filelock import FileLock, try_for

from opendata.errors import SearchUnavailable, Unavailable
from opendata.search.whoosh_schema import FORMAT_VERSION, schema
from opendata.search.whoosh_storage import MappedStorage

CURRENT = "CURRENT"
FORMAT_FILE = "format.json"
OLD_BUILD_SECONDS = 60.0
"""How long the folder of a replaced build stays for readers that opened it a moment ago."""
REBUILD = "Run `opendata index rebuild`."


class Area:
    """The folder of one area. `version` is that of the analysis that the index must have been made with."""

    def __init__(self, path: Path, version: str) -> None:
        self.path = path
        self.version = version

    def live(self) -> Path:
        """The folder of the live build. SearchUnavailable when there is none."""
        try:
            name = (self.path / CURRENT).read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise SearchUnavailable(f"There is no search index in {self.path}. {REBUILD}") from error
        if not name or Path(name).name != name:
            raise SearchUnavailable(f"{self.path / CURRENT} is damaged. {REBUILD}")
        return self.path / name

    def exists(self) -> bool:
        """Whether an index was ever made here."""
        return (self.path / CURRENT).exists()

    def check_format(self, folder: Path) -> None:
        """SearchUnavailable when the build is of another format or analysis than this program's."""
        try:
            stated = json.loads((folder / FORMAT_FILE).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SearchUnavailable(f"The search index in {folder} cannot be read. {REBUILD}") from error
        if stated != self._format():
            raise SearchUnavailable(f"The search index in {folder} was made by another version. {REBUILD}")

    def open(self, folder: Path) -> FileIndex:
        """The Whoosh index of a build. SearchUnavailable when it cannot be opened."""
        self.check_format(folder)
        return _guarded(folder, lambda: FileIndex(MappedStorage(folder)))

    def new_build(self) -> tuple[Path, FileIndex]:
        """A fresh empty index in a folder of its own, not live yet."""
        folder = self.path / f"build-{int(time.time()):010}-{token_hex(4)}"
        folder.mkdir(parents=True)
        (folder / FORMAT_FILE).write_text(json.dumps(self._format()), "utf-8")
        return folder, FileIndex.create(MappedStorage(folder), schema(), _DEF_INDEX_NAME)

    def make_live(self, folder: Path) -> None:
        """Make a finished build the live one, durably, by one rename."""
        for file in folder.iterdir():
            if file.is_file():
                _sync(file)
        _sync(folder)
        fresh = self.path / f"{CURRENT}.new"
        fresh.write_text(folder.name, "ascii")
        _sync(fresh)
        fresh.replace(self.path / CURRENT)
        _sync(self.path)

    def sweep(self) -> None:
        """Remove builds that are not live: unfinished ones, and replaced ones that no reader can still be opening.

        To be called by the holder of the lock, so that no build under way is taken for an unfinished one.
        """
        try:
            live = self.live().name
        except SearchUnavailable:
            # Without a pointer nobody knows which build was live; the next one written makes all of these old.
            return
        if time.time() - (self.path / CURRENT).stat().st_mtime < OLD_BUILD_SECONDS:
            return
        for folder in self.path.glob("build-*"):
            if folder.name != live:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Alone among all writers of this area, in every process. Unavailable when another one stays too long."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock: Any = FileLock(str(self.path / "WRITER"))
        if not try_for(lock.acquire, timeout=timeout, delay=0.05):
            raise Unavailable(f"Another process has been writing the search index for {timeout:g} s.", part="index")
        try:
            yield
        finally:
            lock.release()

    def _format(self) -> dict[str, object]:
        return {"format_version": FORMAT_VERSION, "analysis": self.version}


def byte_size(folder: Path) -> int:
    """The size of a build in bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _guarded(folder: Path, action: Any) -> Any:
    # Whoosh answers a missing or damaged file with whatever its decoding runs into, so nothing narrower will do.
    try:
        return action()
    except Exception as error:
        raise SearchUnavailable(f"The search index in {folder} cannot be read: {error}. {REBUILD}") from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
