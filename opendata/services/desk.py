"""What the desk shows: sources, jobs and their problems."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.values import Text
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobLine, JobReport, ProblemLine, SourceLine
from opendata.services.rights import Right, demand, may
from opendata.store import queries
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestRecord, HarvestSource
from opendata.store.states import ItemResult


def sources(catalogue: Catalogue, actor: Actor) -> tuple[SourceLine, ...]:
    """The sources that the actor may see, by name, each with its number of records and its last job."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        rows = [row for row in queries.sources(session) if may(actor, Right.SEE_DESK, row.organization_id)]
        counted = _record_counts(session)
        latest = _latest_jobs(session)
    return tuple(_source_line(row, counted.get(row.id, 0), latest.get(row.id)) for row in rows)


def jobs(catalogue: Catalogue, actor: Actor, source: str | None = None, limit: int = 50) -> tuple[JobLine, ...]:
    """The latest jobs, newest first, of one source or of all that the actor may see."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        source_id = queries.source_row(session, source).id if source else None
        rows = queries.jobs(session, source_id, limit)
        return tuple(job_line(row) for row in rows if may(actor, Right.SEE_DESK, row.source.organization_id))


def report(catalogue: Catalogue, actor: Actor, job_id: int, limit: int = 500) -> JobReport:
    """The job with its first `limit` problems. NotFound; NotAllowed for the source of an agency that is not theirs."""
    with catalogue.sessions.read() as session:
        job = queries.job_row(session, job_id)
        demand(actor, Right.SEE_DESK, job.source.organization_id)
        rows = queries.problems(session, job_id, limit=limit)
        total = session.scalar(select(func.count()).select_from(HarvestProblem).where(HarvestProblem.job_id == job_id))
        return JobReport(job_line(job), tuple(_problem_line(row) for row in rows), more=(total or 0) - len(rows))


def job_line(row: HarvestJob) -> JobLine:
    """The job as lists show it. Needs its source."""
    counts = {result.value: getattr(row, f"{result.value}_count") for result in ItemResult}
    return JobLine(row.id, row.source.name, row.status.value, row.started, row.finished, counts, row.message)


def _source_line(row: HarvestSource, records: int, job: HarvestJob | None) -> SourceLine:
    return SourceLine(
        id=row.id,
        name=row.name,
        title=row.title or row.name,
        type=row.type,
        url=row.url,
        active=row.active,
        organization=row.organization.title if row.organization else Text(),
        records=records,
        last_job=job_line(job) if job else None,
    )


def _problem_line(row: HarvestProblem) -> ProblemLine:
    return ProblemLine(row.identifier, row.severity.value, row.code, row.field, row.message, row.hint, row.created)


def _record_counts(session: Session) -> dict[UUID, int]:
    counted = (
        select(HarvestRecord.source_id, func.count())
        .where(HarvestRecord.dataset_id.is_not(None))
        .group_by(HarvestRecord.source_id)
    )
    return dict(session.execute(counted).tuples().all())


def _latest_jobs(session: Session) -> dict[UUID, HarvestJob]:
    newest = select(func.max(HarvestJob.id)).group_by(HarvestJob.source_id)
    wanted = select(HarvestJob).where(HarvestJob.id.in_(newest)).options(joinedload(HarvestJob.source))
    return {job.source_id: job for job in session.scalars(wanted)}
