"""What was counted, in the store: by day, and as totals on the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from opendata.services.catalogue import Catalogue
from opendata.services.counters import CountKey
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import DailyCount
from opendata.store.register import Study
from opendata.store.states import CountKind

_AT_ONCE = 500  # ids in one IN (…): below the least bound on variables that a SQLite was ever built with


def add_counts(catalogue: Catalogue, counts: Mapping[CountKey, int]) -> None:
    """Add `counts` (of Counters.drain) to the days and to the totals, in one transaction.

    A view counts for a dataset or study. A download is of a resource, and counts for its dataset too. Ids that are
    no longer there keep their days and have no totals.
    """
    if not counts:
        return
    with catalogue.sessions.write.begin() as session:
        connection = session.connection()
        _add_days(connection, counts)
        views, downloads = _of_kind(counts, CountKind.VIEW), _of_kind(counts, CountKind.DOWNLOAD)
        _add_total(connection, Dataset, "views", views)
        _add_total(connection, Study, "views", views)
        _add_total(connection, Resource, "downloads", downloads)
        _add_total(connection, Dataset, "downloads", _by_dataset(session, downloads))


def _add_days(connection: Connection, counts: Mapping[CountKey, int]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement: Any = insert(DailyCount)
    statement = statement.on_conflict_do_update(
        index_elements=["day", "kind", "object_id"], set_={"count": DailyCount.count + statement.excluded.count}
    )
    # One order in every process: two that add the same objects wait for each other and never for ever.
    ordered = sorted(counts.items(), key=lambda item: (item[0][0], item[0][1], item[0][2].int))
    rows = [
        {"day": day, "kind": CountKind(kind), "object_id": object_id, "count": number}
        for (day, kind, object_id), number in ordered
    ]
    connection.execute(statement, rows)


def _of_kind(counts: Mapping[CountKey, int], kind: CountKind) -> Counter[UUID]:
    totals: Counter[UUID] = Counter()
    for (_, counted, object_id), number in counts.items():
        if counted == kind:
            totals[object_id] += number
    return totals


def _by_dataset(session: Session, downloads: Counter[UUID]) -> Counter[UUID]:
    """Downloads of resources as downloads of their datasets."""
    totals: Counter[UUID] = Counter()
    for ids in _slices(list(downloads)):
        for resource_id, dataset_id in session.execute(
            select(Resource.id, Resource.dataset_id).where(Resource.id.in_(ids))
        ):
            totals[dataset_id] += downloads[resource_id]
    return totals


def _add_total(connection: Connection, table: Any, column: str, totals: Counter[UUID]) -> None:
    if totals:
        target = getattr(table, column)
        statement = update(table).where(table.id == bindparam("row_id")).values({column: target + bindparam("number")})
        rows = [{"row_id": row_id, "number": totals[row_id]} for row_id in sorted(totals, key=lambda one: one.int)]
        connection.execute(statement, rows)


def _slices(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
