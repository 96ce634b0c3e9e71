"""The browsers in which somebody is signed in: listed, and ended."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from opendata.errors import NotFound
from opendata.services.access import live, own
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret
from opendata.store.accounts import UserSession
from opendata.store.base import touched


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser that is signed in: what it calls itself, from where, how its owner proved to be it, and when it was
    last seen, to a few minutes. `current`: it is the one that asks.
    """

    id: UUID
    agent: str
    address: str
    method: str
    created: dt.datetime
    last_seen: dt.datetime
    current: bool


def mine(catalogue: Catalogue, actor: Actor, secret: str) -> tuple[SessionLine, ...]:
    """Where the asker is signed in, the latest first; `secret` is that of the session that asks."""
    user_id, current = own(actor), hash_secret(secret)
    wanted = select(UserSession).where(UserSession.user_id == user_id, live(catalogue))
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted.order_by(UserSession.last_seen.desc(), UserSession.id)).all()
    return tuple(
        SessionLine(row.id, row.agent, row.address, row.method, row.created, row.last_seen, row.session_hash == current)
        for row in rows
    )


def end(catalogue: Catalogue, actor: Actor, session_id: UUID) -> None:
    """End one of the asker's own sessions. NotFound for any other."""
    user_id = own(actor)
    with catalogue.sessions.write.begin() as session:
        theirs = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)
        if not touched(session, theirs):
            raise NotFound("You have no such session.")
        note(session, actor, catalogue.now(), "user", user_id, "session ended")


def end_others(catalogue: Catalogue, actor: Actor, secret: str) -> int:
    """End all of the asker's sessions but that of `secret`; how many."""
    user_id = own(actor)
    with catalogue.sessions.write.begin() as session:
        others = delete(UserSession).where(UserSession.user_id == user_id)
        ended = touched(session, others.where(UserSession.session_hash != hash_secret(secret)))
        note(session, actor, catalogue.now(), "user", user_id, "sessions ended", after={"number": ended})
        return ended
