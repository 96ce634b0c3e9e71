"""Accounts as those who run the site look after them: listed, disabled, enabled, given a way to a new password."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from opendata.errors import Conflict, Invalid, Problem
from opendata.services import mailed_links, own_password, resets
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.rights import Right, demand
from opendata.store.accounts import Membership, User
from opendata.store.states import UserState

MOST = 100
"""Accounts on one page of the list."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in the list. `roles` are those given: (slug of the organisation, role)."""

    id: UUID
    username: str
    email: str
    name: str
    state: UserState
    sysadmin: bool
    second_factor: bool
    created: dt.datetime
    last_login: dt.datetime | None
    roles: tuple[tuple[str, Role], ...] = ()


@dataclass(frozen=True, slots=True)
class AccountList:
    """One page of the accounts, and how many there are in all."""

    lines: tuple[AccountLine, ...]
    total: int


def listing(catalogue: Catalogue, actor: Actor, words: str = "", state: str = "", start: int = 0) -> AccountList:
    """The accounts by e-mail, `MOST` from `start` on: those with `words` in name, e-mail or user name, in that state.

    Sysadmins alone. Invalid for an unknown state.
    """
    demand(actor, Right.MANAGE_SITE)
    if state and state not in list(UserState):
        allowed = ", ".join(UserState)
        raise Invalid(f"state is {state[:40]!r}; allowed: {allowed}.", [Problem("state", allowed, "state")])
    asked = _asked(words, state)
    loaded = selectinload(User.memberships).joinedload(Membership.organization)
    wanted = select(User).where(*asked).options(loaded)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted.order_by(User.email).offset(start).limit(MOST)).all()
        total = session.scalar(select(func.count()).select_from(User).where(*asked)) or 0
    return AccountList(tuple(_line(row) for row in rows), total)


def _asked(words: str, state: str) -> list[ColumnElement[bool]]:
    found = [_holds(word) for word in words.split()]
    return [*found, User.state == UserState(state)] if state else list(found)


def _holds(word: str) -> ColumnElement[bool]:
    """The word in any spelling of its letters: neither database knows small and large ones beyond Latin by itself."""
    plain = (text.contains(word.casefold(), autoescape=True) for text in (User.email, User.username))
    spelt = {word, word.casefold(), word.capitalize(), word.upper()}
    return or_(*plain, *(User.name.contains(one, autoescape=True) for one in sorted(spelt)))


def _line(row: User) -> AccountLine:
    return AccountLine(
        id=row.id,
        username=row.username,
        email=row.email,
        name=row.name,
        state=row.state,
        sysadmin=row.sysadmin,
        second_factor=row.totp_since is not None,
        created=row.created,
        last_login=row.last_login,
        roles=tuple(sorted((held.organization.slug, held.role) for held in row.memberships)),
    )


def disable(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """Nobody signs in to the account, in which nothing is open any more; roles and tokens wait for `enable`.

    Conflict for one's own, and for the last sysadmin.
    """
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=False)
        if row.id == actor.user_id:
            raise Conflict("Nobody can disable the account that they are signed in with.")
        if row.sysadmin and not _other_sysadmins(session, row):
            raise Conflict("This is the last account that may do everything: make another one first.")
        own_password.end_sessions(session, row.id)
        mailed_links.end(session, catalogue, row.id)
        _turn(session, catalogue, actor, row, UserState.BLOCKED)
        return row.id


def _other_sysadmins(session: Session, row: User) -> int:
    others = select(func.count()).select_from(User).where(User.sysadmin, User.state == UserState.ACTIVE)
    return session.scalar(others.where(User.id != row.id)) or 0


def enable(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """The account is as it was before it was disabled; one that was never in use waits for its owner again."""
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=False)
        unused = row.password_hash is None and row.last_login is None
        if row.state == UserState.BLOCKED:
            _turn(session, catalogue, actor, row, UserState.PENDING if unused else UserState.ACTIVE)
        return row.id


def _turn(session: Session, catalogue: Catalogue, actor: Actor, row: User, state: UserState) -> None:
    before, row.state, row.modified = row.state, state, catalogue.now()
    said = {"before": {"state": before}, "after": {"state": state}}
    if before != state:
        note(session, actor, catalogue.now(), "user", row.id, "changed", **said)


def reset(catalogue: Catalogue, actor: Actor, name: str) -> str:
    """Send the owner a link to a new password; the link, for who hands it over where no mail is set up, "" elsewhere.

    Conflict for an account that cannot be signed in to.
    """
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = user_named(session, name, active=False)
        if row.state != UserState.ACTIVE:
            raise Conflict(f"The account is {row.state}: enable it, or invite its owner once more.")
        link = resets.send(catalogue, session, row)
        note(session, actor, catalogue.now(), "user", row.id, "password reset sent")
    return "" if catalogue.config.mail.host else link
