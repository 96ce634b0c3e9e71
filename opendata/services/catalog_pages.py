"""The public catalogue in pages for other portals: no record is skipped or comes twice, whatever changes meanwhile."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID

from opendata.errors import Invalid, Problem
from opendata.services import ckan_search
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.ckan_search import SearchRequest
from opendata.store.queries import catalog as queries

PER_PAGE = 100
"""Records of a page, as CKAN's extension has them."""
_CURSOR = re.compile(r"(\d{8}T\d{12})-([0-9a-f]{32})\Z")
_CURSOR_TIME = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """What of the catalogue is wanted: only what was changed `since`; only what a search in CKAN's words finds."""

    since: dt.datetime | None = None
    q: str = ""
    fq: str = ""


EVERYTHING = CatalogQuery()


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """One page: its records, its `number`, how many records the whole list has, and where the next begins.

    `after` is "" on the last page; `total` and `pages` are None where counting would cost more than the page.
    """

    ids: tuple[UUID, ...]
    number: int
    pages: int | None
    total: int | None
    after: str = ""


@dataclass(frozen=True, slots=True)
class CatalogState:
    """What tells whether anything public may have changed: an opaque `mark`, and when a record last did."""

    mark: str
    changed: dt.datetime | None


def page(catalogue: Catalogue, number: int = 1, after: str = "", query: CatalogQuery = EVERYTHING) -> CatalogPage:
    """Page `number`, or what follows the cursor `after`, which stays right while records come and go.

    Invalid for a cursor that no page gave, SearchQueryError for a search that cannot be understood.
    """
    if query.q or query.fq:
        return _searched(catalogue, number, after, query)
    place, since = _place(after) if after else None, query.since
    with catalogue.sessions.read() as session:
        total = queries.public_total(session, since)
        found = queries.public_places(session, place, (number - 1) * PER_PAGE, PER_PAGE + 1, since)
    more = len(found) > PER_PAGE
    found = found[:PER_PAGE]
    pages = None if total is None else max(-(-total // PER_PAGE), 1)
    cursor = f"{found[-1][0].astimezone(dt.UTC).strftime(_CURSOR_TIME)}-{found[-1][1].hex}" if more else ""
    return CatalogPage(tuple(one for _, one in found), number, pages, total, cursor)


def _searched(catalogue: Catalogue, number: int, after: str, query: CatalogQuery) -> CatalogPage:
    since = f"metadata_modified:[{query.since:%Y-%m-%dT%H:%M:%S.%fZ} TO *]" if query.since else ""
    request = SearchRequest(
        q=query.q,
        fq=query.fq,
        fq_list=[since] if since else [],
        rows=PER_PAGE,
        start=0 if after else (number - 1) * PER_PAGE,
        sort="metadata_created asc",
        after=after,
    )
    found = ckan_search.find(catalogue, PUBLIC, request)
    return CatalogPage(found.ids, number, max(-(-found.count // PER_PAGE), 1), found.count, found.next)


def state(catalogue: Catalogue) -> CatalogState:
    """How the public catalogue stands now. It changes with every change of a record, and with the day."""
    with catalogue.sessions.read() as session:
        event, total, changed = queries.last_change(session)
    return CatalogState(f"{event}-{total}-{changed and changed.isoformat()}-{catalogue.today()}", changed)


def _place(cursor: str) -> queries.Place:
    found = _CURSOR.match(cursor)
    try:
        if found:
            return dt.datetime.strptime(found[1], _CURSOR_TIME).replace(tzinfo=dt.UTC), UUID(found[2])
    except ValueError:
        pass
    raise Invalid("", [Problem("after", f"{cursor!r} is no cursor of this catalogue.", "after")])
