"""SELECTs for the catalogue in pages: in the order in which records came, so that none moves meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent
from opendata.store.queries.visible import is_visible

Place = tuple[dt.datetime, UUID]
"""Where a record stands in the order: when it came, and its id."""


FEW = 10_000
"""So many changed records are counted, and looked up by their number; of more only a page is looked for."""


def public_places(
    session: Session, after: Place | None, offset: int, limit: int, since: dt.datetime | None = None
) -> Sequence[Place]:
    """`limit` public datasets behind `after`, else from `offset` on; with `since` those changed then or later.

    Two SELECTs, each along an index.
    """
    wanted = select(Dataset.metadata_created, Dataset.id).where(is_visible(Dataset))
    if since is not None:
        few = _few_changed(session, since)
        wanted = wanted.where(_among_changed(since) if few else Dataset.metadata_modified >= since)
    if after is not None:
        wanted = wanted.where(tuple_(Dataset.metadata_created, Dataset.id) > tuple_(*after))
    elif offset:
        wanted = wanted.offset(offset)
    wanted = wanted.order_by(Dataset.metadata_created, Dataset.id).limit(limit)
    return [(row.metadata_created, row.id) for row in session.execute(wanted)]


def public_total(session: Session, since: dt.datetime | None = None) -> int | None:
    """How many public datasets there are; of those changed since then, None where they are more than FEW."""
    wanted = select(func.count()).select_from(Dataset).where(is_visible(Dataset))
    if since is not None:
        if not _few_changed(session, since):
            return None
        wanted = wanted.where(_among_changed(since))
    return session.scalar(wanted) or 0


def _few_changed(session: Session, since: dt.datetime) -> bool:
    some = select(Dataset.id).where(Dataset.metadata_modified >= since).limit(FEW + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= FEW


def _among_changed(since: dt.datetime) -> ColumnElement[bool]:
    # In two steps each has an index with all that it asks for, so that no row of the table is read for it.
    changed = aliased(Dataset)
    return Dataset.id.in_(select(changed.id).where(changed.metadata_modified >= since))


def last_change(session: Session) -> tuple[int, int, dt.datetime | None]:
    """The newest event there is, how many datasets are public, and when one of them was last changed. Three SELECTs."""
    event = session.scalar(select(func.max(DatasetEvent.id))) or 0
    changed = select(Dataset.metadata_modified).where(is_visible(Dataset)).order_by(Dataset.metadata_modified.desc())
    return event, public_total(session) or 0, session.scalar(changed.limit(1))
