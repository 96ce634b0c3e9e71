"""Datasets, their files, and what they are found by.

Lists that are only ever read with their dataset (keywords, themes, subjects, contributors, contacts, extras …) are JSON
columns: facets are counted by the search index, and a harvest of a quarter of a thousand records a second leaves no
time for ten INSERTs each. Rows are kept for what SQL itself must find: files, relations, and exact keys (DOI, ORCID …).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Uuid, text
from sqlalchemy import Text as TextColumn
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.catalog.records import DatasetType, RecordState, ResourceRole, TextInfo
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    Disclosure,
    Extra,
    Identifier,
    Keyword,
    PartialDate,
    Period,
    Subject,
    Text,
)
from opendata.store.base import Base, HasId
from opendata.store.organizations import SLUG_LENGTH, Organization
from opendata.store.types import (
    BigId,
    PartialDateColumn,
    UTCDateTime,
    Value,
    choice,
    disclosure_columns,
    text_columns,
    text_info_columns,
)

if TYPE_CHECKING:
    from opendata.store.harvests import HarvestRecord
    from opendata.store.register import Study

KEY_LENGTH = 400
"""Characters of the longest key that is kept as it is."""


RESOURCE_KEY_LENGTH = 1000
"""Characters of the longest name of a file within its dataset; longer ones are hashed."""


UNLICENSED = text("(license_id = '' AND license_text = '' OR license_id = 'notspecified')")
"""Whose source names no licence. A query says it in these very words, or the index of them is not used."""


def key_value(value: str) -> str:
    """`value` as `DatasetKey` holds it: without case, and hashed where it is too long for an index."""
    folded = value.strip().casefold()
    return folded if len(folded) <= KEY_LENGTH else "sha256:" + hashlib.sha256(folded.encode()).hexdigest()


def _when_created(context: DefaultExecutionContext) -> Any:
    """A new row was last changed when it was made."""
    return context.get_current_parameters()["created"]  # type: ignore[no-untyped-call]


class Dataset(HasId, Base):
    """A catalogue entry of any type. `content_hash` is of the record as last found in its source or upload.

    `edited` names the fields that people wrote by hand: {field: {"user": id, "at": ISO 8601}}. `merged_into_id` is the
    dataset that this one was found to be the same as. `published_at` is when everybody could first see it; `stamp` is
    the time of its last change as lists are told it, which services.sequence alone sets. Who made it is `creator_id`;
    `responsible_id` is who answers for it now.
    """

    __tablename__ = "datasets"
    __table_args__ = (
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_a_time"),
        Index("ix_datasets_of_organization", "organization_id", "state", "private", "metadata_modified", "id"),
        Index("ix_datasets_newest", "state", "private", "metadata_created", "id"),
        Index("ix_datasets_changed", "metadata_modified", "id"),
        Index("ix_datasets_stamp", "stamp", "id", "published_at", "type"),
        Index("ix_datasets_listed", "state", "private", "slug"),
        Index("ix_datasets_latest", "state", "private", "metadata_modified", "id"),
        Index("ix_datasets_owned", "organization_id", "responsible_id", "state", "id"),
        Index("ix_datasets_responsible", "responsible_id", "id", "organization_id", "state"),
        Index(
            "ix_datasets_unlicensed", "metadata_modified", "id", sqlite_where=UNLICENSED, postgresql_where=UNLICENSED
        ),
    )

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    type: Mapped[DatasetType] = mapped_column(choice(DatasetType, "type"), default=DatasetType.DATASET)
    identifier: Mapped[str] = mapped_column(TextColumn, default="")
    title: Mapped[Text] = text_columns("title")
    description: Mapped[Text] = text_columns("description")
    table_of_contents: Mapped[Text] = mapped_column(Value(Text, Text()), nullable=True, default=Text())
    performer: Mapped[Text] = mapped_column(Value(Text, Text()), nullable=True, default=Text())
    keywords: Mapped[tuple[Keyword, ...]] = mapped_column(Value(tuple[Keyword, ...]), nullable=True, default=())
    themes: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), nullable=True, default=())
    subjects: Mapped[tuple[Subject, ...]] = mapped_column(Value(tuple[Subject, ...]), nullable=True, default=())
    contributors: Mapped[tuple[Contributor, ...]] = mapped_column(
        Value(tuple[Contributor, ...]), nullable=True, default=()
    )
    contacts: Mapped[tuple[ContactPoint, ...]] = mapped_column(
        Value(tuple[ContactPoint, ...]), nullable=True, default=()
    )
    identifiers: Mapped[tuple[Identifier, ...]] = mapped_column(
        Value(tuple[Identifier, ...]), nullable=True, default=()
    )
    languages: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), nullable=True, default=())
    extras: Mapped[tuple[Extra, ...]] = mapped_column(Value(tuple[Extra, ...]), nullable=True, default=())
    license_id: Mapped[str] = mapped_column(TextColumn, default="")
    license_text: Mapped[str] = mapped_column(TextColumn, default="")
    issued: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    modified: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    frequency: Mapped[str] = mapped_column(TextColumn, default="")
    temporal: Mapped[Period] = mapped_column(Value(Period, Period()), nullable=True, default=Period())
    spatial: Mapped[str] = mapped_column(TextColumn, default="")
    bbox: Mapped[BoundingBox | None] = mapped_column(Value(BoundingBox, None))
    landing_page: Mapped[str] = mapped_column(TextColumn, default="")
    version: Mapped[str] = mapped_column(TextColumn, default="")
    register_number: Mapped[str] = mapped_column(String(100), default="", index=True)
    report_number: Mapped[str] = mapped_column(TextColumn, default="")
    read_from_file: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), nullable=True, default=())

    edited: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="RESTRICT"))
    study_id: Mapped[UUID | None] = mapped_column(ForeignKey("studies.id", ondelete="SET NULL"), index=True)
    state: Mapped[RecordState] = mapped_column(choice(RecordState, "state"), default=RecordState.PUBLISHED)
    private: Mapped[bool] = mapped_column(Boolean, default=False)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(TextColumn, default="")
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    metadata_created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    metadata_modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    stamp: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    creator_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    responsible_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    views: Mapped[int] = mapped_column(Integer, default=0)
    downloads: Mapped[int] = mapped_column(Integer, default=0)

    organization: Mapped[Organization | None] = relationship(lazy="raise")
    study: Mapped[Study | None] = relationship(lazy="raise", back_populates="datasets")
    resources: Mapped[list[Resource]] = relationship(
        lazy="raise",
        back_populates="dataset",
        order_by="Resource.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    relations: Mapped[list[Relation]] = relationship(
        lazy="raise",
        foreign_keys="Relation.dataset_id",
        order_by="Relation.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    keys: Mapped[list[DatasetKey]] = relationship(lazy="raise", cascade="all, delete-orphan", passive_deletes=True)
    harvest_records: Mapped[list[HarvestRecord]] = relationship(
        lazy="raise", back_populates="dataset", order_by="HarvestRecord.first_seen", passive_deletes=True
    )


SUMMED = (
    "dataset_id", "stored", "byte_size", "held", "text_status", "text_pages_read", "disclosure_status",
    "disclosure_until",
)  # fmt: skip
"""What the figures of the home page are summed from, read from an index instead of the wide rows."""


class Resource(HasId, Base):
    """A file, or a link, of a dataset. `key` names it within its dataset and is what a harvest matches on.

    `extraction_version` is the version of the reader that gave the text (0: not read); `preview` holds the first rows
    of a table. `fetched` is when its bytes were last asked of their source, `etag` and `last_modified` what the
    source said of them then. `held`: what was found in its bytes keeps them from the public until
    somebody answers for it. `metadata_modified` is when its own record last changed. `link_status` is what the last
    look at its link found ("": none yet), `link_failures` how often in a row it failed.
    """

    __tablename__ = "resources"
    __table_args__ = (
        Index("uq_resources_dataset_key", "dataset_id", "key", unique=True),
        Index("ix_resources_disclosure", "disclosure_status", "disclosure_until"),
        Index("ix_resources_text", "text_status", "stored", "byte_size"),
        Index("ix_resources_summed", *SUMMED),
        Index("ix_resources_link", "link_status", "link_checked", "id"),
        Index(
            "ix_resources_held",
            "metadata_modified",
            "id",
            "dataset_id",
            "disclosure_status",
            "held",
            sqlite_where=text("held = 1"),
            postgresql_where=text("held"),
        ),
        CheckConstraint("byte_size >= 0", name="byte_size_not_negative"),
        CheckConstraint("NOT stored OR checksum <> ''", name="stored_has_a_checksum"),
        CheckConstraint("text_pages_read <= text_pages_total", name="pages_read_within_total"),
    )

    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(RESOURCE_KEY_LENGTH))
    position: Mapped[int] = mapped_column(Integer, default=0)
    name: Mapped[Text] = text_columns("name")
    description: Mapped[Text] = mapped_column(Value(Text, Text()), nullable=True, default=Text())
    role: Mapped[ResourceRole] = mapped_column(choice(ResourceRole, "role"), default=ResourceRole.OTHER)
    filename: Mapped[str] = mapped_column(TextColumn, default="")
    format: Mapped[str] = mapped_column(TextColumn, default="")
    media_type: Mapped[str] = mapped_column(TextColumn, default="")
    byte_size: Mapped[int | None] = mapped_column(BigInteger)
    checksum: Mapped[str] = mapped_column(String(64), default="", index=True)
    stored: Mapped[bool] = mapped_column(Boolean, default=False)
    held: Mapped[bool] = mapped_column(Boolean, default=False)
    download_url: Mapped[str] = mapped_column(TextColumn, default="")
    access_url: Mapped[str] = mapped_column(TextColumn, default="")
    language: Mapped[str] = mapped_column(TextColumn, default="")
    license_id: Mapped[str] = mapped_column(TextColumn, default="")
    license_text: Mapped[str] = mapped_column(TextColumn, default="")
    issued: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    modified: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    disclosure: Mapped[Disclosure] = disclosure_columns()
    text: Mapped[TextInfo] = text_info_columns()
    extraction_version: Mapped[int] = mapped_column(Integer, default=0)
    fetch_problem: Mapped[str] = mapped_column(TextColumn, default="")
    fetched: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_modified: Mapped[str] = mapped_column(String(100), default="")
    etag: Mapped[str] = mapped_column(TextColumn, default="")
    link_status: Mapped[str] = mapped_column(String(20), default="")
    link_checked: Mapped[dt.datetime | None] = mapped_column(UTCDateTime, index=True)
    link_problem: Mapped[str] = mapped_column(TextColumn, default="")
    link_failures: Mapped[int] = mapped_column(Integer, default=0)
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    downloads: Mapped[int] = mapped_column(Integer, default=0)
    extras: Mapped[tuple[Extra, ...]] = mapped_column(Value(tuple[Extra, ...]), nullable=True, default=())
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    metadata_modified: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=_when_created)

    dataset: Mapped[Dataset] = relationship(lazy="raise", back_populates="resources")


class ResourceVersion(HasId, Base):
    """Bytes that a file had before: `created` is when they came, `replaced` when others did, by whom (None: a harvest)
    and `why`. `withheld` (`reason` says why): nobody but its editors gets them, whatever the file's disclosure is now.
    """

    __tablename__ = "resource_versions"
    __table_args__ = (
        Index("uq_resource_versions_number", "resource_id", "number", unique=True),
        CheckConstraint("number >= 1", name="number_from_one"),
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    checksum: Mapped[str] = mapped_column(String(64), index=True)
    byte_size: Mapped[int | None] = mapped_column(BigInteger)
    filename: Mapped[str] = mapped_column(TextColumn, default="")
    format: Mapped[str] = mapped_column(TextColumn, default="")
    media_type: Mapped[str] = mapped_column(TextColumn, default="")
    withheld: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str] = mapped_column(TextColumn, default="")
    created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    replaced: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    why: Mapped[str] = mapped_column(TextColumn, default="")


class DatasetKey(Base):
    """An exact key that a dataset is found by, made from its identifiers (scheme doi, handle, …) and from those of its
    people and bodies (scheme orcid, ror, bin). The lists on the dataset are the truth; `value` is `key_value` of it.
    """

    __tablename__ = "dataset_keys"
    __table_args__ = (Index("ix_dataset_keys_scheme_value", "scheme", "value"),)

    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), primary_key=True)
    scheme: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)


class Relation(Base):
    """One record `kind` (DataCite relationType) another. Each end is a dataset or study, the far one or a link."""

    __tablename__ = "relations"
    __table_args__ = (
        CheckConstraint("(dataset_id IS NULL) <> (study_id IS NULL)", name="one_origin"),
        CheckConstraint("target_dataset_id IS NULL OR target_study_id IS NULL", name="at_most_one_target"),
        CheckConstraint(
            "target <> '' OR target_dataset_id IS NOT NULL OR target_study_id IS NOT NULL", name="leads_somewhere"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    study_id: Mapped[UUID | None] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(TextColumn, default="")
    target_dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    target_study_id: Mapped[UUID | None] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    title: Mapped[Text] = mapped_column(Value(Text, Text()), nullable=True, default=Text())

    dataset: Mapped[Dataset | None] = relationship(lazy="raise", foreign_keys=[dataset_id], back_populates="relations")
    study: Mapped[Study | None] = relationship(lazy="raise", foreign_keys=[study_id])
    target_dataset: Mapped[Dataset | None] = relationship(lazy="raise", foreign_keys=[target_dataset_id])
    target_study: Mapped[Study | None] = relationship(lazy="raise", foreign_keys=[target_study_id])
