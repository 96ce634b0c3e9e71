"""Carries httpx requests over a guarded httpcore pool, under one deadline for the whole answer, and ends when told to.

Read time-outs alone do not end a request: a server that sends one byte every ten seconds satisfies them for ever. The
deadline is looked at on each read from the socket, headers included, and no wait is longer than a quarter of a second
without asking whether the work is to stop. Looking up a name and shaking hands cannot be cut into such pieces, so they
are done in a thread that is left to itself when its result is no longer wanted.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import cache
from typing import Any

import httpcore
import httpx

from opendata.harvesting.guard import GuardedBackend, RefusedAddress
from opendata.harvesting.manners import SLICE

_CONNECT_ROUNDS = 3
"""A name and all its addresses together may take so many times what one connection may."""
_PIECE = 4096
"""Bytes written at once: what a socket that has room at all takes without waiting."""
_FAILURES = (RefusedAddress, OSError, ValueError, httpcore.NetworkError, httpcore.TimeoutException)
"""What opening a connection raises."""


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients of this process: loading the authorities takes longer than many a request."""
    return httpx.create_ssl_context()


class Deadline:
    """When the present request of this thread must be over, by `clock` (seconds), and what may end it before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._local = threading.local()

    def start(self, seconds: float, check: Callable[[], None] | None = None) -> None:
        """From now on `seconds` are left. `check` is called on every wait and may raise."""
        self._local.end = self._clock() + seconds
        self._local.check = check

    def left(self) -> float:
        """Seconds. httpcore.ReadTimeout when nothing is left; whatever `check` raises."""
        check = getattr(self._local, "check", None)
        if check is not None:
            check()
        left = float(getattr(self._local, "end", float("inf"))) - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole answer took too long")
        return left

    def slices(self, timeout: float | None) -> Iterator[float]:
        """Pieces of a wait of `timeout` seconds in all; it ends after the last, or raises as `left` does."""
        waited = 0.0
        while timeout is None or waited < timeout:
            piece = min(SLICE, self.left(), SLICE if timeout is None else timeout - waited)
            yield piece
            waited += piece


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        for piece in self._deadline.slices(timeout):
            with suppress(httpcore.ReadTimeout):
                return self._inner.read(max_bytes, piece)
        raise httpcore.ReadTimeout(f"nothing came for {timeout:.0f} seconds")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._deadline.left()
            self._inner.write(buffer[start : start + _PIECE], timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _patiently(lambda: self._inner.start_tls(ssl_context, server_hostname, timeout), self._deadline, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _TimedBackend(httpcore.NetworkBackend):
    """The guarded backend, with the deadline laid over each connection."""

    def __init__(self, inner: GuardedBackend, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        in_all = None if timeout is None else timeout * _CONNECT_ROUNDS
        return _patiently(
            lambda: self._inner.connect_tcp(host, port, timeout, local_address, socket_options), self._deadline, in_all
        )

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


def _patiently(
    open_stream: Callable[[], httpcore.NetworkStream], deadline: Deadline, timeout: float | None
) -> httpcore.NetworkStream:
    """What `open_stream` gives, waited for in slices; a stream that comes too late is closed by whoever made it."""
    future: Future[httpcore.NetworkStream] = Future()

    def work() -> None:
        try:
            future.set_result(open_stream())
        except _FAILURES as error:
            future.set_exception(error)
        finally:
            if not future.done():
                future.cancel()

    threading.Thread(target=work, name="connect", daemon=True).start()
    try:
        for piece in deadline.slices(timeout):
            if wait([future], piece).done:
                return _TimedStream(future.result(), deadline)
        raise httpcore.ConnectTimeout(f"no connection within {timeout:.0f} seconds")
    except BaseException:
        future.add_done_callback(_close_late)
        raise


def _close_late(future: Future[httpcore.NetworkStream]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class GuardedTransport(httpx.BaseTransport):
    """What httpx.HTTPTransport is, but with our backend: httpx offers no public way to give it one.

    `deadline` is that of the present request of each thread. May be shared by clients, and outlives them then.
    """

    def __init__(self, backend: GuardedBackend, deadline: Deadline) -> None:
        self.deadline = deadline
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_TimedBackend(backend, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One answer, its body unread. RefusedAddress for a scheme other than http and https."""
        if request.url.scheme not in ("http", "https"):
            raise RefusedAddress(f"{request.url.scheme}: addresses are not fetched, only http and https")
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
            request=request,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
