"""A local HTTP server whose answers are given by one function."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: `query` holds the last value of each parameter, `body` what was posted, `line` the connection."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""
    line: int = 0


@dataclass(frozen=True)
class Reply:
    """One answer. `stream`, where given, is sent piece by piece after the headers, without a length."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)
    stream: Callable[[], Iterator[bytes]] | None = None
    send_length: bool = True


@dataclass
class LocalServer:
    """A running server: its address, and every request it got, in order."""

    url: str
    port: int
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serve(answer: Callable[[Asked], Reply], *, host: str = "127.0.0.1") -> Iterator[LocalServer]:
    """A server on a free port of `host`, an address of loopback, until the end of the block."""
    running = LocalServer("", 0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes: the second would wait 40 ms for the first

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            request = Asked(
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.command,
                self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                self.client_address[1],
            )
            running.asked.append(request)
            self._send(answer(request))

        do_HEAD = do_POST = do_GET  # noqa: N815 - names that the standard library looks for

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.media_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.stream is None and reply.send_length:
                self.send_header("Content-Length", str(len(reply.body)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            if self.command == "HEAD" or reply.status == 304:
                return
            try:
                for piece in reply.stream() if reply.stream else (reply.body,):
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                self.close_connection = True  # The client has seen enough, as it may.

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            return  # A reset connection is what some of these tests are about.

    with Server((host, 0), Handler) as server:
        running.port = server.server_address[1]
        running.url = f"http://{host}:{running.port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
