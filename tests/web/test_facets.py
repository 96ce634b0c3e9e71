"""Facets as links: what each leads to, the bars and the form of years, the page of all values."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from opendata.catalog.values import Text
from opendata.search.query import SearchQuery
from opendata.services.results import Bar, Facet, FacetValue
from opendata.web.facet_contexts import FacetChoice, FacetView
from opendata.web.facets import facet_views
from opendata.web.i18n import LANGUAGE
from tests.web.conftest import Shelf


def value(name: str, *children: FacetValue, chosen: bool = False) -> FacetValue:
    return FacetValue(name, Text.of(name), 1, chosen, children)


def view(app: Flask, facet: Facet, **filters: tuple[str, ...]) -> FacetView:
    with app.test_request_context("/search", environ_overrides={LANGUAGE: "en"}):
        (made,) = facet_views("/search", SearchQuery("вода", filters), [facet])
    return made


def every(choices: tuple[FacetChoice, ...]) -> dict[str, FacetChoice]:
    found: dict[str, FacetChoice] = {}
    for choice in choices:
        found[choice.label.other] = choice
        found |= every(choice.children)
    return found


def arguments(url: str) -> str:
    return url.replace("/search?q=%D0%B2%D0%BE%D0%B4%D0%B0", "")


def test_a_choice_adds_its_value_and_a_chosen_one_takes_it_off(app: Flask) -> None:
    facet = Facet("format", (value("PDF", chosen=True), value("CSV")))
    choices = every(view(app, facet, format=("PDF",), type=("report",)).choices)
    assert arguments(choices["PDF"].url) == "&type=report"
    assert arguments(choices["CSV"].url) == "&format=PDF&format=CSV&type=report"


def test_the_kind_that_the_path_says_is_in_no_address(app: Flask) -> None:
    with app.test_request_context("/en/dataset/"):
        query = SearchQuery("", {"kind": ("dataset",)})
        facets = [Facet("kind", (value("dataset"),)), Facet("type", (value("map"),))]
        made = facet_views("/dataset/", query, facets, "kind")
    assert [(one.name, one.choices[0].url) for one in made] == [("type", "/dataset/?type=map")]


def test_studies_are_not_told_apart_by_their_type_or_by_a_licence(app: Flask) -> None:
    facets = [Facet(name, (value("x"),)) for name in ("type", "open", "theme")]
    with app.test_request_context("/en/study/"):
        idle = facet_views("/study/", SearchQuery("", {"kind": ("study",)}), facets, "kind")
        chosen = facet_views("/study/", SearchQuery("", {"kind": ("study",), "open": ("yes",)}), facets, "kind")
        mixed = facet_views("/search", SearchQuery("", {}), facets)
    assert [one.name for one in idle] == ["theme"]
    assert [one.name for one in chosen] == ["open", "theme"]
    assert [one.name for one in mixed] == ["type", "open", "theme"]


def test_in_a_tree_a_value_takes_the_place_of_those_around_and_within_it(app: Flask) -> None:
    tree = value("ministry", value("water", value("laboratory"), chosen=True), value("soil"))
    choices = every(view(app, Facet("organization", (tree, value("alone"))), organization=("water",)).choices)
    assert arguments(choices["ministry"].url) == "&organization=ministry"
    assert arguments(choices["laboratory"].url) == "&organization=laboratory"
    assert arguments(choices["soil"].url) == "&organization=water&organization=soil"
    assert arguments(choices["alone"].url) == "&organization=water&organization=alone"
    assert arguments(choices["water"].url) == ""
    assert choices["ministry"].open
    assert not choices["alone"].open


def test_bars_come_newest_first_and_one_within_a_chosen_range_narrows_it(app: Flask) -> None:
    facet = Facet("year", (value("2019"),), bars=(Bar(0, 2018, 1), Bar(2019, 2019, 4), Bar(2020, 2020, 2)))
    made = view(app, facet, year=("2019..2021",))
    assert [choice.label.other for choice in made.choices] == ["2020", "2019", "to 2018"]
    assert [choice.chosen for choice in made.choices] == [True, True, False]
    assert [choice.share for choice in made.choices] == [50, 100, 25]
    assert [arguments(choice.url) for choice in made.choices] == [
        "&year=2020",
        "&year=2019",
        "&year=2019..2021&year=..2018",
    ]
    assert made.years is not None
    assert (made.years.first, made.years.last, made.years.hidden) == ("2019", "2021", (("q", "вода"),))


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("year_from=2019&year_to=2021", "year=2019..2021"),
        ("year_from=2021&year_to=2019", "year=2019..2021"),
        ("year_from=2019&year_to=2019", "year=2019"),
        ("year_from=2019&year_to=", "year=2019.."),
        ("year_from=&year_to=2021&year=2000", "year=..2021"),
    ],
)
def test_the_form_of_years_writes_a_range(client: FlaskClient, asked: str, written: str) -> None:
    answer = client.get(f"/en/dataset/?q=su&format=PDF&page=3&{asked}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/en/dataset/?q=su&format=PDF&{written}"


def test_the_form_of_years_left_empty_takes_the_years_off(client: FlaskClient) -> None:
    assert client.get("/en/search?year=2000&year_from=&year_to=").headers["Location"] == "/en/search"


@pytest.mark.parametrize("year", ["soon", "0", "20199", "2019..2020", "²"])
def test_what_is_no_year_is_refused_by_name(client: FlaskClient, year: str) -> None:
    answer = client.get("/en/search", query_string={"year_from": year})
    assert answer.status_code == 400
    assert "year_from" in answer.text


def test_filters_are_counted_and_come_before_the_results(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/search?format=PDF&open=yes").text
    assert re.search(r'<span class="filters__active">2<span class="visually-hidden"> in use', page)
    assert page.index('id="filters"') < page.index('id="results"')
    assert '<form class="facet__years" action="/en/search" method="get">' in page
    assert "style=" not in page


def test_a_record_with_an_open_and_a_closed_file_is_partly_open(client: FlaskClient, shelf: Shelf) -> None:
    assert "/en/dataset/su-balansy" in client.get("/en/search?disclosure=partly").text
    assert "/en/dataset/su-balansy" not in client.get("/en/search?disclosure=embargoed").text


def test_names_that_we_translated_are_marked_as_ours(client: FlaskClient, shelf: Shelf) -> None:
    assert "Those in other languages are our translation." in client.get("/en/search/facet/subject").text
    assert "edition of 2015" in client.get("/en/about").text


@pytest.mark.parametrize("name", ["organization", "performer", "keyword", "year", "type", "kind", "subject", "text"])
def test_every_facet_has_a_page_of_all_its_values(client: FlaskClient, shelf: Shelf, name: str) -> None:
    page = client.get(f"/en/search/facet/{name}?kind=dataset&order=name").text
    assert '<meta name="robots" content="noindex, follow">' in page
    back = "/en/search?kind=dataset" if name == "kind" else "/en/dataset/"
    assert f'href="{back}"' in page


def test_the_page_of_values_leads_to_the_results_with_one_chosen(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/en/search/facet/format?q=%D1%81%D1%83&find=pd").text
    assert 'href="/en/search?q=%D1%81%D1%83&amp;format=PDF"' in page
    assert "HTML" not in page[page.index('<ul class="facet') :]
    assert '<input type="hidden" name="q" value="су">' in page


def test_the_page_of_values_refuses_what_it_does_not_know(client: FlaskClient) -> None:
    assert client.get("/en/search/facet/nothing").status_code == 404
    assert client.get("/en/search/facet/format?order=color").status_code == 400
    assert client.get("/en/search/facet/year?year=soon").status_code == 400
    assert client.get("/en/search/facet/keyword", query_string={"find": "а" * 500}).status_code == 200
