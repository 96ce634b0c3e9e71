"""Pages are kept for as long as they are true, and not a moment longer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from opendata.services import statistics, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from tests.conftest import Clock
from tests.factories import feed, found, record

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@contextmanager
def statements(catalogue: Catalogue) -> Iterator[list[str]]:
    """What is asked of the store within the block."""
    asked: list[str] = []

    def seen(*given: object) -> None:
        if (statement := str(given[2])) != "BEGIN":
            asked.append(statement)

    event.listen(catalogue.engine, "before_cursor_execute", seen)
    try:
        yield asked
    finally:
        event.remove(catalogue.engine, "before_cursor_execute", seen)


@pytest.fixture
def slug(catalogue: Catalogue) -> str:
    return feed(catalogue).one(found("a", record("Реки Алтая"))).slug


@pytest.mark.parametrize(("path", "most"), [("/ru/", 1), ("/ru/organization/", 1), ("/ru/dataset/{slug}", 2)])
def test_a_page_that_was_kept_costs_hardly_a_query(
    catalogue: Catalogue, client: FlaskClient, slug: str, path: str, most: int
) -> None:
    first = client.get(path.format(slug=slug))
    with statements(catalogue) as asked:
        again = client.get(path.format(slug=slug))
    assert (again.status_code, again.data) == (200, first.data)
    assert sorted(again.headers) == sorted(one for one in first.headers if one[0] != "Set-Cookie")
    assert len(asked) <= most, asked


@pytest.mark.parametrize("path", ["/ru/", "/ru/dataset/{slug}"])
def test_a_change_is_seen_at_once(catalogue: Catalogue, client: FlaskClient, slug: str, path: str) -> None:
    assert "Реки Алтая" in client.get(path.format(slug=slug)).text
    feed(catalogue).one(found("a", record("Озёра Алтая")))
    page = client.get(path.format(slug=slug)).text
    assert "Озёра Алтая" in page
    assert "Реки Алтая" not in page


def test_a_withdrawal_is_seen_at_once(catalogue: Catalogue, client: FlaskClient, slug: str) -> None:
    assert client.get(f"/ru/dataset/{slug}").status_code == 200
    writing.remove(catalogue, SYSTEM, slug, "Ошибка")
    assert client.get(f"/ru/dataset/{slug}").status_code == 410
    assert "Реки Алтая" not in client.get("/ru/").text


def test_what_was_not_there_is_not_kept(catalogue: Catalogue, client: FlaskClient) -> None:
    assert client.get("/ru/dataset/reki-altaya").status_code == 404
    slug = feed(catalogue).one(found("a", record("Реки Алтая"))).slug
    assert client.get(f"/ru/dataset/{slug}").status_code == 200


def test_a_page_is_kept_for_each_language(client: FlaskClient, slug: str) -> None:
    pages = {language: client.get(f"/{language}/dataset/{slug}").text for language in ("kk", "ru", "en")}
    assert len(set(pages.values())) == 3
    assert all(client.get(f"/{language}/dataset/{slug}").text == page for language, page in pages.items())


def test_a_kept_page_without_a_prefix_keeps_its_addresses(client: FlaskClient, slug: str) -> None:
    prefixed = client.get("/ru/").text
    plain = client.get("/", headers={"Accept-Language": "ru"}).text
    assert f'href="/ru/dataset/{slug}' in prefixed
    assert f'href="/dataset/{slug}' in plain


def test_who_wants_another_format_gets_no_kept_page(client: FlaskClient, slug: str) -> None:
    def asked(accept: str) -> tuple[int, str]:
        answer = client.get(f"/dataset/{slug}", headers={"Accept": accept})
        return answer.status_code, answer.headers.get("Location", answer.content_type)

    assert asked("text/html")[0] == 200
    assert asked("text/turtle") == (303, f"/dataset/{slug}.ttl")
    assert asked("application/x-bibtex") == (303, f"/dataset/{slug}.bib")
    assert asked("application/xhtml+xml,text/html;q=0.9,*/*;q=0.8") == (200, "text/html; charset=utf-8")
    assert "Accept" in client.get(f"/dataset/{slug}").headers["Vary"]


@pytest.mark.parametrize("methods", [("HEAD", "GET", "GET", "GET"), ("GET", "HEAD", "GET", "GET")])
def test_every_reader_of_a_kept_page_is_counted_once(
    catalogue: Catalogue, client: FlaskClient, slug: str, methods: tuple[str, ...]
) -> None:
    for method in methods:
        client.open(f"/ru/dataset/{slug}", method=method, headers=BROWSER)
    counts = catalogue.counters.drain()
    assert [number for (_day, kind, _id), number in counts.items() if kind == "view"] == [3]


def test_the_count_that_a_page_shows_is_that_of_the_store(catalogue: Catalogue, client: FlaskClient, slug: str) -> None:
    before = client.get(f"/en/dataset/{slug}", headers=BROWSER).text
    statistics.add_counts(catalogue, catalogue.counters.drain())
    assert client.get(f"/en/dataset/{slug}", headers=BROWSER).text != before


def test_a_day_makes_every_page_anew(catalogue: Catalogue, client: FlaskClient, slug: str, clock: Clock) -> None:
    client.get(f"/ru/dataset/{slug}")
    clock.advance(days=1)
    with statements(catalogue) as asked:
        client.get(f"/ru/dataset/{slug}")
    assert len(asked) > 2


def test_who_has_the_page_is_told_that_it_stands(client: FlaskClient, slug: str) -> None:
    first = client.get(f"/ru/dataset/{slug}")
    again = client.get(f"/ru/dataset/{slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


def test_without_an_index_the_page_of_a_record_is_there_all_the_same(
    catalogue: Catalogue, client: FlaskClient, slug: str
) -> None:
    shutil.rmtree(catalogue.config.home / "index")
    assert client.get(f"/ru/dataset/{slug}").status_code == 200


def test_pages_of_earlier_versions_are_dropped(catalogue: Catalogue, app: Flask, slug: str) -> None:
    client = app.test_client()
    held = app.extensions["kept"]._held
    client.get("/ru/")
    size = held.bytes_held
    for number in range(5):
        feed(catalogue).one(found("a", record(f"Название {number}")))
        client.get("/ru/")
    assert held.bytes_held < 2 * size
