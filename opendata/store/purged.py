"""What stays of a record that was purged: enough to tell, for ever, that its address led to something."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import Index, String, Uuid
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.catalog.values import Text
from opendata.store.base import Base
from opendata.store.operations import RECORD_KINDS
from opendata.store.organizations import SLUG_LENGTH
from opendata.store.types import UTCDateTime, Value, one_of


class PurgedRecord(Base):
    """A record whose rows and bytes are gone. `id` is the one it had; nothing here is a foreign key.

    `license_open` is "yes", "no" or "unstated"; `published_at` None tells that the public never saw it, so that lists
    must not name it either. `stamp` is as of a dataset.
    """

    __tablename__ = "purged_records"
    __table_args__ = (
        one_of("kind", *RECORD_KINDS),
        one_of("license_open", "yes", "no", "unstated"),
        Index("ix_purged_records_stamp", "stamp", "id"),
        Index("ix_purged_records_slug", "kind", "slug"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default="dataset")
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH))
    title: Mapped[Text] = mapped_column(Value(Text, Text()), nullable=True, default=Text())
    type: Mapped[str] = mapped_column(String(32), default="")
    organization_id: Mapped[UUID | None] = mapped_column(Uuid)
    organization_slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), default="")
    license_open: Mapped[str] = mapped_column(String(8), default="unstated")
    published_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    purged: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    stamp: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(TextColumn, default="")
