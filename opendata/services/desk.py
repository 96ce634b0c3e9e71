"""What the desk shows: sources, jobs and their problems. Everybody sees what their own organisations harvest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.values import Text
from opendata.harvesting.client import without_credentials
from opendata.services import reports
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import DeskPage, FailedWork, JobList, QueueLine, SourcePage
from opendata.services.results import JobLine, JobReport, ProblemLine, SourceLine
from opendata.services.rights import Right, demand, demand_over, may, may_over, organizations_where
from opendata.services.sources import is_running, is_waiting
from opendata.store import queries
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestRecord, HarvestSource
from opendata.store.operations import Job
from opendata.store.states import ItemResult, JobStatus, ReportState

OVERVIEW_JOBS = 5
FAILED_SHOWN = 10


def overview(catalogue: Catalogue, actor: Actor) -> DeskPage:
    """Sources, the latest jobs, how many reports of readers wait, and (for those who manage the site) the queue."""
    manages = may(actor, Right.MANAGE_SITE)
    with catalogue.sessions.read() as session:
        queue, failed = (_queue(session), _failed(session)) if manages else (None, ())
    return DeskPage(
        sources=sources(catalogue, actor),
        jobs=jobs(catalogue, actor, limit=OVERVIEW_JOBS),
        new_reports=reports.counts(catalogue, actor).get(ReportState.NEW, 0),
        queue=queue,
        failed=failed,
        may_add_source=may(actor, Right.MANAGE_SOURCES),
    )


def sources(catalogue: Catalogue, actor: Actor) -> tuple[SourceLine, ...]:
    """The sources that the actor may see, by name, each with its number of records and its last job."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        rows = [row for row in queries.sources(session) if may_over(actor, Right.SEE_DESK, row.organization_id)]
        counted = _record_counts(session)
        latest = _latest_jobs(session)
    return tuple(_source_line(row, counted.get(row.id, 0), latest.get(row.id)) for row in rows)


def source(catalogue: Catalogue, actor: Actor, name: str) -> SourcePage:
    """One source with its latest jobs. NotFound; NotAllowed for that of an agency that is not theirs."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        row = queries.source_row(session, name)
        demand_over(actor, Right.SEE_DESK, row.organization_id)
        found = queries.jobs(session, row.id, limit=10)
        records = _record_counts(session, row.id).get(row.id, 0)
        return SourcePage(
            line=_source_line(row, records, found[0] if found else None),
            options=dict(row.options),
            frequency=row.frequency,
            created=row.created,
            last_success=row.last_success,
            failures=row.failures,
            jobs=tuple(job_line(job) for job in found),
            running=is_running(catalogue, session, row.id),
            waiting=is_waiting(session, row.name),
            may_run=row.active and may_over(actor, Right.RUN_HARVEST, row.organization_id),
            may_remove=may_over(actor, Right.MANAGE_SOURCES, row.organization_id),
        )


def jobs(
    catalogue: Catalogue, actor: Actor, source: str | None = None, limit: int = 50, offset: int = 0
) -> tuple[JobLine, ...]:
    """The latest jobs, newest first, of one source or of all that the actor may see."""
    return job_list(catalogue, actor, source, limit, offset).jobs


def job_list(
    catalogue: Catalogue, actor: Actor, source: str | None = None, limit: int = 50, offset: int = 0
) -> JobList:
    """As `jobs`, with their number in all."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        mine = _mine(actor)
        if source:
            mine.append(HarvestSource.id == queries.source_row(session, source).id)
        total = session.scalar(select(func.count()).select_from(HarvestJob).join(HarvestJob.source).where(*mine))
        wanted = select(HarvestJob).join(HarvestJob.source).where(*mine).options(joinedload(HarvestJob.source))
        rows = session.scalars(wanted.order_by(HarvestJob.id.desc()).limit(limit).offset(offset))
        return JobList(tuple(job_line(row) for row in rows), total or 0)


def report(catalogue: Catalogue, actor: Actor, job_id: int, limit: int = 500, offset: int = 0) -> JobReport:
    """The job with `limit` of its problems. NotFound; NotAllowed for the source of an agency that is not theirs."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        job = queries.job_row(session, job_id)
        demand_over(actor, Right.SEE_DESK, job.source.organization_id)
        of_job = HarvestProblem.job_id == job_id
        total = session.scalar(select(func.count()).select_from(HarvestProblem).where(of_job)) or 0
        wanted = select(HarvestProblem).where(of_job).order_by(HarvestProblem.id).limit(limit).offset(offset)
        lines = tuple(_problem_line(row) for row in session.scalars(wanted))
        return JobReport(job_line(job), lines, more=max(0, total - offset - len(lines)), total=total)


def job_line(row: HarvestJob) -> JobLine:
    """The job as lists show it. Needs its source."""
    counts = {result.value: getattr(row, f"{result.value}_count") for result in ItemResult}
    return JobLine(row.id, row.source.name, row.status.value, row.started, row.finished, counts, row.message)


def _mine(actor: Actor) -> list[ColumnElement[bool]]:
    allowed = organizations_where(actor, Right.SEE_DESK)
    return [] if allowed is None else [HarvestSource.organization_id.in_(allowed)]


def _source_line(row: HarvestSource, records: int, job: HarvestJob | None) -> SourceLine:
    return SourceLine(
        id=row.id,
        name=row.name,
        title=row.title or row.name,
        type=row.type,
        url=without_credentials(row.url),
        active=row.active,
        organization=row.organization.title if row.organization else Text(),
        records=records,
        last_job=job_line(job) if job else None,
    )


def _problem_line(row: HarvestProblem) -> ProblemLine:
    return ProblemLine(row.identifier, row.severity.value, row.code, row.field, row.message, row.hint, row.created)


def _record_counts(session: Session, source_id: UUID | None = None) -> dict[UUID, int]:
    """Records by source, of one source or of all."""
    counted = (
        select(HarvestRecord.source_id, func.count())
        .where(HarvestRecord.dataset_id.is_not(None))
        .group_by(HarvestRecord.source_id)
    )
    if source_id is not None:
        counted = counted.where(HarvestRecord.source_id == source_id)
    return {key: number for key, number in session.execute(counted)}  # noqa: C416  dict() of rows has no types


def _latest_jobs(session: Session) -> dict[UUID, HarvestJob]:
    newest = select(func.max(HarvestJob.id)).group_by(HarvestJob.source_id)
    wanted = select(HarvestJob).where(HarvestJob.id.in_(newest)).options(joinedload(HarvestJob.source))
    return {job.source_id: job for job in session.scalars(wanted)}


def _queue(session: Session) -> tuple[QueueLine, ...]:
    """The queue by kind of work; what was done is left out."""
    states = (JobStatus.NEW, JobStatus.IN_PROGRESS, JobStatus.ERROR)
    grouped: Any = select(Job.kind, Job.status, func.count()).where(Job.status.in_(states))
    numbers = {
        (kind, status): number for kind, status, number in session.execute(grouped.group_by(Job.kind, Job.status))
    }
    kinds = sorted({kind for kind, _ in numbers})
    return tuple(QueueLine(kind, *(numbers.get((kind, state), 0) for state in states)) for kind in kinds)


def _failed(session: Session) -> tuple[FailedWork, ...]:
    wanted = select(Job).where(Job.status == JobStatus.ERROR).order_by(Job.id.desc()).limit(FAILED_SHOWN)
    return tuple(FailedWork(row.id, row.kind, row.error, row.finished) for row in session.scalars(wanted))
