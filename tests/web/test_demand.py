"""Which searches are counted, and what the desk shows of them."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from opendata.services import demand
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.tally import search_key
from tests.conftest import Clock
from tests.web.people import People, sign_in

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
HERE = "http://127.0.0.1:5000/ru/search?q=%D0%B2%D0%BE%D0%B4%D0%B0&theme=ENVI"
"""The page of a search for "вода"."""


def counted(catalogue: Catalogue) -> list[tuple[str, str, str, int, int]]:
    """(language, language of the words, words, band, number) since the last time."""
    return [
        (key.language, key.query_language, key.words, key.found, number)
        for key, number in catalogue.tally.drain().items()
    ]


def test_a_search_is_counted_in_its_language(client: FlaskClient, catalogue: Catalogue) -> None:
    for path in ("/ru/search?q=Вода", "/kk/dataset/?q=су+сапасы", "/en/study/?q=water"):
        client.get(path, headers=BROWSER)
    expected = [("ru", "ru", "вода", 0, 1), ("kk", "kk", "су сапасы", 0, 1), ("en", "en", "water", 0, 1)]
    assert counted(catalogue) == expected


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/ru/search?q=вода&page=2", BROWSER),
        ("/ru/search", BROWSER),
        ("/ru/search?theme=ENVI", BROWSER),
        ("/ru/search?q=вода", {"User-Agent": "Googlebot/2.1"}),
        ("/ru/search?q=вода", {"User-Agent": ""}),
        ("/ru/search?q=вода", {**BROWSER, "Sec-Purpose": "prefetch;prerender"}),
        ("/ru/search?q=вода&theme=ENVI&year=2020", {**BROWSER, "Referer": HERE}),
        ("/ru/feeds/search.atom?q=вода", BROWSER),
        ("/ru/search.csv?q=вода", BROWSER),
    ],
)
def test_what_nobody_typed_is_not_counted(
    client: FlaskClient, catalogue: Catalogue, path: str, headers: dict[str, str]
) -> None:
    assert client.get(path, headers=headers).status_code == 200
    assert counted(catalogue) == []


def test_a_look_without_a_body_is_not_counted(client: FlaskClient, catalogue: Catalogue) -> None:
    client.head("/ru/search?q=вода", headers=BROWSER)
    assert counted(catalogue) == []


def test_other_words_are_another_search(client: FlaskClient, catalogue: Catalogue) -> None:
    for referrer in (HERE, "http://[bad", ""):
        client.get("/ru/search?q=воздух", headers={**BROWSER, "Referer": referrer})
    assert [number for *_, number in counted(catalogue)] == [3]


def test_counting_writes_nothing(client: FlaskClient, catalogue: Catalogue) -> None:
    seen: list[str] = []
    event.listen(catalogue.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    client.get("/ru/search?q=вода", headers=BROWSER)
    assert [one for one in seen if not one.startswith(("SELECT", "WITH", "BEGIN", "PRAGMA"))] == []


def searched(catalogue: Catalogue, clock: Clock, q: str) -> None:
    """For five days, in vain."""
    for _ in range(5):
        catalogue.tally.add({search_key(catalogue.today(), "kk", q, 0): 2})
        demand.add(catalogue, catalogue.tally.drain())
        clock.advance(days=1)


def test_the_desk_shows_what_was_missed(client: FlaskClient, peopled: Catalogue, people: People, clock: Clock) -> None:
    searched(peopled, clock, "<b>цеолит")
    searched(peopled, clock, "=1+1")
    sign_in(client, people.sysadmin)
    page = client.get("/en/desk/searches")
    assert page.status_code == 200
    assert "&lt;b&gt;цеолит" in page.text
    assert "20 searches: 20 (100%) found nothing; the words of 20 (100%) are known." in page.text
    assert "June 2026" in page.text
    assert "0 searches" in client.get("/en/desk/searches?month=2025-01").text
    assert client.get("/en/desk/searches?month=2026-13").status_code == 400
    table = client.get("/desk/searches.csv?month=2026-06")
    assert table.headers["Content-Disposition"] == 'attachment; filename="searches-2026-06.csv"'
    rows = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert rows == [["words", "searches", "found_nothing"], ["<b>цеолит", "10", "10"], ["'=1+1", "10", "10"]]


def test_the_report_of_an_empty_site_is_there(client: FlaskClient, peopled: Catalogue, people: People) -> None:
    sign_in(client, people.sysadmin)
    assert "None yet." in client.get("/en/desk/searches").text
    assert demand.report(peopled, SYSTEM).months == ()


def test_the_month_is_that_of_the_sites_time_zone(client: FlaskClient, catalogue: Catalogue, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 6, 30, 20, tzinfo=dt.UTC)
    client.get("/ru/search?q=вода", headers=BROWSER)
    assert [key.day for key in catalogue.tally.drain()] == [dt.date(2026, 7, 1)]
