"""What each look at a link found, and the hosts that are left alone for a while."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base
from opendata.store.types import BigId, UTCDateTime


class LinkCheck(Base):
    """One look at the link of a resource. `http_status` 0: no answer came."""

    __tablename__ = "link_checks"
    __table_args__ = (Index("ix_link_checks_resource", "resource_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id", ondelete="CASCADE"))
    checked: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    status: Mapped[str] = mapped_column(String(20))
    http_status: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str] = mapped_column(TextColumn, default="")


class RestingHost(Base):
    """A host that did not answer `failures` times in a row: nobody asks it before `until`."""

    __tablename__ = "resting_hosts"
    __table_args__ = (Index("ix_resting_hosts_until", "until"),)

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    until: Mapped[dt.datetime] = mapped_column(UTCDateTime)
