"""Where it is told that something failed: e-mail addresses and webhooks."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base, HasId
from opendata.store.types import UTCDateTime, one_of

ALERT_KINDS = ("email", "webhook")


class Alert(HasId, Base):
    """One receiver of the digests of an organisation (None: of the whole site).

    `address` is the e-mail address, or the host of a webhook; the whole address of a webhook and the key that its
    messages are signed with are in `secret`, which the services encrypt. `language` "" is the site's; `failures` in a
    row of a digest that was `tried` last then.
    """

    __tablename__ = "alerts"
    __table_args__ = (one_of("kind", *ALERT_KINDS),)

    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(TextColumn)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    language: Mapped[str] = mapped_column(String(8), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    tried: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_sent: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str] = mapped_column(TextColumn, default="")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
