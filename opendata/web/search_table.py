"""Any search as a table: a row a record, in the order of the search, sent while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flask import Blueprint, Response, request, stream_with_context, url_for

from opendata.catalog.records import StudyRecord
from opendata.search.query import SearchQuery
from opendata.services import following
from opendata.services.following import TABLE_SIZE, Table, TableRow
from opendata.web.i18n import in_this_language, page_language, unprefixed_root
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.listing import query_url
from opendata.web.rendering import absolute, shown
from opendata.web.tables import csv_answer

blueprint = Blueprint("tables", __name__)

SEPARATOR = "; "
"""Between several values in one cell."""


def _agency(row: TableRow) -> str:
    return shown(row.record.organization.title).value if row.record.organization else ""


def _page(row: TableRow) -> str:
    endpoint = "studies.page" if isinstance(row.record, StudyRecord) else "datasets.page"
    return absolute(in_this_language(url_for(endpoint, slug=row.record.slug)))


def _files(row: TableRow) -> str:
    return "" if isinstance(row.record, StudyRecord) else str(len(row.record.resources))


def _modified(row: TableRow) -> str:
    moment = row.record.metadata_modified
    return moment.isoformat(timespec="seconds") if moment else ""


COLUMNS: Mapping[str, Callable[[TableRow], str]] = {
    "id": lambda row: str(row.record.id),
    "kind": lambda row: row.facts.kind,
    "slug": lambda row: row.record.slug,
    "url": _page,
    "uri": lambda row: absolute(f"{unprefixed_root()}/id/{row.record.id}"),
    "title_kk": lambda row: row.record.title.kk,
    "title_ru": lambda row: row.record.title.ru,
    "title_en": lambda row: row.record.title.en,
    "title_other": lambda row: row.record.title.other,
    "organization": lambda row: row.record.organization.slug if row.record.organization else "",
    "organization_title": _agency,
    "performer": lambda row: SEPARATOR.join(row.facts.performer),
    "year": lambda row: str(row.facts.year or ""),
    "type": lambda row: row.facts.type,
    "license_id": lambda row: SEPARATOR.join(row.facts.license_id),
    "open": lambda row: row.facts.open if row.facts.kind == "dataset" else "",
    "format": lambda row: SEPARATOR.join(row.facts.format),
    "files": _files,
    "language": lambda row: SEPARATOR.join(row.facts.language),
    "theme": lambda row: SEPARATOR.join(row.facts.theme),
    "subject": lambda row: SEPARATOR.join(row.facts.subject),
    "disclosure": lambda row: row.facts.disclosure,
    "text": lambda row: SEPARATOR.join(row.facts.text),
    "identifiers": lambda row: SEPARATOR.join(row.facts.identifiers),
    "downloads": lambda row: str(row.facts.downloads) if row.facts.kind == "dataset" else "",
    "metadata_modified": _modified,
    "missing_words": lambda row: SEPARATOR.join(row.missing),
}
"""Name of each column and what stands in it; docs/following.md tells what they mean."""


@blueprint.get("/search.csv")
@limited("searches")
def search() -> Response:
    """The records of a search; it takes the arguments of the search pages.

    No more than TABLE_SIZE in one answer. Where there are more, the name of the file says so, X-Total-Count is their
    number, and a Link leads to the next ones (RFC 8288).
    """
    table = following.table(the_catalogue(), SearchQuery.from_args(request.args, TABLE_SIZE))
    rows = stream_with_context(_cells(table))  # type: ignore[type-var]  # Flask names text alone, and passes on any
    response = csv_answer(_filename(table), tuple(COLUMNS), rows)
    response.headers["X-Total-Count"] = str(table.total)
    if table.query.page < table.pages:
        url = absolute(in_this_language(query_url("tables.search", table.query.at_page(table.query.page + 1))))
        response.headers["Link"] = f'<{url}>; rel="next"'
    response.content_language.add(page_language())
    response.cache_control.no_cache = True
    return response


def _cells(table: Table) -> Iterator[list[str]]:
    return ([value(row) for value in COLUMNS.values()] for row in table.rows)


def _filename(table: Table) -> str:
    if table.pages == 1:
        return "search.csv"
    first = table.query.offset + 1
    return f"search-{first}-{min(table.query.offset + TABLE_SIZE, table.total)}-of-{table.total}.csv"
