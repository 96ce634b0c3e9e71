"""Search: from a query to a page of results that explain themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog import vocabularies
from opendata.catalog.licenses import get as license_of
from opendata.catalog.licenses import verdict
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Text
from opendata.search.filters import FACETS
from opendata.search.index import FacetCount, Hit, Results
from opendata.search.marking import Marker, Piece
from opendata.search.notes import Note, NoteCode
from opendata.search.parser import MAX_SHOWN, Tree, parse
from opendata.search.query import SearchQuery
from opendata.services import passages
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import area_of
from opendata.services.results import ActiveFilter, Card, Facet, FacetValue, Inside, SearchPage
from opendata.store import queries

FACET_VALUES = 50
"""Most choices of one facet on a page; further ones are counted."""

Record = DatasetRecord | StudyRecord


def find(
    catalogue: Catalogue, actor: Actor, query: SearchQuery, *, language: str = "en", facets: bool = True
) -> SearchPage:
    """The page of results for `query`, titles marked in `language`. SearchUnavailable, never an empty page instead.

    Only the public index is read, whoever asks; what an index that lags still names and is no longer public is left
    out here.
    """
    del actor
    with catalogue.searches:
        results = catalogue.index.search(query, facets=FACETS if facets else ())
    with catalogue.sessions.read() as session:
        records = public_records(session, results.hits)
        names = _Names(session, query, results)
    tree = parse(query.q, exact=query.exact)
    marker = Marker(tree, catalogue.index.analyser()) if query.q.strip() else None
    found = _cards(catalogue, records, marker, language)
    lacking: dict[UUID | None, tuple[str, ...]] = {hit.id: hit.missing for hit in results.hits}
    return SearchPage(
        query=query,
        total=results.total,
        cards=tuple(replace(card, missing=lacking.get(card.record.id, ())) for card in found),
        facets=tuple(_facet(name, results.facets[name], query, names) for name in results.facets),
        active=tuple(
            ActiveFilter(name, value, names.label(name, value))
            for name, values in query.filters.items()
            for value in values
        ),
        pages=max(1, -(-results.total // query.size)),
        notes=_notes(query, tree),
        partial=results.partial,
    )


def _notes(query: SearchQuery, tree: Tree) -> tuple[Note, ...]:
    return (*tree.notes, Note(NoteCode.TOO_LONG, query.q[-MAX_SHOWN:])) if query.cut else tree.notes


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
    if isinstance(record, StudyRecord):
        return Card(record, None, pieces, disclosure=record.disclosure.on(today).status)
    return Card(record, verdict(record.license_id), pieces, inside, record.disclosure_on(today).status)


def _facet(name: str, counts: Sequence[FacetCount], query: SearchQuery, names: _Names) -> Facet:
    """Chosen values first, also those that nothing has any more, so that each can be taken off again."""
    chosen = query.filters.get(name, ())
    counted = {count.value: count.count for count in counts}
    order = [*chosen, *(count.value for count in counts if count.value not in chosen)]
    values = tuple(
        FacetValue(value, names.label(name, value), counted.get(value, 0), value in chosen)
        for value in order[: FACET_VALUES + len(chosen)]
    )
    return Facet(name, values, more=len(order) - len(values))


class _Names:
    """Labels of filter values, for people: from the vocabularies, or from the store for agencies."""

    def __init__(self, session: Session, query: SearchQuery, results: Results) -> None:
        chosen = query.filters.get("organization", ())
        counted = results.facets.get("organization", ())[: FACET_VALUES + len(chosen)]
        slugs = {*chosen, *(count.value for count in counted)}
        self._agencies = queries.organization_titles(session, slugs) if slugs else {}

    def label(self, name: str, value: str) -> Text:
        """What people call the value."""
        if name == "organization":
            return self._agencies.get(value, Text.of(value))
        if name == "license_id":
            found = license_of(value)
            return found.title if found else Text.of(value)
        if name == "type" and value == "study":
            return vocabularies.text_of("kind", value)
        if name == "subject":
            return vocabularies.subject_label("grnti", value) or Text.of(value)
        vocabulary = VOCABULARY_OF.get(name)
        return vocabularies.text_of(vocabulary, value) if vocabulary else Text.of(value)


VOCABULARY_OF = {
    "type": "dataset_type",
    "kind": "kind",
    "open": "openness",
    "language": "language",
    "theme": "theme",
    "disclosure": "disclosure",
    "text": "text_status",
}
"""Filters whose values are codes of a vocabulary."""
