"""Every SELECT that decides who is asking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from opendata.store.accounts import ApiToken, LoginAttempt, Membership, User, UserSession
from opendata.store.states import UserState


def user_by_email(session: Session, email: str) -> User | None:
    """The account of that address (case does not count), with its memberships and their organisations."""
    return session.scalar(_users().where(User.email == email.strip().casefold()))


def user_by_token(session: Session, token_hash: str, now: dt.datetime) -> tuple[User, ApiToken] | None:
    """The active account behind a token that is neither expired nor revoked, with memberships; and the token."""
    wanted = (
        select(ApiToken)
        .join(ApiToken.user)
        .where(ApiToken.token_hash == token_hash, ApiToken.revoked.is_(None), User.state == UserState.ACTIVE)
        .where(or_(ApiToken.expires.is_(None), ApiToken.expires > now))
        .options(joinedload(ApiToken.user).selectinload(User.memberships).joinedload(Membership.organization))
    )
    token = session.scalar(wanted)
    return None if token is None else (token.user, token)


def user_by_session(session: Session, session_hash: str, now: dt.datetime) -> tuple[User, UserSession] | None:
    """The active account signed in by that cookie, with memberships; and the sign-in."""
    wanted = (
        select(UserSession)
        .join(UserSession.user)
        .where(UserSession.session_hash == session_hash, UserSession.expires > now, User.state == UserState.ACTIVE)
        .options(joinedload(UserSession.user).selectinload(User.memberships).joinedload(Membership.organization))
    )
    found = session.scalar(wanted)
    return None if found is None else (found.user, found)


def users(session: Session) -> Sequence[User]:
    """All accounts by address, with memberships. Two SELECTs."""
    return session.scalars(_users().order_by(User.email)).all()


def failed_attempts(session: Session, key: str, since: dt.datetime) -> int:
    """How many sign-ins failed for `key` since. One SELECT."""
    wanted = select(func.count()).select_from(LoginAttempt).where(LoginAttempt.key == key, LoginAttempt.at >= since)
    return session.scalar(wanted) or 0


def _users() -> Select[User]:
    """Accounts with their memberships and organisations."""
    return select(User).options(selectinload(User.memberships).joinedload(Membership.organization))
