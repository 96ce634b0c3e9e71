"""A file as a reader meets it: its page with the text page by page, and its bytes."""

from __future__ import annotations

import json
from typing import BinaryIO, NoReturn
from uuid import UUID

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.errors import NotFound, NotPublic
from opendata.reading import charset
from opendata.reading.tablepreview import TablePreview
from opendata.search.marking import Piece
from opendata.search.query import NO_WORDS, SearchQuery
from opendata.services import datasets, within
from opendata.services.actors import PUBLIC, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import area_of
from opendata.services.markers import marker_of
from opendata.services.reading import READER_VERSION
from opendata.services.results import ExternalFile, FilePage, OpenedFile
from opendata.store import queries

MAX_PAGE_CHARACTERS = 200_000
"""Characters of one page that are shown; a text file of megabytes is one page. What was cut is said."""


def file_page(
    catalogue: Catalogue,
    actor: Actor,
    dataset_name: str,
    resource_id: str,
    page: int | None = None,
    words: SearchQuery = NO_WORDS,
    leaf: int = 1,
) -> FilePage:
    """The file with the text of `page` (None: the first with a hit, else 1), those `words` marked.

    `leaf` is that of the list of pages with hits. Text and table are there only as far as the actor may have the file.
    NotFound for a page, and for a leaf, that there is not.
    """
    dataset = datasets.record(catalogue, actor, dataset_name)
    resource = resource_of(dataset, resource_id)
    line = datasets.file_line(resource, dataset, actor, catalogue.today())
    if not line.available or not resource.stored:
        return FilePage(dataset, line, page=0, pages=0, words=words)
    texts = _texts(catalogue, resource)
    marker = marker_of(catalogue, words) if words.q else None
    found = within.find(catalogue, [resource], marker, leaf) if marker else None
    hits = found.numbers.get(resource.checksum, ()) if found else ()
    number = page if page is not None else (hits[0] if hits else 1)
    if texts and not 1 <= number <= len(texts):
        raise NotFound(f"The file has {len(texts)} pages; there is no page {number}.")
    text = texts[number - 1][:MAX_PAGE_CHARACTERS] if texts else ""
    return FilePage(
        dataset=dataset,
        line=line,
        page=number if texts else 0,
        pages=len(texts),
        text=marker.mark(text) if marker else (Piece(text),) if text else (),
        hits=hits,
        found=found,
        table=_table(catalogue, resource),
        words=words,
        cut=bool(texts) and len(texts[number - 1]) > MAX_PAGE_CHARACTERS,
    )


def open_file(catalogue: Catalogue, actor: Actor, dataset_name: str, resource_id: str) -> OpenedFile | ExternalFile:
    """The bytes of the file, or the link where we hold no copy. NotPublic for a file that is not open."""
    dataset = datasets.record(catalogue, actor, dataset_name)
    resource = resource_of(dataset, resource_id)
    line = datasets.file_line(resource, dataset, actor, catalogue.today())
    if not line.available:
        refuse(dataset, resource)
    if not resource.stored:
        return ExternalFile(resource.download_url or resource.access_url)
    stream = catalogue.files.open(resource.checksum)
    return OpenedFile(
        stream=stream,
        filename=resource.filename or f"{resource.id}.{resource.format.lower() or 'bin'}",
        media_type=resource.media_type or "application/octet-stream",
        byte_size=resource.byte_size or 0,
        checksum=resource.checksum,
        inline_allowed=line.inline,
        encoding=encoding(stream) if resource.media_type.startswith("text/") else "",
        modified=dataset.metadata_created,
        dataset_id=dataset.id,
        resource_id=resource.id,
        public=_is_public(resource, dataset, catalogue),
    )


def link(catalogue: Catalogue, opened: OpenedFile, *, disposition: str, media_type: str) -> str:
    """An address of the file store from which anybody may fetch the file for a short while, with these headers.

    "" for a file that is not for everybody, and where the settings or the kind of store give no such addresses.
    """
    if not opened.public:
        return ""
    return catalogue.files.link(opened.checksum, disposition=disposition, media_type=media_type)


def _is_public(resource: ResourceRecord, dataset: DatasetRecord, catalogue: Catalogue) -> bool:
    line = datasets.file_line(resource, dataset, PUBLIC, catalogue.today())
    return area_of(dataset) == "public" and line.available


def encoding(stream: BinaryIO) -> str:
    """Python's name of the charset of a text, "" where it cannot be told. The stream stands at its beginning again."""
    head = stream.read(charset.SAMPLE)
    stream.seek(0)
    return charset.guess(head) or ""


def refuse(dataset: DatasetRecord, resource: ResourceRecord) -> NoReturn:
    """Says why there is nothing to have."""
    disclosure = resource.disclosure
    if disclosure.status.value in ("embargoed", "withheld"):
        until = f" It opens on {disclosure.until.isoformat()}." if disclosure.until else ""
        ground = f" Ground: {disclosure.legal_ground}." if disclosure.legal_ground else ""
        message = f"This file is not public ({disclosure.status.value}).{until}{ground}"
        raise NotPublic(message, dataset, disclosure)
    raise NotFound("There is neither a copy of this file nor a link to it.")


def resource_of(dataset: DatasetRecord, resource_id: str) -> ResourceRecord:
    """The file of that id. NotFound."""
    try:
        wanted = UUID(resource_id)
    except ValueError:
        wanted = None
    for resource in dataset.resources:
        if resource.id == wanted:
            return resource
    raise NotFound(f"The dataset {dataset.slug!r} has no file {resource_id!r}.")


def _texts(catalogue: Catalogue, resource: ResourceRecord) -> tuple[str, ...]:
    try:
        return catalogue.page_texts.pages(resource.checksum, READER_VERSION)
    except NotFound:
        return ()


def _table(catalogue: Catalogue, resource: ResourceRecord) -> TablePreview | None:
    if resource.id is None:
        return None
    with catalogue.sessions.read() as session:
        stored = queries.resource_preview(session, resource.id)
    return TablePreview.from_json(json.dumps(stored)) if stored else None
