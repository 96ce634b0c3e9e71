"""What an operator watches: how much there is, what waits and for how long, what failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.errors import Unavailable
from opendata.search.index import AREAS
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import Job
from opendata.store.register import Study
from opendata.store.states import JobStatus

Samples = Mapping[tuple[str, ...], float]

WATCHED = (JobStatus.NEW, JobStatus.IN_PROGRESS, JobStatus.ERROR)
"""States of queued work that are counted; what is done is forgotten after some days, and says nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its samples: label values, in the order of `labels`, to the number of this moment."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Samples


def figures(catalogue: Catalogue) -> tuple[Figure, ...]:
    """Every figure as it stands now. Six SELECTs; the index is left out where it does not answer."""
    now = catalogue.now()
    with catalogue.sessions.read() as session:
        found = (_records(session), *_files(session), _jobs(session), _waiting(session, now), _sources(session))
    return (*found, *_index(catalogue))


def _records(session: Session) -> Figure:
    samples: dict[tuple[str, ...], float] = {}
    for kind, table in (("dataset", Dataset), ("study", Study)):
        counted = select(table.state, table.private, func.count()).group_by(table.state, table.private)
        for state, private, count in session.execute(counted):
            samples[kind, str(state), "yes" if private else "no"] = float(count)
    return Figure("records", "Records by kind and state.", ("kind", "state", "private"), samples)


def _files(session: Session) -> tuple[Figure, Figure]:
    columns = Resource.__table__.c
    counted = select(columns.text_status, columns.stored, func.count(), func.sum(columns.byte_size))
    numbers: dict[tuple[str, ...], float] = {}
    stored = 0
    for status, is_stored, count, size in session.execute(counted.group_by(columns.text_status, columns.stored)):
        numbers[str(status), "yes" if is_stored else "no"] = float(count)
        stored += int(size or 0) if is_stored else 0
    return (
        Figure("files", "Files by the status of their text.", ("text", "stored"), numbers),
        Figure("files_stored_bytes", "Bytes of the stored files, as their records count them.", (), {(): stored}),
    )


def _jobs(session: Session) -> Figure:
    counted = select(Job.lane, Job.status, func.count()).where(Job.status.in_(WATCHED)).group_by(Job.lane, Job.status)
    samples: Samples = {(str(lane), str(status)): float(count) for lane, status, count in session.execute(counted)}
    return Figure("jobs", "Queued work by lane; errors stay until they are looked at.", ("lane", "status"), samples)


def _waiting(session: Session, now: dt.datetime) -> Figure:
    due = func.coalesce(Job.not_before, Job.created)
    waiting = select(Job.lane, func.min(due, type_=Job.created.type)).where(Job.status == JobStatus.NEW, due <= now)
    samples: Samples = {
        (str(lane),): max(0.0, (now - since).total_seconds())
        for lane, since in session.execute(waiting.group_by(Job.lane))
    }
    return Figure("job_wait_seconds", "How long the job that is due longest has waited.", ("lane",), samples)


def _sources(session: Session) -> Figure:
    last = select(func.max(HarvestJob.id)).where(HarvestJob.dry_run.is_(False)).group_by(HarvestJob.source_id)
    counted = select(HarvestJob.status, func.count()).join(HarvestSource, HarvestSource.id == HarvestJob.source_id)
    counted = counted.where(HarvestJob.id.in_(last)).group_by(HarvestJob.status)
    samples: Samples = {(str(status),): float(count) for status, count in session.execute(counted)}
    return Figure("harvest_sources", "Sources by how their last run ended.", ("status",), samples)


def _index(catalogue: Catalogue) -> tuple[Figure, ...]:
    try:
        states = {area: catalogue.index.status(area=area) for area in AREAS}
    except Unavailable:
        return ()
    documents: Samples = {(area,): float(state.documents) for area, state in states.items()}
    size: Samples = {(area,): float(state.byte_size) for area, state in states.items()}
    return (
        Figure("index_documents", "Records that can be found.", ("area",), documents),
        Figure("index_bytes", "Bytes of the index.", ("area",), size),
    )
