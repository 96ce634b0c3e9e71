"""The advanced form writes the same search as anybody could type; the help page cannot rot."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from opendata.search.filters import FILTERS
from opendata.search.notes import NoteCode
from opendata.search.parser import Is, parse
from opendata.search.prefixes import NUMBER_WORDS, PREFIXES
from opendata.search.query import SearchQuery
from opendata.web.search_help import QUERIES, VALUES, examples, prefix_rows
from tests.web.conftest import Shelf

LANGUAGES = ("kk", "ru", "en")
DOCS = Path(__file__).parents[2] / "docs/search.md"


def found(client: FlaskClient, **arguments: str | list[str]) -> SearchQuery:
    """The search that the form leads to."""
    answer = client.get("/en/search/advanced/find", query_string=arguments)
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    assert parts.path == "/en/search"
    return SearchQuery.from_args(parse_qsl(parts.query))


def test_boxes_and_filters_become_one_search(client: FlaskClient, shelf: Shelf) -> None:
    query = found(
        client,
        every="вода",
        phrase="качество воды",
        any="река озеро",
        none="лёд",
        organization="su",
        type=["report", "study"],
        open="yes",
        **{"from": "2019", "to": "2021"},
        sort="title",
    )
    assert query.q == 'вода "качество воды" река OR озеро -лёд'
    assert query.filters == {
        "type": ("report", "study"),
        "organization": ("su",),
        "open": ("yes",),
        "year": ("2019..2021",),
    }
    assert query.sort == "title"


@pytest.mark.parametrize(
    ("first", "last", "year"),
    [
        ("2019", "", ("2019..",)),
        ("", "2021", ("..2021",)),
        ("2021", "2019", ("2019..2021",)),
        ("2020", "2020", ("2020",)),
        ("", "", None),
    ],
)
def test_years_from_and_to(client: FlaskClient, shelf: Shelf, first: str, last: str, year: tuple[str, ...]) -> None:
    assert found(client, **{"from": first, "to": last}).filters.get("year") == year


@pytest.mark.parametrize("wrong", ["abc", "12", "99999", "²⁰²⁰"])
def test_a_wrong_year_brings_the_form_back_with_all_that_was_typed(
    client: FlaskClient, shelf: Shelf, wrong: str
) -> None:
    answer = client.get("/en/search/advanced/find", query_string={"from": wrong, "every": "вода", "open": "yes"})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert 'value="вода"' in answer.text
    assert re.search(r'value="yes" checked', answer.text)


def test_the_form_is_filled_with_the_search_that_it_refines(client: FlaskClient, shelf: Shelf) -> None:
    page = unescape(client.get("/en/search", query_string={"q": 'вода -лёд "a b"', "organization": "su"}).text)
    link = re.search(r'href="(/en/search/advanced[^"]*)"', page)
    assert link is not None
    form = unescape(client.get(link[1]).text)
    for box, value in (("every", "вода"), ("none", "лёд"), ("phrase", "a b")):
        assert re.search(rf'name="{box}"[^>]*value="{value}"', form)
    assert re.search(r'name="organization" value="su" checked', form)
    assert '<input type="hidden" name="performer"' not in form


def test_what_the_form_has_no_field_for_is_kept(client: FlaskClient, shelf: Shelf) -> None:
    form = client.get("/en/search/advanced?disclosure=partly&keyword=a&keyword=b&format=NONE&year=2019..2021").text
    assert '<input type="hidden" name="disclosure" value="partly">' in form
    assert '<input type="hidden" name="keyword" value="b">' in form
    assert re.search(r'name="format" value="NONE" checked', form)
    assert re.search(r'name="from"[^>]*value="2019"', form)
    assert re.search(r'name="to"[^>]*value="2021"', form)


def test_only_public_values_are_offered(client: FlaskClient, shelf: Shelf) -> None:
    form = client.get("/en/search/advanced").text
    assert 'value="su"' in form
    assert 'value="PDF"' in form
    assert 'value="draft"' not in form


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/search/advanced", "/search/help", "/search/advanced?q=%F0%9F%98%80%01&sort=title"])
def test_pages_come_in_every_language(client: FlaskClient, shelf: Shelf, language: str, path: str) -> None:
    answer = client.get(f"/{language}{path}")
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert "<script>" not in answer.text


def test_an_empty_catalogue_has_the_form_too(client: FlaskClient) -> None:
    assert client.get("/search/advanced").status_code == 200
    assert client.get("/search/help").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_searches_that_are_understood(client: FlaskClient, shelf: Shelf, language: str) -> None:
    page = unescape(client.get(f"/{language}/search/help").text)
    links = re.findall(r'href="(/[^"]*/search\?q=[^"]*)"', page)
    assert len(links) == len(QUERIES) + len(FILTERS)
    for link in links:
        assert client.get(link).status_code in (200, 302), link


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_lists_every_prefix_with_a_value_that_it_takes(app: Flask, language: str) -> None:
    with app.test_request_context(f"/{language}/search/help"):
        rows, shown = prefix_rows(language), examples(language)
    assert {word for row in rows for word in row.words} == set(PREFIXES)
    assert list(VALUES.keys() ^ FILTERS.keys()) == []
    for row, name in zip(rows, FILTERS, strict=True):
        (leaf,) = parse(row.example.q).wanted
        assert isinstance(leaf, Is)
        assert leaf.name == name
    noted = {example.q: [note.code for note in parse(example.q).notes] for example in shown}
    assert [q for q, codes in noted.items() if codes not in ([], [NoteCode.LAYOUT])] == []


def test_the_documentation_lists_every_prefix() -> None:
    text = DOCS.read_text("utf-8")
    assert [word for word in (*PREFIXES, *NUMBER_WORDS) if f"`{word}:`" not in text] == []


def test_the_documentation_lists_every_note() -> None:
    text = DOCS.read_text("utf-8")
    assert [code for code in NoteCode if f"| `{code}` |" not in text] == []
