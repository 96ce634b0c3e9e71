"""Fills the index from the store: single records by job, all of them by a rebuild."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord, TextStatus
from opendata.catalog.stored import is_public
from opendata.errors import NotFound
from opendata.search.build import dataset_document, study_document
from opendata.search.document import FileText, SearchDocument
from opendata.search.index import AREAS, Progress
from opendata.services import pagekeys
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.store import queries
from opendata.store.queue import pending

logger = logging.getLogger(__name__)

PAGE = 200
"""Records read from the store at once."""

SEARCHED = (TextStatus.TEXT, TextStatus.OCR)
"""Text that is worth searching; garbled text is not."""

REBUILD_JOB = "rebuild"


def index_records(catalogue: Catalogue, datasets: Sequence[UUID], studies: Sequence[UUID]) -> int:
    """Index these records as they are now: public ones publicly, all others for the desk alone.

    Records that are gone, and studies that are withdrawn, are taken out. How many documents were written.
    """
    with catalogue.sessions.read() as session:
        paths = queries.organization_paths(session)
        groups = queries.groups_of_datasets(session, datasets)
        found: list[DatasetRecord | StudyRecord] = [
            *queries.records(session, datasets),
            *queries.study_cards(session, studies),
        ]
    written = 0
    for area in AREAS:
        inside = [record for record in found if area_of(record) == area]
        kept = {record.id for record in inside}
        outside = [key for key in (*datasets, *studies) if key not in kept]
        documents = (_document(catalogue, record, paths, groups) for record in inside)
        with _keeping(catalogue, area) as keep:
            written += catalogue.index.update(documents, outside, area=area, keep=keep)
    return written


def area_of(record: DatasetRecord | StudyRecord) -> str:
    """Which index a record belongs to: public, desk, or "" for none. Withdrawn datasets are looked for by CKAN's
    clients alone, who know no studies.
    """
    if record.state == RecordState.WITHDRAWN and isinstance(record, StudyRecord):
        return ""
    return "public" if is_public(record) else "desk"


def rebuild(catalogue: Catalogue, progress: Progress | None = None) -> int:
    """Build the index anew beside the live one and swap; what changes meanwhile is in it too. How many documents.

    `progress` is told how many are done, area by area. It takes minutes: never to be called by what answers requests.
    """
    written = 0
    for area in AREAS:
        with _keeping(catalogue, area) as keep:
            written += catalogue.index.rebuild(documents(catalogue, area), area=area, progress=progress, keep=keep)
    pagekeys.drop_stale(catalogue)
    return written


def _keeping(catalogue: Catalogue, area: str) -> AbstractContextManager[pagekeys.Keep | None]:
    """What keeps which pages hold which words: for what everybody may find, where the passages are shown."""
    return pagekeys.keeping(catalogue) if area == "public" else nullcontext()


def documents(catalogue: Catalogue, area: str) -> Iterator[SearchDocument]:
    """Every record of `area`, read a page at a time, so that memory does not grow with the catalogue."""
    with catalogue.sessions.read() as session:
        paths, groups = queries.organization_paths(session), queries.groups_of_datasets(session)
    for record in records(catalogue, area):
        if area_of(record) == area:
            yield _document(catalogue, record, paths, groups)


def records(catalogue: Catalogue, area: str = "") -> Iterator[DatasetRecord | StudyRecord]:
    """The records of `area`, or of every state."""
    for page in (_dataset_page, _study_page):
        after: UUID | None = None
        while True:
            with catalogue.sessions.read() as session:
                ids, found = page(session, after, area)
            if not ids:
                break
            yield from found
            after = ids[-1]


def _dataset_page(session: Session, after: UUID | None, area: str) -> tuple[Sequence[UUID], Sequence[DatasetRecord]]:
    ids = queries.dataset_ids_after(session, after, PAGE, area)
    return ids, queries.records(session, ids)


def _study_page(session: Session, after: UUID | None, area: str) -> tuple[Sequence[UUID], Sequence[StudyRecord]]:
    ids = queries.study_ids_after(session, after, PAGE, area)
    return ids, queries.study_cards(session, ids)


def status(catalogue: Catalogue) -> dict[str, object]:
    """Figures for operators: documents of both areas, index jobs that wait, format version, bytes.

    `current` is whether this program can use the index; when not, it is to be rebuilt, which the worker sees to.
    """
    public, desk = (catalogue.index.status(area=area) for area in AREAS)
    with catalogue.sessions.read() as session:
        queued = pending(session)
    return {
        "documents": public.documents,
        "desk_documents": desk.documents,
        "pending": queued.get("index", 0),
        "format_version": public.format_version,
        "current": public.current and desk.current,
        "rebuilding": queued.get(REBUILD_JOB, 0) > 0,
        "engine": public.engine,
        "byte_size": public.byte_size + desk.byte_size,
    }


def _document(
    catalogue: Catalogue,
    record: DatasetRecord | StudyRecord,
    paths: Mapping[UUID, Sequence[str]],
    groups: Mapping[UUID, Sequence[str]],
) -> SearchDocument:
    today = catalogue.today()
    ancestors = ancestors_of(record, paths)
    if isinstance(record, StudyRecord):
        return study_document(record, ancestors, today)
    texts = public_texts(catalogue, with_text(record), today)
    return dataset_document(record, ancestors, texts, today, groups_of(record, groups))


def ancestors_of(record: DatasetRecord | StudyRecord, paths: Mapping[UUID, Sequence[str]]) -> Sequence[str]:
    """The slugs of the record's organisation and of every one above it."""
    return paths.get(record.organization.id, ()) if record.organization and record.organization.id else ()


def groups_of(record: DatasetRecord, groups: Mapping[UUID, Sequence[str]]) -> Sequence[str]:
    """The slugs of the groups that the dataset is in."""
    return groups.get(record.id, ()) if record.id else ()


def public_texts(catalogue: Catalogue, resources: Sequence[ResourceRecord], today: dt.date) -> tuple[FileText, ...]:
    """The text of those files that the public may read on `today`; of all others not a word."""
    texts = []
    for resource in resources:
        if is_searched(resource, today):
            try:
                pages = catalogue.page_texts.pages(resource.checksum, READER_VERSION)
            except NotFound:
                continue  # it will be read again by its job, and indexed then
            texts.append(file_text(resource, pages))
    return tuple(texts)


def with_text(record: DatasetRecord) -> tuple[ResourceRecord, ...]:
    """The files whose text may be searched: none of what was withdrawn, for its texts may be why."""
    return () if record.state is RecordState.WITHDRAWN else record.resources


def is_searched(resource: ResourceRecord, today: dt.date) -> bool:
    """Whether the text of a file is for the public, on `today`, and worth searching."""
    return bool(resource.stored and resource.text.status in SEARCHED and resource.disclosure.is_open(today))


def file_text(resource: ResourceRecord, pages: tuple[str, ...]) -> FileText:
    """The text of a stored file as the index is given it."""
    if resource.id is None:
        raise ValueError("a file without an id cannot be indexed")
    return FileText(resource.id, resource.checksum, pages, READER_VERSION)
