"""Once a day, what was begun and never ended is removed from the file store: what a killed process left behind."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from opendata.files import tidying
from opendata.services.catalogue import Catalogue
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
    return len(tidying.tidy(catalogue.files, catalogue.now()))
