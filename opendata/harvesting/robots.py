"""What robots.txt lets us read (RFC 9309), remembered for an hour per origin.

The rules are read by Protego: the parser of the standard library is of 1996 and knows no wildcards, takes the first
rule instead of the most specific one, and joins no groups.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from protego import Protego

from opendata.harvesting.credentials import Origin, origin_of
from opendata.harvesting.failures import FetchError

MAX_BYTES = 500 * 1024
"""So much of the file is read, as the RFC demands of everybody (§2.5)."""

_KEPT = 1000
_FRESH_SECONDS = 3600.0
_AGAIN_SECONDS = 300.0
"""How soon a robots.txt that could not be had is asked for again."""
_SLOWEST = 30.0
"""Seconds. The most that a Crawl-delay, which no RFC knows, may slow us down."""


@dataclass(frozen=True, slots=True)
class _Known:
    rules: Protego | None
    """None: nothing may be read."""
    until: float


class Robots:
    """Answers for one User-Agent. `read` gives the beginning of a file and raises FetchError."""

    def __init__(self, read: Callable[[str], bytes], agent: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._agent = agent
        self._clock = clock
        self._known: dict[Origin, _Known] = {}
        self._lock = threading.Lock()

    def allow(self, url: httpx.URL) -> bool:
        """Whether `url` may be read. 4xx: there are no rules; no answer or 5xx: nothing may be read (§2.3.1)."""
        rules = self._rules(url)
        return rules is not None and (url.path == "/robots.txt" or rules.can_fetch(str(url), self._agent))

    def delay(self, url: httpx.URL) -> float:
        """Seconds between two requests that the file asks for, within reason; 0 for none."""
        rules = self._rules(url)
        asked = rules.crawl_delay(self._agent) if rules else None
        return min(max(asked or 0.0, 0.0), _SLOWEST)

    def _rules(self, url: httpx.URL) -> Protego | None:
        origin = origin_of(url)
        with self._lock:
            known = self._known.get(origin)
        if known is None or known.until <= self._clock():
            known = self._asked(url)
            with self._lock:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[origin] = known
        return known.rules

    def _asked(self, url: httpx.URL) -> _Known:
        now = self._clock()
        try:
            content = self._read(str(url.copy_with(raw_path=b"/robots.txt", fragment=None, userinfo=b"")))
        except FetchError as error:
            if 400 <= error.status < 500:
                return _Known(Protego.parse(""), now + _FRESH_SECONDS)
            return _Known(None, now + _AGAIN_SECONDS)
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        return _Known(Protego.parse(text), now + _FRESH_SECONDS)
