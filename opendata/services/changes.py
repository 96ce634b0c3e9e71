"""Which datasets the public may see otherwise than at an earlier look, told from the events since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, union_all
from sqlalchemy.orm import Session

from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Relation, Resource
from opendata.store.operations import ORDERED, UNORDERED, DatasetEvent

MOST = 500
"""Events that are looked at; where there are more, anything may have changed."""
_OF_DATASETS = ("dataset", "resource")
"""The kinds of records whose events are about one dataset alone, and those that name it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Up to where events were seen: those with a number up to `seq`, and `waiting`, which had none; on which day."""

    seq: int
    waiting: frozenset[int]
    day: dt.date


@dataclass(frozen=True, slots=True)
class Changes:
    """`point` is where the next look begins, None where too much waits. `datasets` None: any may have changed."""

    point: Point | None
    datasets: frozenset[UUID] | None


def since(catalogue: Catalogue, point: Point | None) -> Changes:
    """What happened after `point`, None for never having looked. Three SELECTs at most, one where nothing did.

    An event that is committed after the look has no number yet, and is none of those that waited; or a greater one.
    """
    day = catalogue.today()
    with catalogue.sessions.read() as session:
        seq = point.seq if point else session.scalar(select(func.max(DatasetEvent.seq)).where(ORDERED)) or 0
        events = session.execute(_events(), {"seq": seq}).all()
        if len(events) > MOST:
            return Changes(None, None)
        waiting = frozenset(event.id for event in events if event.seq is None)
        reached = Point(max((event.seq for event in events if event.seq is not None), default=seq), waiting, day)
        if point is None or point.day != day:
            return Changes(reached, None)
        return Changes(reached, _datasets(session, [event for event in events if event.id not in point.waiting]))


@cache
def _events() -> Select[Any]:
    """Both halves in one statement, which sees one state of the store: none slips from one to the other between."""
    columns = (DatasetEvent.id, DatasetEvent.seq, DatasetEvent.kind, DatasetEvent.object_id, DatasetEvent.action)
    numbered = select(*columns).where(DatasetEvent.seq > bindparam("seq"))
    both = union_all(numbered, select(*columns).where(UNORDERED)).subquery()
    return select(both).limit(MOST + 1)


def _datasets(session: Session, events: list[Any]) -> frozenset[UUID] | None:
    """The datasets that these are about, and those that name them by a relation; None for any."""
    # What named a purged dataset names nothing now, and cannot be found by it.
    if any(event.kind not in _OF_DATASETS or event.action == "purged" for event in events):
        return None
    found = {event.object_id for event in events if event.kind == "dataset"}
    files = {event.object_id for event in events if event.kind == "resource"}
    if files:
        owners = dict(session.execute(select(Resource.id, Resource.dataset_id).where(Resource.id.in_(files))).all())
        if len(owners) < len(files):  # it is gone, and nothing tells whose it was
            return None
        found |= set(owners.values())
    if found:
        naming = select(Relation.dataset_id).where(Relation.target_dataset_id.in_(found))
        found |= {key for key in session.scalars(naming) if key is not None}
    return frozenset(found)
