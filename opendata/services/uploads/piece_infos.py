"""What was said of a file that arrives in pieces, kept beside its bytes as `<id>.json`."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from opendata.errors import NoSpace, NotFound, Unavailable

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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


def info_path(folder: Path, id_: UUID) -> Path:
    """Where it stands."""
    return folder / f"{id_}.json"


def read_info(folder: Path, id_: UUID) -> Info:
    """What was said of the file. NotFound."""
    try:
        return _loaded(json.loads(info_path(folder, id_).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        raise gone() from None


def write_info(folder: Path, info: Info) -> None:
    """Replace what is said of the file: wholly or not at all."""
    descriptor, name = tempfile.mkstemp(dir=folder, suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(_dumped(info)).encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(info_path(folder, info.id))
    finally:
        Path(name).unlink(missing_ok=True)


def gone() -> NotFound:
    """The error for a file that is not, or no longer, there."""
    return NotFound("There is no such file here. It may have been removed; begin it anew.")


@contextmanager
def answering(folder: Path) -> Iterator[None]:
    """Trouble with the disk in our words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("There is no room on the disk of this site. What had come before is kept.") from error
        raise Unavailable(
            f"files: {folder}: {error.strerror or error}; look at the disk and its permissions", part="files"
        ) from error


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
