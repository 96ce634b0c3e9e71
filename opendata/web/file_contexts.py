"""What the pages of files show: earlier versions, and all that the desk has of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.config import Config
from opendata.errors import Problem
from opendata.services.disclosing import Outlook
from opendata.services.file_desk import DeskFile, DeskFiles
from opendata.services.file_versions import FileVersion, Versions
from opendata.web.forms.sheet import SheetView
from opendata.web.held_contexts import places
from opendata.web.i18n import unprefixed_root


@dataclass(frozen=True, slots=True)
class VersionRow:
    """An earlier version with the address where it stays ("" where nobody may have it)."""

    line: FileVersion
    url: str = ""


VersionRows = Mapping[UUID, tuple[VersionRow, ...]]
"""By the id of their file, the newest first."""


def version_rows(slug: str, versions: Versions) -> VersionRows:
    """The earlier versions of the files of the dataset `slug`."""
    return {key: rows_of(slug, key, lines) for key, lines in versions.items()}


def rows_of(slug: str, resource_id: UUID, lines: Iterable[FileVersion]) -> tuple[VersionRow, ...]:
    """Those of one file."""
    return tuple(VersionRow(one, _url(slug, resource_id, one) if one.available else "") for one in lines)


def _url(slug: str, resource_id: UUID, one: FileVersion) -> str:
    return url_for(
        "downloads.version", slug=slug, resource_id=resource_id, number=one.number, filename=one.filename or None
    )


@dataclass(frozen=True, slots=True)
class Sending:
    """Where a file is sent in pieces, and how many bytes a form alone and all pieces together may have."""

    tus_url: str
    form_bytes: int
    most_bytes: int


def sending(config: Config) -> Sending:
    """As the settings have it; no file is attached that is larger than one that a form may have."""
    most = min(config.upload.max_bytes, config.upload.package_bytes)
    return Sending(f"{unprefixed_root()}/api/v1/uploads/files", config.upload.max_bytes, most)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file at the desk with its places in the list."""

    desk: DeskFile
    versions: tuple[VersionRow, ...]
    places: tuple[tuple[str, str], ...]
    """Where each mark that holds it is, and its line."""
    first: bool
    last: bool
    outlook: str = ""
    """Who has what is open of it, where the record is not public: withdrawn (nobody), private, unpublished."""


@dataclass(frozen=True, slots=True)
class FilesBlock:
    """The files of a record for the desk. `live` is where their states are asked for again, "" where all are read."""

    found: DeskFiles
    entries: tuple[FileEntry, ...]
    live: str

    @property
    def slug(self) -> str:
        """That of the record."""
        return self.found.record.slug


def files_block(found: DeskFiles) -> FilesBlock:
    """The files with their addresses."""
    slug, last = found.record.slug, len(found.files) - 1
    entries = tuple(
        FileEntry(
            desk=one,
            versions=rows_of(slug, one.file.id, one.versions) if one.file.id else (),
            places=places(one.marks),
            first=number == 0,
            last=number == last,
            outlook=_outlook(found.record),
        )
        for number, one in enumerate(found.files)
    )
    return FilesBlock(found, entries, url_for("desk_files.status", slug=slug) if found.pending else "")


def _outlook(record: DatasetRecord) -> str:
    if record.state is RecordState.WITHDRAWN:
        return "withdrawn"
    if record.state is not RecordState.PUBLISHED:
        return "unpublished"
    return "private" if record.private else ""


@dataclass(frozen=True, slots=True)
class FilesContext:
    """desk/files/list.html. `at` tells which form the problems are of: "add", or FILE-NUMBER of a version."""

    block: FilesBlock
    sending: Sending
    done: str = ""
    problems: tuple[Problem, ...] = ()
    at: str = ""


@dataclass(frozen=True, slots=True)
class OneFileContext:
    """desk/files/replace.html and remove.html."""

    found: DeskFiles
    desk: DeskFile
    sending: Sending
    why: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class FileFormContext:
    """desk/files/edit.html. `desk` is None for a new link."""

    found: DeskFiles
    desk: DeskFile | None
    sheet: SheetView


@dataclass(frozen=True, slots=True)
class DisclosureContext:
    """desk/files/disclosure.html. `chosen` are the files that it is about, `outlook` what the public has of them, and
    with `preview` what it would have.
    """

    found: DeskFiles
    chosen: frozenset[UUID]
    sheet: SheetView
    outlook: Outlook | None
    preview: bool
    today: dt.date
    zone: str
