"""How long a web process waits for the slow: a real process of gunicorn with two threads, and a pair of sockets."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from opendata.cli.patience import GRACE_SECONDS, LEAST, SILENT_SECONDS, Receiving

SERVER = """
import sys
from opendata.cli import gunicorn_server, patience
from opendata.cli.balancing import Counts, hooks

patience.GRACE_SECONDS = patience.HURRIED_SECONDS = 0.2

class Server(gunicorn_server.BaseApplication):
    def load_config(self):
        options = {"workers": 1, "threads": 2, "bind": f"127.0.0.1:{sys.argv[1]}", "control_socket_disable": True}
        for key, value in (options | gunicorn_server.BELIEVED | hooks(Counts(1))).items():
            self.cfg.set(key, value)

    def load(self):
        def app(environ, start_response):
            body = environ["wsgi.input"].read()
            start_response("200 OK", [])
            return [f"{environ['wsgi.url_scheme']} {environ['SCRIPT_NAME']} {len(body)}".encode()]
        return app

Server().run()
"""
SLOW = (
    b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFF\r\na",
)  # fmt: skip


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    with subprocess.Popen([sys.executable, "-c", SERVER, str(number)], stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                _answer(number)
                break
            except OSError:
                time.sleep(0.05)
        yield number
        process.terminate()


def _answer(port: int, body: bytes | None = None, **headers: str) -> str:
    asking = HTTPConnection("127.0.0.1", port, timeout=30)
    asking.request("POST" if body else "GET", "/a", body, headers)
    answer = asking.getresponse().read().decode()
    asking.close()
    return answer


@pytest.mark.parametrize("sent", SLOW)
def test_those_who_send_slowly_do_not_stop_the_site(port: int, sent: bytes) -> None:
    with ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3)]
        for one in slow:
            one.sendall(sent)
        assert _answer(port) == "http  0"
        for one in slow[: 2 if sent else 0]:
            one.settimeout(30)
            one.recv(1)  # it was let go, with an answer or without


def test_a_whole_body_comes_through(port: int) -> None:
    assert _answer(port, b"x" * 3_000_000) == "http  3000000"


def test_nobody_says_by_headers_where_they_came_in(port: int) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "SCRIPT_NAME": "/a", "PATH_INFO": "/b"}
    assert _answer(port, None, **headers) == "http  0"


def test_it_is_waited_longer_for_who_has_sent_more() -> None:
    here, there = socket.socketpair()
    with here, there:
        said = [b"x" * LEAST * 100]
        receiving = Receiving(here, lambda _size: said.pop() if said else here.recv(1))
        receiving(1)
        now = time.monotonic()
        assert not receiving.is_late(now + 1e6, 0.0), "nobody waits for it at this moment"
        receiving._since = now
        assert not receiving.is_late(now + SILENT_SECONDS - 1, GRACE_SECONDS)
        assert receiving.is_late(now + SILENT_SECONDS + 1, GRACE_SECONDS)
        receiving.begin()
        assert receiving.is_late(now + GRACE_SECONDS + 1, GRACE_SECONDS)
        receiving.cut()
        assert receiving(1) == b""
