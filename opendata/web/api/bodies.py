"""The body of a request as it comes in, for those that are too large to be read before they are used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Request

from opendata.errors import Invalid
from opendata.services.limits import Gate

SILENCE_SECONDS = 30.0
"""How long a client may send nothing; after that it has most likely gone away without a word."""

LEAST_PACE = 1024
"""Bytes a second that a body must come by, over its whole time; a thread of the server waits for it all along."""

BODIES = 8
"""Bodies that one web process takes in at once: a third of its threads. The others answer pages meanwhile."""

WAIT_SECONDS = 5.0


class Body:
    """A body of `size` bytes, None where it comes in chunks of its own. A piece_writing.Source."""

    def __init__(self, request: Request, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = request.environ["wsgi.input"]
        self._clock, self._begun, self._taken = clock, clock(), 0
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        self.size: int | None = None if chunked else request.content_length or 0
        # gunicorn waits for a silent client for ever; its other threads have their own sockets.
        self._socket: Any = request.environ.get("gunicorn.socket")

    def read(self, most: int) -> bytes:
        """The next bytes, b"" at the end. OSError when they stop coming, or come too slowly."""
        allowed = SILENCE_SECONDS + self._taken / LEAST_PACE
        if self._clock() - self._begun > allowed:
            raise TimeoutError("the body comes too slowly")
        if self._socket is not None:
            self._socket.settimeout(SILENCE_SECONDS)
        try:
            piece: bytes = self._stream.read(most)
        finally:
            if self._socket is not None:
                self._socket.settimeout(None)
        self._taken += len(piece)
        return piece


def whole_number(given: str, name: str) -> int:
    """A header that holds a number of bytes. Invalid for all else, also for one that no file can have."""
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Invalid(f"{name} must be a whole number of bytes.")
    return int(given)


def make_gate() -> Gate:
    """Lets `BODIES` through at once; Unavailable for who finds no place in time."""
    return Gate(BODIES, WAIT_SECONDS, part="uploads")
