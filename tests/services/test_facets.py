"""Facets of a page of results: counts, trees, what is always there, and what a page of them costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import update

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Keyword, OrganizationRef, PartialDate, Subject, Text
from opendata.errors import NotFound
from opendata.search.query import SearchQuery
from opendata.services import discovery, facets, indexing
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.results import Facet, FacetValue
from opendata.store.from_records import new_dataset
from opendata.store.organizations import Organization
from tests.factories import organization
from tests.store.conftest import Selects


@pytest.fixture
def agencies(catalogue: Catalogue) -> dict[str, UUID]:
    """A ministry with two institutes, one of which has a laboratory; and an agency alone."""
    made = {"ministry": organization(catalogue, "ministry")}
    made["water"] = organization(catalogue, "water", made["ministry"])
    made["soil"] = organization(catalogue, "soil", made["ministry"])
    made["laboratory"] = organization(catalogue, "laboratory", made["water"])
    made["alone"] = organization(catalogue, "alone")
    return made


def put(catalogue: Catalogue, agencies: dict[str, UUID], *rows: tuple[str, str, int]) -> None:
    """Index a record per row: its agency, its subject and its year, which is a keyword too."""
    with catalogue.sessions.write.begin() as session:
        made = [
            new_dataset(
                session,
                DatasetRecord(
                    title=Text(ru=f"Запись {number}"),
                    slug=f"record-{agency}-{number}",
                    organization=OrganizationRef(slug=agency, id=agencies[agency]),
                    subjects=(Subject("grnti", subject),),
                    issued=PartialDate(year),
                    keywords=(Keyword(f"Слово {year}"),),
                ),
                catalogue.now(),
            )
            for number, (agency, subject, year) in enumerate(rows)
        ]
        session.flush()
        ids = [row.id for row in made]
    indexing.index_records(catalogue, ids, [])


@pytest.fixture
def shelf(catalogue: Catalogue, agencies: dict[str, UUID]) -> Catalogue:
    put(
        catalogue,
        agencies,
        ("laboratory", "70.27.11", 2019),
        ("water", "70.27.11", 2020),
        ("soil", "68.05", 2020),
        ("soil", "68.35", 2021),
        ("alone", "68.35", 2021),
        ("ministry", "06.35", 1990),
    )
    return catalogue


def facet(catalogue: Catalogue, name: str, **filters: str) -> Facet:
    query = SearchQuery(filters={key: tuple(value.split("|")) for key, value in filters.items()})
    page = discovery.find(catalogue, PUBLIC, query)
    return next(one for one in page.facets if one.name == name)


def outline(values: Iterable[FacetValue], depth: int = 0) -> Iterator[str]:
    for value in values:
        yield f"{'  ' * depth}{value.value} {value.count}{' *' if value.chosen else ''}"
        yield from outline(value.children, depth + 1)


def test_agencies_stand_below_those_they_belong_to_whose_counts_hold_theirs(shelf: Catalogue) -> None:
    assert list(outline(facet(shelf, "organization").values)) == [
        "ministry 5",
        "  soil 2",
        "  water 2",
        "    laboratory 1",
        "alone 1",
    ]


def test_a_chosen_agency_brings_all_above_it_and_its_own(shelf: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "SHOWN", 1)
    assert list(outline(facet(shelf, "organization").values)) == ["ministry 5"]
    assert list(outline(facet(shelf, "organization", organization="water").values)) == [
        "ministry 5",
        "  water 2 *",
        "    laboratory 1",
    ]
    assert facet(shelf, "organization").more


def test_agencies_above_each_other_in_a_ring_are_all_there(shelf: Catalogue, agencies: dict[str, UUID]) -> None:
    with shelf.sessions.write.begin() as session:
        session.execute(update(Organization).where(Organization.slug == "ministry").values(parent_id=agencies["water"]))
    assert {line.split()[0] for line in outline(facet(shelf, "organization").values)} == {*agencies}


def test_subjects_are_a_tree_of_two_levels_and_deeper_where_chosen(shelf: Catalogue) -> None:
    assert list(outline(facet(shelf, "subject").values)) == [
        "68 3",
        "  68.35 2",
        "  68.05 1",
        "70 2",
        "  70.27 2",
        "06 1",
        "  06.35 1",
    ]
    chosen = list(outline(facet(shelf, "subject", subject="70.27.11").values))
    assert chosen[3:6] == ["70 2", "  70.27 2", "    70.27.11 2 *"]
    (top,) = (value for value in facet(shelf, "subject", subject="70.27.11").values if value.open)
    assert (top.value, top.label.en) == ("70", "Water management")


def test_each_facet_is_counted_with_the_other_filters_on(shelf: Catalogue) -> None:
    assert list(outline(facet(shelf, "subject", organization="soil", subject="70").values)) == [
        "68 2",
        "  68.05 1",
        "  68.35 1",
        "70 0 *",
    ]
    assert [(v.value, v.count) for v in facet(shelf, "year", organization="soil").values] == [("2020", 1), ("2021", 1)]


def test_years_come_by_year_and_a_range_does_not_change_their_counts(shelf: Catalogue) -> None:
    plain, ranged = facet(shelf, "year"), facet(shelf, "year", year="2020..2021")
    assert [(v.value, v.count) for v in plain.values] == [("1990", 1), ("2019", 1), ("2020", 2), ("2021", 2)]
    assert plain.values == ranged.values
    assert sum(bar.count for bar in ranged.bars) == 6


def test_a_chosen_value_is_there_as_it_was_written_and_never_twice(shelf: Catalogue) -> None:
    chosen = facet(shelf, "keyword", keyword="СЛОВО 2020|нет").values
    assert [(v.value, v.count) for v in chosen if v.chosen] == [("СЛОВО 2020", 2), ("нет", 0)]
    assert len({v.value.casefold() for v in chosen}) == len(chosen)


def test_a_long_facet_says_that_there_is_more(shelf: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "SHOWN", 4)
    assert not facet(shelf, "keyword").more
    monkeypatch.setattr(facets, "SHOWN", 3)
    page = facet(shelf, "keyword", keyword="слово 1990")
    assert [v.value for v in page.values] == ["Слово 2020", "Слово 2021", "слово 1990"]
    assert page.more


def test_a_page_takes_one_select_for_its_facets_however_many_agencies(
    catalogue: Catalogue, agencies: dict[str, UUID]
) -> None:
    def asked(query: SearchQuery) -> int:
        with Selects(catalogue.engine) as with_facets:
            discovery.find(catalogue, PUBLIC, query)
        with Selects(catalogue.engine) as without:
            discovery.find(catalogue, PUBLIC, query, facets=False)
        assert sum("RECURSIVE" in one for one in with_facets.statements) == 1
        return with_facets.count - without.count

    put(catalogue, agencies, ("alone", "06", 2000))
    few = asked(SearchQuery())
    more = {f"more-{number}": organization(catalogue, f"more-{number}", agencies["soil"]) for number in range(30)}
    put(catalogue, more, *((slug, "68", 2001) for slug in more))
    assert few == asked(SearchQuery()) == 1


def test_the_list_of_a_facet_is_looked_through_by_the_names_that_people_see(shelf: Catalogue) -> None:
    listed = facets.values(shelf, SearchQuery(), "subject", find="ВОДНОЕ", language="ru")
    assert [value.value for value in listed.values] == ["70"]
    listed = facets.values(shelf, SearchQuery(), "subject", find="crop", language="en")
    assert [value.value for value in listed.values] == ["68.35"]
    assert facets.values(shelf, SearchQuery(), "keyword", find="нет такого").values == ()


def test_the_list_of_a_facet_keeps_the_tree_and_the_other_filters(shelf: Catalogue) -> None:
    query = SearchQuery(filters={"year": ("2020..2021",), "organization": ("soil",)})
    listed = facets.values(shelf, query, "organization", language="ru")
    assert list(outline(listed.values)) == ["ministry 3", "  soil 2 *", "  water 1", "alone 1"]
    assert [one.label.other for one in listed.active] == ["2020–2021", ""]
    assert (listed.total, listed.records, listed.cut) == (4, 2, False)


def test_the_list_of_a_facet_comes_by_name_and_in_pages(shelf: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "PAGE", 3)
    first = facets.values(shelf, SearchQuery(), "keyword", order="name")
    second = facets.values(shelf, SearchQuery(page=2), "keyword", order="name")
    assert [v.value for v in (*first.values, *second.values)] == [f"Слово {year}" for year in (1990, 2019, 2020, 2021)]
    assert (first.pages, second.page, first.total) == (2, 2, 4)
    years = facets.values(shelf, SearchQuery(), "year", order="name")
    assert [v.value for v in years.values] == ["1990", "2019", "2020"]


def test_rare_values_that_were_not_looked_through_are_owned_up_to(
    shelf: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "LISTED", 2)
    assert facets.values(shelf, SearchQuery(), "keyword").cut


def test_what_is_no_facet_is_not_found(shelf: Catalogue) -> None:
    with pytest.raises(NotFound):
        facets.values(shelf, SearchQuery(), "passwords")
