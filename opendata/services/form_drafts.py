"""What people typed into forms and did not save: kept for them alone until they save it or throw it away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from opendata.errors import NotAllowed, NotFound, TooLarge
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.store.editing import FormDraft

Pairs = Sequence[tuple[str, str]]
"""Names and values, in the form's order."""

MOST = 50
"""Drafts of one person; with another one, the one that was left alone for longest goes."""
MOST_CHARACTERS = 2_500_000
"""Of everything that one draft holds."""
MOST_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in a list: of which record (None: a new one), what it is called, since when, and when it last changed."""

    id: UUID
    kind: str
    object_id: UUID | None
    organization_id: UUID | None
    title: str
    base_version: str
    created: dt.datetime
    modified: dt.datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with what was typed."""

    line: DraftLine
    form: tuple[tuple[str, str], ...]


def keep(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    form: Pairs,
    *,
    object_id: UUID | None = None,
    organization_id: UUID | None = None,
    title: str = "",
    base_version: str = "",
    draft: UUID | None = None,
) -> DraftLine:
    """Keep what was typed: in place of `draft` where that is one of the actor's for the same record, else beside it.

    NotAllowed without an account; TooLarge over the bounds. Nothing that is public or shown to others is written.
    """
    user = _user(actor)
    if len(form) > MOST_PAIRS or sum(len(name) + len(value) for name, value in form) > MOST_CHARACTERS:
        raise TooLarge("This form holds more than can be kept.")
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = session.get(FormDraft, draft) if draft else None
        if row is None or (row.user_id, row.kind, row.object_id) != (user, kind, object_id):
            row = FormDraft(id=uuid4(), user_id=user, kind=kind, object_id=object_id, created=now)
            _make_room(session, user)
            session.add(row)
        row.form = [list(pair) for pair in form]
        row.title, row.base_version, row.modified = title[:500], base_version[:40], now
        row.organization_id = organization_id
        session.flush()
        return _line(row)


def _make_room(session: Session, user: UUID) -> None:
    there = session.scalar(select(func.count()).select_from(FormDraft).where(FormDraft.user_id == user)) or 0
    if there >= MOST:
        oldest = select(FormDraft.id).where(FormDraft.user_id == user).order_by(FormDraft.modified)
        session.execute(
            delete(FormDraft).where(FormDraft.id.in_(list(session.scalars(oldest.limit(there - MOST + 1)))))
        )


def open(catalogue: Catalogue, actor: Actor, draft: UUID) -> Draft:  # noqa: A001
    """One of the actor's drafts. NotFound for any other."""
    user = _user(actor)
    with catalogue.sessions.read() as session:
        row = session.get(FormDraft, draft)
        if row is None or row.user_id != user:
            raise NotFound("There is no such draft.")
        return Draft(_line(row), tuple((str(name), str(value)) for name, value in row.form))


def discard(catalogue: Catalogue, actor: Actor, draft: UUID) -> None:
    """Forget one of the actor's drafts; nothing happens for any other."""
    user = _user(actor)
    with catalogue.sessions.write.begin() as session:
        session.execute(delete(FormDraft).where(FormDraft.id == draft, FormDraft.user_id == user))


def mine(
    catalogue: Catalogue, actor: Actor, kind: str | None = None, object_id: UUID | None = None
) -> tuple[DraftLine, ...]:
    """The actor's drafts, latest first: all of them, or those of one record (with `kind` alone: of new ones)."""
    if actor.user_id is None:
        return ()
    wanted = select(FormDraft).where(FormDraft.user_id == actor.user_id).options(defer(FormDraft.form))
    if kind is not None:
        wanted = wanted.where(FormDraft.kind == kind, FormDraft.object_id == object_id)
    with catalogue.sessions.read() as session:
        return tuple(_line(row) for row in session.scalars(wanted.order_by(FormDraft.modified.desc(), FormDraft.id)))


def _user(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NotAllowed("Drafts are kept for people who have signed in.", signed_in=actor.signed_in)
    return actor.user_id


def _line(row: FormDraft) -> DraftLine:
    return DraftLine(
        row.id, row.kind, row.object_id, row.organization_id, row.title, row.base_version, row.created, row.modified
    )
