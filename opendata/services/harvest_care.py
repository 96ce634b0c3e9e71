"""Runs that nobody works on any more, though they are not at their end: they are queued, to be taken over."""

from __future__ import annotations

from sqlalchemy import select

from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import is_alive
from opendata.services.sources import enqueue_run
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import Job
from opendata.store.states import JobStatus

LIVE = (JobStatus.NEW, JobStatus.IN_PROGRESS)


def queue_left_behind(catalogue: Catalogue) -> tuple[str, ...]:
    """Queue the active sources whose process died in a run, unless the queue holds them already; their names.

    The jobs of a worker that died come back by their lease; this is for runs that were started by hand.
    """
    wanted = (
        select(HarvestJob, HarvestSource)
        .join(HarvestSource, HarvestSource.id == HarvestJob.source_id)
        .where(HarvestJob.status == JobStatus.IN_PROGRESS, HarvestJob.dry_run.is_(False), HarvestSource.active)
        .order_by(HarvestSource.name)
    )
    with catalogue.sessions.read() as session:
        running = [source for job, source in session.execute(wanted) if not is_alive(catalogue, job)]
    if not running:
        return ()
    with catalogue.sessions.write.begin() as session:
        held = session.scalars(select(Job.payload).where(Job.kind == "harvest", Job.status.in_(LIVE)))
        queued = {payload.get("source") for payload in held}
        left = {source.name: source for source in running if source.name not in queued}
        for source in left.values():
            enqueue_run(catalogue, session, source)
    return tuple(left)
