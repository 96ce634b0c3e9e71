"""The site as it is served: gunicorn with two processes on loopback, and connections that break off anywhere."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

OPENDATA = Path(sys.executable).parent / "opendata"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
FILES = "/api/v1/uploads/files"


@dataclass
class Answer:
    """What came back; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Served:
    """A running site and the tokens of people there."""

    port: int
    home: Path
    pid: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", who: str = "editor"
    ) -> Answer:
        """One request of somebody, over a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {"Authorization": self.tokens[who]} if who else {}
            connection.request(method, path, body=body or None, headers={**named, **(headers or {})})
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lower, answer.read())
        finally:
            connection.close()

    def begin(self, length: int, who: str = "editor", **headers: str) -> str:
        """The path of a new file."""
        made = self.ask("POST", FILES, {**TUS, "Upload-Length": str(length), **headers}, who=who)
        assert made.status == 201, made
        return made.headers["location"]

    def offset(self, path: str) -> int:
        """How far a file has come."""
        return int(self.ask("HEAD", path, TUS).headers["upload-offset"])

    def broken_off(self, path: str, offset: int, announced: int, sent: bytes, *, reset: bool, **headers: str) -> None:
        """A PATCH that announces more than it sends, and then hangs up, politely or not."""
        said = {
            **PIECE, **headers, "Authorization": self.tokens["editor"], "Host": f"127.0.0.1:{self.port}",
            "Upload-Offset": str(offset), "Content-Length": str(announced),
        }  # fmt: skip
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            head = f"PATCH {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
            line.sendall(head.encode() + b"\r\n" + sent)
            if reset:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def settled(self, path: str, at_least: int = 0) -> int:
        """The offset once nobody writes the file any more."""
        end, last = time.monotonic() + 20, -1
        while time.monotonic() < end:
            found = self.offset(path)
            if found == last and found >= at_least:
                return found
            last = found
            time.sleep(0.05)
        raise AssertionError(f"the file stays at {last}, {at_least} were sent")


@contextmanager
def serving(home: Path, log: Path, *options: str, **settings: str) -> Iterator[Served]:
    """The site of `home` until the block ends; `settings` are variables of the environment without OPENDATA_."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OPENDATA_")}
    environ |= {"OPENDATA_HOME": str(home), **{f"OPENDATA_{name}": value for name, value in settings.items()}}
    command = [OPENDATA, "serve", "--port", str(port), "--processes", "2", *options]
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=log.parent, env=environ, stdout=out, stderr=out, start_new_session=True)
    served = Served(port, home, server.pid)
    try:
        _until_it_answers(served, server, log)
        yield served
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
        server.wait(60)


def _until_it_answers(served: Served, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            if served.ask("GET", "/healthz", who="").status == 200:
                return
        except OSError:
            pass
        assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        assert time.monotonic() < end, log.read_text("utf-8", "replace")[-2000:]
        time.sleep(0.1)
