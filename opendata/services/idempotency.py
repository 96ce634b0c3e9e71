"""Requests that name themselves by a key: repeated, they get the first one's answer and nothing is done again.

Kept is only the answer of what was done. A request that was refused changed nothing, so its key is free again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from opendata.errors import ConfigError, Conflict, Invalid, Problem
from opendata.services.catalogue import Catalogue
from opendata.services.secrets import seal, unseal
from opendata.store.clients import IdempotencyKey

KEPT = dt.timedelta(hours=24)
"""How long a repetition is known as one."""
LOST = dt.timedelta(minutes=15)
"""After this a request that was never answered counts as one whose process died."""
MOST_BODY = 1024**2
"""Bytes of an answer that are kept; of a longer one the repetition is told that it was done, and no more."""
HEADER = "Idempotency-Key"
BODY = "body"


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that was given before; `body` None where it was too long to be kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


def begin(catalogue: Catalogue, user_id: UUID, key: str, fingerprint: str) -> Kept | None:
    """The answer to give again; None where the request is new and is now noted as being answered.

    Conflict while the first one is still being answered; Invalid where the key was used for another request.
    """
    now = catalogue.now()
    mine = (IdempotencyKey.user_id == user_id) & (IdempotencyKey.key == key)
    old = (IdempotencyKey.created < now - KEPT) | (
        IdempotencyKey.status.is_(None) & (IdempotencyKey.created < now - LOST)
    )
    try:
        with catalogue.sessions.write.begin() as session:
            session.execute(delete(IdempotencyKey).where(mine, old))
            found = session.scalar(select(IdempotencyKey).where(mine))
            if found is None:
                session.add(IdempotencyKey(user_id=user_id, key=key, fingerprint=fingerprint, headers={}, created=now))
                return None
            return _answered(catalogue, found, fingerprint)
    except IntegrityError:
        raise _busy() from None


def _answered(catalogue: Catalogue, found: IdempotencyKey, fingerprint: str) -> Kept:
    if found.fingerprint != fingerprint:
        message = f"This {HEADER} was used for another request. Take a new one for each request."
        raise Invalid(message, [Problem("key_reused", message, HEADER)])
    if found.status is None:
        raise _busy()
    headers = {str(name): str(value) for name, value in found.headers.items()}
    return Kept(found.status, headers, None if found.body is None else _unsealed(catalogue, found.body))


def _unsealed(catalogue: Catalogue, body: bytes) -> bytes | None:
    try:
        return unseal(catalogue, body)[BODY].encode("latin-1")
    except ConfigError:  # the site's key is another one since
        return None


def _busy() -> Conflict:
    return Conflict(f"The request with this {HEADER} is still being answered. Ask again in a moment.")


def finish(catalogue: Catalogue, user_id: UUID, key: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Keep the answer of what was done: sealed, since keys that are shown once stand in some."""
    kept = seal(catalogue, {BODY: body.decode("latin-1")}) if len(body) <= MOST_BODY else None
    mine = (IdempotencyKey.user_id == user_id) & (IdempotencyKey.key == key)
    with catalogue.sessions.write.begin() as session:
        session.execute(update(IdempotencyKey).where(mine).values(status=status, headers=dict(headers), body=kept))


def release(catalogue: Catalogue, user_id: UUID, key: str) -> None:
    """Nothing was done: the key is free again."""
    mine = (IdempotencyKey.user_id == user_id) & (IdempotencyKey.key == key)
    with catalogue.sessions.write.begin() as session:
        session.execute(delete(IdempotencyKey).where(mine, IdempotencyKey.status.is_(None)))


def forget(catalogue: Catalogue) -> None:
    """Delete what is kept no longer. Part of the worker's care."""
    old = IdempotencyKey.created < catalogue.now() - KEPT
    with catalogue.sessions.read() as session:
        if session.scalar(select(IdempotencyKey.id).where(old).limit(1)) is None:
            return
    with catalogue.sessions.write.begin() as session:
        session.execute(delete(IdempotencyKey).where(old))
