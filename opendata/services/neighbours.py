"""What a record shows of others: its study and what it is related to, as far as the asker may know of those.

A record is read with all its neighbours for the people of its agency. Theirs may be drafts of another one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.services import study_ties
from opendata.services.actors import Actor
from opendata.services.rights import Right, organizations_where
from opendata.store.datasets import Dataset
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study


def seen_by(session: Session, actor: Actor, records: Sequence[DatasetRecord]) -> list[DatasetRecord]:
    """The records without the studies and relations to records that the actor may not know of. Two SELECTs at most."""
    allowed = organizations_where(actor, Right.SEE_UNPUBLISHED)
    if allowed is None:
        return list(records)
    studies = {one.study.id for one in records if one.study}
    targets = {relation.target_id for one in records for relation in one.relations if relation.target_id}
    seen = _seen(session, Study, studies | targets, allowed) | _seen(session, Dataset, targets, allowed)
    return [_shown(one, seen) for one in records]


def shown(session: Session, actor: Actor, record: DatasetRecord | StudyRecord) -> DatasetRecord | StudyRecord:
    """The record without what it names of other agencies and the actor may not know of: their drafts."""
    if isinstance(record, StudyRecord):
        return study_ties.seen_by(session, actor, record)
    return seen_by(session, actor, [record])[0]


def _seen(
    session: Session, table: type[Dataset] | type[Study], ids: Collection[UUID], allowed: Collection[UUID]
) -> set[UUID]:
    if not ids:
        return set()
    mine = or_(is_visible(table), table.organization_id.in_(allowed))
    return set(session.scalars(select(table.id).where(table.id.in_(ids), mine)))


def _shown(record: DatasetRecord, seen: Collection[UUID]) -> DatasetRecord:
    relations = tuple(one for one in record.relations if one.target_id is None or one.target_id in seen)
    study = record.study if record.study and record.study.id in seen else None
    same = study == record.study and len(relations) == len(record.relations)
    return record if same else replace(record, study=study, relations=relations)
