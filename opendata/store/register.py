"""The register of commissioned studies: what was ordered, from whom, what is owed by when, and what came of it.

Deliverables are rows, because what is due and overdue is asked of SQL by day; lists that are only read with their study
(keywords, subjects, themes) are JSON columns, as in opendata.store.datasets.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, Numeric, String
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Mapped, mapped_column, relationship

from opendata.catalog.records import DeliverableKind, RecordState, StudyStatus
from opendata.catalog.values import Contributor, Disclosure, Extra, Keyword, PartialDate, Subject, Text
from opendata.store.base import Base, HasId
from opendata.store.datasets import Dataset
from opendata.store.organizations import SLUG_LENGTH, Organization
from opendata.store.types import PartialDateColumn, UTCDateTime, Value, choice, disclosure_columns, text_columns


class Study(HasId, Base):
    """A commissioned study. Its register number, where it has one, names it and no other. `edited`, `published_at`,
    `creator_id` and `responsible_id` are as those of a dataset.
    """

    __tablename__ = "studies"
    __table_args__ = (
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn_has_a_time"),
        Index("uq_studies_register_number", "register_number", unique=True),
        Index("ix_studies_organization_state", "organization_id", "state", "private"),
        Index("ix_studies_owned", "organization_id", "responsible_id", "state"),
        Index("ix_studies_changed", "metadata_modified", "id"),
        Index("ix_studies_latest", "state", "private", "metadata_modified", "id"),
        Index("ix_studies_disclosure", "disclosure_status", "disclosure_until"),
    )

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    register_number: Mapped[str | None] = mapped_column(String(100))
    title: Mapped[Text] = text_columns("title")
    description: Mapped[Text] = text_columns("description")
    keywords: Mapped[tuple[Keyword, ...]] = mapped_column(Value(tuple[Keyword, ...]), nullable=True, default=())
    subjects: Mapped[tuple[Subject, ...]] = mapped_column(Value(tuple[Subject, ...]), nullable=True, default=())
    themes: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), nullable=True, default=())
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id", ondelete="RESTRICT"))
    unit: Mapped[Text] = text_columns("unit")
    official: Mapped[str] = mapped_column(TextColumn, default="")
    programme: Mapped[Text] = text_columns("programme")
    call: Mapped[Text] = text_columns("call")
    priority: Mapped[Text] = text_columns("priority")
    period_start: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    period_end: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    status: Mapped[StudyStatus] = mapped_column(choice(StudyStatus, "status"), default=StudyStatus.IN_PROGRESS)
    disclosure: Mapped[Disclosure] = disclosure_columns()
    evaluation: Mapped[Text] = mapped_column(Value(Text, Text()), nullable=True, default=Text())
    extras: Mapped[tuple[Extra, ...]] = mapped_column(Value(tuple[Extra, ...]), nullable=True, default=())

    state: Mapped[RecordState] = mapped_column(choice(RecordState, "state"), default=RecordState.PUBLISHED)
    private: Mapped[bool] = mapped_column(Boolean, default=False)
    demo: Mapped[bool] = mapped_column(Boolean, default=False)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(TextColumn, default="")
    metadata_created: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    metadata_modified: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    edited: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    creator_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    responsible_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    views: Mapped[int] = mapped_column(Integer, default=0)

    organization: Mapped[Organization | None] = relationship(lazy="raise")
    datasets: Mapped[list[Dataset]] = relationship(lazy="raise", back_populates="study", passive_deletes=True)
    contracts: Mapped[list[Contract]] = relationship(
        lazy="raise",
        back_populates="study",
        order_by="Contract.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    performers: Mapped[list[Performer]] = relationship(
        lazy="raise", order_by="Performer.position", cascade="all, delete-orphan", passive_deletes=True
    )
    utilisations: Mapped[list[Utilisation]] = relationship(
        lazy="raise", order_by="Utilisation.position", cascade="all, delete-orphan", passive_deletes=True
    )


class Contract(HasId, Base):
    """A contract under a study. `amount` in units of `currency` (ISO 4217), two decimals."""

    __tablename__ = "contracts"
    __table_args__ = (
        Index("uq_contracts_study_number", "study_id", "contract_number", unique=True),
        Index("ix_contracts_number", "contract_number"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("length(currency) = 3", name="currency_of_three_letters"),
    )

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer, default=0)
    contract_number: Mapped[str] = mapped_column(String(200))
    signed: Mapped[dt.date | None] = mapped_column(Date)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    currency: Mapped[str] = mapped_column(String(3), default="KZT")
    contract_type: Mapped[str] = mapped_column(TextColumn, default="")

    study: Mapped[Study] = relationship(lazy="raise", back_populates="contracts")
    deliverables: Mapped[list[Deliverable]] = relationship(
        lazy="raise",
        back_populates="contract",
        order_by="Deliverable.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class Deliverable(HasId, Base):
    """What a contract owes, by when, and the dataset that meets it. Due and overdue are computed, never stored."""

    __tablename__ = "deliverables"
    __table_args__ = (
        Index("ix_deliverables_due", "due", "delivered"),
        CheckConstraint("returned >= 0", name="returned_not_negative"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[DeliverableKind] = mapped_column(choice(DeliverableKind, "kind"))
    period: Mapped[str] = mapped_column(String(100), default="")
    due: Mapped[dt.date | None] = mapped_column(Date)
    delivered: Mapped[dt.date | None] = mapped_column(Date)
    accepted: Mapped[dt.date | None] = mapped_column(Date)
    returned: Mapped[int] = mapped_column(Integer, default=0)
    withheld: Mapped[bool] = mapped_column(Boolean, default=False)
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)

    contract: Mapped[Contract] = relationship(lazy="raise", back_populates="deliverables")
    dataset: Mapped[Dataset | None] = relationship(lazy="raise")


class Performer(HasId, Base):
    """Who carries a study out; the people named for it are read with the row only."""

    __tablename__ = "performers"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    name: Mapped[Text] = text_columns("name")
    bin: Mapped[str] = mapped_column(String(20), default="", index=True)
    ror: Mapped[str] = mapped_column(String(100), default="")
    people: Mapped[tuple[Contributor, ...]] = mapped_column(Value(tuple[Contributor, ...]), nullable=True, default=())


class Utilisation(HasId, Base):
    """What came of a study."""

    __tablename__ = "utilisations"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[str] = mapped_column(String(100))
    description: Mapped[Text] = text_columns("description")
    date: Mapped[PartialDate | None] = mapped_column(PartialDateColumn)
    url: Mapped[str] = mapped_column(TextColumn, default="")
