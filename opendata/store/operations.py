"""What the running of the site leaves: uploads, the queue, the audit, counts, readers' reports."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Uuid, text
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.store.base import Base, HasId
from opendata.store.harvests import IDENTIFIER_LENGTH
from opendata.store.organizations import Organization
from opendata.store.states import CountKind, ItemResult, JobStatus, ReportState, Severity, UploadStatus
from opendata.store.types import BigId, UTCDateTime, choice, one_of

RECORD_KINDS = ("dataset", "study", "organization", "group", "resource", "user", "source", "site")
"""What an event, a snapshot, a count or a report can be about."""

UNORDERED = text("seq IS NULL AND kind <> 'user'")
"""What of the audit waits for its place in the order that readers are told. What happens to accounts is not told: were
it in that order, every sign-in would drop the answers that are kept for the public.
"""

ORDERED = text("seq IS NOT NULL")
"""What has its place. Its index holds nothing else, so that SQLite looks for what waits in the other one."""

SITE = UUID(int=0)
"""The object of counts that belong to the whole site."""


class Upload(HasId, Base):
    """A bulk upload: the file as received (name, checksum, size in bytes), and what became of it.

    The bytes are in the file store under `checksum` while `kept`, the sheet of the failing rows under `failed_checksum`
    ("": none). `done` of `total` rows are through the step that runs; `stopping`: somebody asked it to stop. `columns`
    says for this upload alone what the headings of a kind of sheet are taken for: {kind: {heading: column, "" none}}.
    """

    __tablename__ = "uploads"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    filename: Mapped[str] = mapped_column(TextColumn)
    checksum: Mapped[str] = mapped_column(String(64))
    byte_size: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[UploadStatus] = mapped_column(choice(UploadStatus, "status"), default=UploadStatus.RECEIVED)
    message: Mapped[str] = mapped_column(TextColumn, default="")
    language: Mapped[str] = mapped_column(String(8), default="ru")
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    failed_checksum: Mapped[str] = mapped_column(String(64), default="")
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    stopping: Mapped[bool] = mapped_column(Boolean, default=False)
    columns: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    kept: Mapped[bool] = mapped_column(Boolean, default=False)
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    checked: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    finished: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    undone: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    organization: Mapped[Organization] = relationship(lazy="raise")
    problems: Mapped[list[UploadProblem]] = relationship(
        lazy="raise", order_by="UploadProblem.id", cascade="all, delete-orphan", passive_deletes=True
    )


class UploadItem(Base):
    """One published row of an upload: the dataset it became, and as what that stood before (JSON of `codec.dump`, none
    for a new one). `event_id` is the last event of the dataset by then: a later one tells that somebody edited it.
    """

    __tablename__ = "upload_items"
    __table_args__ = (Index("ix_upload_items_upload", "upload_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    row: Mapped[int] = mapped_column(Integer)
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    title: Mapped[str] = mapped_column(TextColumn, default="")
    result: Mapped[ItemResult] = mapped_column(choice(ItemResult, "result"))
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)
    event_id: Mapped[int | None] = mapped_column(BigId)
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True, deferred=True)


class UploadRow(Base):
    """One record of an upload as the check saw it: `result` is what publishing would do, later what it did. `kind` is
    that of its sheet ("datasets", "studies"), `identifier` its key, `changes` the list of [field, before, after] as
    short texts, `record` the `codec.dump` of the record as it would be. A new check replaces them.
    """

    __tablename__ = "upload_rows"
    __table_args__ = (Index("ix_upload_rows_upload", "upload_id", "position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    sheet: Mapped[str] = mapped_column(TextColumn, default="")
    row: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(32), default="datasets")
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH), default="")
    title: Mapped[str] = mapped_column(TextColumn, default="")
    result: Mapped[ItemResult] = mapped_column(choice(ItemResult, "result"))
    errors: Mapped[int] = mapped_column(Integer, default=0)
    warnings: Mapped[int] = mapped_column(Integer, default=0)
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)
    changes: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    record: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True, deferred=True)
    chosen: Mapped[bool] = mapped_column(Boolean, default=True)


class UploadHeading(Base):
    """What an organisation said once a heading of its own tables is to be taken for: `column` of the model in sheets of
    `kind`, "" to leave it out. `heading` is folded.
    """

    __tablename__ = "upload_headings"
    __table_args__ = (Index("uq_upload_headings_heading", "organization_id", "kind", "heading", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    heading: Mapped[str] = mapped_column(String(200))
    column: Mapped[str] = mapped_column(String(100), default="")
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class UploadProblem(Base):
    """Something wrong with one cell, row or sheet of an upload. `row` and `place` (its column) are numbered from 1, 0
    for none; `field` is the column of the model, `heading` what the sheet calls it. Message and hint are in the
    language of the one who uploaded.
    """

    __tablename__ = "upload_problems"
    __table_args__ = (Index("ix_upload_problems_upload", "upload_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    sheet: Mapped[str] = mapped_column(TextColumn, default="")
    row: Mapped[int] = mapped_column(Integer, default=0)
    place: Mapped[int] = mapped_column(Integer, default=0)
    heading: Mapped[str] = mapped_column(TextColumn, default="")
    field: Mapped[str] = mapped_column(String(200), default="")
    value: Mapped[str] = mapped_column(TextColumn, default="")
    code: Mapped[str] = mapped_column(String(100))
    message: Mapped[str] = mapped_column(TextColumn)
    hint: Mapped[str] = mapped_column(TextColumn, default="")
    severity: Mapped[Severity] = mapped_column(choice(Severity, "severity"), default=Severity.ERROR)


class Job(Base):
    """A piece of work in the queue, committed with the change it follows; see opendata.store.queue.

    Lower `rank` first, which is minus the priority, so that one index holds the order of claiming. Jobs of a `lane`
    that is a single one run one at a time. `dedupe` names what the job is about: while one of that name is new, a
    second is not queued. A lease that has run out makes it claimable again. `host` is the one whose answers the work
    waits for ("" none): only so many jobs of a host are claimed at once.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_claim", "status", "rank", "id"),
        Index("ix_jobs_lane", "lane", "status", "rank", "id", "host", "not_before"),
        Index("ix_jobs_host", "host", "status"),
        Index(
            "uq_jobs_dedupe",
            "kind",
            "dedupe",
            unique=True,
            sqlite_where=text("status = 'new' AND dedupe <> ''"),
            postgresql_where=text("status = 'new' AND dedupe <> ''"),
        ),
        CheckConstraint("attempts >= 0 AND max_attempts >= 1", name="attempts_in_bounds"),
        CheckConstraint("(status = 'in_progress') = (lease_until IS NOT NULL)", name="lease_while_in_progress"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(50))
    lane: Mapped[str] = mapped_column(String(50), default="default")
    dedupe: Mapped[str] = mapped_column(String(200), default="")
    host: Mapped[str] = mapped_column(String(255), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    rank: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[JobStatus] = mapped_column(choice(JobStatus, "status"), default=JobStatus.NEW)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    max_attempts: Mapped[int] = mapped_column(Integer, default=5)
    not_before: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    lease_owner: Mapped[str] = mapped_column(String(200), default="")
    lease_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(TextColumn, default="")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    started: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    finished: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class DatasetEvent(Base):
    """The audit: who did what to which record, when, from where. Rows are only ever added, to which triggers hold every
    writer (migration 0006); nothing they name is a foreign key, so that they outlive it. `actor` is how the doer was
    called then ("harvest:NAME" for a source). `seq` and `stamped` are its place in the order that readers are told, and
    when it got that: services.sequence sets them.
    """

    __tablename__ = "dataset_events"
    __table_args__ = (
        Index("ix_dataset_events_object", "object_id", "id"),
        Index("ix_dataset_events_at", "at"),
        Index("uq_dataset_events_seq", "seq", unique=True, sqlite_where=ORDERED, postgresql_where=ORDERED),
        Index("ix_dataset_events_unordered", "id", sqlite_where=UNORDERED, postgresql_where=UNORDERED),
        one_of("kind", *RECORD_KINDS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default="dataset")
    object_id: Mapped[UUID] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(50))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    actor: Mapped[str] = mapped_column(TextColumn, default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    seq: Mapped[int | None] = mapped_column(BigInteger)
    stamped: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class DailyCount(Base):
    """How often something was viewed, downloaded or searched on a day of the site's time zone."""

    __tablename__ = "daily_counts"
    __table_args__ = (
        CheckConstraint("count >= 0", name="count_not_negative"),
        Index("ix_daily_counts_object", "object_id", "kind", "day"),
    )

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    kind: Mapped[CountKind] = mapped_column(choice(CountKind, "kind"), primary_key=True)
    object_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=SITE)
    count: Mapped[int] = mapped_column(Integer, default=0)


class ReportedProblem(HasId, Base):
    """What a reader reported about a record, and what became of it. `token_hash` is SHA-256 in hex of what the link
    holds by which the reader sees the answer, in `language`.
    """

    __tablename__ = "reported_problems"
    __table_args__ = (
        Index("ix_reported_problems_state", "state", "created"),
        Index("ix_reported_problems_created", "created", "id"),
        one_of("kind", *RECORD_KINDS),
    )

    kind: Mapped[str] = mapped_column(String(16), default="dataset")
    object_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    message: Mapped[str] = mapped_column(TextColumn)
    contact: Mapped[str] = mapped_column(TextColumn, default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[ReportState] = mapped_column(choice(ReportState, "state"), default=ReportState.NEW)
    answer: Mapped[str] = mapped_column(TextColumn, default="")
    token_hash: Mapped[str] = mapped_column(String(64), default="", index=True)
    language: Mapped[str] = mapped_column(String(8), default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    answered: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
