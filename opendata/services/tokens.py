"""API tokens: made, listed and ended by people, programs and the operator alike.

A token that was made with another ends with it, at the latest, and may do no more: who finds one shall not keep the
account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from opendata.catalog.values import Text
from opendata.errors import Invalid, NotAllowed, NotFound, Problem
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.naming import wrong
from opendata.services.passwords import TOKEN_PREFIX, hash_secret, new_secret
from opendata.services.rights import MANAGE, READ, SCOPES, Right, demand_scope, may
from opendata.store import queries
from opendata.store.accounts import ApiToken, User
from opendata.store.organizations import Organization

MOST = 200
"""Tokens of one account that are neither revoked nor expired."""
MAX_DAYS = 3650
"""The longest life of a token."""
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Token:
    """A token as lists show it; what it is itself was shown once. `scopes` are all three where it has no limits,
    `organization` the slug of the only one, with those below it, that it works in ("": all of its owner's), `made_with`
    the name of the token with which it was made.
    """

    id: UUID
    user_id: UUID
    name: str
    created: dt.datetime
    expires: dt.datetime | None
    last_used: dt.datetime | None
    scopes: tuple[str, ...] = SCOPES
    organization: str = ""
    made_with: str = ""
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation to which a token can be limited."""

    slug: str
    title: Text


def places(catalogue: Catalogue, actor: Actor) -> tuple[Place, ...]:
    """The organisations in which the asker has a role, or all of them for sysadmins; by slug."""
    wanted = select(Organization.slug, Organization.title).where(Organization.state == "active")
    wanted = wanted if actor.sysadmin else wanted.where(Organization.id.in_(actor.roles))
    with catalogue.sessions.read() as session:
        return tuple(Place(slug, title) for slug, title in session.execute(wanted.order_by(Organization.slug)))


def create(
    catalogue: Catalogue,
    actor: Actor,
    user: str,
    name: str,
    lifetime: dt.timedelta | None = None,
    scopes: Iterable[str] = (),
    organization: str = "",
) -> tuple[str, UUID]:
    """A new token of the account, to be shown once, and its id. Sysadmins make anybody's, others their own.

    Without `scopes` it is good for all that its owner may. Invalid without a name, or with a life of more than
    `MAX_DAYS`, an unknown scope, or an organisation that is not the owner's.
    """
    now, secret = catalogue.now(), new_secret(TOKEN_PREFIX)
    wanted = _scopes(scopes)
    if not 0 < len(name) <= NAME_LENGTH:
        raise wrong("name", "Missing value" if not name else f"Must have {NAME_LENGTH} characters at most.")
    if lifetime is not None and not dt.timedelta() < lifetime <= dt.timedelta(days=MAX_DAYS):
        raise wrong("expires_in", f"From a moment to {MAX_DAYS} days.")
    with catalogue.sessions.write.begin() as session:
        owner = _owner(session, actor, user, MANAGE)
        if sum(row.expires is None or row.expires > now for row in _live(session, owner.id)) >= MOST:
            raise Invalid(f"An account has {MOST} tokens at most: revoke some.")
        row = ApiToken(
            user_id=owner.id, name=name, token_hash=hash_secret(secret), scopes=wanted, created=now,
            expires=now + lifetime if lifetime else None, organization_id=_place(session, actor, owner, organization),
        )  # fmt: skip
        _hold(row, session.get(ApiToken, actor.token_id) if actor.token_id else None)
        session.add(row)
        session.flush()
        said = {"name": name, "scopes": list(row.scopes), "organization": organization}
        note(session, actor, now, "user", owner.id, "token created", after=said)
        return secret, row.id


def _scopes(given: Iterable[str]) -> tuple[str, ...]:
    """In the order of the table; none where all were given. Invalid for an unknown one."""
    named = set(given)
    if unknown := sorted(named - set(SCOPES)):
        raise wrong("scopes", f"{unknown[0][:40]!r} is no scope; there are {', '.join(SCOPES)}.")
    found = tuple(scope for scope in SCOPES if scope in named)
    return () if len(found) == len(SCOPES) else found


def _place(session: Session, actor: Actor, owner: User, organization: str) -> UUID | None:
    if not organization:
        return None
    try:
        key = queries.address(session, "organization", organization).id
    except NotFound as error:
        raise wrong("organization", error.message, "unknown") from None
    if not owner.sysadmin and owner.id == actor.user_id and key not in actor.roles:
        raise wrong("organization", "You have no role in this agency.")
    return key


def _hold(row: ApiToken, parent: ApiToken | None) -> None:
    """What is made with a token lives no longer and may no more than that."""
    if parent is None or parent.user_id != row.user_id:
        return
    row.parent_id = parent.id
    row.expires = min((one for one in (row.expires, parent.expires) if one is not None), default=None)
    if parent.scopes:
        row.scopes = tuple(scope for scope in row.scopes or parent.scopes if scope in parent.scopes)
        if not row.scopes:
            raise wrong("scopes", f"The token that asks has these alone: {', '.join(parent.scopes)}.")
    if parent.organization_id is not None:
        row.organization_id = parent.organization_id


def create_own(
    catalogue: Catalogue, actor: Actor, name: str, days: str, scopes: Sequence[str], organization: str
) -> str:
    """A new token as a form asks for it, to be shown once. Invalid names the fields token_*."""
    name, days, problems = name.strip(), days.strip(), []
    number = int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0
    if not 0 < len(name) <= NAME_LENGTH:
        problems.append(Problem("token_name", f"Say what it is for, in 1 to {NAME_LENGTH} characters.", "token_name"))
    if days and not 0 < number <= MAX_DAYS:
        problems.append(Problem("token_days", f"A number of days from 1 to {MAX_DAYS}.", "token_days"))
    if not scopes:
        problems.append(Problem("token_scopes", "Choose at least one.", "token_scopes"))
    if problems:
        raise Invalid("The token cannot be made.", problems)
    life = dt.timedelta(days=number) if number else None
    return create(catalogue, actor, str(actor.user_id), name, life, scopes, organization)[0]


def listed(catalogue: Catalogue, actor: Actor, user: str) -> tuple[Token, ...]:
    """The tokens of the account that are not revoked, oldest first. Its owner and sysadmins may."""
    parent, now = aliased(ApiToken), catalogue.now()
    with catalogue.sessions.read() as session:
        owner = _owner(session, actor, user, READ)
        wanted = select(ApiToken, Organization.slug, parent.name)
        wanted = wanted.outerjoin(Organization, Organization.id == ApiToken.organization_id)
        wanted = wanted.outerjoin(parent, parent.id == ApiToken.parent_id)
        wanted = wanted.where(ApiToken.user_id == owner.id, ApiToken.revoked.is_(None))
        rows = session.execute(wanted.order_by(ApiToken.created, ApiToken.id)).all()
    return tuple(
        Token(
            row.id, row.user_id, row.name, row.created, row.expires, row.last_used, row.scopes or SCOPES, slug or "",
            made_with or "", row.expires is not None and row.expires <= now,
        )
        for row, slug, made_with in rows
    )  # fmt: skip


def revoke(catalogue: Catalogue, actor: Actor, *, secret: str = "", token_id: UUID | None = None) -> None:
    """End a token at once, by itself or by its id, and those that were made with it. NotFound; NotAllowed.

    Whoever holds a token may end it, whatever else it is good for.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        wanted = ApiToken.token_hash == hash_secret(secret) if secret else ApiToken.id == token_id
        row = session.scalar(select(ApiToken).where(wanted, ApiToken.revoked.is_(None)))
        if row is None:
            raise NotFound("There is no such token.")
        _owner(session, actor, str(row.user_id), READ if row.id == actor.token_id else MANAGE)
        _end(session, row, now)
        note(session, actor, now, "user", row.user_id, "token revoked", before={"name": row.name})


def revoke_own(catalogue: Catalogue, actor: Actor, token_id: UUID) -> None:
    """End one of the asker's own tokens at once. NotFound for any other, also for sysadmins."""
    if token_id not in {one.id for one in listed(catalogue, actor, str(actor.user_id))}:
        raise NotFound("You have no such token.")
    revoke(catalogue, actor, token_id=token_id)


def _end(session: Session, row: ApiToken, now: dt.datetime) -> None:
    """End the token with all that were made with it, and with those."""
    live, ending = _live(session, row.user_id), [row]
    while ending:
        one = ending.pop()
        one.revoked = now
        ending.extend(each for each in live if each.revoked is None and each.parent_id == one.id)


def _owner(session: Session, actor: Actor, name: str, scope: str) -> User:
    """The account, where the actor may look after its tokens. Whether another's is there is told to sysadmins alone."""
    refused = NotAllowed("You may look after your own tokens alone.", signed_in=actor.signed_in)
    over_all = may(actor, Right.MANAGE_SITE)
    if not over_all and (actor.user_id is None or actor.held_back):
        raise refused
    if scope == MANAGE:
        demand_scope(actor, MANAGE)
    try:
        row = user_named(session, name)
    except NotFound:
        if over_all:
            raise
        raise refused from None
    if row.id != actor.user_id and not over_all:
        raise refused
    return row


def _live(session: Session, user_id: UUID) -> Sequence[ApiToken]:
    own = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked.is_(None))
    return session.scalars(own.order_by(ApiToken.created, ApiToken.id)).all()
