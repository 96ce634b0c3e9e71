"""The names by which CKAN's clients know accounts: what one may be, and a free one for an account that gives none."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from opendata.catalog.slugs import slug
from opendata.errors import Conflict, Invalid, Problem
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import USERNAME_LENGTH, User

_ALLOWED = re.compile(r"[a-z0-9_-]{2,100}\Z")
_ROOM = 10
"""Characters kept free for the number that tells two of a name apart."""


def checked(session: Session, username: str) -> str:
    """`username`, which nobody has yet. Invalid where it is none, Conflict where it is taken."""
    if not _ALLOWED.match(username):
        problem = f"2 to {USERNAME_LENGTH} characters: a-z, 0-9, - and _."
        raise Invalid(f"{username!r} cannot be the name of an account.", [Problem("username", problem, "username")])
    if session.scalar(select(User.id).where(User.username == username)):
        raise Conflict(f"There is an account called {username} already.")
    return username


def free(session: Session, email: str) -> str:
    """A name that nobody has, made of what stands before the @, transliterated."""
    local = email.rpartition("@")[0] or email
    base = re.sub(r"[^a-z0-9_-]+", "-", local.casefold()) if local.isascii() else slug(local, USERNAME_LENGTH)
    base = base.strip("-")[: USERNAME_LENGTH - _ROOM]
    base = base if len(base) >= 2 else f"user-{base}".strip("-")
    name, number = base, 1
    while session.scalar(select(User.id).where(User.username == name)):
        number += 1
        name = f"{base}-{number}"
    return name


def known(catalogue: Catalogue, words: Collection[str]) -> set[str]:
    """Those of the names and ids by which there is an account. One SELECT."""
    ids = {key: word for word in words if (key := _id(word))}
    names = [word for word in words if _id(word) is None]
    wanted = select(User.id, User.username).where(or_(User.id.in_(ids), User.username.in_(names)))
    with catalogue.sessions.read() as session:
        rows = session.execute(wanted).all()
    return {word for row in rows for word in (ids.get(row.id, ""), row.username) if word in words}


def _id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
