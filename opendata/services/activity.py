"""What happened to datasets, newest first, as far as the asker may know of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services import datasets, history, neighbours, revisions
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.revisions import Record
from opendata.services.rights import Right, organizations_where
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent
from opendata.store.organizations import GroupMember
from opendata.store.planning import hold_much, veiled

MOST = 100
"""Entries of one answer."""
FARTHEST = 10_000
"""Entries that can be skipped."""
TOLD_APART = ("created", "withdrawn")
"""Words of the audit by which entries can be chosen; OTHER stands for all the rest."""
OTHER = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `action` is the word of the audit, `title` and `slug` what the dataset is called now.

    Of what was withdrawn the tombstone tells the title, no list.
    """

    id: int
    at: dt.datetime
    action: str
    dataset_id: UUID
    slug: str
    title: Text
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Which entries of a list: `before` and `after` are instants, neither of them included.

    `actions` are of TOLD_APART and OTHER; None for all.
    """

    limit: int = 31
    offset: int = 0
    before: dt.datetime | None = None
    after: dt.datetime | None = None
    actions: frozenset[str] | None = None


def of_dataset(catalogue: Catalogue, actor: Actor, name: str, window: Window) -> tuple[Entry, ...]:
    """What happened to one dataset. NotFound."""
    with catalogue.sessions.read() as session:
        key = queries.address(session, "dataset", name).id
        found = queries.dataset_page(session, key, public_only=False)
    if not datasets.is_visible(found, actor):
        raise NotFound(f"There is no dataset called {name!r}.")
    return _entries(catalogue, actor, DatasetEvent.object_id == key, window)


def of_organization(catalogue: Catalogue, actor: Actor, name: str, window: Window) -> tuple[Entry, ...]:
    """What happened to the datasets of an agency. NotFound."""
    with catalogue.sessions.read() as session:
        key = queries.address(session, "organization", name).id
        # Of an agency with much the newest entries are soon met from the end of the audit; else by its datasets.
        owner = veiled(Dataset.organization_id) if hold_much(session, [key]) else Dataset.organization_id
    return _entries(catalogue, actor, owner == key, window)


def of_group(catalogue: Catalogue, actor: Actor, name: str, window: Window) -> tuple[Entry, ...]:
    """What happened to the datasets that were put into a group. NotFound."""
    with catalogue.sessions.read() as session:
        key = queries.address(session, "group", name).id
    inside = select(GroupMember.object_id).where(GroupMember.group_id == key, GroupMember.kind == "dataset")
    return _entries(catalogue, actor, Dataset.id.in_(inside), window)


def of_user(catalogue: Catalogue, actor: Actor, name: str, window: Window) -> tuple[Entry, ...]:
    """What an account did, for its owner and for sysadmins; nothing for others. NotFound."""
    with catalogue.sessions.read() as session:
        key = user_named(session, name, active=False).id
    if key != actor.user_id and not actor.sysadmin:
        return ()
    return _entries(catalogue, actor, DatasetEvent.user_id == key, window)


def recent(catalogue: Catalogue, actor: Actor, window: Window) -> tuple[Entry, ...]:
    """What happened lately to any dataset."""
    return _entries(catalogue, actor, true(), window)


def one(catalogue: Catalogue, actor: Actor, entry_id: int) -> Entry:
    """One entry. NotFound."""
    found = _entries(catalogue, actor, DatasetEvent.id == entry_id, Window(1))
    if not found:
        raise NotFound("There is no such activity.")
    return found[0]


def difference(catalogue: Catalogue, actor: Actor, entry_id: int) -> tuple[tuple[Entry, Entry], tuple[Record, Record]]:
    """The entry before that one, of the same dataset, and it; and how the dataset stood after each. For the people of
    its agency: NotAllowed for others. NotFound where there is none before, or no state is kept.
    """
    last = one(catalogue, actor, entry_id)
    same = and_(DatasetEvent.object_id == last.dataset_id, DatasetEvent.id < last.id)
    with catalogue.sessions.read() as session:
        history.present(session, actor, "dataset", str(last.dataset_id))
    before = _entries(catalogue, actor, same, Window(1))
    with catalogue.sessions.read() as session:
        stood = [
            revisions.record_at(session, "dataset", last.dataset_id, entry.at.strftime(revisions.STAMP))
            for entry in (*before, last)
        ]
        shown = [neighbours.shown(session, actor, record) for record in stood if record is not None]
    if len(shown) < 2:
        raise NotFound("Previous activity for this object not found")
    return (before[0], last), (shown[0], shown[1])


def _entries(catalogue: Catalogue, actor: Actor, where: ColumnElement[bool], window: Window) -> tuple[Entry, ...]:
    wanted = _selected(actor).where(where)
    if window.before is not None:
        wanted = wanted.where(DatasetEvent.at < window.before)
    if window.after is not None:
        wanted = wanted.where(DatasetEvent.at > window.after)
    if window.actions is not None:
        named = DatasetEvent.action.in_(window.actions)
        rest = DatasetEvent.action.not_in(TOLD_APART)
        wanted = wanted.where(or_(named, rest) if OTHER in window.actions else named)
    wanted = wanted.order_by(DatasetEvent.id.desc()).limit(min(window.limit, MOST))
    with catalogue.sessions.read() as session:
        rows = session.execute(wanted.offset(min(window.offset, FARTHEST))).all()
    return tuple(_entry(row, actor) for row in rows)


def _entry(row: Row[*tuple[Any, ...]], actor: Actor) -> Entry:
    key, at, action, dataset_id, slug, title, state, user_id = row
    shown = title if state is not RecordState.WITHDRAWN or actor.signed_in else Text()
    return Entry(key, at, action, dataset_id, slug, shown, user_id if actor.signed_in else None)


def _selected(actor: Actor) -> Select[*tuple[Any, ...]]:
    """The public sees what happened to a record since it is public, and of those that are so still or have a tombstone.

    Who did it is told to people who are signed in. No index of states is to be used: nearly all records are public, and
    so the entries of all of them would be sorted for the newest few.
    """
    shown = veiled(Dataset.state).in_((RecordState.PUBLISHED, RecordState.WITHDRAWN))
    public = and_(shown, veiled(Dataset.private).is_(False), DatasetEvent.at >= Dataset.published_at)
    own = organizations_where(actor, Right.SEE_UNPUBLISHED)
    allowed = true() if own is None else or_(public, Dataset.organization_id.in_(own)) if own else public
    columns = (DatasetEvent.id, DatasetEvent.at, DatasetEvent.action, Dataset.id, Dataset.slug, Dataset.title)
    wanted = select(*columns, Dataset.state, DatasetEvent.user_id).join(Dataset, Dataset.id == DatasetEvent.object_id)
    return wanted.where(DatasetEvent.kind == "dataset", allowed)
