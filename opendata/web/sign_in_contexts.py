"""What the pages of the second factor and of single sign-on may use."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from opendata.errors import Problem
from opendata.services.second_factor import FactorState
from opendata.services.single_sign_on import ToConfirm


@dataclass(frozen=True, slots=True)
class CodeContext:
    """account/code.html. `refused`: the last code was wrong, `recovery` where it was to be one of those; `wait` minutes
    before the next one, 0 for none.
    """

    refused: bool = False
    recovery: bool = False
    wait: int = 0


@dataclass(frozen=True, slots=True)
class SecondFactorContext:
    """account/second_factor.html. With a `words` there is none yet: those, `sealed` and `qr` are what to set up."""

    state: FactorState
    words: str = ""
    sealed: str = ""
    qr: Markup = Markup("")
    next: str = ""
    required: bool = False
    """Nothing else is open before it is set up."""
    done: str = ""
    part: str = ""
    """Which form the problems are of, where there are two."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RecoveryCodesContext:
    """account/recovery_codes.html, the only page that ever holds the codes. `fresh`: the second factor is new."""

    codes: tuple[str, ...]
    fresh: bool
    next: str


@dataclass(frozen=True, slots=True)
class ConfirmContext:
    """account/sso_confirm.html. `wait` minutes before the next try, 0 for none."""

    asked: ToConfirm
    wait: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class TroubleContext:
    """account/sso_trouble.html. `why`: down, forged, turned_down, unknown, other; `said` is the e-mail that the
    provider gave of somebody who has no account.
    """

    why: str
    provider: str
    again_url: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class SignedOutContext:
    """account/signed_out.html. `there_url` leads out of the provider as well; "" where nobody came by one."""

    provider: str
    there_url: str
