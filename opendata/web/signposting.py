"""Typed links in the headers of a dataset's page, of its files' pages, and of the files themselves."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from opendata.catalog.records import DatasetRecord
from opendata.catalog.stored import is_public
from opendata.export import signposting
from opendata.export.entry import Entry
from opendata.export.registry import described
from opendata.web.identity import the_catalogue
from opendata.web.this_site import the_site


def sign_dataset(response: Response, record: DatasetRecord) -> None:
    """Put the links of the dataset on its page, where everybody may see it."""
    if is_public(record):
        site, entry = the_site(), _entry(record)
        links = [*signposting.landing_links(entry, site, described()), signposting.set_link(record, site)]
        response.headers["Link"] = signposting.header(links)


def sign_file(response: Response, record: DatasetRecord, resource_id: UUID | None) -> None:
    """Put the links of a file on its page, where everybody may see its record."""
    entry = _entry(record)
    file = next((one for one in entry.files if one.resource.id == resource_id), None)
    if file is not None and is_public(record):
        site = the_site()
        links = [*signposting.file_links(file, entry, site), signposting.set_link(record, site)]
        response.headers["Link"] = signposting.header(links)


def sign_download(response: Response, slug: str) -> None:
    """Put on a public file the way to the dataset called `slug` that it is part of, and to all its links."""
    landing = f"{the_site().url}/dataset/{slug}"
    links = [
        signposting.TypedLink("collection", landing, "text/html"),
        signposting.TypedLink("linkset", f"{landing}.{signposting.SUFFIX}", signposting.MEDIA_TYPE),
    ]
    response.headers["Link"] = signposting.header(links)


def _entry(record: DatasetRecord) -> Entry:
    return Entry.of(record, None, the_catalogue().today())
