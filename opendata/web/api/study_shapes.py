"""Studies as /api/v1 gives and takes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from opendata.catalog.records import (
    DatasetType,
    DeliverableKind,
    DeliverableState,
    Performer,
    RecordState,
    StudyStatus,
    Tombstone,
    Utilisation,
)
from opendata.catalog.values import Disclosure, Keyword, PartialDate, Period, Subject, Text
from opendata.web.api.dataset_shapes import OrganizationLine


@dataclass(frozen=True, slots=True)
class DatasetLine:
    """A dataset as its study names it."""

    id: UUID
    slug: str
    title: Text
    type: DatasetType
    issued: PartialDate | None


@dataclass(frozen=True, slots=True)
class DeliverableLine:
    """What a contract owes. `state` is that of today."""

    kind: DeliverableKind
    period: str
    due: dt.date | None
    delivered: dt.date | None
    accepted: dt.date | None
    returned: int
    withheld: bool
    dataset: DatasetLine | None
    state: DeliverableState


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract under a study; `amount` is exact, in `currency` (ISO 4217)."""

    contract_number: str
    signed: dt.date | None
    amount: Decimal | None
    currency: str
    contract_type: str
    deliverables: tuple[DeliverableLine, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """A commissioned study: in the register before its report exists. `due_state` is the worst that it owes today."""

    id: UUID
    slug: str
    url: str
    permanent_url: str
    register_number: str
    title: Text
    description: Text
    keywords: tuple[Keyword, ...]
    subjects: tuple[Subject, ...]
    themes: tuple[str, ...]
    organization: OrganizationLine | None
    unit: Text
    official: str
    performers: tuple[Performer, ...]
    programme: Text
    call: Text
    priority: Text
    contracts: tuple[ContractLine, ...]
    period: Period
    status: StudyStatus
    due_state: DeliverableState
    disclosure: Disclosure
    evaluation: Text
    utilisations: tuple[Utilisation, ...]
    datasets: tuple[DatasetLine, ...]
    state: RecordState
    private: bool
    demo: bool
    tombstone: Tombstone | None
    metadata_created: dt.datetime | None
    metadata_modified: dt.datetime | None


@dataclass(frozen=True, slots=True)
class DeliverableGiven:
    """What a contract owes, to write. `dataset` is the name or id of the one that meets it, "" where none does. Where
    it is left out, the one that is known stays: it is told by the kind and the period.
    """

    kind: DeliverableKind
    period: str = ""
    due: dt.date | None = None
    delivered: dt.date | None = None
    accepted: dt.date | None = None
    returned: int = 0
    withheld: bool = False
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class ContractGiven:
    """A contract to write."""

    contract_number: str
    signed: dt.date | None = None
    amount: Decimal | None = None
    currency: str = "KZT"
    contract_type: str = ""
    deliverables: tuple[DeliverableGiven, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyGiven:
    """A study to write. Its register number, which a draft may lack, is no other study's. What is left out is empty;
    but `slug`, `state` and `private` stay what they are, and a new study is public.
    """

    title: Text
    organization: str
    register_number: str = ""
    slug: str = ""
    description: Text = Text()
    keywords: tuple[Keyword, ...] = ()
    subjects: tuple[Subject, ...] = ()
    themes: tuple[str, ...] = ()
    unit: Text = Text()
    official: str = ""
    performers: tuple[Performer, ...] = ()
    programme: Text = Text()
    call: Text = Text()
    priority: Text = Text()
    contracts: tuple[ContractGiven, ...] = ()
    period: Period = Period()
    status: StudyStatus = StudyStatus.IN_PROGRESS
    disclosure: Disclosure = Disclosure()
    evaluation: Text = Text()
    utilisations: tuple[Utilisation, ...] = ()
    state: RecordState | None = None
    private: bool | None = None
