"""What a search page says about the words that were typed."""

from __future__ import annotations

from html import unescape
from urllib.parse import quote

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from opendata.search.notes import Note, NoteCode
from opendata.search.parser import parse
from opendata.search.query import SearchQuery
from opendata.services.results import SearchPage
from opendata.web.i18n import LANGUAGE
from opendata.web.understanding import in_other_layout, note_texts, understood
from opendata.web.understood import Understood
from tests.web.conftest import Shelf

LINES = '{% from "components/understood.html" import understood %}{{ understood(read) }}'


def search(client: FlaskClient, q: str, **arguments: str) -> str:
    answer = client.get("/en/search", query_string={"q": q, **arguments})
    assert answer.status_code == 200
    return unescape(answer.text)


def test_the_other_keyboard_layout_is_said_and_can_be_turned_off(client: FlaskClient, shelf: Shelf) -> None:
    page = search(client, "djlysq ,fkfyc")
    assert "Showing results also for" in page
    assert "<strong>водный баланс</strong>" in page
    assert "su-balansy" in page
    link = f"/en/search?q={quote('djlysq')}+{quote(',fkfyc')}&exact=1"
    assert f'href="{link}"' in page
    exact = search(client, "djlysq ,fkfyc", exact="1")
    assert "Only “djlysq ,fkfyc” is searched" in exact
    assert "Nothing was found" in exact
    assert 'href="/en/search?q=djlysq+%2Cfkfyc"' in exact


def test_new_words_in_the_form_are_read_anew(client: FlaskClient, shelf: Shelf) -> None:
    assert 'name="exact"' not in search(client, "djlf", exact="1").partition("</form>")[0]


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("вода год:абв", "“год:абв”: the filter “Year” has no such value"),
        ("foo:bar", "there is no filter “foo”"),
        ("вода «чистая", "The quotation mark is not closed"),
        ("вода эк*", "three letters"),
        ("вода OR", "“OR” needs a word on either side"),
        ("?! ()", "There is no word"),
        ("балансы agency:nobody", "Filter “Agency”: no record has the value “nobody”"),
        ("a " * 70, "A search takes 64 words at most"),
        ("я" * 1_200, "A search takes 1,000 characters at most"),
    ],
)
def test_what_was_not_understood_is_said(client: FlaskClient, shelf: Shelf, q: str, said: str) -> None:
    assert said in search(client, q)


def test_what_was_typed_cannot_write_into_the_page(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/en/search", query_string={"q": "foo:x<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text


def test_ordinary_searches_say_nothing(client: FlaskClient, shelf: Shelf) -> None:
    assert 'class="understood"' not in search(client, "балансы")


def test_every_note_has_words(app: Flask) -> None:
    with app.test_request_context("/search", environ_overrides={LANGUAGE: "en"}):
        for code in NoteCode:
            texts = note_texts([Note(code, "piece", "year", "reading")])
            assert bool(texts) is (code is not NoteCode.LAYOUT)


@pytest.mark.parametrize(
    ("q", "reading"),
    [
        ("djlf b ktc", "вода и лес"),
        ('"jpthj djls" water', '"озеро воды" water'),
        ("rkbvfn* -djlf a", "климат* -вода ф"),
        ("-pty", "өзен"),
        ("вода", ""),
    ],
)
def test_the_whole_query_is_shown_as_it_was_meant(q: str, reading: str) -> None:
    assert in_other_layout(q, parse(q).notes) == reading


def test_partial_results_are_announced(app: Flask, shelf: Shelf) -> None:
    with app.test_request_context("/search", environ_overrides={LANGUAGE: "en"}):
        nothing = SearchPage(SearchQuery("a b"), 0, (), ())
        assert not understood("discovery.everything", nothing).total
        lines = render_template_string(LINES, read=Understood(total=2))
    assert "No record holds all of your words. These come closest." in lines


@pytest.mark.parametrize("path", ["/search", "/study/"])
def test_a_name_leads_straight_to_its_record(client: FlaskClient, shelf: Shelf, path: str) -> None:
    answer = client.get(f"/ru{path}", query_string={"q": "ВR00000001"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ru/study/balans")
    for arguments in ({"exact": "1"}, {"page": "2"}, {"open": "yes"}, {"sort": "title"}):
        assert client.get(f"/ru{path}", query_string={"q": "ВR00000001", **arguments}).status_code == 200
    assert client.get("/dataset/", query_string={"q": "BR00000001"}).status_code == 200


def test_names_of_what_is_not_public_lead_nowhere(client: FlaskClient, shelf: Shelf) -> None:
    assert client.get("/search", query_string={"q": "/dataset/draft"}).status_code == 200
    assert client.get("/search", query_string={"q": "/dataset/gone"}).status_code == 200
