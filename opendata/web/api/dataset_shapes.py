"""What /api/v1 promises of a dataset: the names and types of what it gives, and of what it takes.

Written out name by name, so that these stay whatever happens to the records inside.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.records import DatasetType, RecordState, ResourceRole, TextInfo, Tombstone
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    PartialDate,
    Period,
    Subject,
    Text,
)


@dataclass(frozen=True, slots=True)
class OrganizationLine:
    """An agency as its records name it."""

    id: UUID
    slug: str
    title: Text


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A commissioned study as its datasets name it."""

    id: UUID
    slug: str
    register_number: str
    title: Text
    contract_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelationLine:
    """`kind` (DataCite relationType) of a record of ours (`target_id`), or of whatever `target` is the address of."""

    kind: str
    target: str
    target_id: UUID | None
    target_slug: str
    title: Text


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source that has the record; the record follows the word of the one that `leads`."""

    name: str
    title: str
    type: str
    url: str
    identifier: str
    original: str
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None
    harvested: dt.datetime | None
    leads: bool
    lost: bool
    priority: int


@dataclass(frozen=True, slots=True)
class EditLine:
    """A field that people wrote by hand, so that no harvest changes it."""

    field: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class LinkLine:
    """What was found at the address of a file, and when."""

    status: str
    checked: dt.datetime | None
    problem: str
    fetched: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Resource:
    """A file, or a link, of a dataset. Of one that is closed `checksum`, addresses and text are left empty.

    `content_url` is where the bytes are to be had, "" where they are not; `open` tells whether its licence is.
    """

    id: UUID
    url: str
    content_url: str
    available: bool
    name: Text
    description: Text
    role: ResourceRole
    position: int
    filename: str
    format: str
    media_type: str
    byte_size: int | None
    checksum: str
    stored: bool
    download_url: str
    access_url: str
    language: str
    license_id: str
    license_text: str
    open: str
    issued: PartialDate | None
    modified: PartialDate | None
    disclosure: Disclosure
    disclosure_today: DisclosureStatus
    text: TextInfo
    fetch_problem: str
    link: LinkLine
    downloads: int
    extras: tuple[Extra, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A catalogue entry with its files, complete."""

    id: UUID
    slug: str
    url: str
    permanent_url: str
    type: DatasetType
    title: Text
    description: Text
    table_of_contents: Text
    keywords: tuple[Keyword, ...]
    themes: tuple[str, ...]
    subjects: tuple[Subject, ...]
    organization: OrganizationLine | None
    performer: Text
    contributors: tuple[Contributor, ...]
    contacts: tuple[ContactPoint, ...]
    license_id: str
    license_text: str
    open: str
    identifier: str
    identifiers: tuple[Identifier, ...]
    issued: PartialDate | None
    modified: PartialDate | None
    languages: tuple[str, ...]
    frequency: str
    temporal: Period
    spatial: str
    bbox: BoundingBox | None
    landing_page: str
    version: str
    relations: tuple[RelationLine, ...]
    resources: tuple[Resource, ...]
    extras: tuple[Extra, ...]
    register_number: str
    report_number: str
    study: StudyLine | None
    disclosure: DisclosureStatus
    state: RecordState
    private: bool
    demo: bool
    read_from_file: tuple[str, ...]
    source: SourceLine | None
    sources: tuple[SourceLine, ...]
    edited: tuple[EditLine, ...]
    tombstone: Tombstone | None
    metadata_created: dt.datetime | None
    metadata_modified: dt.datetime | None
    views: int
    downloads: int


@dataclass(frozen=True, slots=True)
class RelationGiven:
    """A relation to write: to a record of ours by `target_id`, or to the address `target`."""

    kind: str
    target: str = ""
    target_id: UUID | None = None
    title: Text = Text()


@dataclass(frozen=True, slots=True)
class ResourceGiven:
    """A file to write: that with this `id`, or a new link."""

    id: UUID | None = None
    name: Text = Text()
    description: Text = Text()
    role: ResourceRole = ResourceRole.OTHER
    filename: str = ""
    format: str = ""
    media_type: str = ""
    byte_size: int | None = None
    checksum: str = ""
    download_url: str = ""
    access_url: str = ""
    language: str = ""
    license_id: str = ""
    license_text: str = ""
    issued: PartialDate | None = None
    modified: PartialDate | None = None
    disclosure: Disclosure = Disclosure()
    extras: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetGiven:
    """A dataset to write. What it does not say is empty."""

    title: Text
    slug: str = ""
    type: DatasetType = DatasetType.DATASET
    description: Text = Text()
    table_of_contents: Text = Text()
    keywords: tuple[Keyword, ...] = ()
    themes: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    organization: str = ""
    performer: Text = Text()
    contributors: tuple[Contributor, ...] = ()
    contacts: tuple[ContactPoint, ...] = ()
    license_id: str = ""
    license_text: str = ""
    identifier: str = ""
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
    relations: tuple[RelationGiven, ...] = ()
    resources: tuple[ResourceGiven, ...] = ()
    extras: tuple[Extra, ...] = ()
    register_number: str = ""
    report_number: str = ""
    state: RecordState = RecordState.PUBLISHED
    private: bool = False
