"""The records that leave the services: frozen, complete, without any tie to the store.

A harvester fills the same `DatasetRecord` (with `id` None and `slug` empty) that a page later shows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from opendata.catalog.provenance import Edit, SourceRef
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    Disclosure,
    Extra,
    Identifier,
    Keyword,
    LinkInfo,
    OrganizationRef,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
    together,
)


class DatasetType(StrEnum):
    """What a catalogue entry is (after DataCite resourceTypeGeneral)."""

    DATASET = "dataset"
    REPORT = "report"
    ARTICLE = "article"
    THESIS = "thesis"
    BOOK = "book"
    PRESENTATION = "presentation"
    SOFTWARE = "software"
    MAP = "map"
    IMAGE = "image"
    AUDIOVISUAL = "audiovisual"
    LEGAL_ACT = "legal_act"
    OTHER = "other"


class ResourceRole(StrEnum):
    """What a file is within the research that was commissioned."""

    TERMS_OF_REFERENCE = "terms_of_reference"
    CONTRACT = "contract"
    PLAN = "plan"
    INTERIM_REPORT = "interim_report"
    FINAL_REPORT = "final_report"
    SUMMARY = "summary"
    DATA = "data"
    DOCUMENTATION = "documentation"
    EVALUATION = "evaluation"
    UTILISATION = "utilisation"
    APPENDIX = "appendix"
    CODE = "code"
    OTHER = "other"


class RecordState(StrEnum):
    """The life of a record. Withdrawn leaves a tombstone."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class TextStatus(StrEnum):
    """What became of a file's text, as the public sees it."""

    PENDING = "pending"  # not read yet
    TEXT = "text"  # read from the file's own text
    OCR = "ocr"  # recognised from page images
    NO_TEXT = "no_text"  # read, and there is none (a chart-only workbook, an image, a scan without OCR)
    SCANNED = "scanned"  # pages are images; OCR is to come or not available
    GARBLED = "garbled"  # fonts without a Unicode map: what comes out is no language
    FAILED = "failed"  # broken or encrypted; the reason says which
    TOO_LARGE = "too_large"  # over a limit of time, memory, pages or bytes
    UNSUPPORTED = "unsupported"  # a type that nobody reads
    NOT_STORED = "not_stored"  # a link of which we hold no copy


@dataclass(frozen=True, slots=True)
class TextInfo:
    """The public status of a file's text: `pages_read` of `pages_total` pages (0 of 0 where it has no pages)."""

    status: TextStatus = TextStatus.PENDING
    reason: str = ""
    pages_read: int = 0
    pages_total: int = 0
    language: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """A file, or a link, of a dataset.

    `key` names it in its source and is stable over harvests; `byte_size` bytes; `checksum` SHA-256 in hex, of the bytes
    that we hold (`stored`), else as the source states it. `license_id` "" means inherited from the dataset. The store
    says when it was `created` and its own record last changed (`metadata_modified`).
    """

    key: str = ""
    id: UUID | None = None
    name: Text = Text()
    description: Text = Text()
    role: ResourceRole = ResourceRole.OTHER
    position: int = 0
    filename: str = ""
    format: str = ""
    media_type: str = ""
    byte_size: int | None = None
    checksum: str = ""
    stored: bool = False
    download_url: str = ""
    access_url: str = ""
    language: str = ""
    license_id: str = ""
    license_text: str = ""
    issued: PartialDate | None = None
    modified: PartialDate | None = None
    disclosure: Disclosure = Disclosure()
    text: TextInfo = TextInfo()
    fetch_problem: str = ""
    link: LinkInfo = field(default=LinkInfo(), compare=False)
    downloads: int = 0
    extras: tuple[Extra, ...] = ()
    created: dt.datetime | None = field(default=None, compare=False)
    metadata_modified: dt.datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StudyRef:
    """A study as far as its datasets need it."""

    id: UUID
    slug: str
    register_number: str
    title: Text
    contract_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays of a withdrawn record: when (UTC) and why."""

    withdrawn: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """One catalogue entry with its files.

    `license_id` "" is "not stated"; `license_text` is the source's own words. `read_from_file` names the fields that
    were empty in the source and filled from the document itself, `edited` those that people wrote by hand. `source` is
    the one whose word it follows, `sources` are all that have it, that one first. Instants are aware UTC. The store
    says when it was `published_at`, the first time; `creator_id` is the account that made it, None for a harvest.
    """

    title: Text
    type: DatasetType = DatasetType.DATASET
    id: UUID | None = None
    slug: str = ""
    identifier: str = ""
    description: Text = Text()
    table_of_contents: Text = Text()
    keywords: tuple[Keyword, ...] = ()
    themes: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    organization: OrganizationRef | None = None
    performer: Text = Text()
    contributors: tuple[Contributor, ...] = ()
    contacts: tuple[ContactPoint, ...] = ()
    license_id: str = ""
    license_text: str = ""
    identifiers: tuple[Identifier, ...] = ()
    issued: PartialDate | None = None
    modified: PartialDate | None = None
    languages: tuple[str, ...] = ()
    frequency: str = ""
    temporal: Period = Period()
    spatial: str = ""
    bbox: BoundingBox | None = None
    landing_page: str = ""
    version: str = ""
    relations: tuple[Relation, ...] = ()
    resources: tuple[ResourceRecord, ...] = ()
    extras: tuple[Extra, ...] = ()
    register_number: str = ""
    report_number: str = ""
    study: StudyRef | None = None
    state: RecordState = RecordState.PUBLISHED
    private: bool = False
    demo: bool = False
    read_from_file: tuple[str, ...] = ()
    source: SourceRef | None = None
    sources: tuple[SourceRef, ...] = ()
    edited: tuple[Edit, ...] = ()
    tombstone: Tombstone | None = None
    metadata_created: dt.datetime | None = None
    metadata_modified: dt.datetime | None = None
    views: int = 0
    downloads: int = 0
    published_at: dt.datetime | None = field(default=None, compare=False)
    creator_id: UUID | None = field(default=None, compare=False)

    @property
    def disclosure(self) -> Disclosure:
        """What its files come to together; open where it has none."""
        return together(resource.disclosure for resource in self.resources)

    def disclosure_on(self, today: dt.date) -> Disclosure:
        """What its files come to together on `today`."""
        return together(resource.disclosure.on(today) for resource in self.resources)


class DeliverableKind(StrEnum):
    """What a contract owes."""

    INTERIM_REPORT = "interim_report"
    FINAL_REPORT = "final_report"
    SUMMARY = "summary"
    DATASET = "dataset"
    UTILISATION = "utilisation"
    OTHER = "other"


class DeliverableState(StrEnum):
    """Computed from dates, never stored. The order is from best to worst."""

    DEPOSITED = "deposited"
    NOT_DUE = "not_due"
    WITHHELD = "withheld"
    DUE = "due"
    OVERDUE = "overdue"


DUE_SOON_DAYS = 30
"""A deliverable counts as due in the last 30 days before its date."""


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A dataset as far as another record needs it."""

    id: UUID
    slug: str
    title: Text
    type: DatasetType = DatasetType.DATASET
    issued: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Deliverable:
    """One thing owed under a contract. `due`, `delivered`, `accepted` are civil days; `returned` counts rejections."""

    kind: DeliverableKind
    period: str = ""
    due: dt.date | None = None
    delivered: dt.date | None = None
    accepted: dt.date | None = None
    returned: int = 0
    withheld: bool = False
    dataset: DatasetRef | None = None
    id: UUID | None = None

    def state(self, today: dt.date) -> DeliverableState:
        """Where it stands on `today` (site's time zone)."""
        if self.dataset is not None or self.delivered is not None:
            return DeliverableState.WITHHELD if self.withheld else DeliverableState.DEPOSITED
        if self.withheld:
            return DeliverableState.WITHHELD
        if self.due is None or (self.due - today).days > DUE_SOON_DAYS:
            return DeliverableState.NOT_DUE
        return DeliverableState.DUE if self.due >= today else DeliverableState.OVERDUE


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract under a study: number, day signed, amount and ISO 4217 currency, and what it owes."""

    contract_number: str
    signed: dt.date | None = None
    amount: Decimal | None = None
    currency: str = "KZT"
    contract_type: str = ""
    deliverables: tuple[Deliverable, ...] = ()


@dataclass(frozen=True, slots=True)
class Performer:
    """Who carries the research out: a body with its BIN or ROR, and the people named for it."""

    name: Text
    bin: str = ""
    ror: str = ""
    people: tuple[Contributor, ...] = ()


@dataclass(frozen=True, slots=True)
class Utilisation:
    """What came of a study: a law changed, a method adopted, and so on."""

    kind: str
    description: Text = Text()
    date: PartialDate | None = None
    url: str = ""


class StudyStatus(StrEnum):
    """Where the research itself stands."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A commissioned study: in the register before its report exists.

    The store says when it was `published_at`, the first time; `creator_id` is the account that registered it.
    """

    title: Text
    register_number: str = ""
    id: UUID | None = None
    slug: str = ""
    description: Text = Text()
    keywords: tuple[Keyword, ...] = ()
    subjects: tuple[Subject, ...] = ()
    themes: tuple[str, ...] = ()
    organization: OrganizationRef | None = None
    unit: Text = Text()
    official: str = ""
    performers: tuple[Performer, ...] = ()
    programme: Text = Text()
    call: Text = Text()
    priority: Text = Text()
    contracts: tuple[Contract, ...] = ()
    period: Period = Period()
    status: StudyStatus = StudyStatus.IN_PROGRESS
    disclosure: Disclosure = Disclosure()
    evaluation: Text = Text()
    utilisations: tuple[Utilisation, ...] = ()
    datasets: tuple[DatasetRef, ...] = ()
    state: RecordState = RecordState.PUBLISHED
    private: bool = False
    demo: bool = False
    tombstone: Tombstone | None = None
    metadata_created: dt.datetime | None = None
    metadata_modified: dt.datetime | None = None
    published_at: dt.datetime | None = field(default=None, compare=False)
    creator_id: UUID | None = field(default=None, compare=False)

    def due_state(self, today: dt.date) -> DeliverableState:
        """The worst state of its deliverables; not due where it owes nothing."""
        order = list(DeliverableState)
        states = [d.state(today) for c in self.contracts for d in c.deliverables]
        return max(states, key=order.index, default=DeliverableState.NOT_DUE)


@dataclass(frozen=True, slots=True)
class OrganizationRecord:
    """An agency, in a tree, with its public figures."""

    id: UUID
    slug: str
    title: Text
    description: Text = Text()
    parent: OrganizationRef | None = None
    children: tuple[OrganizationRef, ...] = ()
    homepage: str = ""
    email: str = ""
    dataset_count: int = 0
    study_count: int = 0
    demo: bool = False
