"""What the index is given for each record: one flat document, made from the record and its public page texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FileText:
    """The public text of one file. Text of a file that is not public is never put here.

    `version` is that of the reader that gave the text: checksum and version name it.
    """

    resource_id: UUID
    checksum: str
    pages: tuple[str, ...]
    version: int = 0


_NOT_SAID = ("files", "downloads", "views")


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """A study or dataset as the index holds it. Every tuple may be empty; codes are those of the filters.

    `organization` holds the slug of the organisation and of every one above it; `subject` every GRNTI prefix
    ("06", "06.71", "06.71.07"); `format` and `license_id` those of all its files; `open` is yes, no or unstated;
    `year` 0 where unknown; `issued` as YYYYMMDD (0 unknown) for sorting; `title` the sort key.
    `people` are names of persons and bodies, to be found by; `persons` those of persons alone, to be offered. `named`
    are further fields with their values, which CKAN's clients ask for (search/named.py); `created_at` and `modified_at`
    are those of the record in microseconds since 1970.
    """

    id: UUID
    kind: str
    type: str
    slug: str
    title: str
    titles: tuple[str, ...]
    descriptions: tuple[str, ...] = ()
    table_of_contents: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    other_text: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()
    performer: tuple[str, ...] = ()
    license_id: tuple[str, ...] = ()
    open: str = "unstated"
    format: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    disclosure: str = "open"
    text: tuple[str, ...] = ()
    year: int = 0
    issued: int = 0
    metadata_modified: int = 0
    downloads: int = 0
    views: int = 0
    created_at: int = 0
    modified_at: int = 0
    named: tuple[tuple[str, tuple[str, ...]], ...] = ()
    files: tuple[FileText, ...] = ()

    def fingerprint(self) -> bytes:
        """Eight bytes that change with anything in the document but its downloads and views, which change all the time
        and are brought in once a day (services/recounting.py). The pages of files need not be there for it."""
        files = [(file.resource_id.hex, file.checksum, file.version) for file in self.files]
        said = [getattr(self, each.name) for each in fields(self) if each.name not in _NOT_SAID]
        return hashlib.blake2b(repr((said, files)).encode("utf-8", "replace"), digest_size=8).digest()
