"""A repository with files whose line is bad: errors, pauses asked for, truncated bodies, stalls and resets."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.servers.local import Asked, Reply
from tests.servers.oai import Repository, answer

FAULTS = ("500", "503", "truncated", "stall", "reset")
ROW = "kz-{number:05};{row};Алматы облысы;{value}\n"


@dataclass
class Faulty:
    """What is served: `size` records below /oai, `page` on each page, each with a file below /files.

    Of all answers, the share `faults` fails; none fails more than `most` times running for one address, so that a
    client that asks again gets it at last. `stall_seconds` is how long a stalled answer says nothing.
    """

    size: int
    page: int = 20
    faults: float = 0.0
    most: int = 3
    seed: int = 1
    stall_seconds: float = 2.0
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    _running: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def fault(self, address: str) -> str:
        """What happens to this request, "" for nothing."""
        with self._lock:
            self.asked[address] += 1
            if self._random.random() >= self.faults or self._running[address] >= self.most:
                self._running[address] = 0
                return ""
            self._running[address] += 1
            kind = self._random.choice(FAULTS)
            self.failed[kind] += 1
            return kind

    def reply(self, asked: Asked) -> Reply:
        """The answer, were the line good."""
        if asked.path.startswith("/files/"):
            number = int(asked.path.removeprefix("/files/").removesuffix(".csv"))
            return Reply(content(number), media_type="text/csv", headers={"ETag": f'"{number}"'})
        links = tuple(
            (number, f"<dc:relation>{self.url}/files/{number}.csv</dc:relation>") for number in range(self.size)
        )
        return answer(Repository(size=self.size, page=self.page, extra=links), asked)


def content(number: int) -> bytes:
    """The file of a record: a table of its own."""
    rows = (ROW.format(number=number, row=row, value=(row * 7919 + number) % 1000) for row in range(100))
    return ("код;строка;область;значение\n" + "".join(rows)).encode()


@contextmanager
def faulty_server(held: Faulty) -> Iterator[Faulty]:
    """`held` on a free port of 127.0.0.1 until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = held.reply(Asked(parts.path, dict(parse_qsl(parts.query)), headers))
            fault: Callable[[Reply], None] | None = getattr(self, f"_{held.fault(self.path)}", None)
            with suppress(OSError):  # the client may be dead, as is meant
                (fault or self._send)(reply)

        def _send(self, reply: Reply, sent: int | None = None) -> None:
            body, status = reply.body, reply.status
            start = self.headers.get("Range", "").removeprefix("bytes=").partition("-")[0]
            extra = dict(reply.headers)
            if start.isdigit() and self.headers.get("If-Range") == reply.headers.get("ETag") and int(start) < len(body):
                extra["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                body, status = body[int(start) :], 206
            self.send_response(status)
            for name, value in {"Content-Type": reply.media_type, "Content-Length": str(len(body)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[:sent])

        def _500(self, reply: Reply) -> None:
            self._send(Reply(b"broken", 500))

        def _503(self, reply: Reply) -> None:
            self._send(Reply(b"later", 503, headers={"Retry-After": str(len(reply.body) % 2)}))

        def _truncated(self, reply: Reply) -> None:
            self._send(reply, len(reply.body) // 2)
            self.close_connection = True

        def _stall(self, reply: Reply) -> None:
            self._send(reply, len(reply.body) // 3)
            time.sleep(held.stall_seconds)
            self.close_connection = True

        def _reset(self, reply: Reply) -> None:
            self._send(reply, len(reply.body) // 4)
            # With no time to linger, closing sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 50

        def handle_error(self, request: object, client_address: object) -> None:
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        held.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()
