"""What the desk shows: sources, jobs and their problems. Everybody sees what their own organisations harvest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.errors import ConfigError, NotFound
from opendata.harvesting import registry
from opendata.harvesting.credentials import shown_address
from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.desk_problems import EVERYTHING, ProblemFilter, problem_report
from opendata.services.desk_results import DeskPage, FailedWork, JobList, QueueLine, SourceLine, SourcePage
from opendata.services.results import JobLine, JobReport
from opendata.services.rights import Right, demand, may, may_over, organizations_where
from opendata.services.source_rules import version
from opendata.services.sources import has_credentials, is_running, is_waiting, next_run, settings
from opendata.services.uploads.sources import SOURCE_TYPE
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestJob, HarvestRecord, HarvestSource
from opendata.store.operations import Job
from opendata.store.planning import veiled
from opendata.store.states import ItemResult, JobStatus

OVERVIEW_JOBS = 5
OVERVIEW_SOURCES = 10
FAILED_SHOWN = 10
JOBS_SHOWN = 10
NONE = (0, 0)


def overview(catalogue: Catalogue, actor: Actor) -> DeskPage:
    """The first sources, the latest jobs, and (for those who manage the site) the queue."""
    manages = may(actor, Right.MANAGE_SITE)
    with catalogue.sessions.read() as session:
        queue, failed = (_queue(session), _failed(session)) if manages else (None, ())
    first = sources(catalogue, actor, OVERVIEW_SOURCES + 1)
    return DeskPage(
        sources=first[:OVERVIEW_SOURCES],
        more_sources=len(first) > OVERVIEW_SOURCES,
        jobs=jobs(catalogue, actor, limit=OVERVIEW_JOBS),
        queue=queue,
        failed=failed,
        may_add_source=may(actor, Right.MANAGE_SOURCES),
    )


def sources(catalogue: Catalogue, actor: Actor, limit: int | None = None) -> tuple[SourceLine, ...]:
    """The sources that the actor may see (the first `limit` of them), by name, each with its number of records and its
    last job. Those that the uploads of an agency hang on are no sources that anybody added, or could run.
    """
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        added = (row for row in queries.sources(session) if row.type != SOURCE_TYPE)
        rows = [row for row in added if may_over(actor, Right.SEE_DESK, row.organization_id)][:limit]
        ids = [row.id for row in rows]
        counted, latest = _record_counts(session, ids), _latest_jobs(session, ids)
    return tuple(_source_line(catalogue, row, counted.get(row.id, NONE), latest.get(row.id)) for row in rows)


def source(catalogue: Catalogue, actor: Actor, name: str) -> SourcePage:
    """One source with its latest jobs. NotFound, also for that of an agency that is not theirs."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        row = owned.source(session, actor, Right.SEE_DESK, name)
        found = queries.jobs(session, row.id, limit=JOBS_SHOWN)
        records = _record_counts(session, [row.id]).get(row.id, NONE)
        return SourcePage(
            line=_source_line(catalogue, row, records, _latest_jobs(session, [row.id]).get(row.id)),
            settings=settings(row),
            has_credentials=has_credentials(row),
            created=row.created,
            version=version(row),
            failures=row.failures,
            jobs=tuple(job_line(job) for job in found),
            running=is_running(catalogue, session, row.id),
            waiting=is_waiting(session, row.name),
            trying=is_waiting(session, row.name, dry_run=True),
            may_run=may_over(actor, Right.RUN_HARVEST, row.organization_id),
            may_manage=may_over(actor, Right.MANAGE_SOURCES, row.organization_id),
            may_withdraw=may_over(actor, Right.WITHDRAW_MANY, row.organization_id),
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
            mine.append(HarvestSource.id == owned.source(session, actor, Right.SEE_DESK, source).id)
        total = session.scalar(select(func.count()).select_from(HarvestJob).join(HarvestJob.source).where(*mine))
        wanted = select(HarvestJob).join(HarvestJob.source).where(*mine).options(joinedload(HarvestJob.source))
        rows = session.scalars(wanted.order_by(HarvestJob.id.desc()).limit(limit).offset(offset))
        return JobList(tuple(job_line(row) for row in rows), total or 0)


def jobs_before(
    catalogue: Catalogue, actor: Actor, source: str | None, before: int | None, limit: int
) -> tuple[JobLine, ...]:
    """As `jobs`, only those before the number `before`: for who reads the list to its end while jobs are added."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        mine = _mine(actor)
        if source:
            mine.append(HarvestSource.id == owned.source(session, actor, Right.SEE_DESK, source).id)
        if before is not None:
            mine.append(HarvestJob.id < before)
        wanted = select(HarvestJob).join(HarvestJob.source).where(*mine).options(joinedload(HarvestJob.source))
        return tuple(job_line(row) for row in session.scalars(wanted.order_by(HarvestJob.id.desc()).limit(limit)))


def report(
    catalogue: Catalogue,
    actor: Actor,
    job_id: int,
    limit: int = 500,
    offset: int = 0,
    wanted: ProblemFilter = EVERYTHING,
) -> JobReport:
    """The job with `limit` of its problems. NotFound, also for the source of an agency that is not theirs."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        job = owned.job(session, actor, Right.SEE_DESK, job_id)
        return problem_report(session, job, job_line(job), wanted, limit, offset)


def job_line(row: HarvestJob) -> JobLine:
    """The job as lists show it. Needs its source."""
    return JobLine(
        id=row.id,
        source=row.source.name,
        status=row.status.value,
        started=row.started,
        finished=row.finished,
        counts={result.value: getattr(row, f"{result.value}_count") for result in ItemResult},
        message=row.message,
        created=row.created,
        dry_run=row.dry_run,
        full=row.full,
        total=row.total,
        stopping=row.stopping,
        missing=row.missing_count,
        pending=row.pending_count,
        runs=row.runs,
        decided=row.decided,
    )


def _mine(actor: Actor) -> list[ColumnElement[bool]]:
    allowed = organizations_where(actor, Right.SEE_DESK)
    return [] if allowed is None else [HarvestSource.organization_id.in_(allowed)]


def _source_line(
    catalogue: Catalogue, row: HarvestSource, records: tuple[int, int], job: HarvestJob | None
) -> SourceLine:
    return SourceLine(
        id=row.id,
        name=row.name,
        title=row.title or row.name,
        type=row.type,
        url=shown_address(row.url),
        active=row.active,
        organization=row.organization.title if row.organization else Text(),
        records=records[0],
        last_job=job_line(job) if job else None,
        last_success=row.last_success,
        next_run=next_run(catalogue, row),
        stopped_reason=row.stopped_reason,
        withdrawn=records[1],
        is_new=row.last_run is None,
        kind=_kind(row.type),
    )


@lru_cache
def _kind(name: str) -> str:
    """What a kind of source is called, in English; its name where it is not installed any more. Kept by the process."""
    try:
        return registry.harvester(name).title
    except (NotFound, ConfigError):
        return name


def _record_counts(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Records that stand, and those withdrawn, of these sources. Two SELECTs, of indexes alone; none for no source."""
    if not ids:
        return {}
    source, has_one = HarvestRecord.source_id, HarvestRecord.dataset_id.is_not(None)
    counted = session.execute(select(source, func.count()).where(source.in_(ids), has_one).group_by(source)).all()
    of_gone = veiled(source)  # what is withdrawn is rarely much: it is found first, and then who brought it
    withdrawn = select(of_gone, func.count()).join(Dataset, Dataset.id == HarvestRecord.dataset_id)
    withdrawn = withdrawn.where(Dataset.state == RecordState.WITHDRAWN, of_gone.in_(ids)).group_by(of_gone)
    gone: dict[UUID, int] = dict(session.execute(withdrawn).all())
    return {key: (every - gone.get(key, 0), gone.get(key, 0)) for key, every in counted}


def _latest_jobs(session: Session, ids: Sequence[UUID]) -> dict[UUID, HarvestJob]:
    """The last job of each of these sources; dry runs tell nothing of how a source is. Each is the end of an index: a
    long history costs nothing. One SELECT; none for no source.
    """
    if not ids:
        return {}
    newest = select(HarvestJob.id).where(HarvestJob.source_id == HarvestSource.id, HarvestJob.dry_run.is_(False))
    last = newest.order_by(HarvestJob.id.desc()).limit(1).correlate(HarvestSource).scalar_subquery()
    latest = select(last).select_from(HarvestSource).where(HarvestSource.id.in_(ids))
    wanted = select(HarvestJob).where(HarvestJob.id.in_(latest)).options(joinedload(HarvestJob.source))
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
