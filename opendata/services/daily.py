"""What is to be done once a day, whoever asks for it and however often the worker starts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store.operations import Job
from opendata.store.queue import enqueue

EVERY = dt.timedelta(days=1)


def queue(catalogue: Catalogue, job: str) -> None:
    """Queue the job of that kind, unless it was queued within a day."""
    with catalogue.sessions.read() as session:
        last = session.scalar(select(func.max(Job.created)).where(Job.kind == job))
    if last is None or last <= catalogue.now() - EVERY:
        with catalogue.sessions.write.begin() as session:
            enqueue(session, job, {}, catalogue.now(), lane=Lane.READ, dedupe=job)
