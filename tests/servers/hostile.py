"""A server that speaks raw bytes: whatever no library for HTTP would send."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Script = Callable[[bytes], Iterator[bytes]]
"""Gets the request (its first bytes) and yields what is sent, piece by piece; the connection closes after it."""


@dataclass
class HostileServer:
    """A running server: where it is, and the first line of each request it got."""

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def hostile(script: Script) -> Iterator[HostileServer]:
    """Answers by `script` on a free port of 127.0.0.1 until the end of the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        running = HostileServer(listening.getsockname()[1])
        over = threading.Event()

        def accept() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_answer, args=(line, script, running, over), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(line: socket.socket, script: Script, running: HostileServer, over: threading.Event) -> None:
    with line, suppress(OSError):
        line.settimeout(10)
        request = line.recv(65_536)
        if not request:
            return
        running.asked.append(request.split(b"\r\n", 1)[0].decode("latin-1"))
        for piece in script(request):
            if over.is_set():
                return
            line.sendall(piece)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65_536):  # closing with bytes unread would reset what is still on its way
            pass


def at_once(*pieces: bytes) -> Script:
    """These bytes, and the end."""
    return lambda request: iter(pieces)


def answer(
    body: bytes, media_type: str = "application/json", *, status: str = "200 OK", headers: Sequence[str] = ()
) -> Script:
    """A well-made answer with what may be a bad body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", "Connection: close"]
    head = "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")
    return at_once(head, body)


def dripping(piece: bytes, seconds: float, before: bytes = b"") -> Script:
    """`before`, and then one `piece` every so many seconds, for ever."""

    def script(request: bytes) -> Iterator[bytes]:
        yield before
        while True:
            yield piece
            time.sleep(seconds)

    return script
