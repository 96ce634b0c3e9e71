"""SELECTs of what lists of changes tell: datasets and purged records in the order of their stamps, never by OFFSET."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, not_, or_, select, true, tuple_
from sqlalchemy.orm import Session

from opendata.store.datasets import Dataset, Resource
from opendata.store.planning import hold_much, veiled
from opendata.store.purged import PurgedRecord
from opendata.store.queries.visible import is_closed, is_visible

Place = tuple[dt.datetime, UUID]
"""Where in the order: the stamp, and the id among those of one stamp."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A record that is or was public. `gone`: it is not any more."""

    id: UUID
    stamp: dt.datetime
    type: str
    organization_id: UUID | None
    gone: bool
    open: bool

    @property
    def place(self) -> Place:
        """Where it is in the order."""
        return self.stamp, self.id


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records: stamped from `first` on and before `end`; of these organisations; of a type; those open `today`.

    Records that are gone are among the open ones too: whoever has them must be told.
    """

    today: dt.date
    first: dt.datetime | None = None
    end: dt.datetime | None = None
    organizations: Collection[UUID] | None = None
    type: str = ""
    open: bool = False


def stamped(session: Session, chosen: Chosen, after: Place | None, limit: int) -> list[Stamped]:
    """Up to `limit` of them from behind `after`, in their order. Two SELECTs, three for organisations."""
    found = []
    # Those of an agency with much are soon met in the order of stamps; by whose they are, all of them would be sorted.
    walked = chosen.organizations is not None and hold_much(session, chosen.organizations)
    for table in (Dataset, PurgedRecord):
        wanted = _wanted(table, chosen, walked=walked).order_by(table.stamp, table.id).limit(limit)
        if after is not None:
            wanted = wanted.where(tuple_(table.stamp, table.id) > tuple_(*_bound(table, after)))
        found.append([Stamped(*row) for row in session.execute(wanted)])
    return list(islice(merge(*found, key=lambda one: (one.stamp, one.id.hex)), limit))


def count_stamped(session: Session, chosen: Chosen) -> int:
    """How many there are. Two SELECTs."""
    # Of the columns alone that are asked about: an index has them, whatever a row holds beside.
    every = (_wanted(table, chosen).with_only_columns(func.count()) for table in (Dataset, PurgedRecord))
    return sum(session.scalar(one) or 0 for one in every)


def stamped_one(session: Session, key: UUID, today: dt.date) -> Stamped | None:
    """The record of that id; None for one that the public has never seen. At most two SELECTs."""
    for table in (Dataset, PurgedRecord):
        if row := session.execute(_wanted(table, Chosen(today)).where(table.id == key)).first():
            return Stamped(*row)
    return None


def earliest_stamp(session: Session) -> dt.datetime | None:
    """The first stamp in the list; None where it is empty. Two SELECTs."""
    firsts = []
    for table in (Dataset, PurgedRecord):
        wanted = select(table.stamp).where(table.published_at.is_not(None), table.stamp.is_not(None))
        firsts.append(session.scalar(wanted.order_by(table.stamp).limit(1)))
    return min(filter(None, firsts), default=None)


def _bound(table: type[Dataset] | type[PurgedRecord], after: Place) -> tuple[Any, Any]:
    """The values with the types of their columns."""
    return literal(after[0], table.stamp.type), literal(after[1], table.id.type)


def _wanted(table: type[Dataset] | type[PurgedRecord], chosen: Chosen, *, walked: bool = False) -> Select[Any]:
    here = table is Dataset
    gone = not_(is_visible(Dataset)) if here else true()
    is_open = _is_open(chosen.today) if here else false()
    wanted = select(table.id, table.stamp, table.type, table.organization_id, gone, is_open)
    wanted = wanted.where(table.published_at.is_not(None), table.stamp.is_not(None))
    if not here:
        wanted = wanted.where(PurgedRecord.kind == "dataset")
    if chosen.first is not None:
        wanted = wanted.where(table.stamp >= chosen.first)
    if chosen.end is not None:
        wanted = wanted.where(table.stamp < chosen.end)
    if chosen.organizations is not None:
        owner = veiled(table.organization_id) if walked else table.organization_id
        wanted = wanted.where(owner.in_(chosen.organizations))
    if chosen.type:
        wanted = wanted.where(table.type == chosen.type)
    if chosen.open and here:
        wanted = wanted.where(or_(gone, is_open))
    return wanted


def _is_open(today: dt.date) -> ColumnElement[bool]:
    """Everybody may have a file of it."""
    files = exists().where(Resource.dataset_id == Dataset.id, not_(is_closed(today)))
    return and_(is_visible(Dataset), files)
