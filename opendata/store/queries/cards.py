"""The SELECTs of a page of results: datasets as far as a card shows them, without the session's bookkeeping."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord
from opendata.store.datasets import Dataset, Resource
from opendata.store.organizations import Organization
from opendata.store.plain import Plain, Shape
from opendata.store.register import Study
from opendata.store.to_records import dataset_record

ORGANIZATION = ("id", "slug", "title", "identifier", "description", "homepage")
STUDY = ("id", "slug", "register_number", "title", "state", "private")
"""What a card says of them, and whether it may."""


def cards(session: Session, ids: Sequence[UUID]) -> list[DatasetRecord]:
    """The datasets of `ids`, in that order, with organization, study and resources; unknown ids are left out.

    Without relations, source and contract numbers. Two SELECTs for up to 500 ids.
    """
    if not ids:
        return []
    shapes = _shapes()
    second = len(shapes[Dataset].columns)
    third = second + len(shapes[Organization].columns)
    found: dict[UUID, Plain] = {}
    for row in session.execute(_datasets(), {"ids": list(ids)}):
        # Both begin with their id, which is nothing where there is none.
        organization = shapes[Organization].read(row, second) if row[second] else None
        study = shapes[Study].read(row, third) if row[third] else None
        one = shapes[Dataset].read(row, organization=organization, study=study, resources=[])
        found[one.id] = one
    for row in session.execute(_resources(), {"ids": list(found)}) if found else ():
        resource = shapes[Resource].read(row)
        found[resource.dataset_id].resources.append(resource)
    return [dataset_record(cast("Dataset", found[one]), full=False) for one in ids if one in found]


@cache
def _shapes() -> dict[type[Any], Shape]:
    return {
        Dataset: Shape(Dataset),
        Organization: Shape(Organization, ORGANIZATION),
        Study: Shape(Study, STUDY),
        Resource: Shape(Resource),
    }


@cache
def _datasets() -> Select[Any]:
    shapes = _shapes()
    wanted = select(
        *shapes[Dataset].columns,
        *shapes[Organization].labelled("organization"),
        *shapes[Study].labelled("study"),
    )
    wanted = wanted.select_from(Dataset).outerjoin(Dataset.organization).outerjoin(Dataset.study)
    return wanted.where(Dataset.id.in_(bindparam("ids", expanding=True)))


@cache
def _resources() -> Select[Any]:
    wanted = select(*_shapes()[Resource].columns).where(Resource.dataset_id.in_(bindparam("ids", expanding=True)))
    return wanted.order_by(Resource.position)
