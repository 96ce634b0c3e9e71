"""Adding up what was viewed, downloaded and searched. Counts are gathered in memory and come here in one batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from opendata.store.base import Base
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import DailyCount
from opendata.store.register import Study
from opendata.store.states import CountKind

Counts = Mapping[tuple[CountKind, UUID], int]
"""How often each thing happened to each object (SITE for searches)."""

TOTALS = (
    (CountKind.VIEW, Dataset, "views"),
    (CountKind.VIEW, Study, "views"),
    (CountKind.DOWNLOAD, Dataset, "downloads"),
    (CountKind.DOWNLOAD, Resource, "downloads"),
)
"""The totals that stand on the records themselves, so that a page shows them without a further SELECT."""


def add_counts(session: Session, day: dt.date, counts: Counts) -> None:
    """Add `counts` to those of `day` (of the site's time zone) and to the totals. `metadata_modified` stays."""
    rows = [
        {"day": day, "kind": kind, "object_id": object_id, "count": number}
        for (kind, object_id), number in sorted(counts.items())
        if number
    ]
    if not rows:
        return
    add_to(session, DailyCount, ("day", "kind", "object_id"), rows)
    for kind, table, name in TOTALS:
        chosen = [{"row_id": row["object_id"], "more": row["count"]} for row in rows if row["kind"] == kind]
        if chosen:
            columns = table.__table__.c
            added = {name: columns[name] + bindparam("more")}
            statement_of_table = update(table.__table__).where(columns.id == bindparam("row_id")).values(added)  # type: ignore[arg-type]
            session.connection().execute(statement_of_table, chosen)


def add_to(session: Session, table: type[Base], key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the numbers of `rows` to those of the rows of the same `key`; a row that is not there yet is made."""
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    columns = table.__table__.c
    added = {name: columns[name] + statement.excluded[name] for name in rows[0] if name not in key}
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=added)
    session.connection().execute(upsert, [dict(row) for row in rows])


def by_day(session: Session, kind: CountKind, object_id: UUID, since: dt.date) -> dict[dt.date, int]:
    """The counts of one object by day, from `since` on; days without any are left out. One SELECT."""
    wanted = select(DailyCount.day, DailyCount.count).where(
        DailyCount.kind == kind, DailyCount.object_id == object_id, DailyCount.day >= since
    )
    return dict(session.execute(wanted.order_by(DailyCount.day)).all())


def datasets_counted(session: Session, kind: CountKind, since: dt.date, limit: int) -> Sequence[UUID]:
    """The datasets that were downloaded (or viewed …) since that day, those with most of it first. One SELECT."""
    counted = DailyCount.kind == kind, DailyCount.day >= since
    wanted = select(Dataset.id).join(DailyCount, DailyCount.object_id == Dataset.id).where(*counted)
    wanted = wanted.group_by(Dataset.id).order_by(func.sum(DailyCount.count).desc(), Dataset.id)
    return session.scalars(wanted.limit(limit)).all()


def most_counted(session: Session, kind: CountKind, since: dt.date, limit: int = 10) -> list[tuple[UUID, int]]:
    """The objects counted most since that day, most first. One SELECT."""
    total = func.sum(DailyCount.count)
    wanted = select(DailyCount.object_id, total).where(DailyCount.kind == kind, DailyCount.day >= since)
    wanted = wanted.group_by(DailyCount.object_id).order_by(total.desc(), DailyCount.object_id).limit(limit)
    return [(object_id, int(number)) for object_id, number in session.execute(wanted)]
