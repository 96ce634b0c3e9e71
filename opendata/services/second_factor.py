"""The second factor: set up, asked for at sign-in, renewed, turned off, and taken off by a sysadmin.

The shared secret is sealed in the store and counts once a code of it was given. Of recovery codes only hashes are kept.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64decode, b64encode
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from opendata.services import access, attempts, letters, one_time_codes, sealed_notes, secrets
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.passwords import hash_secret
from opendata.services.rights import Right, demand
from opendata.store.accounts import RecoveryCode, User, UserSession
from opendata.store.states import UserState

MOST_WRONG = 5
"""Wrong codes in 15 minutes: of a million there are, three are right at any moment."""
OFFER_SECONDS = 3600
_OFFER = "second factor set up"
WRONG = "This code is wrong, or was used already."


@dataclass(frozen=True, slots=True)
class FactorState:
    """`since` None: there is none. `demanded`: the settings want one of this account. `password`: it has one."""

    since: dt.datetime | None
    codes_left: int
    demanded: bool
    password: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that counts once a code of it is given: `words` for the keyboard, `address` for the QR code, `sealed`
    for the form that brings it back.
    """

    words: str
    address: str
    sealed: str


def state(catalogue: Catalogue, actor: Actor) -> FactorState:
    """How it is with the asker's own."""
    user_id = _person(actor)
    with catalogue.sessions.read() as session:
        user = session.get_one(User, user_id)
        wanted = access.wants_second_factor(catalogue, actor)
        return FactorState(user.totp_since, _left(session, user_id), wanted, user.password_hash is not None)


def offer(catalogue: Catalogue, actor: Actor, sealed: str = "") -> Offer:
    """A fresh secret for the asker, or that of `sealed` again. Nothing is kept of it here."""
    user_id = _person(actor)
    secret = _offered(catalogue, user_id, sealed) or one_time_codes.new_secret()
    kept = {"user": str(user_id), "secret": b64encode(secret).decode("ascii")}
    return Offer(
        words=one_time_codes.as_words(secret),
        address=one_time_codes.address(secret, actor.email, catalogue.config.site.title),
        sealed=sealed_notes.write(catalogue, _OFFER, kept),
    )


def _offered(catalogue: Catalogue, user_id: UUID, sealed: str) -> bytes | None:
    kept = sealed_notes.read(catalogue, _OFFER, sealed, OFFER_SECONDS)
    return b64decode(kept["secret"]) if kept and kept["user"] == str(user_id) else None


def turn_on(
    catalogue: Catalogue, actor: Actor, sealed: str, code: str, password: str, session_secret: str
) -> tuple[str, ...]:
    """Take the offered secret, and end the asker's other sessions; the recovery codes, to be shown once.

    Invalid names "password" or "code"; TooMany after too many wrong passwords. Conflict where there is one already.
    """
    user_id, now = _person(actor), catalogue.now()
    access.confirm(catalogue, actor, password, "password")
    secret = _offered(catalogue, user_id, sealed)
    digits = one_time_codes.digits_of(code)
    step = one_time_codes.step_of(secret, digits, now, 0) if secret and digits else None
    if secret is None or step is None:
        raise Invalid("The second factor is not on yet.", [Problem("second_factor_code", WRONG, "code")])
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        if user.totp_since is not None:
            raise Conflict("There is a second factor already. Turn it off before you set up another one.")
        user.totp_secret = secrets.seal(catalogue, {"totp": b64encode(secret).decode("ascii")})
        user.totp_since, user.totp_step, user.modified = now, step, now
        others = delete(UserSession).where(UserSession.user_id == user_id)
        session.execute(others.where(UserSession.session_hash != hash_secret(session_secret)))
        note(session, actor, now, "user", user_id, "second factor turned on")
        _tell(session, catalogue, user, "second_factor_on")
        return _draw_codes(session, user_id)


def renew_codes(catalogue: Catalogue, actor: Actor, code: str) -> tuple[str, ...]:
    """New recovery codes instead of all older ones, to be shown once. Invalid names "code"; TooMany."""
    user_id = _person(actor)
    confirm_code(catalogue, user_id, code)
    with catalogue.sessions.write.begin() as session:
        note(session, actor, catalogue.now(), "user", user_id, "recovery codes renewed")
        return _draw_codes(session, user_id)


def turn_off(catalogue: Catalogue, actor: Actor, password: str, code: str) -> None:
    """Go on without. Invalid names "password" or "code"; TooMany after too many wrong ones."""
    user_id = _person(actor)
    access.confirm(catalogue, actor, password, "password")
    confirm_code(catalogue, user_id, code)
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id)
        _clear(session, user, catalogue.now())
        note(session, actor, catalogue.now(), "user", user_id, "second factor turned off")
        _tell(session, catalogue, user, "second_factor_off")


def take_off(catalogue: Catalogue, actor: Actor, name: str) -> None:
    """Take it off somebody who has lost telephone and paper, and end their sessions. Sysadmins alone. NotFound.

    `name` is the e-mail or the username. The owner is told by letter.
    """
    demand(actor, Right.MANAGE_SITE)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        user = session.scalar(select(User).where(User.email == name.strip().casefold()))
        user = user or session.scalar(select(User).where(User.username == name.strip()))
        if user is None or user.totp_since is None:
            raise NotFound(f"There is no account {name[:200]!r} with a second factor.")
        _clear(session, user, now)
        session.execute(delete(UserSession).where(UserSession.user_id == user.id))
        note(session, actor, now, "user", user.id, "second factor taken off")
        _tell(session, catalogue, user, "second_factor_taken_off")


def prove(catalogue: Catalogue, user_id: UUID, code: str) -> None:
    """Use a code of the app, or one of recovery: each works once. NotAllowed for a wrong one, TooMany after several.

    What is wrong is counted in the transaction that looked, so that many guesses at once are no more than some.
    """
    key = f"code:{user_id}"
    most = min(MOST_WRONG, catalogue.config.security.sign_in_attempts)
    with catalogue.sessions.write.begin() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        attempts.check(catalogue, session, (key,), most)
        right = user.state == UserState.ACTIVE and _use(catalogue, session, user, code)
        if right:
            attempts.forget(session, key)
        else:
            attempts.add(catalogue, session, (key,))
    if not right:
        raise NotAllowed(WRONG, signed_in=False)


def _use(catalogue: Catalogue, session: Session, user: User, code: str) -> bool:
    if user.totp_secret is None or user.totp_since is None:
        return False
    if digits := one_time_codes.digits_of(code):
        secret = b64decode(secrets.unseal(catalogue, user.totp_secret)["totp"])
        step = one_time_codes.step_of(secret, digits, catalogue.now(), user.totp_step)
        user.totp_step = user.totp_step if step is None else step
        return step is not None
    written = one_time_codes.recovery_code_of(code)
    mine = select(RecoveryCode).where(RecoveryCode.user_id == user.id, RecoveryCode.used.is_(None))
    row = session.scalar(mine.where(RecoveryCode.code_hash == hash_secret(written))) if written else None
    if row is None:
        return False
    row.used = catalogue.now()
    who = Actor(user_id=user.id, name=user.name, email=user.email)
    note(session, who, row.used, "user", user.id, "recovery code used")
    session.flush()
    _tell(session, catalogue, user, "recovery_code_used", left=_left(session, user.id))
    return True


def _tell(session: Session, catalogue: Catalogue, user: User, letter: str, **values: object) -> None:
    """Its owner hears of it: somebody else may have done it."""
    language = letters.language_of(catalogue, user)
    page = letters.address(catalogue, "/account/second-factor", language)
    letters.send(session, catalogue, user, letters.written(catalogue, letter, language, page, **values))


def _left(session: Session, user_id: UUID) -> int:
    """How many recovery codes were not used yet."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used.is_(None))
    return session.scalar(unused) or 0


def confirm_code(catalogue: Catalogue, user_id: UUID, code: str) -> None:
    """As `prove`, for a form: Invalid names "code"."""
    try:
        prove(catalogue, user_id, code)
    except NotAllowed as error:
        raise Invalid("Nothing was changed.", [Problem("second_factor_code", error.message, "code")]) from None


def _draw_codes(session: Session, user_id: UUID) -> tuple[str, ...]:
    codes = tuple(one_time_codes.new_recovery_code() for _ in range(one_time_codes.RECOVERY_CODES))
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=hash_secret(code)) for code in codes)
    return codes


def _clear(session: Session, user: User, now: dt.datetime) -> None:
    """`totp_step` stays: should the same secret come back, its used codes stay used."""
    user.totp_secret, user.totp_since, user.modified = None, None, now
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _person(actor: Actor) -> UUID:
    """The asker's account. No token sets up or takes off what is to hold where tokens leak."""
    if actor.user_id is None or actor.token_id is not None:
        raise NotAllowed("Sign in with your e-mail and password for this.", signed_in=False)
    return actor.user_id
