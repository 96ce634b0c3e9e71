"""Carries httpx requests over a guarded httpcore pool, under one deadline for the whole answer.

Read time-outs alone do not end a request: a server that sends one byte every ten seconds satisfies them for ever. The
deadline is looked at on each read from the socket, headers included.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import httpcore
import httpx

from opendata.harvesting.guard import GuardedBackend, RefusedAddress


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all clients of this process: loading the authorities takes longer than many a request."""
    return httpx.create_ssl_context()


class Deadline:
    """When the present request of this thread must be over, by `clock` (seconds)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._local = threading.local()

    def start(self, seconds: float) -> None:
        """From now on `seconds` are left."""
        self._local.end = self._clock() + seconds

    def bound(self, timeout: float | None) -> float:
        """`timeout`, or what is left where that is less. httpcore.ReadTimeout when nothing is left."""
        left = float(getattr(self._local, "end", float("inf"))) - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole answer took too long")
        return left if timeout is None else min(left, timeout)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.bound(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.bound(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.bound(timeout))
        return _TimedStream(inner, self._deadline)

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
        limit = self._deadline.bound(timeout)
        return _TimedStream(self._inner.connect_tcp(host, port, limit, local_address, socket_options), self._deadline)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class GuardedTransport(httpx.BaseTransport):
    """What httpx.HTTPTransport is, but with our backend: httpx offers no public way to give it one."""

    def __init__(self, backend: GuardedBackend, deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=10,
            keepalive_expiry=5.0,
            network_backend=_TimedBackend(backend, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One answer, its body unread. RefusedAddress for a scheme other than http and https (redirects lead there)."""
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
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
