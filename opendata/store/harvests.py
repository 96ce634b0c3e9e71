"""Harvest sources, their jobs, one record per harvested item with its raw copy, and what went wrong."""

from __future__ import annotations

import datetime as dt
import zlib
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, CheckConstraint, Float, ForeignKey, Index, Integer, LargeBinary, String
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
    """Where records come from. `credentials` are encrypted by the services; `position` is that of a broken-off run.

    Where two sources have one dataset, the word of that with the lower `priority` wins. `withdraw_share` (0 to 1),
    `grace_days` and `full_days` are None where the settings of the site hold. `since`, by the source's own clock, is
    where the next incremental run starts, `last_full` when everything was listed last. `validators` are what the last
    complete run was told about the state of the source as a whole. `stopped_reason` says why it was paused by itself.
    `responsible_id` is who answers for it.
    """

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
    responsible_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    frequency: Mapped[str] = mapped_column(String(50), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    private: Mapped[bool] = mapped_column(Boolean, default=False)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    priority: Mapped[int] = mapped_column(Integer, default=100)
    withdraw_share: Mapped[float | None] = mapped_column(Float)
    grace_days: Mapped[int | None] = mapped_column(Integer)
    full_days: Mapped[int | None] = mapped_column(Integer)
    since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_full: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    stopped_reason: Mapped[str] = mapped_column(TextColumn, default="")
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
    runs it (host:pid), `runs` how many processes have worked on it.

    `total` is the number of items that the source announced, `missing_count` how many records a complete listing did
    not have and that are still in their grace period, `pending_count` how many would be withdrawn if a person says so
    (status waiting), who is then `decided_by`: those that were missing at `pending_until` or before. `stopping`:
    somebody asked it to end. `since` is where an incremental listing started (None: a full one).
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
    missing_count: Mapped[int] = mapped_column(Integer, default=0)
    pending_count: Mapped[int] = mapped_column(Integer, default=0)
    pending_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    total: Mapped[int | None] = mapped_column(Integer)
    owner: Mapped[str] = mapped_column(String(200), default="")
    runs: Mapped[int] = mapped_column(Integer, default=0)
    stopping: Mapped[bool] = mapped_column(Boolean, default=False)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    limit: Mapped[int | None] = mapped_column(Integer)
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
    """One item of a source: its raw copy (compressed; read with `raw_bytes`), its dataset and its last result.

    `raw_hash` is of the raw bytes together with what maps them; equal means that there is nothing to map. `validator`
    is the source's own mark of the item (a datestamp, an ETag), `seen_job_id` the last job that saw it, `missing_since`
    when a complete listing first came without it. `leads`: the dataset follows the word of this source. `said` is what
    this source says, as a compressed `codec.dump` of the record; kept only where the dataset has other sources too.
    """

    __tablename__ = "harvest_records"
    __table_args__ = (
        Index("uq_harvest_records_source_identifier", "source_id", "identifier", unique=True),
        Index("ix_harvest_records_last_seen", "source_id", "last_seen", "dataset_id"),
        Index("ix_harvest_records_dataset_id", "dataset_id", "source_id"),
        CheckConstraint("identifier <> ''", name="identifier_not_empty"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("harvest_sources.id", ondelete="CASCADE"))
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("harvest_jobs.id", ondelete="SET NULL"), index=True)
    result: Mapped[ItemResult] = mapped_column(choice(ItemResult, "result"))
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    raw_hash: Mapped[str] = mapped_column(String(64), default="")
    validator: Mapped[str] = mapped_column(String(300), default="")
    leads: Mapped[bool] = mapped_column(Boolean, default=True)
    seen_job_id: Mapped[int | None] = mapped_column(BigId)
    missing_since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    first_seen: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_seen: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    harvested: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    raw_type: Mapped[str] = mapped_column(String(255), default="")
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, default=b"")
    said: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    source: Mapped[HarvestSource] = relationship(lazy="raise")
    dataset: Mapped[Dataset | None] = relationship(lazy="raise", back_populates="harvest_records")


class HarvestRaw(Base):
    """An earlier raw copy of an item, one that changed something; `created` is when that was harvested."""

    __tablename__ = "harvest_raws"
    __table_args__ = (Index("ix_harvest_raws_record", "record_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("harvest_records.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(BigId)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    raw_type: Mapped[str] = mapped_column(String(255), default="")
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, default=b"")
    raw_hash: Mapped[str] = mapped_column(String(64), default="")


class HarvestPreview(Base):
    """One of the first records of a dry run as it would appear: `record` is its `codec.dump` (None: it cannot be
    taken), `problems` a list of {code, message, field, hint, severity, value}.
    """

    __tablename__ = "harvest_previews"
    __table_args__ = (Index("ix_harvest_previews_job", "job_id", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("harvest_jobs.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    identifier: Mapped[str] = mapped_column(TextColumn, default="")
    title: Mapped[str] = mapped_column(TextColumn, default="")
    result: Mapped[ItemResult] = mapped_column(choice(ItemResult, "result"))
    record: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True, deferred=True)
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)


class HarvestProblem(Base):
    """Something wrong with one item of a run. `identifier` "" where the item does not even tell its own; `value` is the
    beginning of what stood there.
    """

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
    value: Mapped[str] = mapped_column(TextColumn, default="")
    severity: Mapped[Severity] = mapped_column(choice(Severity, "severity"), default=Severity.ERROR)
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, default=b"")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)


def compress(raw: bytes) -> bytes:
    """Bytes as `raw` columns hold them."""
    return zlib.compress(raw, 6) if raw else b""


def raw_bytes(stored: bytes) -> bytes:
    """What `compress` was given."""
    return zlib.decompress(stored) if stored else b""
