"""Search: from a query to a page of results that explain themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.licenses import verdict
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.search.index import Hit, Results, Wanted
from opendata.search.marking import Marker, Piece
from opendata.search.parser import parse
from opendata.search.query import BY_ID, SearchQuery
from opendata.services import agency_names, passages, phrases, telling
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.facets import WANTED, active
from opendata.services.facets import facets as counted_facets
from opendata.services.hidden import one_answer
from opendata.services.indexing import area_of
from opendata.services.markers import marker_of
from opendata.services.query_notes import notes_of
from opendata.services.results import Card, Inside, SearchPage
from opendata.store import queries

Record = DatasetRecord | StudyRecord


@one_answer()
def find(
    catalogue: Catalogue, actor: Actor, query: SearchQuery, *, language: str = "en", facets: bool = True
) -> SearchPage:
    """The page of results for `query`, titles marked in `language`. SearchUnavailable, never an empty page instead.

    Only the public index is read, whoever asks; what an index that lags still names and is no longer public is left
    out here.
    """
    del actor
    with catalogue.searches:
        asked = agency_names.by_slug(catalogue, query)
        results, checked, following = _results(catalogue, asked, WANTED if facets else ())
    with catalogue.sessions.read() as session:
        records = public_records(session, results.hits)
        counted, names = counted_facets(session, query, results.facets)
    tree = parse(asked.q, exact=query.exact)
    marker = marker_of(catalogue, query, tree) if query.q.strip() else None
    found = _cards(catalogue, records, marker, language)
    hits: dict[UUID | None, Hit] = {hit.id: hit for hit in results.hits}
    return SearchPage(
        query=query,
        total=results.total,
        cards=tuple(_scored(card, hits[card.record.id]) for card in found),
        facets=counted,
        active=active(query, names),
        pages=max(1, -(-results.total // query.size)),
        notes=notes_of(query, tree, catalogue.index, results.total),
        complete=results.complete,
        checked=checked,
        following=following,
    )


def _results(catalogue: Catalogue, query: SearchQuery, facets: Wanted) -> tuple[Results, int, UUID | None]:
    if query.order == BY_ID:
        return phrases.walk(catalogue, query, facets)
    return *phrases.search(catalogue, query, facets), None


def _scored(card: Card, hit: Hit) -> Card:
    return replace(card, missing=hit.missing, score=hit.score)


def cards(catalogue: Catalogue, records: Iterable[Record], language: str = "en") -> tuple[Card, ...]:
    """Cards of records that were not searched for."""
    return _cards(catalogue, tuple(records), None, language)


def public_records(session: Session, hits: Sequence[Hit]) -> list[Record]:
    """The records of the hits, in their order, as far as they are public."""
    datasets = queries.cards(session, [hit.id for hit in hits if hit.kind == "dataset"])
    studies = queries.study_cards(session, [hit.id for hit in hits if hit.kind == "study"])
    found: dict[UUID | None, Record] = {dataset.id: dataset for dataset in datasets}
    found |= {study.id: study for study in studies}
    return [found[hit.id] for hit in hits if hit.id in found and area_of(found[hit.id]) == "public"]


def _cards(catalogue: Catalogue, records: Sequence[Record], marker: Marker | None, language: str) -> tuple[Card, ...]:
    today = catalogue.today()
    inside = passages.of_records(catalogue, records, marker) if marker else [None] * len(records)
    return tuple(_card(record, found, marker, language, today) for record, found in zip(records, inside, strict=True))


def _card(record: Record, inside: Inside | None, marker: Marker | None, language: str, today: dt.date) -> Card:
    title = record.title.show(language).value
    pieces = marker.mark(title) if marker else (Piece(title),)
    fields = telling.told(record, marker, language, today) if marker and inside is None else ()
    if isinstance(record, StudyRecord):
        return Card(record, None, pieces, disclosure=record.disclosure.on(today).status, told=fields)
    return Card(record, verdict(record.license_id), pieces, inside, record.disclosure_on(today).status, told=fields)
