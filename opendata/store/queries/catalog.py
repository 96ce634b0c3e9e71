"""SELECTs for the catalogue in pages: in the order in which records came, so that none moves meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent
from opendata.store.queries.visible import is_visible

Place = tuple[dt.datetime, UUID]
"""Where a record stands in the order: when it came, and its id."""


def public_places(
    session: Session, after: Place | None, offset: int, limit: int, since: dt.datetime | None = None
) -> Sequence[Place]:
    """`limit` public datasets behind `after`, else from `offset` on. One SELECT along one index."""
    wanted = select(Dataset.metadata_created, Dataset.id).where(*_public(since))
    if after is not None:
        wanted = wanted.where(tuple_(Dataset.metadata_created, Dataset.id) > tuple_(*after))
    elif offset:
        wanted = wanted.offset(offset)
    wanted = wanted.order_by(Dataset.metadata_created, Dataset.id).limit(limit)
    return [(row.metadata_created, row.id) for row in session.execute(wanted)]


def public_total(session: Session, since: dt.datetime | None = None) -> int:
    """How many public datasets there are; of those changed since then. One SELECT."""
    return session.scalar(select(func.count()).select_from(Dataset).where(*_public(since))) or 0


def last_change(session: Session) -> tuple[int, int, dt.datetime | None]:
    """The newest event there is, how many datasets are public, and when one of them was last changed. Three SELECTs."""
    event = session.scalar(select(func.max(DatasetEvent.id))) or 0
    changed = select(Dataset.metadata_modified).where(*_public(None)).order_by(Dataset.metadata_modified.desc())
    return event, public_total(session), session.scalar(changed.limit(1))


def _public(since: dt.datetime | None) -> list[ColumnElement[bool]]:
    later = [] if since is None else [Dataset.metadata_modified >= since]
    return [is_visible(Dataset), *later]
