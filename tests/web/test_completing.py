"""What the search box is offered, and what the page of results suggests."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from opendata.services import wordlists
from opendata.services.catalogue import Catalogue
from tests.web.conftest import Shelf


@pytest.fixture
def lists(shelf: Shelf, shown: Catalogue) -> Catalogue:
    """The shelf with the lists that help to search it."""
    del shelf
    wordlists.refresh(shown)
    return shown


@pytest.mark.usefixtures("lists")
def test_completion_gives_groups_with_addresses_in_the_language_of_the_path(client: FlaskClient) -> None:
    answer = client.get("/ru/search/complete?q=вод")
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    items = [item for group in answer.json["groups"] for item in group["items"]]  # type: ignore[index]
    urls = {"".join(text for text, _ in item["pieces"]): item["url"] for item in items}
    assert urls["Водный баланс"] == "/ru/dataset/su-balansy"
    assert urls["Водный баланс <рек>"] == "/ru/study/balans"
    assert urls["Агентство воды"] == "/ru/organization/su"
    assert "/search?keyword=" in client.get("/kk/search/complete?q=жер").get_data(as_text=True)


@pytest.mark.usefixtures("lists")
def test_without_a_language_in_the_path_nothing_is_kept(client: FlaskClient) -> None:
    assert client.get("/search/complete?q=вод").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("q", ["", "в", "%00%00", "<script>", "x" * 3000, "%D1%8A " * 500])
@pytest.mark.usefixtures("lists")
def test_whatever_is_typed_has_an_answer(client: FlaskClient, q: str) -> None:
    answer = client.get(f"/en/search/complete?q={q}")
    assert answer.status_code == (400 if "%00" in q else 200)
    assert "%00" in q or answer.json["groups"] == []  # type: ignore[index]


@pytest.mark.usefixtures("shelf")
def test_completion_has_a_limit_of_its_own(site: Callable[..., FlaskClient]) -> None:
    client = site(security={"searches_per_minute": 1, "trusted_proxies": ("127.0.0.1",)})
    there = {"X-Forwarded-For": "203.0.113.9"}
    codes = [client.get("/en/search/complete?q=ab", headers=there).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2
    assert client.get("/en/search?q=ab", headers=there).status_code == 200


@pytest.mark.usefixtures("lists")
def test_the_search_box_says_where_completion_is(client: FlaskClient) -> None:
    for path in ("/kk/", "/kk/about", "/kk/search"):
        assert 'data-complete="/kk/search/complete"' in client.get(path).get_data(as_text=True)


def _links(page: str) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(part.partition('"')[0].replace("&amp;", "&")).query) for part in page.split('href="')[1:]]


@pytest.mark.usefixtures("lists")
def test_nothing_found_leads_on(client: FlaskClient) -> None:
    page = client.get("/en/search?q=баланс&format=XLSX").get_data(as_text=True)
    assert {"q": ["баланс"]} in _links(page)
    page = client.get("/en/search?q=,fkfyc").get_data(as_text=True)
    assert "<mark>" in page or {"q": ["баланс"]} in _links(page)


@pytest.mark.usefixtures("lists")
def test_other_words_are_chips_that_come_off_and_go_with_new_words(client: FlaskClient) -> None:
    page = client.get("/en/search?q=баланс&also=<b>balance&also=су&sort=title").get_data(as_text=True)
    assert "<b>balance" not in page
    assert "&lt;b&gt;balance" in page
    assert {"q": ["баланс"], "also": ["<b>balance"], "sort": ["title"]} in _links(page)
    form = page.partition('class="search-form')[2].partition("</form>")[0]
    assert 'name="also"' not in form
    assert 'name="sort"' in form


@pytest.mark.usefixtures("lists")
def test_pages_of_records_ask_for_what_is_alike(client: FlaskClient) -> None:
    for path in ("/en/dataset/su-balansy", "/en/study/balans"):
        assert client.get(path).status_code == 200
