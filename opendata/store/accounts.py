"""Accounts, what proves them (passwords, tokens, sessions: only hashes are kept), and who belongs where."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.store.base import Base, HasId
from opendata.store.organizations import Organization
from opendata.store.states import Role, UserState
from opendata.store.types import BigId, UTCDateTime, Value, choice

EMAIL_LENGTH = 320
"""RFC 5321 §4.5.3.1: 64 characters, the @, 255 characters."""

USERNAME_LENGTH = 100
"""Characters of the longest name of an account, as in CKAN."""


class User(HasId, Base):
    """A person's account. `email` is kept casefolded; `password_hash` None where no password was set. `username` is the
    name by which CKAN's clients know it: 2 to 100 of a-z, 0-9, "-" and "_".
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email <> ''", name="email_not_empty"),
        Index("uq_users_username", "username", unique=True),
    )

    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    username: Mapped[str] = mapped_column(String(USERNAME_LENGTH))
    name: Mapped[str] = mapped_column(TextColumn)
    password_hash: Mapped[str | None] = mapped_column(TextColumn)
    password_must_change: Mapped[bool] = mapped_column(Boolean, default=False)
    sysadmin: Mapped[bool] = mapped_column(Boolean, default=False)
    about: Mapped[str] = mapped_column(TextColumn, default="")
    image_url: Mapped[str] = mapped_column(TextColumn, default="")
    state: Mapped[UserState] = mapped_column(choice(UserState, "state"), default=UserState.ACTIVE)
    language: Mapped[str] = mapped_column(String(8), default="")
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_login: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    memberships: Mapped[list[Membership]] = relationship(
        lazy="raise", back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class Membership(Base):
    """What a user may do in an organisation."""

    __tablename__ = "memberships"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[Role] = mapped_column(choice(Role, "role"), default=Role.MEMBER)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="raise", back_populates="memberships")
    organization: Mapped[Organization] = relationship(lazy="raise")


class ApiToken(HasId, Base):
    """A token of a user. `token_hash` is SHA-256 in hex of the token, which is shown once and not kept."""

    __tablename__ = "api_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), nullable=True, default=())
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_used: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    revoked: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="raise")


class UserSession(HasId, Base):
    """A signed-in browser. `session_hash` is SHA-256 in hex of what its cookie holds."""

    __tablename__ = "user_sessions"

    session_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(400), default="")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_seen: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)

    user: Mapped[User] = relationship(lazy="raise")


class LoginAttempt(Base):
    """A failed sign-in, counted by address and by account (`key` is "address:…" or "email:…") to slow guesses down."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_key_at", "key", "at"), Index("ix_login_attempts_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(400))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
