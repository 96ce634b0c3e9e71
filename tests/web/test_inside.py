"""The page that lists where words stand in the files of one record, and the bar of hits on a file's page."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from opendata.web.records import HITS, around
from tests.web.conftest import Shelf

INSIDE = "/en/dataset/su-balansy/inside"


def test_every_page_with_the_words_is_listed_with_its_passage(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get(f"{INSIDE}?q={quote('су')}").text
    assert "Found on 2 pages" in page
    assert "<mark>Су</mark>" in page
    assert f"/en/dataset/su-balansy/resource/{shelf.pdf}?page=2&amp;q=" in page
    assert '<meta name="robots" content="noindex">' in page


def test_before_words_are_given_and_where_there_are_none(client: FlaskClient, shelf: Shelf) -> None:
    assert "Found on" not in client.get(INSIDE).text
    assert "These words do not stand in the text of these files." in client.get(f"{INSIDE}?q=zzzz").text
    assert client.get("/en/dataset/none/inside?q=a").status_code == 404


@pytest.mark.parametrize(("arguments", "status"), [("hits=1", 200), ("hits=2", 404), ("hits=0", 400), ("exact=x", 400)])
def test_arguments_are_checked(client: FlaskClient, shelf: Shelf, arguments: str, status: int) -> None:
    assert client.get(f"{INSIDE}?q=a&{arguments}").status_code == status


def test_other_words_for_the_same_are_found_and_kept_in_links(client: FlaskClient, shelf: Shelf) -> None:
    also = f"q=balance&also={quote('балансы')}"
    page = client.get(f"{INSIDE}?{also}").text
    assert "<mark>балансы</mark>" in page
    assert f"{also}" in page.replace("&amp;", "&")
    opened = client.get(f"/en/dataset/su-balansy/resource/{shelf.pdf}?{also}").text
    assert "Page 2 of 3" in opened
    assert "<mark>балансы</mark>" in opened


def test_another_keyboard_layout_is_read_unless_words_are_wanted_as_typed(client: FlaskClient, shelf: Shelf) -> None:
    typed = quote(",fkfycs")
    assert "<mark>балансы</mark>" in client.get(f"{INSIDE}?q={typed}").text
    assert "<mark>балансы</mark>" not in client.get(f"{INSIDE}?q={typed}&exact=1").text


@pytest.mark.parametrize(
    ("page", "first", "last"), [(1, 1, HITS), (50, 50 - HITS // 2, 49 + HITS // 2), (100, 101 - HITS, 100)]
)
def test_the_bar_leads_to_the_pages_around_this_one(page: int, first: int, last: int) -> None:
    shown = around(range(1, 101), page)
    assert (shown[0], shown[-1], len(shown)) == (first, last, HITS)


def test_few_pages_are_all_in_the_bar() -> None:
    assert around((2, 4), 3) == (2, 4)
    assert around((), 1) == ()
