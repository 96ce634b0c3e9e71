"""What every file store shares: what a key is, the place it stands for, and the measured copy that makes it."""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO, Protocol

from opendata.errors import NotFound, TooLarge
from opendata.files.storage import CHUNK, StoredFile

_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Sink(Protocol):
    """Anything that bytes can be written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""
        ...


class Nowhere:
    """A Sink for what is only to be measured."""

    def write(self, data: bytes) -> None:
        """Nothing is kept."""


def is_key(checksum: str) -> bool:
    """Whether this is a SHA-256 in lower-case hex, so that nothing else ever becomes a part of a path."""
    return _KEY.fullmatch(checksum) is not None


def place(checksum: str) -> str:
    """`ab/cd/<key>`, the same below a folder as in a bucket, so that ordinary tools can copy one to the other."""
    if not is_key(checksum):
        raise unknown(checksum)
    return f"{checksum[:2]}/{checksum[2:4]}/{checksum}"


def unknown(checksum: str) -> NotFound:
    """The error for a key that is not stored."""
    return NotFound(f"file {checksum[:64]!r}: no file of that checksum is stored")


def receive(stream: BinaryIO, sink: Sink, *, max_bytes: int) -> StoredFile:
    """Copy all of `stream` to `sink`; what came. TooLarge as soon as more than `max_bytes` have come."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(
                f"the file has more than {max_bytes} bytes, the most that is stored here; send a smaller one"
            )
        digest.update(chunk)
        sink.write(chunk)
    return StoredFile(checksum=digest.hexdigest(), byte_size=size)
