"""Before the transaction: a found record is cleaned, checked, and the bytes that came with it are put away.

Files are addressed by content, so putting them before the record is harmless: a repeat stores nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from opendata.catalog.recognising import recognised
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.validation import clean
from opendata.errors import CatalogueError, Problem, Unavailable
from opendata.files.storage import CHUNK
from opendata.harvesting.contract import Found
from opendata.reading.filetype import detect_open
from opendata.services.catalogue import Catalogue
from opendata.services.merging import content_hash, with_keys


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record that can be written: cleaned, its files stored, with the hash of all that its source said.

    `raw_hash` and `validator` are those of opendata.store.harvests.HarvestRecord; "" where nobody asks for them.
    """

    identifier: str
    record: DatasetRecord
    content_hash: str
    raw: bytes
    raw_type: str
    problems: tuple[Problem, ...]
    raw_hash: str = ""
    validator: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be taken, and why."""

    identifier: str
    problems: tuple[Problem, ...]
    raw: bytes = b""


FILE_BROKEN = "file_broken"
"""The code of a file, its key in `row`, that could not be read though somebody sent it: with `strict` only."""


def prepare(
    catalogue: Catalogue, found: Found, *, store_files: bool = True, strict: bool = False
) -> Prepared | Refused:
    """`found`, ready to be written, or refused with its problems. With `store_files` False files are only hashed.

    A harvested record does without a file that cannot be had. With `strict` it is refused, since whoever sent both can
    send them again. Unavailable where our own store is away: a record waits, and is not published without its files.
    """
    record, warnings = clean(found.record if strict else recognised(found.record))
    problems = [*found.warnings, *warnings]
    if any(problem.severity == "error" for problem in problems):
        return Refused(found.identifier, tuple(problems), found.raw)
    said = record = with_keys(record)
    checksums: dict[str, str] = {}
    if found.files:
        record, more = _Files(catalogue, store_files, strict, checksums).put(record, found)
        problems += more
        if any(problem.severity == "error" for problem in more):
            return Refused(found.identifier, tuple(problems), found.raw)
    digest = content_hash(said, checksums)
    return Prepared(found.identifier, record, digest, found.raw, found.raw_type, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Files:
    """Puts the files of one record away and notes their checksums by key."""

    catalogue: Catalogue
    store: bool
    strict: bool
    checksums: dict[str, str]

    def put(self, record: DatasetRecord, found: Found) -> tuple[DatasetRecord, list[Problem]]:
        """The record with the bytes of its files stored; a file that cannot be had is a warning on the record."""
        problems: list[Problem] = []
        resources = []
        for resource, original in zip(record.resources, found.record.resources, strict=False):
            opener = found.files.get(original.key)
            stored, problem = self._put_one(resource, opener) if opener else (resource, None)
            resources.append(stored)
            problems += [problem] if problem else []
        return replace(record, resources=tuple(resources)), problems

    def _put_one(
        self, resource: ResourceRecord, opener: Callable[[], BinaryIO]
    ) -> tuple[ResourceRecord, Problem | None]:
        try:
            with opener() as stream:
                if not self.store:
                    self.checksums[resource.key] = digest = _digest(stream)
                    return replace(resource, checksum=digest), None
                stored = self.catalogue.files.put(stream, max_bytes=self.catalogue.config.files.max_bytes)
        except Unavailable:
            raise
        except (CatalogueError, OSError) as error:
            reason = str(error) or type(error).__name__
            if self.strict:
                return resource, Problem(FILE_BROKEN, reason, "resources", row=resource.key)
            message = f"The file {resource.key} could not be stored: {reason}"
            text = TextInfo(TextStatus.NOT_STORED, reason=reason)
            return replace(resource, fetch_problem=reason, text=text), Problem(
                "file", message, "resources", severity="warning"
            )
        self.checksums[resource.key] = stored.checksum
        with_bytes = replace(resource, stored=True, checksum=stored.checksum, byte_size=stored.byte_size)
        return with_type(self.catalogue, with_bytes), None


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def with_type(catalogue: Catalogue, resource: ResourceRecord) -> ResourceRecord:
    """The stored resource with the type that its bytes show; it wins over what the source or the name says."""
    with catalogue.files.open(resource.checksum) as stream:  # no copy: a few ranges of it tell
        found = detect_open(stream, resource.filename)
    return replace(resource, media_type=found.media_type, format=found.format or resource.format)
