"""Harvest sources, their jobs, one record per harvested item with its raw copy, and what went wrong."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.store.base import Base, HasId
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult, JobStatus, Severity
from opendata.store.types import BigId, UTCDateTime, choice

IDENTIFIER_LENGTH = 1000
"""Characters of the longest identifier that an item may have in its source."""


class HarvestSource(HasId, Base):
    """Where records come from. `credentials` are encrypted by the services; `position` is that of a broken-off run."""

    __tablename__ = "harvest_sources"
    __table_args__ = (CheckConstraint("name <> ''", name="name_not_empty"),)

    name: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(TextColumn, default="")
    type: Mapped[str] = mapped_column(String(50))
    url: Mapped[str] = mapped_column(TextColumn)
    options: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    credentials: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    validators: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="SET NULL"))
    frequency: Mapped[str] = mapped_column(String(50), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    private: Mapped[bool] = mapped_column(Boolean, default=False)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    position: Mapped[str | None] = mapped_column(TextColumn)
    next_run: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, index=True)
    last_run: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_success: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)

    organization: Mapped[Organization | None] = relationship(lazy="raise")


class HarvestJob(Base):
    """One run of a source, with its counts per result. `heartbeat` is its last sign of life, `owner` the process that
    runs it (host:pid).
    """

    __tablename__ = "harvest_jobs"
    __table_args__ = (
        Index("ix_harvest_jobs_source", "source_id", "id"),
        Index("ix_harvest_jobs_status", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("harvest_sources.id", ondelete="CASCADE"))
    status: Mapped[JobStatus] = mapped_column(choice(JobStatus, "status"), default=JobStatus.NEW)
    created_count: Mapped[int] = mapped_column(Integer, default=0)
    updated_count: Mapped[int] = mapped_column(Integer, default=0)
    unchanged_count: Mapped[int] = mapped_column(Integer, default=0)
    withdrawn_count: Mapped[int] = mapped_column(Integer, default=0)
    restored_count: Mapped[int] = mapped_column(Integer, default=0)
    rejected_count: Mapped[int] = mapped_column(Integer, default=0)
    postponed_count: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str] = mapped_column(String(200), default="")
    dry_run: Mapped[bool] = mapped_column(Boolean, default=False)
    full: Mapped[bool] = mapped_column(Boolean, default=True)
    message: Mapped[str] = mapped_column(TextColumn, default="")
    position: Mapped[str | None] = mapped_column(TextColumn)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    started: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    finished: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    heartbeat: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    source: Mapped[HarvestSource] = relationship(lazy="raise")


class HarvestRecord(Base):
    """One item of a source: its raw copy (compressed; read with `raw_bytes`), its dataset and its last result."""

    __tablename__ = "harvest_records"
    __table_args__ = (
        Index("uq_harvest_records_source_identifier", "source_id", "identifier", unique=True),
        Index("ix_harvest_records_last_seen", "source_id", "last_seen"),
        CheckConstraint("identifier <> ''", name="identifier_not_empty"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("harvest_sources.id", ondelete="CASCADE"))
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("harvest_jobs.id", ondelete="SET NULL"), index=True)
    result: Mapped[ItemResult] = mapped_column(choice(ItemResult, "result"))
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    first_seen: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_seen: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    harvested: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    raw_type: Mapped[str] = mapped_column(String(255), default="")
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, default=b"")

    source: Mapped[HarvestSource] = relationship(lazy="raise")
    dataset: Mapped[Dataset | None] = relationship(lazy="raise", back_populates="harvest_records")


class HarvestProblem(Base):
    """Something wrong with one item of a run. `identifier` "" where the item does not even tell its own."""

    __tablename__ = "harvest_problems"
    __table_args__ = (Index("ix_harvest_problems_job", "job_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("harvest_jobs.id", ondelete="CASCADE"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("harvest_sources.id", ondelete="CASCADE"), index=True)
    identifier: Mapped[str] = mapped_column(TextColumn, default="")
    code: Mapped[str] = mapped_column(String(100))
    field: Mapped[str] = mapped_column(String(200), default="")
    row: Mapped[str] = mapped_column(TextColumn, default="")
    message: Mapped[str] = mapped_column(TextColumn)
    hint: Mapped[str] = mapped_column(TextColumn, default="")
    severity: Mapped[Severity] = mapped_column(choice(Severity, "severity"), default=Severity.ERROR)
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, default=b"")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)


def compress(raw: bytes) -> bytes:
    """Bytes as `raw` columns hold them."""
    return zlib.compress(raw, 6) if raw else b""


def raw_bytes(stored: bytes) -> bytes:
    """What `compress` was given."""
    return zlib.decompress(stored) if stored else b""
