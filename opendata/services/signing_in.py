"""The way in: who has proved a password or an identity gets a session, or is asked for the second factor before.

Between the two steps there is no session: the browser holds a sealed note that is good for ten minutes and for nothing
but the second step.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from opendata.errors import NotAllowed
from opendata.services import access, sealed_notes, second_factor
from opendata.services.access import Visit
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret
from opendata.store.accounts import User
from opendata.store.states import UserState

NOTE_SECONDS = 600
_SECOND_STEP = "second step of signing in"
_WITH_CODE = {"password": "totp", "sso": "sso-totp"}
"""How somebody signed in, once a code was given as well."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Either the `secret` of a new session or the `note` for the second step; `next` is where they wanted to go."""

    secret: str = ""
    note: str = ""
    next: str = ""


def proven(catalogue: Catalogue, user_id: UUID, visit: Visit, wanted: str = "", method: str = "password") -> Entered:
    """Let in whose first factor is proved, as far as the account goes without a second one.

    `method` "password", "sso", or access.VOUCHED for a provider that has asked for a second factor itself.
    """
    with catalogue.sessions.read() as session:
        user = session.get_one(User, user_id)
        if user.state != UserState.ACTIVE:
            raise NotAllowed(access.REFUSED, signed_in=False)
        if user.totp_since is not None and method != access.VOUCHED:
            kept = {"user": str(user_id), "method": method, "next": wanted, "proof": _proof(user)}
            return Entered(note=sealed_notes.write(catalogue, _SECOND_STEP, kept), next=wanted)
    return Entered(secret=access.open_session(catalogue, user_id, visit, method), next=wanted)


def is_waiting(catalogue: Catalogue, note: str) -> bool:
    """Whether the note still opens the second step."""
    return _read(catalogue, note) is not None


def by_code(catalogue: Catalogue, note: str, code: str, visit: Visit) -> Entered:
    """The second step. NotAllowed for a wrong code or a note that is over, TooMany after too many wrong codes."""
    kept = _read(catalogue, note)
    if kept is None:
        raise NotAllowed("Sign in anew: this took too long.", signed_in=False)
    user_id = UUID(kept["user"])
    second_factor.prove(catalogue, user_id, code)
    secret = access.open_session(catalogue, user_id, visit, _WITH_CODE[kept["method"]])
    return Entered(secret=secret, next=kept["next"])


def _read(catalogue: Catalogue, note: str) -> dict[str, str] | None:
    kept = sealed_notes.read(catalogue, _SECOND_STEP, note, NOTE_SECONDS)
    if kept is None:
        return None
    with catalogue.sessions.read() as session:
        user = session.get(User, UUID(kept["user"]))
        return kept if user is not None and _proof(user) == kept["proof"] else None


def _proof(user: User) -> str:
    """What ends the note: another password, another second factor, another state of the account."""
    return hash_secret(f"{user.password_hash} {user.totp_since} {user.state}")
