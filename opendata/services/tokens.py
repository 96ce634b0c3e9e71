"""API tokens as programs make, list and end them.

A token that was made with another ends with it, at the latest: who finds one shall not keep the account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.errors import Invalid, NotAllowed, NotFound
from opendata.services.accounts import MADE_BY, MAX_DAYS, NAME_LENGTH, end_token
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.naming import wrong
from opendata.services.passwords import TOKEN_PREFIX, hash_secret, new_secret
from opendata.services.rights import Right, may
from opendata.store.accounts import ApiToken, User

MOST = 200
"""Tokens of one account that are neither revoked nor expired."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as lists show it; what it is itself was shown once."""

    id: UUID
    user_id: UUID
    name: str
    created: dt.datetime
    expires: dt.datetime | None
    last_used: dt.datetime | None


def create(
    catalogue: Catalogue, actor: Actor, user: str, name: str, lifetime: dt.timedelta | None = None
) -> tuple[str, UUID]:
    """A new token of the account, to be shown once, and its id. Sysadmins make anybody's, others their own.

    Invalid without a name, or with a life of more than `MAX_DAYS`.
    """
    now = catalogue.now()
    if not 0 < len(name) <= NAME_LENGTH:
        raise wrong("name", "Missing value" if not name else f"Must have {NAME_LENGTH} characters at most.")
    if lifetime is not None and not dt.timedelta() < lifetime <= dt.timedelta(days=MAX_DAYS):
        raise wrong("expires_in", f"From a moment to {MAX_DAYS} days.")
    secret = new_secret(TOKEN_PREFIX)
    with catalogue.sessions.write.begin() as session:
        owner = _owner(session, actor, user)
        held = [row for row in _live(session, owner.id) if row.expires is None or row.expires > now]
        if len(held) >= MOST:
            raise Invalid(f"An account has {MOST} tokens at most: revoke some.")
        expires = now + lifetime if lifetime else None
        scopes: tuple[str, ...] = ()
        parent = session.get(ApiToken, actor.token_id) if actor.token_id else None
        if parent is not None and not actor.sysadmin:
            scopes = (f"{MADE_BY}{parent.id}",)
            ends = [one for one in (expires, parent.expires) if one is not None]
            expires = min(ends, default=None)
        row = ApiToken(
            user_id=owner.id, name=name, token_hash=hash_secret(secret), scopes=scopes, created=now, expires=expires
        )
        session.add(row)
        session.flush()
        note(session, actor, now, "user", owner.id, "token created", after={"name": name})
        return secret, row.id


def listed(catalogue: Catalogue, actor: Actor, user: str) -> tuple[Token, ...]:
    """The tokens of the account that are not revoked, oldest first. Its owner and sysadmins may."""
    with catalogue.sessions.read() as session:
        rows = _live(session, _owner(session, actor, user).id)
    return tuple(Token(row.id, row.user_id, row.name, row.created, row.expires, row.last_used) for row in rows)


def revoke(catalogue: Catalogue, actor: Actor, *, secret: str = "", token_id: UUID | None = None) -> None:
    """End a token at once, by itself or by its id, and those that were made with it. NotFound; NotAllowed."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        wanted = ApiToken.token_hash == hash_secret(secret) if secret else ApiToken.id == token_id
        row = session.scalar(select(ApiToken).where(wanted, ApiToken.revoked.is_(None)))
        if row is None:
            raise NotFound("There is no such token.")
        _owner(session, actor, str(row.user_id))
        end_token(session, row, now)
        note(session, actor, now, "user", row.user_id, "token revoked", before={"name": row.name})


def _owner(session: Session, actor: Actor, name: str) -> User:
    """The account, where the actor may look after its tokens. Whether another's is there is told to sysadmins alone."""
    refused = NotAllowed("You may look after your own tokens alone.", signed_in=actor.signed_in)
    if not may(actor, Right.MANAGE_SITE) and (actor.user_id is None or actor.held_back):
        raise refused
    try:
        row = user_named(session, name)
    except NotFound:
        if may(actor, Right.MANAGE_SITE):
            raise
        raise refused from None
    if row.id != actor.user_id and not may(actor, Right.MANAGE_SITE):
        raise refused
    return row


def _live(session: Session, user_id: UUID) -> Sequence[ApiToken]:
    own = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked.is_(None))
    return session.scalars(own.order_by(ApiToken.created, ApiToken.id)).all()
