"""The one order of all changes, so that whoever follows it misses none and hears of none twice.

A change writes its event in its own transaction, without a number: transactions end in another order than their rows
were written. Events get their number and their time here, once they are committed, one batch after the other; the
datasets they are about get that time as their `stamp`. The time is read after the batch was, so that nothing which
a reader has not been shown is ever given a time before that reader asked.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from opendata.services.audit import is_silent
from opendata.services.catalogue import Catalogue
from opendata.store.base import PATIENCE, touched
from opendata.store.datasets import Dataset, Relation, Resource
from opendata.store.operations import UNORDERED, DatasetEvent
from opendata.store.purged import PurgedRecord

BATCH = 1000
"""Events numbered in one transaction."""
MOST_BATCHES = 100
"""Batches of one call: care comes again."""
READERS_BATCHES = 5
"""Batches that one reader does; whatever waits after that is given a later time than the reader's."""
PATIENCE_SECONDS = 0.25
"""How long a reader waits for whoever numbers, or writes, at the moment."""

LOCK = 7_268_401_155
"""The name of the advisory lock on PostgreSQL. SQLite has one writer anyway."""
IDS_AT_ONCE = 500
"""Ids in one IN (…)."""

_EVENTS: Any = DatasetEvent.__table__
_WAITING = UNORDERED


class _Busy(Exception):
    """Somebody else held the lock for longer than the caller waits."""


def advance(catalogue: Catalogue, *, most: int = MOST_BATCHES) -> int:
    """Number the events that are committed by now, up to `most` batches of them. How many were numbered."""
    return _advance(catalogue, most, None)


def settle(catalogue: Catalogue) -> dt.datetime:
    """As `advance`, for somebody who is about to read a list; the instant as of which that list is complete.

    Whatever the reader does not find stamped in the list will be stamped at that instant or later. Where nothing waits
    it costs one SELECT, and it never takes much longer than `PATIENCE_SECONDS`.
    """
    began = catalogue.now()
    with catalogue.sessions.read() as session:
        began = min(began, _clock(session, began))
        waiting = session.scalar(select(_EVENTS.c.id).where(_WAITING).limit(1))
    if waiting is None:
        return began
    try:
        _advance(catalogue, READERS_BATCHES, PATIENCE_SECONDS)
    except _Busy:
        with catalogue.sessions.read() as session:
            return min(began, _last(session)[1] or began)
    return began


def backfill(catalogue: Catalogue, *, most: int = MOST_BATCHES) -> int:
    """Stamp the datasets that have no stamp, such as those of a store from before there were any. How many."""
    done = 0
    for _ in range(most):
        with catalogue.sessions.read() as session:
            if session.scalar(select(Dataset.id).where(Dataset.stamp.is_(None)).limit(1)) is None:
                return done
        with _locked(catalogue, None) as session:
            wanted = select(Dataset.id).where(Dataset.stamp.is_(None)).order_by(Dataset.id).limit(IDS_AT_ONCE)
            ids = session.scalars(wanted.with_for_update(skip_locked=True, key_share=True)).all()
            _stamp(session, ids, _next_stamp(session, catalogue))
        done += len(ids)
        if not ids:
            break
    return done


def tend(catalogue: Catalogue) -> None:
    """What the worker does of it every minute."""
    advance(catalogue)
    backfill(catalogue)


def _advance(catalogue: Catalogue, most: int, patience: float | None) -> int:
    with catalogue.sessions.read() as session:
        last = session.scalar(select(_EVENTS.c.id).where(_WAITING).order_by(_EVENTS.c.id.desc()).limit(1))
    done, after = 0, 0
    while last is not None and after < last and most > 0:
        with _locked(catalogue, patience) as session:
            number, after = _number(session, catalogue, after, last)
        done, most = done + number, most - 1
        if after == 0:
            break
    return done


def _number(session: Session, catalogue: Catalogue, after: int, last: int) -> tuple[int, int]:
    """Number one batch of the events after the id `after`, up to `last`: how many, and the last id that was seen.

    Events of datasets that a transaction is changing at this moment are left for later: waiting for it while others
    are held could be a deadlock, and what it says will come with an event of its own.
    """
    wanted = select(_EVENTS.c.id, _EVENTS.c.kind, _EVENTS.c.object_id, _EVENTS.c.action)
    wanted = wanted.where(_WAITING, _EVENTS.c.id > after, _EVENTS.c.id <= last).order_by(_EVENTS.c.id).limit(BATCH)
    events = session.execute(wanted).all()
    if not events:
        return 0, 0
    touches = _with_neighbours(session, _datasets_of(session, [one for one in events if not is_silent(one.action)]))
    free = _free(session, {key for keys in touches.values() for key in keys})
    chosen = [event.id for event in events if touches.get(event.id, set()) <= free]
    if chosen:
        seq = _last(session)[0]
        stamp = _next_stamp(session, catalogue)
        _give(session, chosen, seq + 1, stamp)
        _stamp(session, sorted({key for one in chosen for key in touches.get(one, ())}), stamp)
        purged = [event.object_id for event in events if event.action == "purged" and event.id in set(chosen)]
        for part in _parts(purged):
            touched(session, update(PurgedRecord).where(PurgedRecord.id.in_(part)).values(stamp=stamp))
    return len(chosen), events[-1].id


def _give(session: Session, ids: Sequence[int], first: int, stamp: dt.datetime) -> None:
    """The numbers from `first` on to these events. Where no id is missing between them, one statement does it."""
    if ids[-1] - ids[0] == len(ids) - 1:
        here = _EVENTS.c.id.between(ids[0], ids[-1])
        session.execute(update(_EVENTS).where(here).values(seq=_EVENTS.c.id + (first - ids[0]), stamped=stamp))
        return
    numbers = [{"key": key, "number": number} for number, key in enumerate(ids, first)]
    change = update(_EVENTS).where(_EVENTS.c.id == bindparam("key")).values(seq=bindparam("number"), stamped=stamp)
    session.connection().execute(change, numbers)


def _datasets_of(session: Session, events: Sequence[Any]) -> dict[int, set[UUID]]:
    """The datasets that each event is about: itself, that of a file, those of a study."""
    found = {event.id: {event.object_id} for event in events if event.kind == "dataset"}
    for kind, column in (("resource", Resource.id), ("study", Dataset.study_id)):
        named = [event for event in events if event.kind == kind]
        ties: dict[UUID | None, set[UUID]] = {}
        owner = Resource.dataset_id if kind == "resource" else Dataset.id
        for part in _parts(list({event.object_id for event in named})):
            for key, dataset_id in session.execute(select(column, owner).where(column.in_(part))):
                ties.setdefault(key, set()).add(dataset_id)
        found |= {event.id: ties.get(event.object_id, set()) for event in named}
    return found


def _with_neighbours(session: Session, touches: dict[int, set[UUID]]) -> dict[int, set[UUID]]:
    """Also the datasets that name them: what is related is shown by its title, and only while it is public."""
    naming: dict[UUID | None, set[UUID]] = {}
    for part in _parts({key for keys in touches.values() for key in keys}):
        wanted = select(Relation.target_dataset_id, Relation.dataset_id)
        wanted = wanted.where(Relation.target_dataset_id.in_(part), Relation.dataset_id.is_not(None))
        for target, origin in session.execute(wanted):
            naming.setdefault(target, set()).update({origin} if origin else ())
    if not naming:
        return touches
    return {one: keys.union(*(naming.get(key, ()) for key in keys)) for one, keys in touches.items()}


def _free(session: Session, ids: set[UUID]) -> set[UUID]:
    """Those of the datasets that no other transaction holds, which are ours now; those that are gone are free too.

    On SQLite nobody else writes at this moment.
    """
    if session.get_bind().dialect.name == "sqlite":
        return ids
    held: set[UUID] = set()
    for part in _parts(sorted(ids)):
        wanted = select(Dataset.id).where(Dataset.id.in_(part))
        there = set(session.scalars(wanted))
        mine = set(session.scalars(wanted.order_by(Dataset.id).with_for_update(skip_locked=True, key_share=True)))
        held |= there - mine
    return ids - held


def _stamp(session: Session, ids: Sequence[UUID], stamp: dt.datetime) -> None:
    for part in _parts(ids):
        touched(session, update(Dataset).where(Dataset.id.in_(part)).values(stamp=stamp))


def _last(session: Session) -> tuple[int, dt.datetime | None]:
    """The last number that was given, and when."""
    wanted = select(_EVENTS.c.seq, _EVENTS.c.stamped).where(_EVENTS.c.seq.is_not(None))
    row = session.execute(wanted.order_by(_EVENTS.c.seq.desc()).limit(1)).first()
    return (row[0], row[1]) if row else (0, None)


def _next_stamp(session: Session, catalogue: Catalogue) -> dt.datetime:
    """Now, and never before the last one that was given."""
    now = catalogue.now()
    newest = session.scalar(select(func.max(Dataset.stamp)))
    return max(now, _clock(session, now), _last(session)[1] or now, newest or now)


def _clock(session: Session, now: dt.datetime) -> dt.datetime:
    """The clock that all machines share: that of the server of the store, where there is one."""
    if session.get_bind().dialect.name != "postgresql":
        return now
    answer: dt.datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return answer


@contextmanager
def _locked(catalogue: Catalogue, patience: float | None) -> Iterator[Session]:
    """A transaction in which nobody else numbers. _Busy after `patience` seconds; None waits as long as it takes."""
    if catalogue.engine.dialect.name == "postgresql":
        with catalogue.sessions.write.begin() as session:
            _take_lock(session, patience)
            yield session
        return
    options = {} if patience is None else {PATIENCE: patience}
    with catalogue.sessions.write() as session:
        try:
            session.connection(execution_options=options)
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise _Busy from error
        yield session
        session.commit()


def _take_lock(session: Session, patience: float | None) -> None:
    if patience is None:
        session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": LOCK})
        return
    until = time.monotonic() + patience
    while not session.scalar(text("SELECT pg_try_advisory_xact_lock(:name)"), {"name": LOCK}):
        if time.monotonic() > until:
            raise _Busy
        time.sleep(0.01)


def _parts(ids: Collection[UUID]) -> Iterator[Sequence[UUID]]:
    listed = list(ids)
    return (listed[start : start + IDS_AT_ONCE] for start in range(0, len(listed), IDS_AT_ONCE))
