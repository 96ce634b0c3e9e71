"""One area of the index on disk: a folder per build, and a file CURRENT that names the live one.

A rebuild writes a new folder and then replaces CURRENT, which is one rename: whoever reads sees the old index or the
new one. The folder before the live one is kept until the next change a while later, for readers that are still in it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from whoosh.index import _DEF_INDEX_NAME, TOC, FileIndex
from whoosh.util.filelock import FileLock, try_for

from opendata.errors import SearchRebuilding, SearchUnavailable, Unavailable
from opendata.search import whoosh_build
from opendata.search.analysis import Analyser
from opendata.search.whoosh_build import Made
from opendata.search.whoosh_schema import schema
from opendata.search.whoosh_storage import SEGMENT_SUFFIX, MappedStorage

CURRENT = "CURRENT"
BUILDING = "BUILDING"
"""Names the build under way, as long as the lock of builders is held."""
OLD_BUILD_SECONDS = 60.0
"""How long the folder of a replaced build stays for readers that opened it a moment ago."""
COUNT_ATTEMPTS = 5
REBUILD = "Run `opendata index rebuild`."
OTHER_VERSION = (
    "The search index was made by another version of the program and is being rebuilt. "
    "Where no worker runs, run `opendata index rebuild`."
)
REBUILDING_SECONDS = 120
"""When to come back while the index is rebuilt."""


class Area:
    """The folder of one area. `fixed` is the analysis of an index that mines no stems, None for the usual one."""

    def __init__(self, path: Path, fixed: Analyser | None = None) -> None:
        self.path = path
        self.fixed = fixed

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

    def made(self, folder: Path) -> Made:
        """What a build was made with. SearchUnavailable when it is of another format or analysis than the program's."""
        try:
            found = whoosh_build.read(folder, self.fixed)
        except (OSError, ValueError) as error:
            raise SearchUnavailable(f"The search index in {folder} cannot be read. {REBUILD}") from error
        if found is None:
            raise SearchRebuilding(OTHER_VERSION, REBUILDING_SECONDS)
        return found

    def version(self, folder: Path) -> tuple[int, bool]:
        """The version of a build's format, and whether this program can use it. SearchUnavailable as for `made`."""
        try:
            return whoosh_build.header(folder).format_version, whoosh_build.read(folder, self.fixed) is not None
        except (OSError, ValueError) as error:
            raise SearchUnavailable(f"The search index in {folder} cannot be read. {REBUILD}") from error

    def documents(self) -> int:
        """How many documents the live build has, without reading one. SearchUnavailable when files are missing."""
        for _attempt in range(COUNT_ATTEMPTS):  # a commit may take away what was just named
            folder = self.live()
            storage = MappedStorage(folder)
            segments = _guarded(folder, partial(_segments, storage))
            if all(storage.file_exists(segment.make_filename(SEGMENT_SUFFIX)) for segment in segments):
                return sum(segment.doc_count() for segment in segments)
        raise SearchUnavailable(f"The search index in {folder} has lost files. {REBUILD}")

    def open(self, folder: Path) -> FileIndex:
        """The Whoosh index of a build. SearchUnavailable when it cannot be opened."""
        self.made(folder)
        return _guarded(folder, lambda: FileIndex(MappedStorage(folder)))

    def new_build(self) -> Path:
        """An empty folder for a build that is not live yet."""
        folder = self.path / f"build-{int(time.time()):010}-{token_hex(4)}"
        folder.mkdir(parents=True)
        return folder

    def make_live(self, folder: Path) -> None:
        """Make a finished build the live one, durably, by one rename."""
        for file in folder.iterdir():
            if file.is_file():
                _sync(file)
        _sync(folder)
        self._point(CURRENT, folder)
        if self._named(BUILDING) == folder.name:
            (self.path / BUILDING).unlink()

    @contextmanager
    def building(self, timeout: float) -> Iterator[Path]:
        """The folder of a new build, of which writers know that it is under way; removed when it did not go live.

        Unavailable when another process builds for longer than `timeout` seconds.
        """
        with self._lock("BUILDER", timeout, "Another process is rebuilding the search index."):
            with self.locked(timeout):
                self.sweep(builder=True)
                folder = self.new_build()
                self._point(BUILDING, folder)
            try:
                yield folder
            finally:
                if self._named(CURRENT) != folder.name:
                    with self.locked(timeout):
                        (self.path / BUILDING).unlink(missing_ok=True)
                    shutil.rmtree(folder, ignore_errors=True)

    def under_way(self) -> Path | None:
        """The build that a living process is making now. To be asked by the holder of the lock of writers."""
        name = self._named(BUILDING)
        if not name:
            return None
        lock: Any = FileLock(str(self.path / "BUILDER"))
        if not lock.acquire():
            return self.path / name
        lock.release()
        (self.path / BUILDING).unlink(missing_ok=True)  # its process was killed
        return None

    def sweep(self, *, builder: bool = False) -> None:
        """Remove builds that are not live: unfinished ones, and replaced ones that no reader can still be opening.

        To be called by the holder of the lock. `builder`: by the one who alone may build, hence none is under way.
        """
        try:
            kept = {self.live()}
        except SearchUnavailable:
            # Without a pointer nobody knows which build was live; the next one written makes all of these old.
            return
        if time.time() - (self.path / CURRENT).stat().st_mtime < OLD_BUILD_SECONDS:
            return
        if not builder and (build := self.under_way()):
            kept.add(build)
        for folder in self.path.glob("build-*"):
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def locked(self, timeout: float) -> Iterator[None]:
        """Alone among all writers of this area, in every process. Unavailable when another one stays too long."""
        message = f"Another process has been writing the search index for {timeout:g} s."
        with self._lock("WRITER", timeout, message):
            yield

    @contextmanager
    def _lock(self, name: str, timeout: float, message: str) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True)
        lock: Any = FileLock(str(self.path / name))
        if not try_for(lock.acquire, timeout=timeout, delay=0.05):
            raise Unavailable(message, part="index")
        try:
            yield
        finally:
            lock.release()

    def _point(self, name: str, folder: Path) -> None:
        fresh = self.path / f"{name}.new"
        fresh.write_text(folder.name, "ascii")
        _sync(fresh)
        fresh.replace(self.path / name)
        _sync(self.path)

    def _named(self, name: str) -> str:
        try:
            return (self.path / name).read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return ""


def _segments(storage: MappedStorage) -> Sequence[Any]:
    found: Sequence[Any] = TOC.read(storage, _DEF_INDEX_NAME).segments
    return found


def empty_index(folder: Path) -> FileIndex:
    """A new Whoosh index without a document in `folder`."""
    return FileIndex.create(MappedStorage(folder), schema(), _DEF_INDEX_NAME)


def byte_size(folder: Path) -> int:
    """The size of a build in bytes. What its writer removes meanwhile is passed over."""
    size = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(root, name).stat().st_size
    return size


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
