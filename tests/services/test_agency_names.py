"""Agencies may be asked for by what people call them, not only by their slug."""

from __future__ import annotations

import pytest

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import OrganizationRef, Text
from opendata.search.notes import NoteCode
from opendata.search.query import SearchQuery
from opendata.services import discovery, indexing
from opendata.services.actors import PUBLIC
from opendata.services.agency_names import MOST_MEANT, by_slug
from opendata.services.catalogue import Catalogue
from opendata.store.from_records import new_dataset
from opendata.store.organizations import Organization

AGENCIES = {
    "mecology": Text(kk="Экология министрлігі", ru="Министерство экологии", en="Ministry of Ecology"),
    "mag": Text(kk="Ауыл шаруашылығы министрлігі", ru="Министерство сельского хозяйства"),
    "water": Text(ru="Комитет по водным ресурсам"),
}


@pytest.fixture
def shelf(catalogue: Catalogue) -> Catalogue:
    """A record of each agency."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        ids = []
        for slug, title in AGENCIES.items():
            agency = Organization(slug=slug, title=title, created=now, modified=now)
            session.add(agency)
            session.flush()
            ref = OrganizationRef(slug=slug, id=agency.id)
            row = new_dataset(session, DatasetRecord(title=Text(ru="Отчёт"), slug=f"of-{slug}", organization=ref), now)
            session.flush()
            ids.append(row.id)
    indexing.index_records(catalogue, ids, [])
    return catalogue


def found(catalogue: Catalogue, q: str) -> set[str]:
    return {card.record.slug for card in discovery.find(catalogue, PUBLIC, SearchQuery(q)).cards}


@pytest.mark.parametrize(
    ("q", "slugs"),
    [
        ("ведомство:экологии", {"of-mecology"}),
        ('ведомство:"Министерство экологии"', {"of-mecology"}),
        ("ведомство:«сельского хозяйства»", {"of-mag"}),
        ('мекеме:"экология министрлігі"', {"of-mecology"}),
        ("agency:ECOLOGY", {"of-mecology"}),
        ("agency:mecology", {"of-mecology"}),
        ("ведомство:министерство", {"of-mecology", "of-mag"}),
        ("отчёт -ведомство:министерство", {"of-water"}),
        ("ведомство:вод отчёт", {"of-water"}),
    ],
)
def test_a_name_means_the_agencies_whose_title_has_words_that_begin_so(
    shelf: Catalogue, q: str, slugs: set[str]
) -> None:
    assert found(shelf, q) == slugs


def test_a_name_that_no_agency_has_is_told(shelf: Catalogue) -> None:
    page = discovery.find(shelf, PUBLIC, SearchQuery("ведомство:космоса"))
    assert page.total == 0
    assert [(note.code, note.piece) for note in page.notes] == [(NoteCode.NO_RECORD, "космоса")]


def test_the_page_keeps_the_words_that_were_typed(shelf: Catalogue) -> None:
    assert discovery.find(shelf, PUBLIC, SearchQuery("ведомство:экологии")).query.q == "ведомство:экологии"


def test_what_fits_too_many_agencies_is_left_as_typed(shelf: Catalogue) -> None:
    with shelf.sessions.write.begin() as session:
        for number in range(MOST_MEANT):
            title = Text(ru=f"Министерство {number}")
            session.add(Organization(slug=f"m-{number}", title=title, created=shelf.now(), modified=shelf.now()))
    query = SearchQuery("ведомство:министерство")
    assert by_slug(shelf, query).q == query.q
