"""Names that clients choose for organisations and groups: checked, free, and never taken from another record."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import detect_language
from opendata.catalog.values import Text
from opendata.errors import Invalid, Problem
from opendata.store.organizations import FormerSlug
from opendata.store.queries.addresses import TABLES

SHORTEST, LONGEST = 2, 100
"""Characters of a name, as in CKAN."""

_NAME = re.compile(r"[a-z0-9_-]+")
_RESERVED = frozenset(("new", "edit", "search"))


def wrong(field: str, message: str, code: str = "wrong_value") -> Invalid:
    """The error for one wrong field."""
    return Invalid(message, [Problem(code, message, field)])


def check_name(name: str, field: str = "name") -> None:
    """Invalid unless `name` is 2 to 100 of a-z, 0-9, "-" and "_", and neither a UUID nor a word of our addresses."""
    if not SHORTEST <= len(name) <= LONGEST:
        raise wrong(field, f"Must have {SHORTEST} to {LONGEST} characters.")
    if not _NAME.fullmatch(name):
        raise wrong(field, "Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_")
    if name in _RESERVED or _is_uuid(name):
        raise wrong(field, "That name cannot be used")


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def take_name(session: Session, kind: str, name: str, own: UUID | None = None) -> None:
    """Invalid where `name` is not free for the record `own` (None: a new one), now or as a former address."""
    check_name(name)
    table = TABLES[kind]
    holders = {
        *session.scalars(select(table.id).where(table.slug == name)),
        *session.scalars(select(FormerSlug.object_id).where(FormerSlug.kind == kind, FormerSlug.slug == name)),
    }
    if holders - {own}:
        raise wrong("name", f"The name {name!r} is taken: a {kind} has it, or had it once.", "taken")


def spoken(present: Text, given: Text | str) -> Text:
    """`given` as a text in three languages; `present` where it says the same as one of its languages."""
    if isinstance(given, Text):
        return given
    if given in [one.value for one in present.values()]:
        return present
    return Text.of(given, detect_language(given)) if given.strip() else Text()
