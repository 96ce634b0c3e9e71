"""Which web process takes a new connection: two real processes of gunicorn, which say which one answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from opendata.cli.balancing import Counts

SERVER = """
import os, sys
from gunicorn.app.base import BaseApplication
from opendata.cli.balancing import Counts, hooks

class Server(BaseApplication):
    def load_config(self):
        options = {"workers": 2, "threads": 8, "bind": f"127.0.0.1:{sys.argv[1]}", "control_socket_disable": True}
        for key, value in (options | hooks(Counts(2))).items():
            self.cfg.set(key, value)

    def load(self):
        def app(environ, start_response):
            start_response("200 OK", [])
            return [str(os.getpid()).encode()]
        return app

Server().run()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server of two processes that both answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    command = [sys.executable, "-c", SERVER, str(number)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        _wait_for_both(number)
        yield number
        process.terminate()


def _wait_for_both(port: int) -> None:
    end = time.monotonic() + 60
    seen: set[int] = set()
    while len(seen) < 2 and time.monotonic() < end:
        try:
            held = _connect(port, 4)
        except OSError:
            time.sleep(0.05)
            continue
        seen = set(held.values())
        _close(held)
    assert len(seen) == 2


def _connect(port: int, count: int) -> dict[HTTPConnection, int]:
    """New connections, one after another, each with the process that took it."""
    return dict(_connection(port) for _ in range(count))


def _connection(port: int) -> tuple[HTTPConnection, int]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    return connection, int(connection.getresponse().read())


def _close(held: dict[HTTPConnection, int]) -> None:
    for connection in held:
        connection.close()


def test_both_processes_get_their_share(port: int) -> None:
    held = _connect(port, 12)
    shares = Counter(held.values())
    _close(held)
    assert len(shares) == 2
    assert min(shares.values()) >= 4, "whoever answers first is not given all"


def test_process_that_died_leaves_its_share_to_its_successor(port: int) -> None:
    held = _connect(port, 6)
    died = min(set(held.values()))
    os.kill(died, signal.SIGKILL)
    _wait_for_both(port)
    after = _connect(port, 6)
    assert died not in after.values()
    _close(held)
    _close(after)


def test_surplus_is_over_whoever_has_the_fewest() -> None:
    counts = Counts(2)
    first, second = counts.take(), counts.take()
    assert first is not None
    assert second is not None
    counts.put(first, 5)
    assert counts.surplus(first) == 5
    assert counts.surplus(second) == 0
    counts.free(second)
    assert counts.surplus(first) == 0, "it is alone"


def test_there_is_no_place_for_more_than_twice_the_processes() -> None:
    counts = Counts(1)
    assert [counts.take() for _ in range(3)] == [0, 1, None]
    counts.free(0)
    assert counts.take() == 0
