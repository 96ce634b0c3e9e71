"""What happens to a file that is stored: it is read, looked into, and its words become searchable.

Each function is one job of the worker. All of them may be repeated: a second time finds the work done.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.formats import TABLES
from opendata.catalog.normalise import detect_language
from opendata.catalog.records import ResourceRecord, TextInfo, TextStatus
from opendata.catalog.sensitive import Finding
from opendata.errors import NotFound
from opendata.reading import ocr
from opendata.reading.contract import Extracted, Limits
from opendata.reading.extract import Reader
from opendata.services import content, lookinside, queue, tables_making
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.store import queries
from opendata.store.datasets import Resource, ResourceVersion
from opendata.store.queue import enqueue
from opendata.store.to_records import resource_record, shown_disclosure

READER_VERSION = 1
"""Raised whenever the reader gives other text for the same bytes; everything is then read again."""

READ = (TextStatus.TEXT, TextStatus.OCR, TextStatus.GARBLED, TextStatus.SCANNED, TextStatus.NO_TEXT)


def read(catalogue: Catalogue, reader: Reader, resource_id: UUID) -> None:
    """Read the text of a stored file, keep its pages and its first rows, and fill empty fields of its dataset."""
    found = _resource(catalogue, resource_id)
    if found is None or not found.stored:
        return
    settings = catalogue.config.jobs
    limits = Limits(seconds=settings.read_seconds, memory_bytes=settings.read_memory_bytes, pages=settings.read_pages)
    with catalogue.files.local_path(found.checksum) as path:
        extracted = reader.read(path, found.filename, limits)
        preview = reader.preview(path, found.filename) if extracted.format in TABLES else None
        findings = content.look(reader, path, found.filename, extracted.format, extracted.pages, limits)
    if extracted.pages and extracted.status in READ:
        catalogue.page_texts.put(found.checksum, READER_VERSION, extracted.pages)
        catalogue.page_texts.facts.put(found.checksum, READER_VERSION, lookinside.facts(extracted.properties))
    now, said = catalogue.now(), text_info(extracted)
    with catalogue.sessions.write.begin() as session:
        for row in _looked_at(session, found.checksum, findings, now):
            is_new = (row.text, row.extraction_version) != (said, READER_VERSION)  # a lost text tells nothing new
            row.text = said
            row.extraction_version = READER_VERSION
            row.preview = json.loads(preview.to_json()) if preview and preview.sheets else None
            if is_new:
                note(session, SYSTEM, now, "resource", row.id, "read")
            if shown_disclosure(row).is_open(catalogue.today()):  # a closed file tells nothing about itself
                is_new = lookinside.fill_from_file(session, row, extracted, now) or is_new
            if is_new:
                row.dataset.metadata_modified = now
            queue.index_datasets(session, now, [row.dataset_id], prompt=False)
            if extracted.format in tables_making.FORMATS:
                tables_making.queue(session, catalogue, row.id, row.checksum)
            if extracted.status == TextStatus.SCANNED and settings.ocr and ocr.available():
                payload = {"resource": str(row.id)}
                enqueue(session, "ocr", payload, now, lane=queue.Lane.OCR, priority=-10, dedupe=str(row.id))


def look(catalogue: Catalogue, reader: Reader, resource_id: UUID) -> None:
    """Look through the bytes of a file, or of an earlier version of one (by its id), that were read before the present
    rules of content; the text is not read anew.
    """
    now_there = _resource(catalogue, resource_id)
    found = now_there or _version(catalogue, resource_id)
    if found is None or not found.stored:
        return
    kept = catalogue.page_texts.has(found.checksum, READER_VERSION)
    pages = catalogue.page_texts.pages(found.checksum, READER_VERSION) if kept else ()
    settings = catalogue.config.jobs
    limits = Limits(seconds=settings.read_seconds, memory_bytes=settings.read_memory_bytes, pages=settings.read_pages)
    try:
        with catalogue.files.local_path(found.checksum) as path:
            if now_there is None and not kept:  # it was replaced before anybody had read it
                pages = reader.read(path, found.filename, limits).pages
            findings = content.look(reader, path, found.filename, found.format, pages, limits)
    except NotFound:  # the bytes are lost, and what is left of them is their text
        findings = content.in_text(pages)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        before = {row.id: row.held for row in _same_file(session, found.checksum)}
        for row in _looked_at(session, found.checksum, findings, now):
            if row.held != before.get(row.id):
                row.dataset.metadata_modified = now
                queue.index_datasets(session, now, [row.dataset_id], prompt=False)


def recognise(catalogue: Catalogue, reader: Reader, resource_id: UUID) -> None:
    """Recognise the pages of a scanned file, keeping each as it is read: a killed job goes on where it was."""
    found = _resource(catalogue, resource_id)
    if found is None or not found.stored or found.text.status != TextStatus.SCANNED:
        return
    pages = _Pages(catalogue, found.checksum)
    limits = Limits(seconds=ocr.SECONDS_PER_PAGE, pages=catalogue.config.jobs.ocr_pages)
    with catalogue.files.local_path(found.checksum) as path:
        extracted = ocr.read_pages(path, found.media_type, limits, pages.keep, done=pages.done, reader=reader)
    extracted = replace(extracted, pages=pages.merged(extracted.pages))
    now = catalogue.now()
    findings = content.in_text(extracted.pages)
    with catalogue.sessions.write.begin() as session:
        for row in _looked_at(session, found.checksum, findings, now):
            row.text = text_info(extracted)
            row.dataset.metadata_modified = now
            if shown_disclosure(row).is_open(catalogue.today()):  # a closed file tells nothing about itself
                lookinside.fill_from_file(session, row, extracted, now)
            queue.index_datasets(session, now, [row.dataset_id], prompt=False)
            note(session, SYSTEM, now, "resource", row.id, "recognised", after={"pages": extracted.pages_read})


class _Pages:
    """The recognised pages of one file, kept in the page store after each."""

    def __init__(self, catalogue: Catalogue, checksum: str) -> None:
        self._store, self._checksum = catalogue.page_texts, checksum
        kept = self._store.pages(checksum, READER_VERSION) if self._store.has(checksum, READER_VERSION) else ()
        self._pages = dict(enumerate(kept, 1))

    @property
    def done(self) -> tuple[int, ...]:
        """Pages that an earlier job has read."""
        return tuple(number for number, text in self._pages.items() if text.strip())

    def keep(self, number: int, text: str) -> None:
        """Page `number` was read."""
        self._pages[number] = text
        self._store.put(self._checksum, READER_VERSION, self.merged(()))

    def merged(self, pages: Sequence[str]) -> tuple[str, ...]:
        """All pages known, as many as `pages` at least."""
        last = max([len(pages), *self._pages])
        return tuple(self._pages.get(number, "") for number in range(1, last + 1))


def text_info(extracted: Extracted) -> TextInfo:
    """The public status of what was read."""
    read_pages = extracted.pages_read if extracted.pages_total else 0
    return TextInfo(
        status=extracted.status,
        reason=extracted.reason[:1000],
        pages_read=min(read_pages, extracted.pages_total),
        pages_total=extracted.pages_total,
        language=detect_language("\n".join(extracted.pages)),
        truncated=extracted.truncated,
    )


def _resource(catalogue: Catalogue, resource_id: UUID) -> ResourceRecord | None:
    """The file, None where it was removed meanwhile."""
    with catalogue.sessions.read() as session:
        try:
            return resource_record(queries.resource_row(session, resource_id))
        except NotFound:
            return None


def _version(catalogue: Catalogue, version_id: UUID) -> ResourceRecord | None:
    """The earlier version of a file as the file that it was."""
    with catalogue.sessions.read() as session:
        row = session.get(ResourceVersion, version_id)
        if row is None:
            return None
        return ResourceRecord(stored=True, checksum=row.checksum, filename=row.filename, format=row.format)


def _same_file(session: Session, checksum: str) -> Sequence[Resource]:
    """Every resource with these bytes: what is read once holds for all of them."""
    ids = session.scalars(select(Resource.id).where(Resource.checksum == checksum, Resource.stored)).all()
    return [queries.resource_row(session, one) for one in ids]


def _looked_at(session: Session, checksum: str, findings: Sequence[Finding], now: dt.datetime) -> Sequence[Resource]:
    """Every resource with these bytes, held or let go by what was found in them."""
    content.keep(session, checksum, findings, now)
    rows = _same_file(session, checksum)
    content.settle(session, now, {row.dataset_id for row in rows})
    return rows
