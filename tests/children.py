"""Processes that read files, kept by a test for the next one: starting one takes longer than what most tests ask of it.

Those about reading itself, and those with hostile files, have fresh ones: tests/reading and tests/hostile.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from opendata.reading import extract, spreadsheet
from opendata.reading.process import ChildProcess, _environment

MOST = 3
"""So many rest at once at most; they hold what the libraries hold that they have loaded."""

Place = tuple[int, str, tuple[tuple[str, str], ...]]
_resting: dict[Place, list[KeptChild]] = {}


def keep_children() -> None:
    """From now on who needs a child gets one that rests, if there is one."""
    extract.ChildProcess = spreadsheet.ChildProcess = kept_child  # type: ignore[misc, assignment]


@contextmanager
def fresh_children() -> Iterator[None]:
    """Everybody starts their own until the block ends, and kills it."""
    extract.ChildProcess = spreadsheet.ChildProcess = ChildProcess  # type: ignore[misc]
    yield
    keep_children()


def kept_child() -> KeptChild:
    """One that rests, was started in the same surroundings by this very process, and still lives; else a new one."""
    resting = _resting.get(_place(), [])
    while resting:
        child = resting.pop()
        if child.alive:
            return child
        child.end()
    return KeptChild()


class KeptChild(ChildProcess):
    """Rests when it is no longer needed, unless it was broken off or has read as much as one may."""

    def __init__(self) -> None:
        super().__init__()
        self._place, self._is_whole = _place(), True

    def ask(self, request: Mapping[str, Any], *, seconds: float, most_bytes: int) -> Generator[dict[str, Any]]:
        """As ChildProcess.ask."""
        self._is_whole = False
        with closing(super().ask(request, seconds=seconds, most_bytes=most_bytes)) as answer:
            for message in answer:
                self._is_whole = ("done" in message or "stop" in message) and "spent" not in message
                yield message

    def kill(self) -> None:
        """Let it rest, or end it."""
        resting = _resting.setdefault(self._place, [])
        if self._is_whole and self.alive and self.asked < extract.FILES_PER_CHILD and len(resting) < MOST:
            resting.append(self)
        else:
            self.end()

    def end(self) -> None:
        """As ChildProcess.kill."""
        super().kill()


def _place() -> Place:
    """A fork must not ask the children of its parent, and a child sees the environment that it was started with."""
    return os.getpid(), tempfile.gettempdir(), tuple(_environment().items())


@atexit.register
def _end() -> None:
    for place, resting in _resting.items():
        for child in resting if place[0] == os.getpid() else ():
            child.end()
