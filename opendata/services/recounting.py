"""Lets the orders by downloads and views follow: what was downloaded or viewed is indexed anew once a day.

Counts change all the time and nobody is told of it; the fingerprint of a document leaves them out, so that a check of
the index does not take every download for a difference. What is indexed for another reason has the newest count anyway.
"""

from __future__ import annotations

import datetime as dt
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from opendata.services import indexing
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store import counts
from opendata.store.operations import Job
from opendata.store.queue import enqueue
from opendata.store.states import CountKind

JOB = "recount"
MOST_RECOUNTED = 500
"""Records that are indexed anew a day, those downloaded most and as many of those viewed most: they are what the orders
by downloads and by views begin with."""
COUNTED = (CountKind.DOWNLOAD, CountKind.VIEW)
LOOKED_BACK = dt.timedelta(days=7)
"""How far back counts are taken into account where no earlier job is known."""


def queue_due(catalogue: Catalogue) -> None:
    """Queue the job of this day, unless it was queued or nothing was counted since the last one."""
    today = catalogue.today()
    with catalogue.sessions.read() as session:
        last = session.scalar(select(func.max(Job.created)).where(Job.kind == JOB))
        since = last.astimezone(ZoneInfo(catalogue.config.site.timezone)).date() if last else today - LOOKED_BACK
        if since >= today or not any(counts.datasets_counted(session, kind, since, 1) for kind in COUNTED):
            return
    with catalogue.sessions.write.begin() as session:
        enqueue(session, JOB, {"since": since.isoformat()}, catalogue.now(), lane=Lane.INDEX, dedupe=JOB)


def recount(catalogue: Catalogue, since: dt.date) -> int:
    """Index anew the datasets that were downloaded and viewed most since that day. How many documents were written."""
    with catalogue.sessions.read() as session:
        found = [counts.datasets_counted(session, kind, since, MOST_RECOUNTED) for kind in COUNTED]
    ids = list(dict.fromkeys(chain.from_iterable(found)))
    return indexing.index_records(catalogue, ids, ()) if ids else 0
