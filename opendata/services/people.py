"""All accounts, as those who run the site look after them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services.actors import Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.store.accounts import Membership, User
from opendata.store.states import UserState

STATES = tuple(one.value for one in UserState)


def state_called(name: str) -> UserState | None:
    """The state of that name; None for ""."""
    return UserState(name) if name else None


@dataclass(frozen=True, slots=True)
class Person:
    """An account. `roles` are (slug, title, role) of the agencies where it has one of its own."""

    id: UUID
    username: str
    name: str
    email: str
    state: UserState
    sysadmin: bool
    created: dt.datetime
    last_login: dt.datetime | None
    second_factor: bool
    roles: tuple[tuple[str, Text, Role], ...]


@dataclass(frozen=True, slots=True)
class People:
    """A leaf of the list, by name, and how many there are in all."""

    people: tuple[Person, ...]
    total: int


def listing(
    catalogue: Catalogue, actor: Actor, words: str = "", state: UserState | None = None, size: int = 50, offset: int = 0
) -> People:
    """The accounts whose name, user name or e-mail holds the words. Sysadmins alone."""
    demand(actor, Right.MANAGE_SITE)
    wanted = select(User)
    if words.strip():
        given = words.strip()
        # SQLite folds Latin letters alone, so a name is tried as it is written and as names are.
        forms = ((User.name, given), (User.name, given.title()), (User.username, given), (User.email, given))
        wanted = wanted.where(or_(*(column.icontains(form, autoescape=True) for column, form in forms)))
    if state is not None:
        wanted = wanted.where(User.state == state)
    with catalogue.sessions.read() as session:
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        page = wanted.order_by(User.username).limit(size).offset(offset)
        rows = session.scalars(page.options(selectinload(User.memberships).joinedload(Membership.organization))).all()
        return People(tuple(_person(row) for row in rows), total)


def one(catalogue: Catalogue, actor: Actor, user_id: UUID) -> Person:
    """The account of that id. Sysadmins alone. NotFound."""
    demand(actor, Right.MANAGE_SITE)
    wanted = select(User).where(User.id == user_id)
    with catalogue.sessions.read() as session:
        row = session.scalar(wanted.options(selectinload(User.memberships).joinedload(Membership.organization)))
        if row is None:
            raise NotFound(f"There is no account {user_id}.")
        return _person(row)


def _person(row: User) -> Person:
    held = ((one.organization.slug, one.organization.title, one.role) for one in row.memberships)
    roles = sorted(held, key=itemgetter(0))
    factor = row.totp_since is not None
    head = (row.id, row.username, row.name, row.email, row.state, row.sysadmin)
    return Person(*head, row.created, row.last_login, factor, tuple(roles))
