"""A password that was forgotten: a link by mail, to an address that has an account.

Whether it has one is told to nobody: asking does the same for every address, and the worker looks for the account.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.errors import NotFound
from opendata.services import attempts, emails, letters, mailed_links, own_password
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.secrets import seal, unseal
from opendata.store.accounts import User
from opendata.store.queue import enqueue
from opendata.store.states import LinkKind, UserState

JOB = "reset"
LIFE = dt.timedelta(hours=2)
MOST = 5
"""Letters asked for in 15 minutes for one account; from one address four times as many, for offices share theirs."""


def ask(catalogue: Catalogue, email: str, address: str) -> None:
    """Have a link sent, if there is such an account. TooMany, for a known account and an unknown one alike."""
    email = emails.folded(email)[:400]
    keys = f"reset:{email}"[: attempts.KEY_LENGTH], f"reset from:{address}"[: attempts.KEY_LENGTH]
    sealed = seal(catalogue, {"email": email}).decode("ascii")
    with catalogue.sessions.write.begin() as session:
        attempts.check(catalogue, session, keys[:1], MOST)
        attempts.check(catalogue, session, keys[1:], 4 * MOST)
        enqueue(session, JOB, {"asked": sealed, "base": catalogue.config.site.url}, catalogue.now(), lane=Lane.MAIL)
    attempts.note(catalogue, keys)


def work(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """Send the link that was asked for; nothing happens for an address without an account that can be signed in to."""
    email = unseal(catalogue, str(payload["asked"]).encode("ascii"))["email"]
    site = replace(catalogue.config.site, url=str(payload["base"]))  # as those who asked know it
    catalogue = replace(catalogue, config=replace(catalogue.config, site=site))
    with catalogue.sessions.write.begin() as session:
        user = session.scalar(select(User).where(User.email == email))
        if user is None or user.state != UserState.ACTIVE:
            return
        send(catalogue, session, user)


def send(catalogue: Catalogue, session: Session, user: User) -> str:
    """Send the account's owner a link to a new password; what it is, for an operator who hands it over."""
    secret = mailed_links.make(session, catalogue, LinkKind.RESET, user.id, user.email, LIFE)
    language = letters.language_of(catalogue, user)
    link = letters.address(catalogue, f"/account/reset/{secret}", language)
    until = letters.moment(catalogue, catalogue.now() + LIFE, language)
    letters.send(session, catalogue, user, letters.written(catalogue, "reset", language, link, until=until))
    return link


def opened(catalogue: Catalogue, secret: str) -> str:
    """The address of the account that the link opens; looking at it uses nothing up. NotFound."""
    with catalogue.sessions.read() as session:
        _, user = mailed_links.owner(session, catalogue, LinkKind.RESET, secret)
        _demand_active(user)
        return user.email


def finish(catalogue: Catalogue, secret: str, password: str, address: str) -> UUID:
    """The new password holds, every session has ended, and the owner is told. NotFound; Invalid names "new"."""
    with catalogue.sessions.read() as session:
        _, user = mailed_links.owner(session, catalogue, LinkKind.RESET, secret)
    hashed = own_password.hashed(catalogue, user, password, "new")
    with catalogue.sessions.write.begin() as session:
        _, user = mailed_links.use(session, catalogue, LinkKind.RESET, secret)
        _demand_active(user)
        own_password.put(session, catalogue, user, hashed)
        own_password.tell(session, catalogue, user)
        attempts.forget(session, attempts.password_keys(user.email, address)[0])
        who = Actor(user_id=user.id, name=user.name, email=user.email, address=address)
        note(session, who, catalogue.now(), "user", user.id, "password reset")
        return user.id


def _demand_active(user: User) -> None:
    if user.state != UserState.ACTIVE:
        raise NotFound(mailed_links.OVER)
