"""Every state of a record, kept in the transaction that ends it: what was public or saved once can be read back.

A record that nobody ever changed has no rows. Its first change keeps two: what it was, and what it became. What changed
it without keeping (a file that was read, a study that took it in) is found at the next change and kept before that.
Not kept are counts, how far our reading got, and what is known of links; none of it is for a person to change.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.snapshots import (
    EVERY,
    SINCE,
    after_a_gap,
    difference,
    digest,
    is_same,
    packed,
    record_from,
    states,
    written,
)
from opendata.services.snapshots import TYPES as TYPES
from opendata.services.snapshots import Record as Record
from opendata.services.snapshots import lasting as lasting
from opendata.store.editing import Revision

logger = logging.getLogger(__name__)

TICK = dt.timedelta(microseconds=1)
"""By so much a change is later than the state that it ends, where the clock stands still: versions differ."""

STAMP = "%Y%m%d%H%M%S%f"


@dataclass(frozen=True, slots=True)
class Change:
    """What a record was, and what it became, both as stored. `action` is what its event is called."""

    before: Record | None
    after: Record
    action: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One state of a record, as a history lists it. `left_out`: so many states before it are not kept any more."""

    number: int
    version: str
    at: dt.datetime
    actor: str
    action: str
    user_id: UUID | None = None
    left_out: int = 0


def version(record: Record) -> str:
    """Names this state of the record: every change of what is said of it gives another one."""
    return record.metadata_modified.strftime(STAMP) if record.metadata_modified else ""


def keep(
    session: Session, kind: str, before: Record | None, after: Record, at: dt.datetime, actor: Actor, action: str
) -> None:
    """Keep what the record became, and what it was where that is not kept yet. Both are as they are stored."""
    keep_all(session, kind, [Change(before, after, action)], at, actor)


def keep_all(session: Session, kind: str, changes: Sequence[Change], at: dt.datetime, actor: Actor) -> None:
    """As `keep`, for many records: one SELECT and one INSERT, where nothing changed a record without keeping. Whoever
    calls holds the rows of the records.

    One that is new (without `before`) is kept when it is changed for the first time.
    """
    changes = [one for one in changes if one.before is not None]
    if not changes:
        return
    last = _last(session, [one.after.id for one in changes if one.after.id])
    who = {"user_id": actor.user_id, "actor": actor.name or actor.email}
    rows: list[dict[str, Any]] = []
    for change in changes:
        before, after = change.before, change.after
        if before is None or after.id is None:
            continue
        number, stood, known = last.get(after.id, (0, "", ""))
        if version(before) != stood:
            data = written(lasting(before))
            if not number or not _is_kept(session, kind, before, number, known, data):
                number += 1
                rows.append(_row(kind, before, number, data) | {"at": before.metadata_modified or at})
        if found := difference(before, after):
            number += 1
            data = written(lasting(after) if number % EVERY == 1 else {SINCE: number - 1, **found})
            kept = _row(kind, after, number, data, whole=number % EVERY == 1)
            rows.append(kept | {"at": after.metadata_modified or at, "action": change.action} | who)
            last[after.id] = (number, kept["version"], kept["content_hash"])
    if rows:
        session.execute(insert(Revision), rows)


def _is_kept(session: Session, kind: str, record: Record, number: int, known: str, data: bytes) -> bool:
    """Whether the state of that number, whose digest is `known` where it is whole, is the record with that `data`."""
    if known:
        return known == digest(data)
    if record.id is None:
        return False
    session.flush()
    state = _states(session, kind, record.id, number, number).get(number)
    return state is not None and is_same(kind, state, record)


def _last(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[int, str, str]]:
    """Number, version and hash of the newest kept state of each. One SELECT."""
    other = aliased(Revision)
    newest = select(func.max(other.number)).where(other.object_id == Revision.object_id).scalar_subquery()
    wanted = select(Revision.object_id, Revision.number, Revision.version, Revision.content_hash)
    found = session.execute(wanted.where(Revision.object_id.in_(ids), Revision.number == newest))
    return {key: (number, stood, digest) for key, number, stood, digest in found}


def _row(kind: str, record: Record, number: int, data: bytes, *, whole: bool = True) -> dict[str, Any]:
    return {
        "kind": kind,
        "object_id": record.id,
        "number": number,
        "version": version(record),
        "content_hash": digest(data) if whole else "",
        "snapshot": packed(data),
        "user_id": None,
        "actor": "",
        "action": "",
    }


def _states(session: Session, kind: str, object_id: UUID, first: int, last: int = 0) -> dict[int, dict[str, Any]]:
    """The states from number `first` to `last` (0: the newest), with those before that they build on. One SELECT."""
    wanted = select(Revision.number, Revision.snapshot).where(Revision.object_id == object_id, Revision.kind == kind)
    wanted = wanted.where(Revision.number > first - EVERY)
    if last:
        wanted = wanted.where(Revision.number <= last)
    rows = session.execute(wanted.order_by(Revision.number)).all()
    return states((number, snapshot) for number, snapshot in rows)


def _record(session: Session, kind: str, row: Revision) -> Record:
    data = _states(session, kind, row.object_id, row.number, row.number)[row.number]
    return _stood(kind, row, data)


def _stood(kind: str, row: Revision, data: dict[str, Any]) -> Record:
    at = dt.datetime.strptime(row.version, STAMP).replace(tzinfo=dt.UTC) if row.version else row.at
    return replace(record_from(kind, data), metadata_modified=at)


def record_at(session: Session, kind: str, object_id: UUID, stood: str) -> Record | None:
    """The record in that version, as far as revisions hold it; else as it stood last before it. None: no such state."""
    newest = Revision.number.desc()
    wanted = select(Revision).where(Revision.object_id == object_id, Revision.kind == kind)
    row = session.scalar(wanted.where(Revision.version == stood).order_by(newest).limit(1))
    if row is None and stood.isdecimal() and len(stood) == len("20260101000000000000"):
        row = session.scalar(wanted.where(Revision.version < stood).order_by(newest).limit(1))
    return _record(session, kind, row) if row is not None else None


def record_of(session: Session, kind: str, object_id: UUID, number: int) -> tuple[Line, Record]:
    """The state of that number. NotFound."""
    wanted = select(Revision).where(Revision.object_id == object_id, Revision.kind == kind, Revision.number == number)
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(f"There is no revision {number} of it. It may be one of those that are not kept.")
    return _line(row), _record(session, kind, row)


def records_from(session: Session, kind: str, object_id: UUID, number: int) -> list[Record]:
    """All states that are kept from that number on, oldest first."""
    wanted = select(Revision).where(Revision.object_id == object_id, Revision.kind == kind, Revision.number >= number)
    found = _states(session, kind, object_id, number)
    return [_stood(kind, row, found[row.number]) for row in session.scalars(wanted.order_by(Revision.number))]


def lines(session: Session, object_id: UUID, before: int = 0, limit: int = 0) -> list[Line]:
    """The states that are kept, newest first; those below the number `before` (0: all), `limit` of them (0: all)."""
    wanted = select(Revision).where(Revision.object_id == object_id).order_by(Revision.number.desc())
    if before:
        wanted = wanted.where(Revision.number < before)
    rows = session.scalars(wanted.limit(limit + 1) if limit else wanted).all()
    found = []
    for place, row in enumerate(rows[:limit] if limit else rows):
        older = rows[place + 1].number if place + 1 < len(rows) else 0
        found.append(replace(_line(row), left_out=row.number - older - 1))
    return found


def _line(row: Revision) -> Line:
    return Line(row.number, row.version, row.at, row.actor, row.action, row.user_id)


def forget(session: Session, ids: Collection[UUID]) -> None:
    """Nothing of what these records ever were is kept: they are purged."""
    session.execute(delete(Revision).where(Revision.object_id.in_(ids)))


def thin(catalogue: Catalogue) -> int:
    """Bring records of which more states are kept than the site wants down to that; how many states went.

    The first and the newer half stay; between them those go that were soonest followed by another one, and what no
    person wrote goes first.
    """
    most = catalogue.config.records.revisions
    wanted = select(Revision.object_id).group_by(Revision.object_id).having(func.count() > most).limit(_AT_ONCE)
    with catalogue.sessions.read() as session:
        ids = session.scalars(wanted).all()
    gone = 0
    for key in ids:
        with catalogue.sessions.write.begin() as session:
            gone += _thin(session, key, most)
    if gone:
        logger.info("revisions thinned records=%s states=%s", len(ids), gone)
    return gone


_AT_ONCE = 500
"""Records of one round."""


def _thin(session: Session, object_id: UUID, most: int) -> int:
    wanted = select(Revision.number, Revision.kind, Revision.at, Revision.user_id)
    rows = list(session.execute(wanted.where(Revision.object_id == object_id).order_by(Revision.number)))
    kept, gone = [row.number for row in rows], set()
    for _ in range(len(rows) - most):
        between = range(1, len(rows) - most // 2)
        machines = [place for place in between if rows[place].user_id is None]
        near = min(machines or between, key=lambda place: rows[place + 1].at - rows[place - 1].at)
        gone.add(rows.pop(near).number)
    _make_whole(session, rows[0].kind, object_id, after_a_gap(kept, gone))
    session.execute(delete(Revision).where(Revision.object_id == object_id, Revision.number.in_(gone)))
    return len(gone)


def _make_whole(session: Session, kind: str, object_id: UUID, numbers: Sequence[int]) -> None:
    """What these states build on goes."""
    found = _states(session, kind, object_id, min(numbers), max(numbers))
    for number in numbers:
        data = written(found[number])
        row = update(Revision).where(Revision.object_id == object_id, Revision.number == number)
        session.execute(row.values(snapshot=packed(data), content_hash=digest(data)))
