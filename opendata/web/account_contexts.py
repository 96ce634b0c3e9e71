"""What the pages of one's own account may use, and those behind the links of letters."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.errors import Problem
from opendata.services.desk_results import AccountPage
from opendata.services.invitations import Invitation
from opendata.services.passwords import MIN_CHARACTERS
from opendata.services.rights import SCOPES
from opendata.services.sessions import SessionLine
from opendata.services.tokens import Token


@dataclass(frozen=True, slots=True)
class TokenForm:
    """A token as the form has it."""

    name: str = ""
    days: str = ""
    scopes: tuple[str, ...] = SCOPES
    organization: str = ""


@dataclass(frozen=True, slots=True)
class AccountContext:
    """account/account.html. `new_token` is shown this once; `done` says what has just been done. `part` is the form
    that the problems are of ("profile", "email", "token"), whose values are kept in `name`, `email` and `token`.
    """

    account: AccountPage
    tokens: tuple[Token, ...]
    places: tuple[tuple[str, str], ...]
    """(slug, name) of the agencies to which a token can be limited."""
    languages: tuple[tuple[str, str], ...]
    """(code, name)"""
    max_days: int
    all_scopes: tuple[str, ...] = SCOPES
    done: str = ""
    new_token: str = ""
    part: str = ""
    name: str | None = None
    email: str = ""
    token: TokenForm = TokenForm()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionsContext:
    """account/sessions.html: each session with what its browser is called."""

    sessions: tuple[tuple[SessionLine, str], ...]
    done: str = ""


@dataclass(frozen=True, slots=True)
class ForgottenContext:
    """account/forgotten.html. `sent`: the answer, the same for every address; `wait` minutes before the next try."""

    email: str = ""
    sent: bool = False
    wait: int = 0


@dataclass(frozen=True, slots=True)
class ResetContext:
    """account/reset.html."""

    email: str
    minimum: int = MIN_CHARACTERS
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class InvitationContext:
    """account/invitation.html. `languages` are (code, name)."""

    invitation: Invitation
    languages: tuple[tuple[str, str], ...]
    name: str
    language: str
    minimum: int = MIN_CHARACTERS
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NewAddressContext:
    """account/new_address.html. `done`: the account has it now."""

    email: str
    done: bool = False
