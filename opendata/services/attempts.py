"""Slows guesses down: what was given wrongly is counted in the store, so that it holds over all processes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from opendata.errors import TooMany
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import LoginAttempt

WINDOW = dt.timedelta(minutes=15)

KEY_LENGTH = 400


def password_keys(email: str, address: str) -> tuple[str, str]:
    """What a wrong password is counted by: the account that was tried, known or not, and where it came from."""
    return f"email:{email}"[:KEY_LENGTH], f"address:{address}"[:KEY_LENGTH]


def check(catalogue: Catalogue, session: Session, keys: Sequence[str], most: int = 0) -> None:
    """TooMany where one of `keys` was noted `most` times in 15 minutes (0: as often as the settings allow)."""
    _check(catalogue, session, dict.fromkeys(keys, most or catalogue.config.security.sign_in_attempts))


def take(catalogue: Catalogue, session: Session, bounds: Mapping[str, int]) -> tuple[int, ...]:
    """Note a try before it is known what becomes of it, so that many at once are no more than one after the other; the
    numbers by which `give_back` takes it out again. TooMany where one of the keys was noted as often as it may be.
    """
    _check(catalogue, session, bounds)
    rows = [LoginAttempt(key=key, at=catalogue.now()) for key in bounds]
    session.add_all(rows)
    session.flush()
    return tuple(row.id for row in rows)


def give_back(session: Session, taken: Sequence[int], keys: Collection[str]) -> None:
    """It was right: it does not count, and neither does what was wrong before by these keys."""
    session.execute(delete(LoginAttempt).where(or_(LoginAttempt.id.in_(taken), LoginAttempt.key.in_(keys))))


def _check(catalogue: Catalogue, session: Session, bounds: Mapping[str, int]) -> None:
    since = catalogue.now() - WINDOW
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < since))
    counted = select(LoginAttempt.key, func.count()).where(LoginAttempt.key.in_(bounds)).group_by(LoginAttempt.key)
    if any(number >= bounds[key] for key, number in session.execute(counted)):
        wait = int(WINDOW.total_seconds())
        raise TooMany(f"Too many failed sign-ins. Try again in {wait // 60} minutes.", wait)


def note(catalogue: Catalogue, keys: Sequence[str]) -> None:
    """Something wrong was given for `keys`. In a transaction of its own: it holds whatever becomes of the request."""
    with catalogue.sessions.write.begin() as session:
        add(catalogue, session, keys)


def add(catalogue: Catalogue, session: Session, keys: Sequence[str]) -> None:
    """The same within a transaction that is committed in any case."""
    session.add_all(LoginAttempt(key=key, at=catalogue.now()) for key in keys)


def forget(session: Session, key: str) -> None:
    """What was right ends the count of what was wrong before."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.key == key))
