"""Lets the order by downloads follow: records that were downloaded are indexed anew once a day.

Counts change all the time and nobody is told of it; the fingerprint of a document leaves them out, so that a check of
the index does not take every download for a difference. What is indexed for another reason has the newest count anyway.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from opendata.services import indexing
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store import counts
from opendata.store.operations import Job
from opendata.store.queue import enqueue

JOB = "recount"
MOST_RECOUNTED = 500
"""Records that are indexed anew a day, those downloaded most: they are what the order by downloads begins with."""
LOOKED_BACK = dt.timedelta(days=7)
"""How far back counts are taken into account where no earlier job is known."""


def queue_due(catalogue: Catalogue) -> None:
    """Queue the job of this day, unless it was queued or nothing was downloaded since the last one."""
    today = catalogue.today()
    with catalogue.sessions.read() as session:
        last = session.scalar(select(func.max(Job.created)).where(Job.kind == JOB))
        since = last.astimezone(ZoneInfo(catalogue.config.site.timezone)).date() if last else today - LOOKED_BACK
        if since >= today or not counts.downloaded(session, since, 1):
            return
    with catalogue.sessions.write.begin() as session:
        enqueue(session, JOB, {"since": since.isoformat()}, catalogue.now(), lane=Lane.INDEX, dedupe=JOB)


def recount(catalogue: Catalogue, since: dt.date) -> int:
    """Index anew the datasets that were downloaded most since that day. How many documents were written."""
    with catalogue.sessions.read() as session:
        ids = counts.downloaded(session, since, MOST_RECOUNTED)
    return indexing.index_records(catalogue, ids, ()) if ids else 0
