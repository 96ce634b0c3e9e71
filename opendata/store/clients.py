"""What programs leave that write here or listen: answers kept for a repeated request, webhooks and their deliveries."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base, HasId
from opendata.store.types import BigId, UTCDateTime


class IdempotencyKey(Base):
    """A request that names itself, so that its repetition gets the first one's answer. `fingerprint` is SHA-256 in hex
    of what was asked; `status` None: still being answered.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("uq_idempotency_keys_key", "user_id", "key", unique=True),
        Index("ix_idempotency_keys_created", "created"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class Webhook(HasId, Base):
    """Somebody who wants to be told of `events`. `secret` is the sealed address and signing key (services.secrets),
    `host` what of the address may be shown. `seq` is the last event that was delivered, `failures` those in a row.
    """

    __tablename__ = "webhooks"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    host: Mapped[str] = mapped_column(TextColumn, default="")
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str] = mapped_column(TextColumn, default="")
    last_sent: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class WebhookDelivery(Base):
    """One try to tell a webhook of the events up to `seq`. `http_status` 0: there was no answer, `reason` says why."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_webhook", "webhook_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    http_status: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str] = mapped_column(TextColumn, default="")
