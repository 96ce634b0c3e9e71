"""Who does the work of a rebuild: this process alone when there is little, otherwise several, each a share of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from opendata.errors import CatalogueError, SearchUnavailable
from opendata.search import whoosh_build
from opendata.search.analysis import Analyser
from opendata.search.document import FileText, SearchDocument
from opendata.search.index import Keep
from opendata.search.share import Share
from opendata.search.survey import Findings
from opendata.search.whoosh_build import Made

AHEAD = 2
"""Batches that a process has before it besides the one at hand, so that it never waits for the next."""
NICE = 5
"""The processes give way to those that answer searches."""
STOP_SECONDS = 10

Advance = Callable[[int], None]


class Crew(Protocol):
    """Takes documents, tells what was learned of them, writes them."""

    @property
    def folders(self) -> Sequence[Path]:
        """Where the indexes are that were written."""
        ...

    def take(self, documents: Sequence[SearchDocument]) -> None:
        """Some more."""
        ...

    def findings(self) -> Sequence[Findings]:
        """What was learned of all that was taken."""
        ...

    def write(self, made: Made, advance: Advance) -> None:
        """Write them all; `advance` is told how many more are written."""
        ...

    def close(self) -> None:
        """Stop whatever still runs."""
        ...


class Alone:
    """This process does it all."""

    def __init__(self, folder: Path, fixed: Analyser | None, keep: Keep | None) -> None:
        self._share = Share(folder, fixed, keep)
        self.folders = (folder,)

    def take(self, documents: Sequence[SearchDocument]) -> None:
        """See Crew."""
        self._share.take(documents)

    def findings(self) -> Sequence[Findings]:
        """See Crew."""
        return (self._share.findings(),)

    def write(self, made: Made, advance: Advance) -> None:
        """See Crew."""
        self._share.write(made, advance)

    def close(self) -> None:
        """See Crew."""
        self._share.close()


class _Say(Enum):
    """What the builder and its processes say to each other."""

    TAKE = auto()
    TAKEN = auto()
    TELL = auto()
    FOUND = auto()
    WRITE = auto()
    WRITTEN = auto()
    KEPT = auto()
    DONE = auto()


class _Member:
    """A process and the line to it. `waiting` is how many of its answers are still to come."""

    def __init__(self, folder: Path, *, keeping: bool) -> None:
        # Started afresh and not forked: threads of the worker may hold locks at this moment.
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, folder), kwargs={"keeping": keeping}, daemon=True)
        self.process.start()
        theirs.close()
        self.waiting = 0

    def say(self, what: _Say, given: object = None) -> None:
        """Send; an answer will come."""
        try:
            self.line.send((what, given))
        except OSError:
            raise _ended(self) from None
        self.waiting += 1


class Several:
    """Processes of which each takes a share."""

    def __init__(self, folders: Sequence[Path], keep: Keep | None) -> None:
        self.folders = folders
        self._keep = keep
        self._findings: list[Findings] = []
        self._members = [_Member(folder, keeping=keep is not None) for folder in folders]
        self._by_line: dict[Any, _Member] = {member.line: member for member in self._members}

    def take(self, documents: Sequence[SearchDocument]) -> None:
        """See Crew. Waits while all have enough before them."""
        free = min(self._members, key=lambda member: member.waiting)
        while free.waiting > AHEAD:
            self._hear(lambda _count: None)
            free = min(self._members, key=lambda member: member.waiting)
        free.say(_Say.TAKE, documents)

    def findings(self) -> Sequence[Findings]:
        """See Crew."""
        self._all(_Say.TELL, lambda _count: None)
        return self._findings

    def write(self, made: Made, advance: Advance) -> None:
        """See Crew. `made` is read from the folder above by each process."""
        del made
        self._all(_Say.WRITE, advance)

    def close(self) -> None:
        """See Crew."""
        for member in self._members:
            member.process.terminate()
        for member in self._members:
            member.process.join(STOP_SECONDS)
            member.line.close()

    def _all(self, what: _Say, advance: Advance) -> None:
        for member in self._members:
            member.say(what)
        while any(member.waiting for member in self._members):
            self._hear(advance)

    def _hear(self, advance: Advance) -> None:
        """Take in what has been said, or wait until something is."""
        for line in wait([member.line for member in self._members if member.waiting]):
            member = self._by_line[line]
            try:
                what, given = member.line.recv()
            except (EOFError, OSError):
                raise _ended(member) from None
            if what is _Say.WRITTEN:
                advance(given)
            elif what is _Say.KEPT and self._keep:
                self._keep(*given)
            else:
                member.waiting -= 1
            if what is _Say.FOUND:
                self._findings.append(given)


def _ended(member: _Member) -> CatalogueError:
    member.process.join(1)
    code = member.process.exitcode
    return CatalogueError(f"A process that rebuilt the index ended unasked (code {code}). The present index stays.")


def _work(line: Connection, folder: Path, *, keeping: bool) -> None:
    """The life of one process. What goes wrong is said on standard error, and the builder sees it end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the builder stops it
    os.nice(NICE)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def keep(file: FileText, packed: bytes) -> None:
        line.send((_Say.KEPT, (replace(file, pages=()), packed)))

    _serve(line, Share(folder, None, keep if keeping else None))


def _serve(line: Connection, share: Share) -> None:
    what, given = line.recv()
    while what is not _Say.WRITE:
        if what is _Say.TAKE:
            share.take(given)
            line.send((_Say.TAKEN, None))
        else:
            line.send((_Say.FOUND, share.findings()))
        what, given = line.recv()
    made = whoosh_build.read(share.folder.parent)
    if made is None:
        raise SearchUnavailable("The program was changed while the index was rebuilt.")
    share.write(made, lambda count: line.send((_Say.WRITTEN, count)))
    line.send((_Say.DONE, None))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
