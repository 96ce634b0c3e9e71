"""Who is asking: sign-in, sessions and API tokens, and the roles behind them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, not_, select
from sqlalchemy.orm import Session, selectinload

from opendata.errors import Invalid, NotAllowed, Problem
from opendata.services import attempts, guesses, standing
from opendata.services.actors import PUBLIC, Actor, Role
from opendata.services.audit import SIGN_IN_FAILED, SIGNED_IN, UNKNOWN, note
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret, matches, new_secret
from opendata.services.rights import includes
from opendata.services.statistics import LAST_SEEN, LAST_USE
from opendata.store.accounts import ApiToken, Membership, User, UserSession
from opendata.store.base import answering
from opendata.store.states import UserState

SEEN = dt.timedelta(minutes=5)
"""How exactly it is kept when a session was last seen: no request of a browser waits for the write lock."""
REFUSED = "E-mail or password is wrong, or the account is not active."

VOUCHED = "sso-vouched"
"""Signed in by a provider that asks for a second factor itself."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody signs in from: the address, what the browser calls itself, and what makes it known
    (services.guesses).
    """

    address: str
    agent: str = ""
    known: str = ""


def prove(catalogue: Catalogue, email: str, password: str, visit: Visit) -> UUID:
    """Whose password it is. NotAllowed for wrong data, TooMany after too many failures in 15 min.

    It opens no session: that waits for the second factor (services.signing_in).
    """
    email = email.strip().casefold()
    with catalogue.sessions.write.begin() as session:
        bounds = guesses.bounds(catalogue, session, email, visit.address, visit.known)
        taken = attempts.take(catalogue, session, bounds.most)
        user = session.scalar(select(User).where(User.email == email))
        stored = user.password_hash if user else None
    is_right = matches(password, stored) and user is not None and user.state == UserState.ACTIVE
    with catalogue.sessions.write.begin() as session:
        if is_right:
            attempts.give_back(session, taken, bounds.own)
        else:
            # Whether there is the account or not, the same is written: it takes the same time.
            tried = Actor(name=user.name if user else "", address=visit.address[:64])
            note(session, tried, catalogue.now(), "user", user.id if user else UNKNOWN, SIGN_IN_FAILED)
    if not is_right or user is None:
        raise NotAllowed(REFUSED, signed_in=False)
    return user.id


def confirm(catalogue: Catalogue, actor: Actor, password: str, field: str) -> None:
    """The asker gave the own password once more, as whatever changes the account wants it.

    Invalid names `field`; wrong ones count as failed sign-ins, so TooMany after too many of them. An account without a
    password, whose owner signs in by a provider, has none to confirm by.
    """
    bounds = guesses.own_bounds(catalogue, actor.user_id)
    with catalogue.sessions.write.begin() as session:
        stored = session.scalar(select(User.password_hash).where(User.id == actor.user_id))
        taken = attempts.take(catalogue, session, bounds.most) if stored is not None else ()
    if stored is None:
        return
    is_right = matches(password, stored)
    with catalogue.sessions.write.begin() as session:
        if is_right:
            attempts.give_back(session, taken, bounds.own)
        else:
            tried = Actor(name=actor.name, address=actor.address)
            note(session, tried, catalogue.now(), "user", actor.user_id or UNKNOWN, SIGN_IN_FAILED)
    if not is_right:
        raise Invalid("Nothing was changed.", [Problem("old_password", "This is not your password.", field)])


def open_session(catalogue: Catalogue, user_id: UUID, visit: Visit, method: str = "password") -> str:
    """A new session's secret, for the cookie. Only for who has proved all that the account asks for.

    `method` says how: "password", "totp" (password and code), "sso" (a provider), "sso-totp", or `VOUCHED`.
    """
    secret, now = new_secret(), catalogue.now()
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id)
        session.execute(delete(UserSession).where(not_(live(catalogue))))
        session.add(
            UserSession(
                session_hash=hash_secret(secret),
                user_id=user_id,
                address=visit.address[:64],
                agent=visit.agent[:400],
                method=method,
                created=now,
                last_seen=now,
                expires=now + dt.timedelta(days=catalogue.config.security.session_days),
            )
        )
        user.last_login = now
        entered = Actor(user_id=user_id, name=user.name, email=user.email, address=visit.address[:64])
        note(session, entered, now, "user", user_id, SIGNED_IN, after={"method": method})
    return secret


def own(actor: Actor) -> UUID:
    """The asker's account. No token may change what opens it: who finds one shall not keep the account."""
    if actor.user_id is None or actor.token_id is not None:
        raise NotAllowed("Sign in with your e-mail and password for this.", signed_in=False)
    return actor.user_id


def sign_out(catalogue: Catalogue, secret: str) -> None:
    """End the session; nothing happens for an unknown one."""
    with catalogue.sessions.write.begin() as session:
        session.execute(delete(UserSession).where(UserSession.session_hash == hash_secret(secret)))


@answering()
def actor_for_session(catalogue: Catalogue, secret: str) -> Actor:
    """Who holds this session; the public for an unknown or expired one."""
    with catalogue.sessions.read() as session:
        found = session.scalar(
            select(UserSession)
            .where(UserSession.session_hash == hash_secret(secret), live(catalogue))
            .options(selectinload(UserSession.user).selectinload(User.memberships))
        )
        if found is None:
            return PUBLIC
        if catalogue.now() - found.last_seen > SEEN:
            catalogue.counters.add({(catalogue.today(), LAST_SEEN, found.id): 1})
        return _session_actor(catalogue, session, found)


def live(catalogue: Catalogue) -> ColumnElement[bool]:
    """Sessions that are neither too old nor unused for too long."""
    now, idle = catalogue.now(), catalogue.config.security.session_idle_hours
    young = UserSession.expires > now
    return and_(young, UserSession.last_seen > now - dt.timedelta(hours=idle)) if idle else young


def _session_actor(catalogue: Catalogue, session: Session, found: UserSession) -> Actor:
    actor = _actor(session, found.user)
    has_one = found.user.totp_since is not None or found.method == VOUCHED
    wanted = actor.signed_in and not has_one and wants_second_factor(catalogue, actor)
    return replace(actor, must_set_second_factor=True) if wanted else actor


def wants_second_factor(catalogue: Catalogue, actor: Actor) -> bool:
    """Whether the settings demand a second factor of somebody with these roles."""
    wanted = catalogue.config.security.second_factor
    if wanted == "everybody" or (actor.sysadmin and wanted != "optional"):
        return True
    least = {"admins": Role.ADMIN, "editors": Role.EDITOR}.get(wanted)
    return least is not None and any(includes(role, least) for role in actor.roles.values())


@answering()
def actor_for_token(catalogue: Catalogue, token: str) -> Actor:
    """Who holds this API token. NotAllowed for an unknown, expired or revoked one."""
    now = catalogue.now()
    with catalogue.sessions.read() as session:
        rows = session.connection().execute(_token_holder(), {"token_hash": hash_secret(token)}).all()
        if not rows or (rows[0].expires and rows[0].expires <= now) or rows[0].state != UserState.ACTIVE:
            raise NotAllowed("The API token is unknown, expired or revoked.", signed_in=False)
        found = rows[0]
        direct = {row.organization_id: row.role for row in rows if row.organization_id}
        asker = Actor(
            user_id=found.user_id, name=found.name, email=found.email, sysadmin=found.sysadmin, token_id=found.id
        )
        actor = standing.limited(session, standing.placed(session, asker, direct), found.scopes or (), found.place)
    # Written with the counts once a minute: answering a request never waits for the write lock.
    catalogue.counters.add({(catalogue.today(), LAST_USE, found.id): 1})
    return actor


@cache
def _token_holder() -> Select[Any]:
    """The token with its account, one row for each of its roles. Every call of a program asks it."""
    token, user, held = ApiToken.__table__.c, User.__table__.c, Membership.__table__.c
    columns = (
        token.id, token.expires, token.user_id, token.scopes, token.organization_id.label("place"), user.name,
        user.email, user.sysadmin, user.state,
    )  # fmt: skip
    wanted = select(*columns, held.organization_id, held.role).join_from(
        ApiToken.__table__, User.__table__, user.id == token.user_id
    )
    wanted = wanted.outerjoin(Membership.__table__, held.user_id == user.id)
    return wanted.where(token.token_hash == bindparam("token_hash"), token.revoked.is_(None))


def actor_for_user(catalogue: Catalogue, user_id: UUID) -> Actor:
    """The person with the roles of this moment, for work done later in their name; the public for nobody active."""
    with catalogue.sessions.read() as session:
        found = session.scalar(select(User).where(User.id == user_id).options(selectinload(User.memberships)))
        return _actor(session, found) if found else PUBLIC


def _actor(session: Session, user: User) -> Actor:
    if user.state != UserState.ACTIVE:
        return PUBLIC
    asker = Actor(
        user_id=user.id,
        name=user.name,
        email=user.email,
        sysadmin=user.sysadmin,
        must_change_password=user.password_must_change,
    )
    direct = {membership.organization_id: membership.role for membership in user.memberships}
    return standing.placed(session, asker, direct)
