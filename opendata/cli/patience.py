"""How long a web process waits for those who send or read slowly: its threads are few, and a slow one may mean harm.

A connection holds a thread only once something of its request has come. Who then sends less than `LEAST` is cut off,
and so is who does not read the answer. Else some fifty silent connections, which cost nothing, would stop a site.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

GRACE_SECONDS = 20.0
"""What may be waited for one request in all, beyond the time that `LEAST` gives."""
HURRIED_SECONDS = 3.0
"""The same while every thread is taken, and others wait for one."""
LEAST = 4096
"""Bytes a second, as of a bad line."""
SILENT_SECONDS = 30.0
"""What may be waited for the next bytes at once, however many have come."""
UNREAD_SECONDS = 60
"""How long an answer may lie unread by the other side, which the kernel looks after (TCP_USER_TIMEOUT, RFC 5482)."""


class Receiving:
    """Receives the bytes of one connection, and counts for how long it was waited for them."""

    def __init__(self, sock: socket.socket, receive: Callable[..., bytes]) -> None:
        self._sock, self._receive = sock, receive
        self._since: float | None = None
        self.begin()

    def begin(self) -> None:
        """Another request is waited for."""
        self._waited, self._bytes = 0.0, 0

    def __call__(self, size: int | None = None) -> bytes:
        """The next bytes, as gunicorn asks for them."""
        began = self._since = time.monotonic()
        try:
            data = self._receive(size)
        finally:
            self._since = None
            self._waited += time.monotonic() - began
        self._bytes += len(data)
        return data

    def is_late(self, now: float, grace: float) -> bool:
        """Whether it was waited too long at this moment of the monotonic clock, with so many seconds of grace."""
        began = self._since
        if began is None:
            return False
        waiting = now - began
        return waiting > SILENT_SECONDS or self._waited + waiting > grace + self._bytes / LEAST

    def cut(self) -> None:
        """Nothing more is received: whoever waits for it finds the end."""
        try:
            self._sock.shutdown(socket.SHUT_RD)
        except OSError:  # it is gone by now
            self._since = None


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """A web process of threads, none of which waits for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receiving: set[Receiving] = set()

    def accept(self, listener: socket.socket) -> None:
        """Called by gunicorn when a connection waits: it gets a thread when something has come."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another process was faster, or it is gone
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        """Called by gunicorn in a thread, for each request."""
        conn.init()
        unreader = conn.parser.unreader
        if not isinstance(unreader.chunk, Receiving):
            unreader.chunk = Receiving(conn.sock, unreader.chunk)
        receiving: Receiving = unreader.chunk
        receiving.begin()
        self._receiving.add(receiving)
        try:
            return super().handle(conn)
        finally:
            self._receiving.discard(receiving)

    def notify(self) -> None:
        """Called by gunicorn in every turn of its loop, each second at least."""
        super().notify()
        now, all_ = time.monotonic(), tuple(self._receiving)
        grace = GRACE_SECONDS if len(all_) < self.cfg.threads else HURRIED_SECONDS
        for one in all_:
            if one.is_late(now, grace):
                one.cut()
