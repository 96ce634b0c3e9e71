"""Accounts, what proves them (passwords, tokens, sessions: only hashes are kept), and who belongs where."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.store.base import Base, HasId
from opendata.store.organizations import Organization
from opendata.store.states import LinkKind, Role, UserState
from opendata.store.types import BigId, UTCDateTime, Value, choice

EMAIL_LENGTH = 320
"""RFC 5321 §4.5.3.1: 64 characters, the @, 255 characters."""

USERNAME_LENGTH = 100
"""Characters of the longest name of an account, as in CKAN."""


class User(HasId, Base):
    """A person's account. `email` is kept casefolded; `password_hash` None where no password was set. `username` is the
    name by which CKAN's clients know it: 2 to 100 of a-z, 0-9, "-" and "_". `totp_secret` is sealed by the services and
    counts from `totp_since` on; `totp_step` is the last step of time whose code was used, so that each works once.
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
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)

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
    """A token of a user. `token_hash` is SHA-256 in hex of the token, which is shown once and not kept. `scopes` are of
    read, write and manage (none: all three); with an `organization_id` it works there and below alone. `parent_id` is
    the token with which it was made.
    """

    __tablename__ = "api_tokens"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), nullable=True, default=())
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_tokens.id", ondelete="SET NULL"), index=True)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_used: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    revoked: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="raise")


class UserSession(HasId, Base):
    """A signed-in browser. `session_hash` is SHA-256 in hex of what its cookie holds, `method` how its owner proved to
    be it (password, totp, sso). One that ends is deleted.
    """

    __tablename__ = "user_sessions"

    session_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(400), default="")
    method: Mapped[str] = mapped_column(String(20), default="password")
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


class RecoveryCode(HasId, Base):
    """A code that stands once for the second factor. `code_hash` is a hash in hex of it."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class UserIdentity(HasId, Base):
    """The person whom a provider of identities (`issuer`) knows as `subject` is the owner of the account."""

    __tablename__ = "user_identities"
    __table_args__ = (Index("uq_user_identities_subject", "issuer", "subject", unique=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(400))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), default="")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_used: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class MailedLink(HasId, Base):
    """A link that was sent by mail and works once. `token_hash` is SHA-256 in hex of what it holds; `email` is where it
    went, which for the kind "email" is the new address of the account.
    """

    __tablename__ = "mailed_links"
    __table_args__ = (Index("ix_mailed_links_user", "user_id", "kind"),)

    kind: Mapped[LinkKind] = mapped_column(choice(LinkKind, "kind"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    expires: Mapped[dt.datetime] = mapped_column(UTCDateTime, index=True)
    used: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
