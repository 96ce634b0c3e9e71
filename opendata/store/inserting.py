"""Many new datasets at once: the rows that from_records would give, without an object of the ORM for each.

A harvest writes hundreds of new records a second, and an object for every file costs more than all else it does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, inspect, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.store.datasets import Dataset, DatasetKey, Relation, Resource
from opendata.store.from_records import (
    DATASET_FIELDS,
    RESOURCE_FIELDS,
    lookup_keys,
    new_relation,
    published,
    resource_keys,
    withdrawal,
)
from opendata.store.register import Study

Row = dict[str, Any]


def insert_datasets(session: Session, records: Sequence[DatasetRecord], now: dt.datetime) -> None:
    """Write new `records`, whose ids and slugs are set and free, in the session's transaction. At most five statements.

    What was added to the session before is flushed first, so that the organisations and studies named are there.
    """
    if not records:
        return
    session.flush()
    targets = {relation.target_id for record in records for relation in record.relations if relation.target_id}
    studies = set(session.scalars(select(Study.id).where(Study.id.in_(targets)))) if targets else set()
    tables: Mapping[Any, Iterable[Row]] = {
        Dataset: (_dataset(record, now) for record in records),
        Resource: (row for record in records for row in _resources(record, now)),
        Relation: (row for record in records for row in _relations(record, studies)),
        DatasetKey: (row for record in records for row in _keys(record)),
    }
    for model, rows in tables.items():
        if listed := list(rows):
            session.connection().execute(insert(model.__table__), listed)


def _dataset(record: DatasetRecord, now: dt.datetime) -> Row:
    withdrawn_at, reason = withdrawal(record, now)
    return {
        **_row(Dataset, DATASET_FIELDS, record),
        "id": record.id,
        "slug": record.slug,
        "organization_id": record.organization.id if record.organization else None,
        "study_id": record.study.id if record.study else None,
        "withdrawn_at": withdrawn_at,
        "withdrawn_reason": reason,
        "metadata_created": now,
        "metadata_modified": now,
        "published_at": published(record, None, now),
        "creator_id": record.creator_id,
        "responsible_id": record.creator_id,
    }


def _resources(record: DatasetRecord, now: dt.datetime) -> Iterable[Row]:
    for number, (key, resource) in enumerate(zip(resource_keys(record.resources), record.resources, strict=True)):
        more = {"id": resource.id or uuid4(), "dataset_id": record.id, "key": key, "position": number}
        yield _row(Resource, RESOURCE_FIELDS, resource) | more | {"created": now, "metadata_modified": now}


def _relations(record: DatasetRecord, studies: set[UUID]) -> Iterable[Row]:
    for number, relation in enumerate(record.relations):
        row = new_relation(number, relation, studies)
        names = ("position", "kind", "target", "title", "target_dataset_id", "target_study_id")
        yield {"dataset_id": record.id, **{name: getattr(row, name) for name in names}}


def _keys(record: DatasetRecord) -> Iterable[Row]:
    return (
        {"dataset_id": record.id, "scheme": scheme, "value": value} for scheme, value in sorted(lookup_keys(record))
    )


def _row(model: Any, names: tuple[str, ...], record: DatasetRecord | ResourceRecord) -> Row:
    """The fields `names` of `record` by column; a value that stands in several columns is taken apart."""
    columns = _composites(model)
    row: Row = {}
    for name in names:
        value = getattr(record, name)
        if parts := columns.get(name):
            row.update(zip(parts[0], parts[1](value), strict=True))
        else:
            row[name] = value
    return row


@cache
def _composites(model: Any) -> Mapping[str, tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]]:
    """For each value of `model` that stands in several columns: those, and what takes the value apart."""
    return {
        name: (tuple(column.name for column in each.columns), attrgetter(*each.composite_class.__dataclass_fields__))
        for name, each in inspect(model).composites.items()
    }
