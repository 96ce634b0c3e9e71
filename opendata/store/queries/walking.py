"""SELECTs for those who walk through all public datasets: by id, in batches, never by OFFSET."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from opendata.catalog.records import DatasetRecord, OrganizationRecord
from opendata.catalog.stored import is_public
from opendata.catalog.values import Relation as RelationValue
from opendata.store.datasets import Dataset, Relation, Resource
from opendata.store.organizations import Organization
from opendata.store.queries.cards import records
from opendata.store.queries.datasets import INVERSE
from opendata.store.queries.visible import is_visible
from opendata.store.to_records import organization_record


def public_ids_after(
    session: Session,
    after: UUID | None = None,
    limit: int = 200,
    *,
    since: dt.datetime | None = None,
    organizations: Collection[UUID] | None = None,
) -> Sequence[UUID]:
    """Ids of public datasets in the order of ids, from behind `after`. One SELECT.

    `since`: only those changed then or later; `organizations`: only theirs.
    """
    wanted = select(Dataset.id).where(is_visible(Dataset)).order_by(Dataset.id).limit(limit)
    if after is not None:
        wanted = wanted.where(Dataset.id > after)
    if since is not None:
        wanted = wanted.where(Dataset.metadata_modified >= since)
    if organizations is not None:
        wanted = wanted.where(Dataset.organization_id.in_(organizations))
    return session.scalars(wanted).all()


def public_records(session: Session, ids: Sequence[UUID], *, incoming: bool = True) -> list[DatasetRecord]:
    """Those of `ids` that are public, in that order, complete, each with the relations that public others have to it
    (`incoming`) after its own. Six SELECTs for up to 500 ids.
    """
    found = [record for record in records(session, ids) if is_public(record)]
    others = _incoming(session, [record.id for record in found if record.id]) if incoming else {}
    return [_joined(record, others.get(record.id, ()) if record.id else ()) for record in found]


def agencies(session: Session, ids: Collection[UUID]) -> dict[UUID, OrganizationRecord]:
    """The organisations of `ids` without counts, which take a look at every record. Three SELECTs."""
    if not ids:
        return {}
    loading = (joinedload(Organization.parent), selectinload(Organization.children))
    wanted = select(Organization).where(Organization.id.in_(ids)).options(*loading)
    return {row.id: organization_record(row) for row in session.scalars(wanted)}


def previews(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """What was seen of the tables among these files, as TablePreview writes it. One SELECT."""
    wanted = select(Resource.id, Resource.preview).where(Resource.id.in_(ids), Resource.preview.is_not(None))
    return {row.id: json.dumps(row.preview) for row in session.execute(wanted)} if ids else {}


def _incoming(session: Session, ids: Collection[UUID]) -> dict[UUID, list[RelationValue]]:
    wanted = (
        select(Relation)
        .where(Relation.target_dataset_id.in_(ids))
        .options(joinedload(Relation.dataset), joinedload(Relation.study))
        .order_by(Relation.id)
    )
    found: dict[UUID, list[RelationValue]] = {}
    for row in session.scalars(wanted) if ids else ():
        origin = row.dataset or row.study
        if origin is not None and is_public(origin) and row.target_dataset_id is not None:
            value = RelationValue(
                INVERSE.get(row.kind, row.kind), target_id=origin.id, title=origin.title, target_slug=origin.slug
            )
            found.setdefault(row.target_dataset_id, []).append(value)
    return found


def _joined(record: DatasetRecord, others: Sequence[RelationValue]) -> DatasetRecord:
    """`record` with the relations that it does not tell of itself behind its own."""
    known = {(relation.kind, relation.target_id) for relation in record.relations}
    further = tuple(relation for relation in others if (relation.kind, relation.target_id) not in known)
    return replace(record, relations=record.relations + further) if further else record
