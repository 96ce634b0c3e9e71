"""The one who asks: closed connections, each sending its next request when it has the last answer."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.measure import percentile

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
"""A person's browser, since views by robots are not counted, which would be less work."""


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


def ask(base: str, paths: Sequence[str], *, connections: int = 1) -> Answers:
    """Get every path once, shared out over so many kept-alive connections. RuntimeError for any answer but 200."""
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


def _connection(address: str, paths: Sequence[str], taken: list[float], failures: list[str]) -> None:
    connection = http.client.HTTPConnection(address, timeout=60)
    for path in paths:
        started = time.perf_counter()
        try:
            connection.request("GET", path, headers={"User-Agent": AGENT})
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            failures.append(f"{path}: {error!r}")
            return
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status != 200:
            failures.append(f"{path}: {answer.status}")
    connection.close()
