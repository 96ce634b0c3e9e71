"""A dataset as every format gets it: only what everybody may know, with what each of its files is today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from opendata.catalog.licenses import Verdict, resource_license_id, verdict
from opendata.catalog.records import DatasetRecord, OrganizationRecord, ResourceRecord, TextInfo
from opendata.catalog.values import Disclosure, LinkInfo
from opendata.reading.tablepreview import TablePreview


@dataclass(frozen=True, slots=True)
class EntryFile:
    """A file. `disclosure` stands today; `license_id` is its own or the dataset's; `available`: anybody may have it."""

    resource: ResourceRecord
    disclosure: Disclosure
    license_id: str
    verdict: Verdict
    available: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset with its agency as they stand on `today` (site's time zone). Made by `of`, which hides what is closed.

    `record.resources` are those of `files`; `tables` are the first rows of those that are tables, where the format asks
    for them.
    """

    record: DatasetRecord
    agency: OrganizationRecord | None
    today: dt.date
    files: tuple[EntryFile, ...] = ()
    tables: Mapping[UUID, TablePreview] = field(default_factory=dict)

    @classmethod
    def of(cls, record: DatasetRecord, agency: OrganizationRecord | None, today: dt.date) -> Entry:
        """`record` as the public has it: read with `public_only`, and no more of closed files than its page shows."""
        resources = tuple(_shown(resource, today) for resource in record.resources)
        record = replace(record, resources=resources, edited=())
        return cls(record, agency, today, tuple(_file(resource, record, today) for resource in resources))

    @property
    def verdict(self) -> Verdict:
        """What the dataset's own licence says."""
        return verdict(self.record.license_id)

    @property
    def disclosure(self) -> Disclosure:
        """What its files come to together today."""
        return self.record.disclosure_on(self.today)

    @property
    def available(self) -> tuple[EntryFile, ...]:
        """The files that anybody may have today."""
        return tuple(file for file in self.files if file.available)


def _shown(resource: ResourceRecord, today: dt.date) -> ResourceRecord:
    """The file itself; of a closed one what tells neither where it is nor what is in it."""
    if resource.disclosure.is_open(today):
        return resource
    return replace(
        resource,
        key="",
        stored=False,
        download_url="",
        access_url="",
        checksum="",
        text=TextInfo(),
        fetch_problem="",
        link=LinkInfo(),
        extras=(),
    )


def _file(resource: ResourceRecord, record: DatasetRecord, today: dt.date) -> EntryFile:
    own = resource_license_id(resource, record)
    reachable = resource.stored or bool(resource.download_url or resource.access_url)
    return EntryFile(
        resource=resource,
        disclosure=resource.disclosure.on(today),
        license_id=own,
        verdict=verdict(own),
        available=reachable and resource.disclosure.is_open(today),
    )
