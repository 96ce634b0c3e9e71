"""The one who asks: closed connections, each sending its next request when it has the last answer."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.measure import percentile

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
"""A person's browser, since views by robots are not counted, which would be less work."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request other than a GET of a page."""

    path: str
    method: str = "POST"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: milliseconds of each request, in no order, and how long all took."""

    milliseconds: tuple[float, ...]
    seconds: float

    @property
    def per_second(self) -> float:
        """Requests a second over all connections."""
        return len(self.milliseconds) / self.seconds

    @property
    def p50(self) -> float:
        """Half of the requests took less, in ms."""
        return percentile(self.milliseconds, 0.5)

    @property
    def p95(self) -> float:
        """Nineteen of twenty requests took less, in ms."""
        return percentile(self.milliseconds, 0.95)

    @property
    def p99(self) -> float:
        """All but one in a hundred took less, in ms."""
        return percentile(self.milliseconds, 0.99)


def ask(base: str, paths: Sequence[str | Request], *, connections: int = 1) -> Answers:
    """Send every request once (a path is got), shared out over so many kept-alive connections. RuntimeError for any
    answer but 200."""
    address = urlsplit(base).netloc
    taken: list[float] = []
    failures: list[str] = []
    threads = [
        threading.Thread(target=_connection, args=(address, paths[number::connections], taken, failures))
        for number in range(connections)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise RuntimeError(f"{len(failures)} of {len(paths)} requests failed, the first: {failures[0]}")
    return Answers(tuple(taken), seconds)


def _connection(address: str, paths: Sequence[str | Request], taken: list[float], failures: list[str]) -> None:
    connection = http.client.HTTPConnection(address, timeout=60)
    for given in paths:
        asked = given if isinstance(given, Request) else Request(given, "GET")
        started = time.perf_counter()
        try:
            connection.request(asked.method, asked.path, asked.body, {"User-Agent": AGENT, **asked.headers})
            answer = connection.getresponse()
            body = answer.read()
        except OSError as error:
            failures.append(f"{asked.path}: {error!r}")
            return
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status != 200:
            failures.append(f"{asked.path}: {answer.status} {body[:200]!r}")
    connection.close()
