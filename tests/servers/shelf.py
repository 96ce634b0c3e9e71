"""A server of files that answers HEAD, ranges and conditions as real ones do, and misbehaves as the test says."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class File:
    """What stands at an address. `status` other than 200 is all that is answered; `head` where HEAD differs.

    `etag` and `modified` are sent, and honoured, where they are not empty. `cut` bytes are sent, of the length that is
    announced, before the connection is closed: in the first `cuts` answers.
    """

    content: bytes = b""
    media_type: str = "application/octet-stream"
    status: int = 200
    head: int = 0
    etag: str = ""
    modified: str = ""
    cut: int = 0
    cuts: int = 0
    ranges: bool = True


@dataclass
class Shelf:
    """The files by path, and every request: (method, path, Range)."""

    url: str = ""
    files: dict[str, File] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def put(self, path: str, content: bytes, **how: object) -> str:
        """Lay a file there; its address."""
        self.files[path] = File(content, **how)  # type: ignore[arg-type]
        return f"{self.url}/{path}"

    def methods(self, path: str) -> list[str]:
        """How that path was asked for, in order."""
        return [method for method, one, _ in self.asked if one == path]


@contextmanager
def shelf() -> Iterator[Shelf]:
    """A running server until the end of the block."""
    made = Shelf()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def _answer(self, *, body: bool) -> None:
            path = self.path.lstrip("/")
            made.asked.append((self.command, path, self.headers.get("Range", "")))
            file = made.files.get(path, File(status=404))
            status = file.status if body or not file.head else file.head
            if status != 200:
                return self._send(status, b"", file)
            if self._is_known(file):
                return self._send(304, b"", file)
            start, end = self._range(file)
            content = file.content[start:end]
            more = {"Content-Range": f"bytes {start}-{start + len(content) - 1}/{len(file.content)}"}
            partial = self.headers.get("Range") is not None and (start, end) != (0, None)
            return self._send(206 if partial else 200, content, file, more if partial else {}, body=body)

        def _is_known(self, file: File) -> bool:
            given, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
            return bool((file.etag and given == file.etag) or (file.modified and not given and since == file.modified))

        def _range(self, file: File) -> tuple[int, int | None]:
            match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            condition = self.headers.get("If-Range")
            if not match or not file.ranges or (condition and condition not in (file.etag, file.modified)):
                return 0, None
            return int(match[1]), int(match[2]) + 1 if match[2] else len(file.content)

        def _send(
            self, status: int, content: bytes, file: File, more: dict[str, str] | None = None, *, body: bool = True
        ) -> None:
            self.send_response(status)
            said = {"Content-Type": file.media_type, "ETag": file.etag, "Last-Modified": file.modified, **(more or {})}
            for name, value in said.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body and file.cuts > 0:
                file.cuts -= 1
                self.wfile.write(content[: file.cut])
                self.wfile.flush()
                self.close_connection = True
            elif body:
                self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
