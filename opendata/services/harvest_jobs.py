"""The job of a run: opened, or taken over from a process that died; counted, and ended.

Whatever a run writes, it writes in a transaction that also notes its counts on the job, under its own name. A process
that was thought dead and whose job another has taken over can therefore write nothing more.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from opendata.catalog.run_words import sentence
from opendata.errors import Conflict
from opendata.services import processes
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_pausing import count_failure
from opendata.services.harvest_plan import Bookmark, Plan
from opendata.store.base import touched
from opendata.store.harvests import HarvestJob, HarvestPreview, HarvestProblem, HarvestSource
from opendata.store.states import ItemResult, JobStatus

MOST_RUNS = 5
"""Processes that may die over one job; after that it ends in error, and the next run begins anew."""


class Lost(Exception):
    """Another process has taken over this job; this one must write nothing more."""


class TakenOver(Conflict):
    """As Lost, for those who asked for the run."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a run is asked for. `full` None: whatever is due."""

    user_id: UUID | None = None
    full: bool | None = None
    limit: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A job that this process holds. `first` is the job that began the listing, `started` when that was."""

    id: int
    runs: int
    owner: str
    plan: Plan
    first: int
    limit: int | None
    started: dt.datetime
    counts: Counter[str] = field(default_factory=Counter)
    problems: int = 0

    @property
    def may_have_seen(self) -> bool:
        """Whether items may come that this very job has seen already, since it goes on in the middle."""
        return self.runs > 1


Planner = Callable[[HarvestSource, bool | None], Plan]


def start_or_take_over(catalogue: Catalogue, source_id: UUID, wish: Wish, planner: Planner) -> Begun:
    """A new job, or the one of a dead process, which goes on. Conflict while another run of the source is alive."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = session.scalars(select(HarvestSource).where(HarvestSource.id == source_id).with_for_update()).one()
        left = _left_behind(catalogue, session, source_id, wish.dry_run)
        job = next((one for one in left if _goes_on(one, wish)), None)
        for other in left:
            if other is not job:
                _give_up(other, now)
                if other.status is JobStatus.ERROR and not wish.dry_run:
                    count_failure(session, row, other.message, now)
        if not wish.dry_run:
            row.last_run, row.next_run = now, None  # so that it is not due again while it runs
        return _taken_over(session, row, job, planner, now) if job else _opened(session, row, wish, planner, now)


def note(session: Session, begun: Begun, counts: Mapping[str, int], now: dt.datetime, **more: Any) -> None:
    """The counts so far and a sign of life, in the caller's transaction. Lost where the job is another's by now."""
    columns = {f"{result.value}_count": counts.get(result.value, 0) for result in ItemResult}
    held = update(HarvestJob).where(
        HarvestJob.id == begun.id,
        HarvestJob.owner == begun.owner,
        HarvestJob.runs == begun.runs,
        HarvestJob.status == JobStatus.IN_PROGRESS,
    )
    if not touched(session, held.values(heartbeat=now, **columns, **more)):
        raise Lost


def is_alive(catalogue: Catalogue, job: HarvestJob) -> bool:
    """Whether a living process works on the job."""
    silent = catalogue.now() - dt.timedelta(seconds=catalogue.config.jobs.lease_seconds)
    return job.heartbeat is not None and job.heartbeat > silent and not processes.is_dead(job.owner)


def _left_behind(catalogue: Catalogue, session: Session, source_id: UUID, dry_run: bool) -> list[HarvestJob]:
    """Jobs of the source whose processes died. A rehearsal and a run do not hinder each other."""
    running = select(HarvestJob).where(
        HarvestJob.source_id == source_id,
        HarvestJob.status == JobStatus.IN_PROGRESS,
        HarvestJob.dry_run == dry_run,
    )
    found = list(session.scalars(running.order_by(HarvestJob.id.desc())))
    for job in found:
        if is_alive(catalogue, job):
            raise Conflict(f"Job {job.id} of this source is still running. Wait for its end.")
    return found


def _goes_on(job: HarvestJob, wish: Wish) -> bool:
    same = job.limit == wish.limit and wish.full in (None, job.full)
    return same and not job.stopping and job.runs < MOST_RUNS


def _give_up(job: HarvestJob, now: dt.datetime) -> None:
    """Close a job that nobody goes on with."""
    job.status = JobStatus.CANCELLED if job.stopping else JobStatus.ERROR
    job.finished, job.message = now, sentence("interrupted")
    if job.runs >= MOST_RUNS:
        job.message = sentence("given_up", number=job.runs)


def _taken_over(session: Session, row: HarvestSource, job: HarvestJob, planner: Planner, now: dt.datetime) -> Begun:
    """The same job goes on after its last committed position, with its counts; a rehearsal begins anew."""
    plan = planner(row, True if job.limit or job.dry_run else None)
    if plan.bookmark is None and not plan.full:
        plan = planner(row, job.full)
    job.owner, job.heartbeat, job.runs = processes.owner(), now, job.runs + 1
    job.full, job.since = plan.full, plan.since
    counts = Counter({result.value: getattr(job, f"{result.value}_count") for result in ItemResult})
    if job.dry_run:
        counts.clear()
        session.execute(delete(HarvestPreview).where(HarvestPreview.job_id == job.id))
        session.execute(delete(HarvestProblem).where(HarvestProblem.job_id == job.id))
    session.flush()
    first, started = _beginning(session, plan, job)
    problems = session.scalar(select(func.count()).where(HarvestProblem.job_id == job.id)) or 0
    return Begun(job.id, job.runs, job.owner, plan, first, job.limit, started, counts, problems)


def _opened(session: Session, row: HarvestSource, wish: Wish, planner: Planner, now: dt.datetime) -> Begun:
    plan = planner(row, True if wish.limit or wish.dry_run else wish.full)
    job = HarvestJob(
        source_id=row.id, status=JobStatus.IN_PROGRESS, owner=processes.owner(), runs=1, created_by=wish.user_id,
        created=now, started=now, heartbeat=now, full=plan.full, since=plan.since, limit=wish.limit,
        dry_run=wish.dry_run,
    )  # fmt: skip
    session.add(job)
    if not (wish.dry_run or wish.limit or plan.bookmark):
        row.position = None
    session.flush()
    first, started = _beginning(session, plan, job)
    return Begun(job.id, 1, job.owner, plan, first, wish.limit, started)


def _beginning(session: Session, plan: Plan, job: HarvestJob) -> tuple[int, dt.datetime]:
    """The job that began the listing, and when."""
    begun = session.get(HarvestJob, plan.bookmark.first) if plan.bookmark else None
    first = begun or job
    return first.id, first.started or first.created


def bookmark(begun: Begun, token: str, clock: dt.datetime | None, now: dt.datetime) -> Bookmark:
    """The place after `token` in the listing of this job."""
    plan = begun.plan
    return Bookmark(token, begun.first, plan.mapping, plan.full, plan.since, clock, now)
