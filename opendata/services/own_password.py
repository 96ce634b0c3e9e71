"""Passwords as they are set: held against what is known of the account, told by mail, and the end of what was open."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from opendata.errors import Invalid, Problem
from opendata.services import access, letters, mailed_links
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_password, hash_secret
from opendata.store.accounts import User, UserSession
from opendata.store.states import LinkKind

FORGOTTEN = "/account/forgotten"
"""The page on which a new password is asked for."""


def hashed(catalogue: Catalogue, user: User, password: str, field: str) -> str:
    """The hash to be kept. Invalid (of `field`) for one that is too short, or that anybody would try first."""
    return hash_password(password, personal(catalogue, user.name, user.email, user.username), field)


def personal(catalogue: Catalogue, *known: str) -> tuple[str, ...]:
    """What everybody knows of an account, whose password shall be none of it."""
    return (*known, catalogue.config.site.title, catalogue.config.site.url)


def prove(catalogue: Catalogue, actor: Actor, password: str, field: str) -> None:
    """The asker knows the present password. Invalid names `field`, TooMany after too many wrong ones."""
    with catalogue.sessions.read() as session:
        has_one = session.scalar(select(User.id).where(User.id == actor.user_id, User.password_hash.is_not(None)))
    if has_one is None:
        message = "This account has no password yet. Have a link to a new one sent to its e-mail."
        raise Invalid("The password stays.", [Problem("no_password", message, field)])
    access.confirm(catalogue, actor, password, field)


def put(session: Session, catalogue: Catalogue, user: User, password_hash: str, keep: str = "") -> None:
    """The account has that password from now on: its sessions end, but that of the secret `keep`, and its links do."""
    now = catalogue.now()
    user.password_hash, user.password_must_change, user.modified = password_hash, False, now
    end_sessions(session, user.id, keep)
    mailed_links.end(session, catalogue, user.id, LinkKind.RESET)


def end_sessions(session: Session, user_id: UUID, keep: str = "") -> None:
    """Whoever is signed in to the account is so no more, but for the session of the secret `keep`."""
    theirs = delete(UserSession).where(UserSession.user_id == user_id)
    session.execute(theirs.where(UserSession.session_hash != hash_secret(keep)) if keep else theirs)


def tell(session: Session, catalogue: Catalogue, user: User) -> None:
    """The owner hears of it: whoever changed it."""
    language = letters.language_of(catalogue, user)
    link, at = letters.address(catalogue, FORGOTTEN, language), letters.moment(catalogue, catalogue.now(), language)
    letters.send(session, catalogue, user, letters.written(catalogue, "password", language, link, at=at))
