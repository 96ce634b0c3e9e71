"""The files of a directory, each with a way to open it that cannot be led elsewhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from opendata.errors import SourceError
from opendata.reading.archive import Entry
from opendata.reading.filenames import decoded_name, is_skipped, shown


def local_path(url: str) -> Path:
    """The path that `url` names: a plain path, or a file: address."""
    text = unquote(urlsplit(url).path) if url.startswith("file:") else url
    if "\x00" in text or not text.strip():
        raise SourceError(f"{url!r} is no path of a folder")
    return Path(text).expanduser()


def directory_entries(root: Path, *, recursive: bool) -> Iterator[Entry]:
    """Every file below `root`, in no order, without hidden ones. Links are followed only to files inside `root`."""
    inside = root.resolve()
    waiting = [(inside, "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            listed = list(os.scandir(folder))
        except OSError as error:
            yield Entry(prefix.rstrip("/") or ".", refused=f"the folder cannot be read: {error.strerror}", unseen=True)
            continue
        for found in listed:
            path = prefix + shown(decoded_name(os.fsencode(found.name)))
            if is_skipped(path):
                continue
            if found.is_dir(follow_symlinks=False):
                if recursive:
                    waiting.append((Path(found.path), path + "/"))
            else:
                yield _entry(Path(found.path), path, inside)


def _entry(file: Path, path: str, root: Path) -> Entry:
    try:
        target = file.resolve(strict=True)
        if not target.is_relative_to(root):
            return Entry(path, refused="a symbolic link that leads out of the folder")
        status = target.stat()
    except (OSError, RuntimeError) as error:
        return Entry(path, refused=f"a symbolic link that leads nowhere ({type(error).__name__})")
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, refused="a symbolic link to a folder is not followed")
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, refused="not a regular file")
    return Entry(path, status.st_size, lambda: _open(file, target, root))


def _open(file: Path, target: Path, root: Path) -> BinaryIO:
    """Open `target`, if it still is what `file` leads to; the folder may have changed since it was listed."""
    try:
        if file.resolve(strict=True) != target or not target.is_relative_to(root):
            raise SourceError(f"{shown(file.name)} was replaced while the folder was read")
        handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, RuntimeError) as error:
        raise SourceError(f"{shown(file.name)} cannot be opened: {error}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError(f"{shown(file.name)} is no longer a regular file")
    return os.fdopen(handle, "rb")
