"""Reads an object of S3 by ranges, without ever holding all of it or keeping a connection while nobody reads."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from opendata.files.storage import CHUNK

FIRST_WINDOW, LARGEST_WINDOW = CHUNK // 4, 4 * CHUNK
"""Bytes fetched at once: at a jump, and while reading goes on in order. The second is what a slow reader costs."""


class Windows(io.RawIOBase):
    """Reads an object by ranges. A window doubles while reading goes on in order, so that a jump to a few bytes costs
    little and a whole file few requests."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch, self._size = fetch, size
        self._position = self._start = 0
        self._held = b""
        self._window = FIRST_WINDOW

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The new position. Nothing is fetched, and a position behind the end is allowed, as for files."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset}")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Bytes read, 0 at the end; as many as are left of the window. What the fetching raises passes as it is."""
        if self._position >= self._size:
            return 0
        held_until = self._start + len(self._held)
        if not self._start <= self._position < held_until:
            in_order = bool(self._held) and self._position == held_until
            self._window = min(self._window * 2, LARGEST_WINDOW) if in_order else FIRST_WINDOW
            self._held = b""  # not two windows in memory at once
            self._held = self._fetch(self._position, min(self._position + self._window, self._size))
            self._start = self._position
        offset = self._position - self._start
        piece = self._held[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
