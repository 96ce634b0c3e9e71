"""Views and downloads, collected in memory and handed over once a minute, so that reading never waits for a writer."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from crawleruseragents import is_crawler

log = logging.getLogger(__name__)

K = TypeVar("K")
CountKey = tuple[dt.date, str, UUID]
"""(civil day, kind, id of the object); kinds are "view", "download" and "search"."""

_MOST_KEYS = 100_000
_USER_AGENT_CHARACTERS = 400  # enough for every real one; more would only cost time in two thousand patterns
_EVERY_SECONDS = 60.0


def is_robot(user_agent: str) -> bool:
    """Whether a program, not a person, asks: known crawlers and libraries, and whoever does not say what it is."""
    return _is_robot(user_agent.strip()[:_USER_AGENT_CHARACTERS])


@lru_cache(maxsize=4096)
def _is_robot(user_agent: str) -> bool:
    return not user_agent or is_crawler(user_agent)


class Counters:
    """Counts of one process. Every method may be called from any thread and waits for no disk and no database."""

    def __init__(self, most_keys: int = _MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._counts: dict[CountKey, int] = {}
        self._lock = threading.Lock()
        self._left_out = 0

    def count(self, kind: str, object_id: UUID, user_agent: str, day: dt.date) -> None:
        """One more, unless a robot asks. `day` is the civil day in the site's time zone."""
        if not is_robot(user_agent):
            self.add({(day, kind, object_id): 1})

    def add(self, counts: Mapping[CountKey, int]) -> None:
        """Add `counts`, such as those that could not be handed over. Beyond the most keys, new ones are left out."""
        with self._lock:
            for key, number in counts.items():
                if key in self._counts or len(self._counts) < self._most_keys:
                    self._counts[key] = self._counts.get(key, 0) + number
                else:
                    self._left_out += number

    def drain(self) -> dict[CountKey, int]:
        """All counts since the last call, which are forgotten here."""
        with self._lock:
            counts, self._counts = self._counts, {}
            left_out, self._left_out = self._left_out, 0
        if left_out:
            log.warning("counts left out number=%d objects_at_once=%d", left_out, self._most_keys)
        return counts


class Tally(Protocol[K]):
    """What is counted in memory."""

    def add(self, counts: Mapping[K, int]) -> None:
        """Add `counts`, such as those that could not be handed over."""
        ...

    def drain(self) -> dict[K, int]:
        """All counts since the last call, which are forgotten here."""
        ...


class Flusher(Generic[K]):
    """A thread that hands the counts over once a minute and once more when it is stopped.

    `write` takes what `drain` gives and stores all of it or raises; then it is tried again next time.
    Start it after a server has forked: threads do not survive that.
    """

    def __init__(
        self, counters: Tally[K], write: Callable[[dict[K, int]], None], every_seconds: float = _EVERY_SECONDS
    ) -> None:
        self._counters, self._write, self._every = counters, write, every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counters", daemon=True)

    def start(self) -> None:
        """Begin; once only."""
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Hand over what is there and end; at most `timeout` seconds are waited for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        counts = self._counters.drain()
        if not counts:
            return
        try:
            self._write(counts)
        except Exception:  # one flush is one job: what stopped it is logged, and the counts stay for the next
            log.exception("counts not stored objects=%d", len(counts))
            self._counters.add(counts)
