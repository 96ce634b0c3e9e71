"""Following a search: its newest records for a feed, all of its records for a table. Only what the public may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opendata.catalog.records import DatasetRecord, OrganizationRecord, StudyRecord
from opendata.search.build import dataset_document, study_document
from opendata.search.document import SearchDocument
from opendata.search.index import Hit
from opendata.search.query import SearchQuery
from opendata.services import datasets, discovery, facets, organizations, phrases
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.results import ActiveFilter, FileLine

FEED_SIZE = 50
"""Entries in one page of a feed."""
FEED_SORT = "-modified"
"""A feed tells what came or changed since one last looked, whatever the search is sorted by."""
TABLE_SIZE = 10_000
"""Rows of one table; `page` gives the next ones."""
_AT_ONCE = 500
"""Records that are in memory together."""

Record = DatasetRecord | StudyRecord


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A record with those of its files that everybody may have today."""

    record: Record
    files: tuple[FileLine, ...]


@dataclass(frozen=True, slots=True)
class FeedPage:
    """The newest records of a search, at most FEED_SIZE, last changed first.

    `active` are its filters with what people call them.
    """

    query: SearchQuery
    active: tuple[ActiveFilter, ...]
    entries: tuple[FeedEntry, ...]
    pages: int


@dataclass(frozen=True, slots=True)
class TableRow:
    """A record with what filters see of it; `missing` are words of the search that it lacks."""

    record: Record
    facts: SearchDocument
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`total` records were found, of which `rows` gives those of this page, read while they are taken."""

    query: SearchQuery
    total: int
    pages: int
    rows: Iterator[TableRow]


def feed(catalogue: Catalogue, query: SearchQuery) -> FeedPage:
    """What is new in a search. Records that hold only some of its words do not belong to it, so they do not come.

    SearchUnavailable, never an empty feed instead.
    """
    query = replace(query, sort=FEED_SORT, size=FEED_SIZE, whole=True)
    with catalogue.searches:
        results, _checked = phrases.search(catalogue, query)
    with catalogue.sessions.read() as session:
        records = discovery.public_records(session, results.hits)
        active = facets.active(query, facets.Names(session, query.filters.get("organization", ())))
    return FeedPage(
        query=query,
        active=active,
        entries=tuple(FeedEntry(record, _files(record, catalogue.today())) for record in records),
        pages=max(1, -(-results.total // FEED_SIZE)),
    )


def table(catalogue: Catalogue, query: SearchQuery) -> Table:
    """All records of a search, at most TABLE_SIZE a page, in its own order. One search, then few SELECTs for 500 rows.

    A record that is withdrawn or closed while the rows are read is no longer among them.
    """
    query = replace(query, size=TABLE_SIZE)
    with catalogue.searches:
        results, _checked = phrases.search(catalogue, query)
    pages = max(1, -(-results.total // TABLE_SIZE))
    return Table(query, results.total, pages, _rows(catalogue, results.hits))


def agency(catalogue: Catalogue, name: str) -> OrganizationRecord:
    """The agency whose feed is asked for. NotFound; Moved from a former slug."""
    return organizations.record(catalogue, name)


def _rows(catalogue: Catalogue, hits: tuple[Hit, ...]) -> Iterator[TableRow]:
    for start in range(0, len(hits), _AT_ONCE):
        part = hits[start : start + _AT_ONCE]
        missing = {hit.id: hit.missing for hit in part}
        with catalogue.sessions.read() as session:
            records = discovery.public_records(session, part)
        today = catalogue.today()
        for record in records:
            yield TableRow(record, _facts(record, today), missing[record.id] if record.id else ())


def _facts(record: Record, today: dt.date) -> SearchDocument:
    if isinstance(record, StudyRecord):
        return study_document(record, (), today)
    return dataset_document(record, (), (), today)


def _files(record: Record, today: dt.date) -> tuple[FileLine, ...]:
    if isinstance(record, StudyRecord):
        return ()
    lines = (datasets.file_line(resource, record, PUBLIC, today) for resource in record.resources)
    return tuple(line for line in lines if line.available)
