"""The SELECTs that read many datasets at once, as cards or complete, without the session's bookkeeping."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, select
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.records import DatasetRecord
from opendata.store.datasets import Dataset, Relation, Resource
from opendata.store.harvests import HarvestRecord
from opendata.store.organizations import Organization
from opendata.store.plain import Plain, Shape
from opendata.store.register import Contract, Study
from opendata.store.to_records import dataset_record

ORGANIZATION = ("id", "slug", "title", "identifier", "description", "homepage")
STUDY = ("id", "slug", "register_number", "title", "state", "private")
"""What a card says of them, and whether it may."""
RELATED, HARVESTED = "is_related", "is_harvested"
"""Whether it has relations, and sources: as a rule it has neither, and they need not be asked for."""


def cards(session: Session, ids: Sequence[UUID]) -> list[DatasetRecord]:
    """The datasets of `ids`, in that order, with organization, study and resources; unknown ids are left out.

    Without relations, source and contract numbers. Two SELECTs for up to 500 ids.
    """
    found = _read(session, ids)
    return [dataset_record(cast("Dataset", found[one]), full=False) for one in ids if one in found]


def records(session: Session, ids: Sequence[UUID], *, public_only: bool = True) -> list[DatasetRecord]:
    """The datasets of `ids`, in that order, complete; unknown ids are left out. At most five SELECTs for up to 500."""
    found = _read(session, ids)
    for kind, attribute, wanted in (
        (RELATED, "relations", _relations),
        (HARVESTED, "harvest_records", _harvested),
    ):
        having = [key for key, one in found.items() if getattr(one, kind)]
        for row in session.scalars(wanted(), {"ids": having}) if having else ():
            getattr(found[row.dataset_id], attribute).append(row)
    studies = {one.study.id: one.study for one in found.values() if one.study is not None}
    numbers: dict[UUID, list[Plain]] = {}
    for row in session.execute(_contracts(), {"ids": list(studies)}) if studies else ():
        numbers.setdefault(row.study_id, []).append(Plain({"contract_number": row.contract_number}))
    for one in found.values():
        if one.study is not None:
            one.study.contracts = numbers.get(one.study.id, [])
    made = (cast("Dataset", found[one]) for one in ids if one in found)
    return [dataset_record(one, public_only=public_only) for one in made]


def _read(session: Session, ids: Sequence[UUID]) -> dict[UUID, Plain]:
    """The datasets of `ids` with organization, study and resources, and whether they have relations and sources."""
    rows = session.execute(_datasets(), {"ids": list(ids)}) if ids else ()
    found = {one.id: one for one in map(dataset_of, rows)}
    for row in session.execute(_resources(), {"ids": list(found)}) if found else ():
        resource = resource_of(row)
        found[resource.dataset_id].resources.append(resource)
    return found


def dataset_of(row: Sequence[Any]) -> Plain:
    """The dataset of a row of `dataset_select`, with organization and study; its lists are empty."""
    shapes = _shapes()
    second = len(shapes[Dataset].columns)
    third = second + len(shapes[Organization].columns)
    last = third + len(shapes[Study].columns)
    # Both begin with their id, which is nothing where there is none.
    return shapes[Dataset].read(
        row,
        organization=shapes[Organization].read(row, second) if row[second] else None,
        study=shapes[Study].read(row, third, contracts=[]) if row[third] else None,
        resources=[],
        relations=[],
        harvest_records=[],
        **{RELATED: row[last], HARVESTED: row[last + 1]},
    )


def resource_of(row: Sequence[Any]) -> Plain:
    """The file of a row of `resource_select`."""
    return _shapes()[Resource].read(row)


@cache
def _shapes() -> dict[type[Any], Shape]:
    return {
        Dataset: Shape(Dataset),
        Organization: Shape(Organization, ORGANIZATION),
        Study: Shape(Study, STUDY),
        Resource: Shape(Resource),
    }


def dataset_select(related: ColumnElement[bool]) -> Select[Any]:
    """What `dataset_of` reads; `related` says whether there are relations of the kind that is asked for afterwards."""
    shapes = _shapes()
    wanted = select(
        *shapes[Dataset].columns,
        *shapes[Organization].labelled("organization"),
        *shapes[Study].labelled("study"),
        related.label(RELATED),
        exists().where(HarvestRecord.dataset_id == Dataset.id).label(HARVESTED),
    )
    return wanted.select_from(Dataset).outerjoin(Dataset.organization).outerjoin(Dataset.study)


def resource_select() -> Select[Any]:
    """What `resource_of` reads, in the order of files."""
    return select(*_shapes()[Resource].columns).order_by(Resource.position)


@cache
def _datasets() -> Select[Any]:
    wanted = dataset_select(exists().where(Relation.dataset_id == Dataset.id))
    return wanted.where(Dataset.id.in_(bindparam("ids", expanding=True)))


@cache
def _resources() -> Select[Any]:
    return resource_select().where(Resource.dataset_id.in_(bindparam("ids", expanding=True)))


@cache
def _relations() -> Select[Any]:
    wanted = select(Relation).where(Relation.dataset_id.in_(bindparam("ids", expanding=True)))
    targets = joinedload(Relation.target_dataset), joinedload(Relation.target_study)
    return wanted.options(*targets).order_by(Relation.position)


@cache
def _harvested() -> Select[Any]:
    wanted = select(HarvestRecord).where(HarvestRecord.dataset_id.in_(bindparam("ids", expanding=True)))
    return wanted.options(joinedload(HarvestRecord.source)).order_by(HarvestRecord.first_seen)


@cache
def _contracts() -> Select[UUID, str]:
    wanted = select(Contract.study_id, Contract.contract_number)
    return wanted.where(Contract.study_id.in_(bindparam("ids", expanding=True))).order_by(Contract.position)
