"""What happened, in the one order of services.sequence: for those who follow the catalogue by a cursor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.services.actors import Actor
from opendata.services.audit import is_silent
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, may_over
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import ORDERED, DatasetEvent
from opendata.store.organizations import Organization
from opendata.store.purged import PurgedRecord
from opendata.store.register import Study

KINDS = ("dataset", "study", "organization")
"""What an event can be about."""

LOOKED_THROUGH = 5000
"""Most rows that one call goes through; where none of them is for the reader, the cursor goes on all the same."""
SPAN = 20_000
"""By so much a cursor goes on at most where the kinds that are asked for are rare: their rows have no index."""
CHUNK = 500
ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Since when the public knows of agencies."""


class Happening(StrEnum):
    """What became of a record."""

    CREATED = "created"
    CHANGED = "changed"
    OPENED = "opened"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    PURGED = "purged"


_HAPPENINGS = {
    "created": Happening.CREATED,
    "registered": Happening.CREATED,
    "opened": Happening.OPENED,
    "let go": Happening.OPENED,
    "withdrawn": Happening.WITHDRAWN,
    "merged": Happening.WITHDRAWN,
    "restored": Happening.RESTORED,
    "purged": Happening.PURGED,
}
"""Actions of the audit that are more than a change."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `seq` grows and is never used twice, `at` is when it got that number; `slug` is the present one, ""
    where the reader may not know of the record any more.
    """

    seq: int
    at: dt.datetime
    kind: str
    id: UUID
    slug: str
    event: Happening
    organization_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """A record as far as its events need it. `since`: when the public first could see it, None: never."""

    slug: str
    since: dt.datetime | None
    public: bool
    gone: bool
    organization_id: UUID | None
    purged: bool = False


_Key = tuple[str, UUID]


def since(
    catalogue: Catalogue, actor: Actor, cursor: int, limit: int = 100, kinds: Collection[str] = KINDS
) -> tuple[tuple[Event, ...], int]:
    """Up to `limit` events after `cursor` (0: from the first on), oldest first, and the cursor that goes on from there.

    The public is told of records that are or were public, since they were. People are told of all records of their
    organisations. The new cursor is the old one where nothing new happened, of whatever kind.
    """
    found: list[Event] = []
    looked = 0
    with catalogue.sessions.read() as session:
        last = min(_latest(session), cursor + SPAN)
        while looked < LOOKED_THROUGH and cursor < last:
            rows = _rows(session, cursor, last, kinds)
            keys = _keys(session, rows)
            known = _known(session, {keys[row.id] for row in rows if row.id in keys})
            for row in rows:
                cursor = row.seq
                key = keys.get(row.id)
                event = _event(row, key, known.get(key), actor) if key and key[0] in kinds else None
                if event is not None:
                    found.append(event)
                    if len(found) >= limit:
                        return tuple(found), cursor
            looked += CHUNK
            if len(rows) < CHUNK:
                cursor = last
    return tuple(found), cursor


def latest(catalogue: Catalogue) -> int:
    """The cursor after which nothing has happened yet."""
    with catalogue.sessions.read() as session:
        return _latest(session)


def _latest(session: Session) -> int:
    return session.scalar(select(func.max(DatasetEvent.seq)).where(ORDERED)) or 0


def _rows(session: Session, cursor: int, last: int, kinds: Collection[str]) -> Sequence[Any]:
    wanted = select(DatasetEvent.id, DatasetEvent.seq, DatasetEvent.stamped, DatasetEvent.at, DatasetEvent.kind)
    wanted = wanted.add_columns(DatasetEvent.object_id, DatasetEvent.action)
    named = [*kinds, "resource"] if "dataset" in kinds else list(kinds)
    wanted = wanted.where(DatasetEvent.seq > cursor, DatasetEvent.seq <= last, DatasetEvent.kind.in_(named))
    return session.execute(wanted.order_by(DatasetEvent.seq).limit(CHUNK)).all()


def _keys(session: Session, rows: Iterable[Any]) -> dict[int, _Key]:
    """The record that each row is about; what happens to a file happens to its dataset."""
    files = {row.object_id for row in rows if row.kind == "resource"}
    owners: dict[UUID, UUID] = {}
    if files:
        ties = select(Resource.id, Resource.dataset_id).where(Resource.id.in_(files))
        owners = {row[0]: row[1] for row in session.execute(ties)}
    keys = {}
    for row in rows:
        if row.kind != "resource":
            keys[row.id] = (row.kind, row.object_id)
        elif row.object_id in owners:
            keys[row.id] = ("dataset", owners[row.object_id])
    return keys


def _known(session: Session, keys: Collection[_Key]) -> dict[_Key, _Known]:
    """What is known of these records: one SELECT of each kind."""
    ids: dict[str, list[UUID]] = {}
    for kind, key in keys:
        ids.setdefault(kind, []).append(key)
    found: dict[_Key, _Known] = {}
    columns = (PurgedRecord.id, PurgedRecord.kind, PurgedRecord.slug)
    more = (PurgedRecord.published_at, PurgedRecord.organization_id)
    every = [key for _, key in keys]
    for key, kind, slug, day, owner in session.execute(select(*columns, *more).where(PurgedRecord.id.in_(every))):
        found[kind, key] = _Known(slug, day, public=False, gone=True, organization_id=owner, purged=True)
    for one in ("dataset", "study"):
        found |= _records(session, one, ids.get(one, []))
    agencies = select(Organization.id, Organization.slug, Organization.state)
    for key, slug, state in session.execute(agencies.where(Organization.id.in_(ids.get("organization", [])))):
        found["organization", key] = _Known(slug, ALWAYS, public=True, gone=state == "deleted", organization_id=key)
    return found


def _records(session: Session, kind: str, ids: Collection[UUID]) -> Mapping[_Key, _Known]:
    if not ids:
        return {}
    table: Any = Dataset if kind == "dataset" else Study
    wanted = select(table.id, table.slug, table.state, table.private, table.organization_id, table.published_at)
    found = {}
    for key, slug, state, private, owner, day in session.execute(wanted.where(table.id.in_(ids))):
        gone = state is RecordState.WITHDRAWN
        public = not private and (gone or state is RecordState.PUBLISHED)
        found[kind, key] = _Known(slug, day, public, gone, owner)
    return found


def _event(row: Any, key: _Key, known: _Known | None, actor: Actor) -> Event | None:
    """The row as the actor hears of it; None for what is not for them."""
    if known is None or is_silent(row.action):
        return None
    happening = _HAPPENINGS.get(row.action, Happening.CHANGED)
    if known.purged:
        happening = Happening.PURGED
    ours = may_over(actor, Right.SEE_UNPUBLISHED, known.organization_id)
    slug = known.slug
    if not ours:
        if known.since is None or row.at < known.since:
            return None
        if happening is Happening.CHANGED and row.at == known.since:
            happening = Happening.CREATED
        if not known.public and not known.purged:
            happening, slug = Happening.WITHDRAWN, ""
    if known.gone and not known.purged:
        happening = Happening.WITHDRAWN
    return Event(row.seq, row.stamped, key[0], key[1], slug, happening, known.organization_id)
