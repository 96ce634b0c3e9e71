"""Files that are half here: kept between two attempts and over the end of a process, in a folder each.

A folder holds the bytes (`file`) and what the server said of them (`about.json`). Its lock is held by whoever writes.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from opendata.errors import Locked
from opendata.services.catalogue import Catalogue

PREFIX = "fetch-"
MOST_PARTIALS = 200
MOST_BYTES = 4 * 1024**3
"""In all. Of more, the oldest go first."""
LONGEST_AGE = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Partial:
    """What is here of one file: `path` may be missing. To be used while it is held."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self.folder / "file"

    @property
    def size(self) -> int:
        """Bytes that are here."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def validators(self, url: str) -> tuple[str, str]:
        """ETag and Last-Modified under which the bytes of `url` began to come; "" twice where nothing can go on."""
        try:
            said = json.loads((self.folder / "about.json").read_text("utf-8"))
            same = said["url"] == url and self.size > 0
            return (str(said["etag"]), str(said["last_modified"])) if same else ("", "")
        except (OSError, ValueError, KeyError, TypeError):
            return "", ""

    def begin(self, url: str, etag: str, last_modified: str) -> None:
        """The server begins to send `url`. A weak ETag is left out: no bytes go on by it (RFC 9110 §13.1.5)."""
        said = {"url": url, "etag": "" if etag.startswith("W/") else etag, "last_modified": last_modified}
        temporary = self.folder / "about.new"
        temporary.write_text(json.dumps(said), "utf-8")
        temporary.replace(self.folder / "about.json")

    def clear(self) -> None:
        """Begin anew."""
        self.path.unlink(missing_ok=True)
        (self.folder / "about.json").unlink(missing_ok=True)

    def remove(self) -> None:
        """Nothing of it is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def held(catalogue: Catalogue, resource_id: UUID) -> Iterator[Partial]:
    """What is here of that file, for one writer. Locked while somebody else fetches it."""
    folder = _incoming(catalogue) / f"{PREFIX}{resource_id}"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        yield Partial(folder)


def sweep(catalogue: Catalogue) -> int:
    """Remove what is old, and the oldest of what is too much. How many; those that somebody writes to stay."""
    known = []
    for folder in _incoming(catalogue).glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):
            known.append((_changed(folder), Partial(folder).size, folder))
    known.sort(reverse=True)
    oldest = (catalogue.now() - LONGEST_AGE).timestamp()
    removed = kept = held_bytes = 0
    for changed, size, folder in known:
        kept, held_bytes = kept + 1, held_bytes + size
        if changed < oldest or kept > MOST_PARTIALS or held_bytes > MOST_BYTES:
            with suppress(Locked, FileNotFoundError), _locked(folder):
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed


def _incoming(catalogue: Catalogue) -> Path:
    return catalogue.config.home / "incoming"


def _changed(folder: Path) -> float:
    """When bytes came last, in seconds of the epoch."""
    return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # The folder itself is what is locked: a file within it would be gone with it.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Locked("This file is being fetched at this moment.") from None
    finally:
        os.close(descriptor)
