"""Every state of a record, kept in the transaction that ends it: what was public or saved once can be read back.

A record that nobody ever changed has no rows. Its first change keeps two: what it was, and what it became. What changed
it without keeping (a file that was read, a study that took it in) is found at the next change and kept before that.
Not kept are counts, how far our reading got, and what is known of links; none of it is for a person to change.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, aliased, undefer

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.store.codec import dump, load
from opendata.store.editing import Revision

logger = logging.getLogger(__name__)

Record = DatasetRecord | StudyRecord
TYPES: dict[str, type[DatasetRecord] | type[StudyRecord]] = {"dataset": DatasetRecord, "study": StudyRecord}

PASSING = (
    "views", "downloads", "source", "sources", "edited", "metadata_created", "metadata_modified", "creator_id",
)  # fmt: skip
"""Fields of a record that no revision holds: each is the same for all of them, or no one's to change."""

PASSING_OF_FILES = ("text", "fetch_problem", "link", "downloads", "created", "metadata_modified", "position")

OF_REFERENCES = ("id", "slug", "title", "register_number")
"""What is kept of an organisation or a study that the record names."""

TICK = dt.timedelta(microseconds=1)
"""By so much a change is later than the state that it ends, where the clock stands still: versions differ."""

_STAMP = "%Y%m%d%H%M%S%f"
_FAST = 1
"""How hard zlib tries: records are small, and a harvest waits for it."""


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
    return record.metadata_modified.strftime(_STAMP) if record.metadata_modified else ""


def keep(
    session: Session, kind: str, before: Record | None, after: Record, at: dt.datetime, actor: Actor, action: str
) -> None:
    """Keep what the record became, and what it was where that is not kept yet. Both are as they are stored."""
    keep_all(session, kind, [Change(before, after, action)], at, actor)


def keep_all(session: Session, kind: str, changes: Sequence[Change], at: dt.datetime, actor: Actor) -> None:
    """As `keep`, for many records: one SELECT and one INSERT. Whoever calls holds the rows of the records.

    One that is new (without `before`) is kept when it is changed for the first time.
    """
    changes = [one for one in changes if one.before is not None]
    if not changes:
        return
    last = _last(session, [one.after.id for one in changes if one.after.id])
    rows: list[dict[str, Any]] = []
    for change in changes:
        number, stood, digest = last.get(change.after.id, (0, "", ""))  # type: ignore[arg-type]
        if change.before is not None and version(change.before) != stood:
            kept = _row(kind, change.before, number + 1)
            if kept["content_hash"] != digest:
                rows.append(kept | {"at": change.before.metadata_modified or at})
                number, digest = number + 1, kept["content_hash"]
        kept = _row(kind, change.after, number + 1)
        if kept["content_hash"] != digest:
            who = {"user_id": actor.user_id, "actor": actor.name or actor.email, "action": change.action}
            rows.append(kept | {"at": change.after.metadata_modified or at} | who)
            last[change.after.id] = (number + 1, kept["version"], kept["content_hash"])  # type: ignore[index]
    if rows:
        session.execute(insert(Revision), rows)


def _last(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[int, str, str]]:
    """Number, version and hash of the newest kept state of each. One SELECT."""
    other = aliased(Revision)
    newest = select(func.max(other.number)).where(other.object_id == Revision.object_id).scalar_subquery()
    wanted = select(Revision.object_id, Revision.number, Revision.version, Revision.content_hash)
    found = session.execute(wanted.where(Revision.object_id.in_(ids), Revision.number == newest))
    return {key: (number, stood, digest) for key, number, stood, digest in found}


def _row(kind: str, record: Record, number: int) -> dict[str, Any]:
    data = json.dumps(lasting(record), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return {
        "kind": kind,
        "object_id": record.id,
        "number": number,
        "version": version(record),
        "content_hash": hashlib.sha256(data).hexdigest(),
        "snapshot": zlib.compress(data, _FAST),
        "user_id": None,
        "actor": "",
        "action": "",
    }


def lasting(record: Record) -> dict[str, Any]:
    """What a revision holds of the record, as JSON."""
    data: dict[str, Any] = dump(record)
    for name in PASSING:
        data.pop(name, None)
    for file in data.get("resources", ()):
        for name in PASSING_OF_FILES:
            file.pop(name, None)
    for name in ("organization", "study"):
        if named := data.get(name):
            data[name] = {part: named[part] for part in OF_REFERENCES if part in named}
    for relation in data.get("relations", ()):
        if "target_id" in relation:  # the record at the far end says itself what it is called
            relation.pop("title", None)
            relation.pop("target_slug", None)
    return data


def _record(kind: str, row: Revision) -> Record:
    data = json.loads(zlib.decompress(row.snapshot).decode("utf-8", "surrogatepass"))
    made: Record = load(TYPES[kind], data)
    if isinstance(made, DatasetRecord):  # the place of a file is that in the list
        files = tuple(replace(one, position=number) for number, one in enumerate(made.resources))
        made = replace(made, resources=files)
    at = dt.datetime.strptime(row.version, _STAMP).replace(tzinfo=dt.UTC) if row.version else row.at
    return replace(made, metadata_modified=at)


def record_at(session: Session, kind: str, object_id: UUID, stood: str) -> Record | None:
    """The record in that version, as far as revisions hold it; else as it stood last before it. None: no such state."""
    newest = Revision.number.desc()
    wanted = (
        select(Revision)
        .where(Revision.object_id == object_id, Revision.kind == kind)
        .options(undefer(Revision.snapshot))
    )
    row = session.scalar(wanted.where(Revision.version == stood).order_by(newest).limit(1))
    if row is None and stood.isdecimal() and len(stood) == len("20260101000000000000"):
        row = session.scalar(wanted.where(Revision.version < stood).order_by(newest).limit(1))
    return _record(kind, row) if row is not None else None


def record_of(session: Session, kind: str, object_id: UUID, number: int) -> tuple[Line, Record]:
    """The state of that number. NotFound."""
    wanted = select(Revision).where(Revision.object_id == object_id, Revision.kind == kind, Revision.number == number)
    row = session.scalar(wanted.options(undefer(Revision.snapshot)))
    if row is None:
        raise NotFound(f"There is no revision {number} of it. It may be one of those that are not kept.")
    return _line(row), _record(kind, row)


def records_from(session: Session, kind: str, object_id: UUID, number: int) -> list[Record]:
    """All states that are kept from that number on, oldest first."""
    wanted = select(Revision).where(Revision.object_id == object_id, Revision.kind == kind, Revision.number >= number)
    found = session.scalars(wanted.order_by(Revision.number).options(undefer(Revision.snapshot)))
    return [_record(kind, row) for row in found]


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
    wanted = select(Revision.id, Revision.at, Revision.user_id).where(Revision.object_id == object_id)
    rows = list(session.execute(wanted.order_by(Revision.number)))
    gone = []
    for _ in range(len(rows) - most):
        between = range(1, len(rows) - most // 2)
        machines = [place for place in between if rows[place].user_id is None]
        near = min(machines or between, key=lambda place: rows[place + 1].at - rows[place - 1].at)
        gone.append(rows.pop(near).id)
    session.execute(delete(Revision).where(Revision.id.in_(gone)))
    return len(gone)
