"""Work that follows a change, queued in the transaction of that change, so that nothing is lost between the two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState, TextStatus
from opendata.catalog.values import PartialDate
from opendata.services.hosts import FETCH_JOB, host_of
from opendata.store.datasets import Dataset, Resource
from opendata.store.queue import enqueue


class Lane(StrEnum):
    """Jobs of one lane wait for each other only. The index has one writer: its lane is a single one (store.queue)."""

    INDEX = "index"
    HARVEST = "harvest"
    FETCH = "fetch"
    READ = "read"
    OCR = "ocr"
    UPLOAD = "upload"
    CARE = "care"
    MAIL = "mail"


_TEXT_STATUS = Resource.__table__.c.text_status

INDEX_BATCH = 500
"""Most records named by one index job."""


PROMPT = 5
"""Priority of what a person or program waits for: it is indexed before all that harvests and the care bring."""
MOST_PROMPT = 200
"""Records that are indexed so at once; a larger change is work of its own, and others would wait for it."""


def index_datasets(session: Session, now: dt.datetime, ids: Iterable[UUID], *, prompt: bool = True) -> None:
    """Queue the indexing of these datasets, withdrawn and private ones included: indexing decides where they belong.

    `prompt`: the next search of those who wrote them shall find them (services/index_wait.py).
    """
    _index(session, now, "datasets", list(ids), prompt=prompt)


def index_studies(session: Session, now: dt.datetime, ids: Iterable[UUID]) -> None:
    """Queue the indexing of these studies."""
    _index(session, now, "studies", list(ids), prompt=False)


def _index(session: Session, now: dt.datetime, what: str, ids: Sequence[UUID], *, prompt: bool) -> None:
    priority = PROMPT if prompt and len(ids) <= MOST_PROMPT else 0
    for start in range(0, len(ids), INDEX_BATCH):
        part = [str(key) for key in ids[start : start + INDEX_BATCH]]
        enqueue(session, "index", {what: part}, now, lane=Lane.INDEX, priority=priority)


def follow_files(session: Session, now: dt.datetime, dataset_ids: Collection[UUID], *, fetch: bool) -> None:
    """Queue what the files of these datasets need: reading the stored ones, fetching the linked ones."""
    if not dataset_ids:
        return
    rows = session.execute(
        select(
            Resource.id, Resource.stored, _TEXT_STATUS, Resource.download_url, Resource.fetch_problem,
            Resource.fetched, Resource.modified, Dataset.modified,
        )
        .join(Dataset, Dataset.id == Resource.dataset_id)
        .where(Resource.dataset_id.in_(dataset_ids), Dataset.state != RecordState.WITHDRAWN)
    ).all()  # fmt: skip
    for key, stored, status, link, problem, fetched, *changed in rows:
        if stored and status == TextStatus.PENDING:
            enqueue(session, "read", {"resource": str(key)}, now, lane=Lane.READ, dedupe=str(key))
        elif fetch and link and (_is_behind(fetched, changed) if stored else not problem):
            fetch_file(session, now, key, link, again=stored)


def fetch_file(session: Session, now: dt.datetime, key: UUID, link: str, *, again: bool = False) -> None:
    """Queue the fetching of a linked file; `again`: it is here, and asked for once more."""
    said = {"resource": str(key), "again": again}
    enqueue(session, FETCH_JOB, said, now, lane=Lane.FETCH, dedupe=str(key), host=host_of(link))


def _is_behind(fetched: dt.datetime | None, changed: Iterable[PartialDate | None]) -> bool:
    """Whether the source says that a file, or its record, was changed on or after the day on which it was fetched."""
    days = (date.first_day() for date in changed if date is not None and date.day)
    return fetched is not None and any(day >= fetched.date() for day in days)
