"""The audit as it is read: who did what, when and from where, what stood before and what after.

Sysadmins read all of it. An organisation's administrator reads what happened to its records, sources and uploads and to
itself, and to the accounts that belong nowhere else: what somebody does for another organisation is not theirs to know.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.rights import Right, demand, organizations_where
from opendata.store import queries
from opendata.store.accounts import Membership, User
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestSource
from opendata.store.operations import RECORD_KINDS, DatasetEvent
from opendata.store.organizations import Group, Organization
from opendata.store.register import Study

KINDS = RECORD_KINDS
MOST = 500
"""Events of one page."""
LONGEST = 300
"""Characters of a value as it is shown."""
SECRET = ("password", "secret", "token_hash", "totp", "key_hash")
"""Names of fields whose values are never told, should a change ever hold one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: all fields that are given must fit. `who` and `record` are as people write them: a user name, an
    e-mail or "harvest:NAME"; a slug, an id or the name of a source. `since` and `until` are days of the site.
    """

    who: str = ""
    record: str = ""
    kind: str = ""
    action: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A field as it stood before and after, both as one line of text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the audit. `title` and `slug` are those of the record now; empty where it is gone."""

    id: int
    at: dt.datetime
    kind: str
    object_id: UUID
    action: str
    actor: str
    user_id: UUID | None
    address: str
    changes: tuple[Change, ...]
    title: Text = field(default_factory=Text)
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """A page of the audit, newest first; `next` is the `before` of the one that follows, None at the end."""

    events: tuple[Event, ...]
    next: int | None


def listing(catalogue: Catalogue, actor: Actor, wanted: Wanted, size: int = 50) -> Events:
    """What the asker may read of it. NotAllowed; a name that nobody and nothing has finds nothing."""
    demand(actor, Right.READ_AUDIT)
    with catalogue.sessions.read() as session:
        try:
            query = _query(session, actor, wanted)
        except NotFound:
            return Events((), None)
        rows = session.scalars(query.limit(min(size, MOST) + 1)).all()
        shown = rows[: min(size, MOST)]
        names = _names(session, shown)
        events = tuple(_event(row, names) for row in shown)
    return Events(events, shown[-1].id if len(rows) > len(shown) else None)


def _query(session: Session, actor: Actor, wanted: Wanted) -> Select[Any]:
    query = select(DatasetEvent).order_by(DatasetEvent.id.desc())
    allowed = organizations_where(actor, Right.READ_AUDIT)
    if allowed is not None:
        query = query.where(_theirs(allowed))
    if wanted.who:
        query = query.where(_by(session, wanted.who))
    if wanted.record:
        query = query.where(DatasetEvent.object_id.in_(_objects(session, wanted.record)))
    if wanted.kind:
        query = query.where(DatasetEvent.kind == wanted.kind)
    if wanted.action:
        query = query.where(DatasetEvent.action == wanted.action)
    if wanted.since:
        query = query.where(DatasetEvent.at >= wanted.since)
    if wanted.until:
        query = query.where(DatasetEvent.at < wanted.until)
    if wanted.before is not None:
        query = query.where(DatasetEvent.id < wanted.before)
    return query


def _theirs(allowed: frozenset[UUID]) -> ColumnElement[bool]:
    """What happened to things of these organisations. Asked event by event, from the newest: a page ends early."""
    own, kind = DatasetEvent.object_id, DatasetEvent.kind
    parts = [and_(kind == "organization", own.in_(allowed))]
    for name, table in (("dataset", Dataset), ("study", Study), ("source", HarvestSource)):
        parts.append(and_(kind == name, exists().where(table.id == own, table.organization_id.in_(allowed))))
    files = exists().where(Resource.id == own, Resource.dataset_id == Dataset.id, Dataset.organization_id.in_(allowed))
    here, there = aliased(Membership), aliased(Membership)
    people = and_(
        exists().where(User.id == own, User.sysadmin == false()),
        exists().where(here.user_id == own, here.organization_id.in_(allowed)),
        ~exists().where(there.user_id == own, there.organization_id.not_in(allowed)),
    )
    return or_(*parts, and_(kind == "resource", files), and_(kind == "user", people))


def _by(session: Session, who: str) -> ColumnElement[bool]:
    try:
        return DatasetEvent.user_id == user_named(session, who.strip(), active=False).id
    except NotFound:
        return DatasetEvent.actor == who.strip()


def _objects(session: Session, name: str) -> set[UUID]:
    """Everything that is called so, a dataset with its files. NotFound for what nothing is called."""
    name, found = name.strip(), set()
    for kind in ("dataset", "study", "organization", "group"):
        with suppress(NotFound):
            found.add(queries.address(session, kind, name).id)
    found |= set(session.scalars(select(HarvestSource.id).where(HarvestSource.name == name)))
    with suppress(NotFound):
        found.add(user_named(session, name, active=False).id)
    with suppress(ValueError):
        found.add(UUID(name))  # of what is not there any more
    if not found:
        raise NotFound(f"Nothing is called {name!r}.")
    return found | set(session.scalars(select(Resource.id).where(Resource.dataset_id.in_(found))))


_Names = Mapping[tuple[str, UUID], tuple[Text, str]]


def _names(session: Session, rows: Sequence[DatasetEvent]) -> _Names:
    """Title and slug of what the events are about. One SELECT a kind."""
    ids: dict[str, set[UUID]] = {}
    for row in rows:
        ids.setdefault(row.kind, set()).add(row.object_id)
    found: dict[tuple[str, UUID], tuple[Text, str]] = {}
    tables: dict[str, Any] = {"dataset": Dataset, "study": Study, "organization": Organization, "group": Group}
    for kind, table in tables.items():
        for one in session.execute(select(table.id, table.title, table.slug).where(table.id.in_(ids.get(kind, ())))):
            found[kind, one.id] = (one.title, one.slug)
    rest: dict[str, Any] = {
        "source": select(HarvestSource.id, HarvestSource.title, HarvestSource.name),
        "user": select(User.id, User.name, User.username),
        "resource": select(Resource.id, Resource.filename, Dataset.slug).join(Dataset),
    }
    for kind, wanted in rest.items():
        key = wanted.selected_columns[0]
        for id_, title, slug in session.execute(wanted.where(key.in_(ids.get(kind, ())))):
            found[kind, id_] = (Text(other=title), slug)
    return found


def _event(row: DatasetEvent, names: _Names) -> Event:
    title, slug = names.get((row.kind, row.object_id), (Text(), ""))
    told = changes(row.before, row.after)
    who = (row.actor, row.user_id, row.address)
    return Event(row.id, row.at, row.kind, row.object_id, row.action, *who, told, title, slug)


def changes(before: Any, after: Any) -> tuple[Change, ...]:
    """What became what, field by field; what stands on both sides alike is left out."""
    was, told = (one if isinstance(one, dict) else {"": one} if one is not None else {} for one in (before, after))
    return tuple(
        Change(str(name), _said(name, was.get(name)), _said(name, told.get(name)))
        for name in dict.fromkeys([*was, *told])
        if was.get(name) != told.get(name)
    )


def _said(name: str, value: Any) -> str:
    """The value as one line. What may be a secret is told only to be there."""
    if value in (None, "", [], {}):
        return ""
    if any(word in str(name).lower() for word in SECRET):
        return "•••"
    if isinstance(value, dict) and value.keys() <= {"kk", "ru", "en", "other", "original"}:
        text = " · ".join(f"{language}: {said}" for language, said in value.items() if said and language != "original")
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
