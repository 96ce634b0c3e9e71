"""How often passwords may be guessed: by strangers to an account, and by who is no stranger to it.

Whoever tries from a browser in which the account was signed in to before, or from an address that it is signed in from,
is counted apart: guesses of others, however many and from wherever they come, do not lock the owner out (the device
cookies of OWASP). All others share what is allowed for the account, for their address, and for the whole site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.services import attempts, sealed_notes
from opendata.services.audit import SIGNED_IN, UNKNOWN
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import new_secret
from opendata.store.accounts import User
from opendata.store.operations import DatasetEvent

SITE = 100
"""So many times what is allowed for one account strangers may fail at all accounts together."""
EVERYBODY = "everybody"
KNOWN_SECONDS = 400 * 86_400
"""How long a browser is known after it was signed in with: browsers keep no cookie for longer."""
_KNOWN = "browser that an account was signed in with"


@dataclass(frozen=True, slots=True)
class Bounds:
    """By what a try is counted, each with how often it may fail in 15 minutes; `own`: those that a right one ends."""

    most: Mapping[str, int]
    own: tuple[str, ...]


def known_note(catalogue: Catalogue, user_id: UUID) -> str:
    """What a browser keeps to be known to the account later on. It opens nothing."""
    return sealed_notes.write(catalogue, _KNOWN, {"user": str(user_id), "browser": new_secret()[:16]})


def bounds(catalogue: Catalogue, session: Session, email: str, address: str, known: str = "") -> Bounds:
    """The bounds of who tries to sign in. `known` is a `known_note`, or anything that a browser sent for one."""
    most = catalogue.config.security.sign_in_attempts
    user_id = session.scalar(select(User.id).where(User.email == email)) or UNKNOWN
    note = sealed_notes.read(catalogue, _KNOWN, known, KNOWN_SECONDS) if known else None
    usual = _is_usual(session, user_id, address)  # asked of everybody: it takes the same time
    if note is not None and note["user"] == str(user_id):
        browser = f"browser:{note['browser']}"
        return Bounds({browser: most}, (browser,))
    of_account, of_address = attempts.password_keys(email, address)
    if usual:
        here = f"usual:{user_id} {address}"[: attempts.KEY_LENGTH]
        return Bounds({here: most, of_address: most}, (here,))
    return Bounds({of_account: most, of_address: most, EVERYBODY: SITE * most}, (of_account,))


def _is_usual(session: Session, user_id: UUID, address: str) -> bool:
    """Whether the account was signed in to from there, as far back as the audit keeps addresses."""
    event, from_there = DatasetEvent, DatasetEvent.address == address[:64]
    wanted = select(event.id).where(event.object_id == user_id, event.action == SIGNED_IN, from_there)
    return bool(address) and session.scalar(wanted.limit(1)) is not None


def own_bounds(catalogue: Catalogue, user_id: UUID | None) -> Bounds:
    """The bounds of who is signed in, and gives the own password once more."""
    key = f"own:{user_id}"
    return Bounds({key: catalogue.config.security.sign_in_attempts}, (key,))
