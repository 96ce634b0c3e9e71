"""Lets a search wait until what people and programs wrote before it is in the index; the writing never waits.

What they write is queued before all else (queue.PROMPT), and taken between two parts of a harvest. The worker goes
about it at leisure, since many changes are better written together; a search that comes meanwhile touches a file, and
then it is done at once. Where nothing was written, nobody waits.
"""

from __future__ import annotations

import datetime as dt
import time
from contextlib import suppress

from sqlalchemy import Select, bindparam, func, or_, select

from opendata.services import queue, versions
from opendata.services.catalogue import Catalogue
from opendata.services.versions import Version
from opendata.store.operations import Job
from opendata.store.states import JobStatus

MARK = "search-waits"
"""A file in the home of the site: touched when a search waits."""
TRUSTED = dt.timedelta(seconds=10)
"""What waits for longer than this is not being worked on: no search waits for it any more."""
MOST = 2**62
"""No job has so high a number."""
SECONDS = 3.0
"""How long a search waits at most."""
LOOK_SECONDS = 0.02
"""How often the queue is looked at while a search waits."""


def settle(catalogue: Catalogue, seconds: float | None = None) -> bool:
    """Wait until the index holds what was committed promptly before this call, for `seconds` (SECONDS where they are
    not given) at most; whether it does.

    One SELECT where nothing is on its way. Where nobody works on the queue, the search goes on without it.
    """
    newest = _newest(catalogue)
    return newest is None or _wait(catalogue, newest, SECONDS if seconds is None else seconds)


def settled_version(catalogue: Catalogue) -> Version:
    """`versions.of_site` of when the index holds all that, or was waited for long enough. One SELECT, as there."""
    version, newest = versions.of_site_and(catalogue, _NEWEST, _said(catalogue))
    if newest is None:
        return version
    _wait(catalogue, newest, SECONDS)
    return versions.of_site(catalogue)


def _wait(catalogue: Catalogue, newest: int, seconds: float) -> bool:
    _mark(catalogue)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        if _newest(catalogue, up_to=newest) is None:
            return True
    return False


def waited(catalogue: Catalogue) -> int:
    """A number that changes when a search begins to wait; 0 as long as none has. The worker of this machine sees it."""
    try:
        return (catalogue.config.home / MARK).stat().st_mtime_ns
    except OSError:
        return 0


def _mark(catalogue: Catalogue) -> None:
    """Let the worker know. Where the folder cannot be written, it looks by itself every [jobs] poll_seconds."""
    with suppress(OSError):
        (catalogue.config.home / MARK).touch()


def _newest(catalogue: Catalogue, up_to: int = MOST) -> int | None:
    """The job queued last of those that are promptly to be done and are not yet, None where there is none."""
    with catalogue.engine.connect() as connection:  # half the time of a session, for every search
        return connection.scalar(_UNDONE, _said(catalogue, up_to))


def _said(catalogue: Catalogue, up_to: int = MOST) -> dict[str, object]:
    return {"since": catalogue.now() - TRUSTED, "up_to": up_to}


def _undone() -> Select[int | None]:
    undone = or_(Job.status == JobStatus.NEW, Job.status == JobStatus.IN_PROGRESS)
    waiting = (undone, Job.rank == -queue.PROMPT, Job.kind == "index")
    return select(func.max(Job.id)).where(*waiting, Job.created > bindparam("since"), Job.id <= bindparam("up_to"))


# Put together once: that takes longer than asking it.
_UNDONE = _undone()
_NEWEST = _UNDONE.scalar_subquery()
