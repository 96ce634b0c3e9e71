"""Any search as a table, CSV, XLSX or JSON lines: a row a record, in its own order, sent while it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flask import Blueprint, Response, request, stream_with_context, url_for

from opendata.catalog.records import StudyRecord
from opendata.export.sheets import SHEETS, Cell
from opendata.search.query import SearchQuery
from opendata.services import following
from opendata.services.following import TABLE_SIZE, Table, TableRow
from opendata.web.i18n import in_this_language, page_language, unprefixed_root
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.listing import query_url
from opendata.web.rendering import absolute, shown
from opendata.web.sharing import shared

blueprint = Blueprint("tables", __name__)


def _agency(row: TableRow) -> Cell:
    return shown(row.record.organization.title).value if row.record.organization else None


def _page(row: TableRow) -> Cell:
    endpoint = "studies.page" if isinstance(row.record, StudyRecord) else "datasets.page"
    return absolute(in_this_language(url_for(endpoint, slug=row.record.slug)))


def _files(row: TableRow) -> Cell:
    return None if isinstance(row.record, StudyRecord) else len(row.record.resources)


def _modified(row: TableRow) -> Cell:
    moment = row.record.metadata_modified
    return moment.isoformat(timespec="seconds") if moment else None


COLUMNS: Mapping[str, Callable[[TableRow], Cell]] = {
    "id": lambda row: str(row.record.id),
    "kind": lambda row: row.facts.kind,
    "slug": lambda row: row.record.slug,
    "url": _page,
    "uri": lambda row: absolute(f"{unprefixed_root()}/id/{row.record.id}"),
    "title_kk": lambda row: row.record.title.kk,
    "title_ru": lambda row: row.record.title.ru,
    "title_en": lambda row: row.record.title.en,
    "title_other": lambda row: row.record.title.other,
    "organization": lambda row: row.record.organization.slug if row.record.organization else None,
    "organization_title": _agency,
    "performer": lambda row: row.facts.performer,
    "year": lambda row: row.facts.year or None,
    "type": lambda row: row.facts.type,
    "license_id": lambda row: row.facts.license_id,
    "open": lambda row: row.facts.open if row.facts.kind == "dataset" else None,
    "format": lambda row: row.facts.format,
    "files": _files,
    "language": lambda row: row.facts.language,
    "theme": lambda row: row.facts.theme,
    "subject": lambda row: row.facts.subject,
    "disclosure": lambda row: row.facts.disclosure,
    "text": lambda row: row.facts.text,
    "identifiers": lambda row: row.facts.identifiers,
    "downloads": lambda row: row.facts.downloads if row.facts.kind == "dataset" else None,
    "metadata_modified": _modified,
    "missing_words": lambda row: row.missing,
}
"""Name of each column and what stands in it; docs/following.md tells what they mean."""


@blueprint.get("/search.<any(csv,xlsx,jsonl):suffix>")
@limited("searches")
def search(suffix: str) -> Response:
    """The records of a search; it takes the arguments of the search pages.

    No more than TABLE_SIZE in one answer. Where there are more, the name of the file says so, X-Total-Count is their
    number, and a Link leads to the next ones (RFC 8288).
    """
    form = next(one for one in SHEETS if one.suffix == suffix)
    table = following.table(the_catalogue(), SearchQuery.from_args(request.args, TABLE_SIZE))
    pieces = stream_with_context(form.pieces(tuple(COLUMNS), _cells(table)))
    response = Response(pieces, mimetype=form.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{_filename(table, suffix)}"'
    response.headers["X-Total-Count"] = str(table.total)
    if table.query.page < table.pages:
        further = table_url(table.query.at_page(table.query.page + 1), suffix)
        response.headers["Link"] = f'<{absolute(further)}>; rel="next"'
    response.content_language.add(page_language())
    response.cache_control.no_cache = True
    return shared(response)


def table_url(query: SearchQuery, suffix: str = "csv") -> str:
    """Where the table of `query` is, in this language."""
    return in_this_language(query_url("tables.search", query, url_for("tables.search", suffix=suffix)))


def _cells(table: Table) -> Iterator[list[Cell]]:
    return ([value(row) for value in COLUMNS.values()] for row in table.rows)


def _filename(table: Table, suffix: str) -> str:
    if table.pages == 1:
        return f"search.{suffix}"
    first = table.query.offset + 1
    return f"search-{first}-{min(table.query.offset + TABLE_SIZE, table.total)}-of-{table.total}.{suffix}"
