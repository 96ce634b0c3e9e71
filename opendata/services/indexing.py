"""Keeps the index as the store is: single records by job, all of them by a rebuild, and a comparison that repairs."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord, TextStatus
from opendata.errors import NotFound
from opendata.search.build import dataset_document, study_document
from opendata.search.document import FileText, SearchDocument
from opendata.services import queue
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.store import queries
from opendata.store.queue import pending

logger = logging.getLogger(__name__)

PAGE = 200
"""Records read from the store at once."""

SEARCHED = (TextStatus.TEXT, TextStatus.OCR)
"""Text that is worth searching; garbled text is not."""

AREAS = ("public", "desk")

SLOWEST_CHANGE = dt.timedelta(minutes=10)
"""A change may be committed this much later than the instant that it carries; a rebuild looks back as far."""


def index_records(catalogue: Catalogue, datasets: Sequence[UUID], studies: Sequence[UUID]) -> int:
    """Index these records as they are now: public ones publicly, unpublished and private ones for the desk alone.

    Records that are withdrawn or gone are taken out. How many documents were written.
    """
    with catalogue.sessions.read() as session:
        paths = queries.organization_paths(session)
        found: list[DatasetRecord | StudyRecord] = [
            *queries.records(session, datasets),
            *queries.study_cards(session, studies),
        ]
    written = 0
    for area in AREAS:
        inside = [record for record in found if area_of(record) == area]
        kept = {record.id for record in inside}
        outside = [key for key in (*datasets, *studies) if key not in kept]
        documents = (_document(catalogue, record, paths) for record in inside)
        written += catalogue.index.update(documents, outside, area=area)
    return written


def area_of(record: DatasetRecord | StudyRecord) -> str:
    """Which index a record belongs to: public, desk, or "" for none."""
    if record.state == RecordState.WITHDRAWN:
        return ""
    return "public" if record.state == RecordState.PUBLISHED and not record.private else "desk"


def rebuild(catalogue: Catalogue, progress: Callable[[int, int | None], None] | None = None) -> int:
    """Build the index anew beside the live one and swap. What changed meanwhile is queued again. How many documents."""
    started = catalogue.now()
    written = 0
    for area in AREAS:
        written += catalogue.index.rebuild(_all(catalogue, area, progress), area=area)
    _queue_changed(catalogue, started - SLOWEST_CHANGE)
    return written


def _all(
    catalogue: Catalogue, area: str, progress: Callable[[int, int | None], None] | None
) -> Iterator[SearchDocument]:
    """Every record of `area`, a page at a time, so that memory does not grow with the catalogue."""
    done = 0
    with catalogue.sessions.read() as session:
        paths = queries.organization_paths(session)
    for records in chain(_pages(catalogue, _dataset_page), _pages(catalogue, _study_page)):
        for record in records:
            if area_of(record) == area:
                done += 1
                yield _document(catalogue, record, paths)
        if progress:
            progress(done, None)


_PageOf = Callable[[Session, UUID | None], tuple[Sequence[UUID], Sequence[DatasetRecord | StudyRecord]]]


def _pages(catalogue: Catalogue, page: _PageOf) -> Iterator[Sequence[DatasetRecord | StudyRecord]]:
    after: UUID | None = None
    while True:
        with catalogue.sessions.read() as session:
            ids, records = page(session, after)
        if not ids:
            return
        yield records
        after = ids[-1]


def _dataset_page(session: Session, after: UUID | None) -> tuple[Sequence[UUID], Sequence[DatasetRecord]]:
    ids = queries.dataset_ids_after(session, after, PAGE)
    return ids, queries.records(session, ids)


def _study_page(session: Session, after: UUID | None) -> tuple[Sequence[UUID], Sequence[StudyRecord]]:
    ids = queries.study_ids_after(session, after, PAGE)
    return ids, queries.study_cards(session, ids)


def _queue_changed(catalogue: Catalogue, since: dt.datetime) -> None:
    """Index again what was changed while the new index was being built."""
    with catalogue.sessions.write.begin() as session:
        changed = [key for key, _ in queries.changed_since(session, since, limit=1_000_000)]
        queue.index_datasets(session, catalogue.now(), changed)
        after: UUID | None = None
        while ids := queries.study_ids_after(session, after, PAGE):
            queue.index_studies(session, catalogue.now(), ids)
            after = ids[-1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How index and store differ: records that should be indexed and are not, and those that should not be."""

    missing: int
    surplus: int
    indexed: int


def compare(catalogue: Catalogue, *, repair: bool) -> Comparison:
    """Compare both indexes with the store; with `repair`, queue what mends them."""
    wanted: dict[str, set[UUID]] = {area: set() for area in AREAS}
    kinds: dict[UUID, str] = {}
    for kind, page in (("dataset", _dataset_page), ("study", _study_page)):
        for records in _pages(catalogue, page):
            for record in records:
                if record.id and (area := area_of(record)):
                    wanted[area].add(record.id)
                    kinds[record.id] = kind
    have = {area: catalogue.index.ids(area=area) for area in AREAS}
    missing = {key for area in AREAS for key in wanted[area] - have[area]}
    surplus = {key for area in AREAS for key in have[area] - wanted[area]}
    if repair and (missing or surplus):
        with catalogue.sessions.write.begin() as session:
            now = catalogue.now()
            off = missing | surplus
            queue.index_datasets(session, now, [key for key in off if kinds.get(key, "dataset") == "dataset"])
            queue.index_studies(session, now, [key for key in off if kinds.get(key) == "study"])
    return Comparison(len(missing), len(surplus), sum(map(len, have.values())))


def status(catalogue: Catalogue) -> dict[str, object]:
    """Figures for operators: documents of both areas, index jobs that wait, format version, bytes."""
    public, desk = (catalogue.index.status(area=area) for area in AREAS)
    with catalogue.sessions.read() as session:
        waiting = pending(session).get("index", 0)
    return {
        "documents": public.documents,
        "desk_documents": desk.documents,
        "pending": waiting,
        "format_version": public.format_version,
        "engine": public.engine,
        "byte_size": public.byte_size + desk.byte_size,
    }


def _document(
    catalogue: Catalogue, record: DatasetRecord | StudyRecord, paths: Mapping[UUID, Sequence[str]]
) -> SearchDocument:
    today = catalogue.today()
    agency = record.organization.id if record.organization else None
    ancestors = paths.get(agency, ()) if agency else ()
    if isinstance(record, StudyRecord):
        return study_document(record, ancestors, today)
    return dataset_document(record, ancestors, public_texts(catalogue, record.resources, today), today)


def public_texts(catalogue: Catalogue, resources: Sequence[ResourceRecord], today: dt.date) -> tuple[FileText, ...]:
    """The text of those files that the public may read on `today`; of all others not a word."""
    texts = []
    for resource in resources:
        if resource.id and resource.stored and resource.text.status in SEARCHED and resource.disclosure.is_open(today):
            try:
                pages = catalogue.page_texts.pages(resource.checksum, READER_VERSION)
            except NotFound:
                continue  # it will be read again by its job, and indexed then
            texts.append(FileText(resource.id, resource.checksum, pages))
    return tuple(texts)
