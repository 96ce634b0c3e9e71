"""New connections go to the web process that has the fewest: a client keeps its connection, and with it the process.

The kernel wakes every process that waits, and the one that answers first is often the same one: of eight clients that
came together, two processes had eight and none. So a process that has more of them than another waits for a moment
before it takes one more, and the other has taken it by then.
"""

from __future__ import annotations

import mmap
import struct
import time
from socket import socket
from typing import Any

from opendata.cli.patience import PatientWorker

STEP_SECONDS = 0.001
"""What a process waits for every connection that it has more than another."""
MOST_SECONDS = 0.005
"""How long a new connection waits at most, where the other process does not take it either."""

_COUNT = struct.Struct("=i")
_FREE = -1


class Counts:
    """How many connections each web process has, in memory that they share: to be made before they are forked."""

    def __init__(self, processes: int) -> None:
        # While the server loads itself again there are the old processes and the new ones.
        self._slots = 2 * processes
        self._memory = mmap.mmap(-1, self._slots * _COUNT.size)
        for slot in range(self._slots):
            self.put(slot, _FREE)

    def take(self) -> int | None:
        """A place for one process; None where all are taken."""
        for slot in range(self._slots):
            if self._of(slot) == _FREE:
                self.put(slot, 0)
                return slot
        return None

    def free(self, slot: int) -> None:
        """Give the place of a process back that has ended."""
        self.put(slot, _FREE)

    def put(self, slot: int, count: int) -> None:
        """The process of this place has so many."""
        _COUNT.pack_into(self._memory, slot * _COUNT.size, count)

    def surplus(self, slot: int) -> int:
        """How many more that process has than the one which has the fewest; never below 0."""
        others = [count for other in range(self._slots) if (count := self._of(other)) != _FREE]
        return self._of(slot) - min(others, default=0)

    def _of(self, slot: int) -> int:
        return int(_COUNT.unpack_from(self._memory, slot * _COUNT.size)[0])


class BalancedWorker(PatientWorker):
    """A web process of threads which leaves a new connection to another that has fewer."""

    counts: Counts | None = None
    """Those of the server, set before it forks."""
    slot: int | None = None

    def notify(self) -> None:
        """Called by gunicorn in every turn of its loop."""
        super().notify()
        self._tell()

    def accept(self, listener: socket) -> None:
        """Called by gunicorn when a connection waits; whoever comes late finds none and goes on."""
        if self.counts is not None and self.slot is not None and (surplus := self.counts.surplus(self.slot)) > 0:
            time.sleep(min(surplus * STEP_SECONDS, MOST_SECONDS))
        super().accept(listener)
        self._tell()

    def _tell(self) -> None:
        if self.counts is not None and self.slot is not None:
            self.counts.put(self.slot, self.nr_conns)


def hooks(counts: Counts) -> dict[str, Any]:
    """Settings of gunicorn by which each process has its place."""

    def pre_fork(_server: object, worker: BalancedWorker) -> None:
        worker.counts, worker.slot = counts, counts.take()

    def child_exit(_server: object, worker: BalancedWorker) -> None:
        if worker.slot is not None:
            counts.free(worker.slot)

    return {"worker_class": BalancedWorker, "pre_fork": pre_fork, "child_exit": child_exit}
