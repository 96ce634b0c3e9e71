"""Breaking off work that takes too long, in its own thread: a record that cannot be mapped must not hold up the rest.

A thread cannot be ended from outside, but an exception can be put into it, which arrives at its next step in Python.
Work inside one long call of a C library is not reached until that call returns.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TooSlow(BaseException):
    """The time was up. No Exception, so that code which answers for bad data does not take it for such."""


class Limiter:
    """Limits for the work of the thread that makes it: `seconds` for all of it, and less for pieces of it.

    Another thread calls `look` now and then.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = self._until = clock() + seconds
        self._thread = ctypes.c_ulong(threading.get_ident())
        self._sent = False

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """TooSlow where what is inside takes longer."""
        with self._lock:
            self._until, self._sent = min(self._last, self._clock() + seconds), False
        try:
            yield
        finally:
            self._take_back()

    @property
    def is_over(self) -> bool:
        """Whether the time for all of it is up."""
        return self._clock() > self._last

    def look(self) -> None:
        """Break off what is over its time."""
        with self._lock:
            if not self._sent and self._clock() > self._until:
                self._sent = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(TooSlow))

    def close(self) -> None:
        """No limit any more."""
        with self._lock:
            self._last = float("inf")
        self._take_back()

    def _take_back(self) -> None:
        """The last limit alone holds from now on; what was sent and has not arrived yet is taken back."""
        with self._lock:
            self._until = self._last
            if self._sent:
                self._sent = False
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, None)
