"""Slows guesses down: what was given wrongly is counted in the store, so that it holds over all processes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, func, select
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
    since = catalogue.now() - WINDOW
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < since))
    counted = select(func.count()).select_from(LoginAttempt).group_by(LoginAttempt.key)
    worst = session.scalars(counted.where(LoginAttempt.key.in_(keys))).all()
    if max(worst, default=0) >= (most or catalogue.config.security.sign_in_attempts):
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
