"""Answers of one process are made one after the other: threads of one interpreter that take turns in between are all
late.

Two answers of 10 ms each that are made together are both there after 20 ms; one after the other, the first is there
after 10. With eight who ask at once, the slowest of twenty answers comes a third earlier. Who waits for something else
keeps the others waiting for no longer than a turn lasts, and who sends something for no time at all.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TURN_SECONDS = 0.05
"""How long a turn lasts at most: five times what a page of a dataset takes."""
LEAST_SECONDS = 0.001
"""How long is waited at least before looking again whether a turn is over."""


class Turns:
    """Middleware (PEP 3333). Reading is answered in turns, in the order of asking; streaming is outside of them."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self._lock = threading.Lock()
        # The first has its turn, which its event says; the others wait for theirs.
        self._queue: deque[threading.Event] = deque()
        self._until = 0.0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer by the application, when it is this request's turn."""
        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return self.app(environ, start_response)
        mine = self._take()
        try:
            return self.app(environ, start_response)
        finally:
            self._give_back(mine)

    def _take(self) -> threading.Event:
        mine = threading.Event()
        with self._lock:
            self._queue.append(mine)
            self._go_on()
        while not mine.wait(max(self._until - time.monotonic(), LEAST_SECONDS)):
            with self._lock:
                self._go_on()
        return mine

    def _go_on(self) -> None:
        """Whose turn has lasted too long loses it, and the first one who waits has the next. With the lock held."""
        now = time.monotonic()
        if self._queue[0].is_set() and now >= self._until:
            self._queue.popleft()
        if self._queue and not self._queue[0].is_set():
            self._until = now + TURN_SECONDS
            self._queue[0].set()

    def _give_back(self, mine: threading.Event) -> None:
        with self._lock:
            if self._queue and self._queue[0] is mine:  # else it was over before
                self._queue.popleft()
                if self._queue:
                    self._go_on()
