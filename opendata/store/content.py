"""What was found in the bytes of files that must perhaps not be public, by checksum, and who answered for it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column

from opendata.store.base import Base
from opendata.store.states import Severity
from opendata.store.types import BigId, UTCDateTime, choice


class ContentCheck(Base):
    """That the bytes of `checksum` were looked through, by which version of the rules."""

    __tablename__ = "content_checks"

    checksum: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    checked: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ContentFinding(Base):
    """One thing found there: an error keeps the file from the public until somebody answers for it. `place` is as a
    person looks it up ("page 1", "Sheet1!C7"), `excerpt` is masked.
    """

    __tablename__ = "content_findings"
    __table_args__ = (Index("uq_content_findings_place", "checksum", "code", "place", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    checksum: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(100))
    severity: Mapped[Severity] = mapped_column(choice(Severity, "severity"), default=Severity.ERROR)
    place: Mapped[str] = mapped_column(String(300), default="")
    excerpt: Mapped[str] = mapped_column(TextColumn, default="")


class ContentDecision(Base):
    """That somebody of an organisation answers for the bytes of `checksum` being public, and why."""

    __tablename__ = "content_decisions"
    __table_args__ = (Index("ix_content_decisions_checksum", "checksum", "organization_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    checksum: Mapped[str] = mapped_column(String(64))
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(TextColumn)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
