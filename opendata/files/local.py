"""Files in a folder of this machine: `ab/cd/<sha256>`, and `incoming/` for what is still being written."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from opendata.errors import NotFound, Unavailable
from opendata.files.keys import is_key, place, receive, unknown
from opendata.files.storage import Leftover, StoredFile
from opendata.files.tidying import tidy

_FILE_MODE, _FOLDER_MODE = 0o640, 0o750  # not for everybody on the machine: withheld files are here too


class _Incoming:
    """A file being written. Its own trouble (a full disk) is Unavailable; that of its source passes as it is."""

    def __init__(self, folder: Path) -> None:
        with _answering(folder):
            descriptor, name = tempfile.mkstemp(dir=folder)
        self.path = Path(name)
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        with _answering(self.path):
            self._file.write(data)

    def finish(self) -> None:
        """All bytes are on the disk, not only on their way to it."""
        with _answering(self.path):
            self._file.flush()
            os.fchmod(self._file.fileno(), _FILE_MODE)
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close, and remove what was not moved to its place."""
        with suppress(OSError):  # the close of a file on a full disk fails again
            self._file.close()
        self.path.unlink(missing_ok=True)


class LocalStore:
    """A FileStore in `folder`, made when missing. Temporaries older than a day are removed when it is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        with _answering(folder):
            _make_folder(self._incoming)
        tidy(self, dt.datetime.now(dt.UTC))

    def put(self, stream: BinaryIO, *, max_bytes: int) -> StoredFile:
        """Store all of `stream`. TooLarge beyond `max_bytes`; then, as after any error, nothing is kept."""
        incoming = _Incoming(self._incoming)
        try:
            stored = receive(stream, incoming, max_bytes=max_bytes)
            if not self._holds(stored):
                incoming.finish()
                with _answering(self.folder):
                    self._move_in(incoming.path, stored)
        finally:
            incoming.close()
        return stored

    def put_path(self, path: Path, *, max_bytes: int) -> StoredFile:
        """Store the file at `path`, as `put`."""
        with path.open("rb") as stream:
            return self.put(stream, max_bytes=max_bytes)

    def open(self, checksum: str) -> BinaryIO:
        """A seekable reader. NotFound for an unknown key."""
        path = self.folder / place(checksum)
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise unknown(checksum) from None
        except OSError as error:
            raise _unavailable(path, error) from error

    @contextmanager
    def local_path(self, checksum: str, *, keep: bool = False) -> Iterator[Path]:
        """The very file of the store: read it, never write it. NotFound for an unknown key."""
        del keep  # it is here
        self.size(checksum)
        yield self.folder / place(checksum)

    def size(self, checksum: str) -> int:
        """Size in bytes. NotFound for an unknown key."""
        path = self.folder / place(checksum)
        try:
            return path.stat().st_size
        except FileNotFoundError:
            raise unknown(checksum) from None
        except OSError as error:
            raise _unavailable(path, error) from error

    def exists(self, checksum: str) -> bool:
        """Whether the key is stored."""
        return is_key(checksum) and (self.folder / place(checksum)).is_file()

    def delete(self, checksum: str) -> None:
        """Remove it; nothing happens for an unknown key. Its folder stays: another put may be about to use it."""
        if is_key(checksum):
            with _answering(self.folder):
                (self.folder / place(checksum)).unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""
        return (path.name for path in self._paths())

    def stored(self) -> Iterator[StoredFile]:
        """Every key with its size in bytes, in no order."""
        for path in self._paths():
            with suppress(FileNotFoundError):  # removed since it was listed
                yield StoredFile(path.name, path.stat().st_size)

    def link(self, checksum: str, *, disposition: str, media_type: str) -> str:
        """ "Nothing: a folder has no address."""
        del checksum, disposition, media_type
        return ""

    def leftovers(self) -> Iterator[Leftover]:
        """The temporary files, in no order."""
        with _answering(self._incoming):
            paths = list(self._incoming.iterdir())
        for path in paths:
            with suppress(FileNotFoundError):  # finished, or tidied away by another process, at the same moment
                yield Leftover(path.name, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC))

    def discard(self, leftover: Leftover) -> None:
        """Remove a leftover; nothing happens for one that is gone."""
        with _answering(self._incoming):
            (self._incoming / leftover.name).unlink(missing_ok=True)

    def check(self) -> None:
        """Raise Unavailable when the store cannot be read and written now."""
        incoming = _Incoming(self._incoming)
        try:
            incoming.write(b"check")
            incoming.finish()
            with _answering(incoming.path):
                written = incoming.path.read_bytes()
        finally:
            incoming.close()
        if written != b"check":
            raise Unavailable(f"files: {self.folder} does not give back what is written to it", part="files")

    def _holds(self, stored: StoredFile) -> bool:
        try:
            return self.size(stored.checksum) == stored.byte_size
        except NotFound:
            return False

    def _move_in(self, path: Path, stored: StoredFile) -> None:
        """The name must outlive a power cut as the bytes do, and so must the folders that are new."""
        target = self.folder / place(stored.checksum)
        changed = [target.parent, *_make_folder(target.parent)]
        path.replace(target)
        for folder in changed:
            _sync_folder(folder)

    def _paths(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("??/??/*") if is_key(path.name))


def _make_folder(folder: Path) -> list[Path]:
    """Make `folder` and what is missing above it, with our mode all the way; the folders that have new entries."""
    if folder.is_dir():
        return []
    changed = _make_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    return [folder.parent, *changed]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(f"files: {path}: {error.strerror or error}; look at the disk and its permissions", part="files")


@contextmanager
def _answering(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unavailable(path, error) from error
