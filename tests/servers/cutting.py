"""A line between a client and a server on loopback that breaks when it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Line:
    """Passes connections on to `target`. `sent` counts the bytes towards the server.

    Once `cut_at` of them have passed, every connection breaks, and new ones are turned away until `mend` is called.
    """

    target: int
    port: int = 0
    cut_at: int | None = None
    bytes_per_second: int | None = None
    sent: int = 0
    broken: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break now."""
        self.cut_at = None
        self.broken.set()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self.broken.clear()

    def run(self, listener: socket.socket) -> None:
        """Until the listener is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self.broken.is_set():
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.target))
            self._open += [client, server]
            for source, sink, counted in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=(source, sink, counted), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                if counted and self.bytes_per_second:
                    time.sleep(len(piece) / self.bytes_per_second)
                sink.sendall(piece)
                self.sent += len(piece) if counted else 0
                if counted and self.cut_at is not None and self.sent >= self.cut_at:
                    self.cut()
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to the server at `port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(port, listener.getsockname()[1])
        thread = threading.Thread(target=line.run, args=(listener,), daemon=True)
        thread.start()
        yield line
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        line.cut()
