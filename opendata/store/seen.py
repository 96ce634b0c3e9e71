"""Which items a listing had: the marks on harvest records from which withdrawal is decided. Nothing here commits.

A listing may take several jobs, of which `first` began it: what `first` or a later one saw, the listing had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.store.base import touched
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.states import ItemResult

DELETED = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""`missing_since` of a record that its source itself called deleted: no grace period is left to it."""


def mark_seen(session: Session, ids: Collection[int], job_id: int, now: dt.datetime) -> None:
    """The listing has these. One UPDATE."""
    if ids:
        values = {"last_seen": now, "seen_job_id": job_id, "missing_since": None}
        touched(session, update(HarvestRecord).where(HarvestRecord.id.in_(ids)).values(**values))


def mark_all_seen(session: Session, source_id: UUID, job_id: int, now: dt.datetime) -> int:
    """All that the last complete listing had is still there; how many that are. One UPDATE."""
    there = and_(_standing(source_id), HarvestRecord.missing_since.is_(None))
    return touched(session, update(HarvestRecord).where(there).values(last_seen=now, seen_job_id=job_id))


def mark_deleted(session: Session, ids: Collection[int], job_id: int) -> None:
    """The source calls these deleted. One UPDATE."""
    if ids:
        gone = and_(HarvestRecord.id.in_(ids), HarvestRecord.result != ItemResult.WITHDRAWN)
        touched(session, update(HarvestRecord).where(gone).values(seen_job_id=job_id, missing_since=DELETED))


def mark_missing(session: Session, source_id: UUID, first: int, now: dt.datetime) -> None:
    """A complete listing, begun by the job `first`, came without the others. One UPDATE."""
    unseen = or_(HarvestRecord.seen_job_id.is_(None), HarvestRecord.seen_job_id < first)
    missing = and_(_standing(source_id), unseen, HarvestRecord.missing_since.is_(None))
    touched(session, update(HarvestRecord).where(missing).values(missing_since=now))


def mark_kept(session: Session, source_id: UUID, missing_until: dt.datetime) -> int:
    """Those that were missing at `missing_until` or before are taken for present; how many that are. One UPDATE."""
    missing = and_(_standing(source_id), HarvestRecord.missing_since <= missing_until)
    return touched(session, update(HarvestRecord).where(missing).values(missing_since=None))


def count_listed(session: Session, source_id: UUID, first: int) -> int:
    """How many of the source's records the listing had. One SELECT."""
    listed = and_(HarvestRecord.source_id == source_id, HarvestRecord.seen_job_id >= first)
    return session.scalar(select(func.count()).where(listed)) or 0


def count_published(session: Session, source_id: UUID) -> int:
    """How many records the source has in the catalogue that are not withdrawn. One SELECT."""
    return _count(session, _standing(source_id))


def count_missing(session: Session, source_id: UUID, until: dt.datetime | None = None) -> int:
    """How many of them are missing, at `until` or before (None: at all). One SELECT."""
    moment = HarvestRecord.missing_since
    return _count(session, and_(_standing(source_id), moment.is_not(None) if until is None else moment <= until))


def missing(
    session: Session, source_id: UUID, until: dt.datetime, after: int = 0, limit: int = 100
) -> Sequence[tuple[int, str, bool]]:
    """Those that are missing at `until` or before, by id from behind `after`: id, identifier, whether the source itself
    called it deleted. One SELECT.
    """
    wanted = (
        select(HarvestRecord.id, HarvestRecord.identifier, HarvestRecord.missing_since)
        .join(Dataset, Dataset.id == HarvestRecord.dataset_id)
        .where(_standing(source_id), HarvestRecord.missing_since <= until, HarvestRecord.id > after)
        .where(Dataset.state != RecordState.WITHDRAWN)
    )
    rows = session.execute(wanted.order_by(HarvestRecord.id).limit(limit))
    return [(key, identifier, since == DELETED) for key, identifier, since in rows]


def _standing(source_id: UUID) -> ColumnElement[bool]:
    """Of the source, with a dataset, not withdrawn by it."""
    return and_(
        HarvestRecord.source_id == source_id,
        HarvestRecord.dataset_id.is_not(None),
        HarvestRecord.result != ItemResult.WITHDRAWN,
    )


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    joined = select(func.count()).select_from(HarvestRecord).join(Dataset, Dataset.id == HarvestRecord.dataset_id)
    return session.scalar(joined.where(condition, Dataset.state != RecordState.WITHDRAWN)) or 0
