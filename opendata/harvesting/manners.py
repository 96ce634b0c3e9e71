"""Manners towards hosts, shared by all clients of one process: pace, connections at once, and "come back later"."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_KEPT = 10_000
"""Hosts that are remembered; those at rest are forgotten beyond that."""

SLICE = 0.25
"""Seconds. No wait is longer without a look at whether it should end."""


@dataclass(slots=True)
class _Host:
    next: float = 0.0
    busy: int = 0
    pace: float = 0.0


class Manners:
    """What is known of each host: when it may be asked again, and how many requests to it are under way.

    `most` bounds the requests to one host at once. Times are seconds of `clock`.
    """

    def __init__(self, *, most: int = 4, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._free = threading.Condition()

    @contextmanager
    def turn(self, host: str, pace: float, pause: Callable[[float], None], check: Callable[[], None]) -> Iterator[None]:
        """Inside, one request may be made: `pace` seconds after the one before, and not too many at once.

        `pause` waits, `check` is called again and again while it is another's turn; either may raise.
        """
        known = self._enter(host, check)
        try:
            with self._free:
                now = self._clock()
                start = max(now, known.next)
                known.next = start + max(pace, known.pace)
            if start > now:
                pause(start - now)
            yield
        finally:
            with self._free:
                known.busy -= 1
                self._free.notify_all()

    def hold(self, host: str, seconds: float) -> None:
        """Nobody asks this host for so long: it said so itself."""
        with self._free:
            known = self._host(host)
            known.next = max(known.next, self._clock() + seconds)

    def slow(self, host: str, seconds: float) -> None:
        """From now on requests to this host lie at least so far apart: its robots.txt asks for it."""
        with self._free:
            self._host(host).pace = seconds

    def _enter(self, host: str, check: Callable[[], None]) -> _Host:
        while True:
            with self._free:
                known = self._host(host)
                if known.busy < self._most:
                    known.busy += 1
                    return known
                self._free.wait(SLICE)
            check()

    def _host(self, host: str) -> _Host:
        known = self._hosts.get(host)
        if known is None:
            if len(self._hosts) >= _KEPT:
                now = self._clock()
                self._hosts = {name: one for name, one in self._hosts.items() if one.busy or one.next > now}
            known = self._hosts[host] = _Host()
        return known
