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
_TOLD = (DatasetEvent.id, DatasetEvent.seq, DatasetEvent.kind, DatasetEvent.object_id, DatasetEvent.at)
_OF_DATASETS = ("dataset", "resource")
"""The kinds of records whose events are about one dataset alone, and those that name it."""


@dataclass(frozen=True, slots=True)
class Point:
    """Up to where events were seen: those with a number up to `seq`, and `waiting`, which had none; on which day.

    `mark` names the event of that number, "" for none: a store brought back from a backup has another one there.
    """

    seq: int
    waiting: frozenset[int]
    day: dt.date
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """`point` is where the next look begins, None where too much waits. `datasets` None: any may have changed."""

    point: Point | None
    datasets: frozenset[UUID] | None


def since(catalogue: Catalogue, point: Point | None) -> Changes:
    """What happened after `point`, None for never having looked. Three SELECTs at most, one where nothing did.

    An event that is committed after the look has no number yet, and is none of those that waited; or a greater one.
    In another store than that of `point`, brought back as it was earlier, any dataset may have changed.
    """
    day = catalogue.today()
    with catalogue.sessions.read() as session:
        seq = point.seq if point else _last(session)
        told = session.execute(_events(), {"seq": seq}).all()
        marks = {event.seq: f"{event.id} {event.at.isoformat()}" for event in told if event.seq is not None}
        if len(told) - (seq in marks) > MOST:
            return Changes(None, None)
        if point is not None and point.mark != marks.get(seq, ""):
            return since(catalogue, None)
        last = max(marks, default=seq)
        events = [event for event in told if event.seq != seq]
        reached = Point(last, frozenset(event.id for event in events if event.seq is None), day, marks.get(last, ""))
        if point is None or point.day != day:
            return Changes(reached, None)
        return Changes(reached, _datasets(session, [event for event in events if event.id not in point.waiting]))


def _last(session: Session) -> int:
    return session.scalar(select(func.max(DatasetEvent.seq)).where(ORDERED)) or 0


@cache
def _events() -> Select[Any]:
    """That of the number itself, and all later ones. Both halves in one statement, which sees one state of the store:
    none slips from one to the other between.
    """
    columns = (*_TOLD, DatasetEvent.action)
    numbered = select(*columns).where(DatasetEvent.seq >= bindparam("seq"))
    both = union_all(numbered, select(*columns).where(UNORDERED)).subquery()
    return select(both).limit(MOST + 2)


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
