"""Once a day, what was begun and never ended is removed: from the file store, and of the copies that are worked on."""

from __future__ import annotations

import datetime as dt
import shutil
from contextlib import suppress

from sqlalchemy import func, select

from opendata.files import tidying
from opendata.services.catalogue import Catalogue
from opendata.services.partials import PREFIX
from opendata.services.queue import Lane
from opendata.store.operations import Job
from opendata.store.queue import enqueue

JOB = "tidy"
EVERY = dt.timedelta(days=1)


def queue_due(catalogue: Catalogue) -> None:
    """Queue the job, unless it was queued within a day."""
    with catalogue.sessions.read() as session:
        last = session.scalar(select(func.max(Job.created)).where(Job.kind == JOB))
    if last is None or last <= catalogue.now() - EVERY:
        with catalogue.sessions.write.begin() as session:
            enqueue(session, JOB, {}, catalogue.now(), lane=Lane.READ, dedupe=JOB)


def tidy(catalogue: Catalogue) -> int:
    """Remove it. How many there were; Unavailable where the store is away."""
    return _tidy_scratch(catalogue) + len(tidying.tidy(catalogue.files, catalogue.now()))


def _tidy_scratch(catalogue: Catalogue) -> int:
    """Files on their way to or from the store have a folder each, which a killed process leaves behind.

    Files that are half here have a time of their own: see partials.sweep.
    """
    oldest = (catalogue.now() - tidying.STALE).timestamp()
    removed = 0
    for path in (catalogue.config.home / "incoming").glob("*"):
        with suppress(FileNotFoundError):  # its work has ended at this moment
            if path.is_dir() and not path.name.startswith(PREFIX) and path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
    return removed
