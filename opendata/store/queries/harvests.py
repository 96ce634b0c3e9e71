"""Every SELECT that the harvest engine and its pages need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from opendata.errors import NotFound
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestRecord, HarvestSource


def no_source(name: str) -> str:
    """What is said where there is no source of that name."""
    return f"There is no harvest source called {name!r}."


def no_job(job_id: int) -> str:
    """What is said where there is no harvest job of that number."""
    return f"There is no harvest job {job_id}."


def source_row(session: Session, name: str) -> HarvestSource:
    """The source of that name, with its organisation. NotFound."""
    wanted = select(HarvestSource).where(HarvestSource.name == name).options(joinedload(HarvestSource.organization))
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(no_source(name))
    return row


def sources(session: Session) -> Sequence[HarvestSource]:
    """All sources by name, with their organisations. One SELECT."""
    loading = joinedload(HarvestSource.organization)
    return session.scalars(select(HarvestSource).options(loading).order_by(HarvestSource.name)).all()


def sources_due(session: Session, now: dt.datetime) -> Sequence[HarvestSource]:
    """Active sources whose next run has come, longest waiting first. One SELECT."""
    due = or_(HarvestSource.next_run.is_(None), HarvestSource.next_run <= now)
    wanted = select(HarvestSource).where(HarvestSource.active, HarvestSource.frequency != "", due)
    return session.scalars(wanted.order_by(HarvestSource.next_run.nulls_first(), HarvestSource.name)).all()


def harvest_records(session: Session, source_id: UUID, identifiers: Sequence[str]) -> dict[str, HarvestRecord]:
    """What is known of those items of the source, by identifier; without raw bytes and dataset. One SELECT."""
    wanted = select(HarvestRecord).where(
        HarvestRecord.source_id == source_id, HarvestRecord.identifier.in_(identifiers)
    )
    return {row.identifier: row for row in session.scalars(wanted)}


def job_row(session: Session, job_id: int) -> HarvestJob:
    """The job with its source. NotFound."""
    row = session.scalar(select(HarvestJob).where(HarvestJob.id == job_id).options(joinedload(HarvestJob.source)))
    if row is None:
        raise NotFound(no_job(job_id))
    return row


def jobs(session: Session, source_id: UUID | None = None, limit: int = 50) -> Sequence[HarvestJob]:
    """The latest jobs (of one source, or of all), newest first, with their sources. One SELECT."""
    wanted = select(HarvestJob).options(joinedload(HarvestJob.source)).order_by(HarvestJob.id.desc()).limit(limit)
    return session.scalars(wanted if source_id is None else wanted.where(HarvestJob.source_id == source_id)).all()


def problems(session: Session, job_id: int, after: int = 0, limit: int = 500) -> Sequence[HarvestProblem]:
    """What went wrong in a job, in order, from behind the problem `after`. One SELECT."""
    wanted = select(HarvestProblem).where(HarvestProblem.job_id == job_id, HarvestProblem.id > after)
    return session.scalars(wanted.order_by(HarvestProblem.id).limit(limit)).all()


def job_items(session: Session, job_id: int, after: int = 0, limit: int = 500) -> Sequence[HarvestRecord]:
    """The items whose latest result is of this job, with their datasets, by id from behind `after`. One SELECT."""
    wanted = select(HarvestRecord).where(HarvestRecord.job_id == job_id, HarvestRecord.id > after)
    wanted = wanted.options(joinedload(HarvestRecord.dataset)).order_by(HarvestRecord.id).limit(limit)
    return session.scalars(wanted).all()
