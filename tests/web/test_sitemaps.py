"""Sitemaps, robots.txt and OpenSearch: every public page in every language, and nothing else."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from lxml import etree

from harvesters.sitemaps import read_sitemap
from opendata.harvesting.contract import Response
from opendata.services import sitemaps, wordlists
from opendata.services.catalogue import Catalogue
from tests.factories import feed, found, record, work
from tests.web.conftest import Shelf

ROOT = "http://127.0.0.1:5000"
SPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "x": "http://www.w3.org/1999/xhtml",
    "o": "http://a9.com/-/spec/opensearch/1.1/",
}


def values(client: FlaskClient, path: str, expression: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    return [str(one) for one in etree.fromstring(answer.data).xpath(expression, namespaces=SPACES)]  # type: ignore[union-attr]


def test_robots_are_led_through_all_sitemaps_to_the_pages(client: FlaskClient, shelf: Shelf) -> None:
    assert f"\nSitemap: {ROOT}/sitemap.xml\n" in client.get("/robots.txt").text
    listed = values(client, "/sitemap.xml", "//s:loc/text()")
    assert listed == [f"{ROOT}/sitemap/{name}.xml" for name in ("pages", "dataset-1", "study-1")]
    pages = [page for one in listed for page in values(client, one, "//s:loc/text()")]
    assert {f"{ROOT}/{language}/dataset/su-balansy" for language in ("kk", "ru", "en")} <= set(pages)
    assert f"{ROOT}/kk/organization/su" in pages
    for page in pages:
        assert client.get(page).status_code == 200, page


def test_each_language_names_all_the_others(client: FlaskClient, shelf: Shelf) -> None:
    one = "//s:url[s:loc='http://127.0.0.1:5000/ru/dataset/su-balansy']"
    others = values(client, "/sitemap/dataset-1.xml", f"{one}/x:link/@hreflang")
    assert others == ["kk", "ru", "en", "x-default"]
    assert values(client, "/sitemap/dataset-1.xml", f"{one}/x:link/@href")[-1] == f"{ROOT}/dataset/su-balansy"
    assert values(client, "/sitemap/dataset-1.xml", f"{one}/s:lastmod/text()") == ["2026-06-01T06:00:00Z"]


def test_what_is_not_public_is_in_no_sitemap(client: FlaskClient, shelf: Shelf) -> None:
    text = client.get("/sitemap/dataset-1.xml").text
    assert "/draft" not in text
    assert "/gone" not in text


def test_our_own_harvester_reads_each_page_in_one_language(client: FlaskClient, shelf: Shelf) -> None:
    url = f"{ROOT}/sitemap/dataset-1.xml"
    read = read_sitemap(Response(url=url, status=200, headers={}, content=client.get(url).data))
    assert [(page.url, page.lastmod) for page in read.pages] == [
        (f"{ROOT}/kk/dataset/su-balansy", "2026-06-01T06:00:00Z")
    ]


def test_records_that_one_file_cannot_hold_are_in_the_next(
    client: FlaskClient, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "PER_FILE", 2)
    feed(catalogue).take(*(found(str(n), record(f"Запись {n}")) for n in range(5)))
    files = [one for one in values(client, "/sitemap.xml", "//s:loc/text()") if "dataset" in one]
    assert files == [f"{ROOT}/sitemap/dataset-{n}.xml" for n in (1, 2, 3)]
    pages = [page for one in files for page in values(client, one, "//s:loc/text()")]
    assert len(pages) == len(set(pages)) == 15
    assert client.get("/sitemap/dataset-4.xml").status_code == 404


def test_an_unchanged_sitemap_is_not_sent_again(client: FlaskClient, shelf: Shelf) -> None:
    for path in ("/sitemap.xml", "/sitemap/dataset-1.xml", "/opensearch.xml"):
        tag = client.get(path).headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")


def test_browsers_learn_how_to_search_here_and_what_to_suggest(client: FlaskClient, shelf: Shelf) -> None:
    page = client.get("/ru/").text
    assert '<link rel="search" type="application/opensearchdescription+xml"' in page
    assert 'href="/ru/opensearch.xml"' in page
    templates = values(client, "/ru/opensearch.xml", "//o:Url/@template")
    assert templates[0] == f"{ROOT}/ru/search?q={{searchTerms}}&page={{startPage?}}"
    assert client.get("/ru/opensearch.xml").mimetype == "application/opensearchdescription+xml"
    for template in templates:
        address = template.replace("{searchTerms}", "су").replace("{startPage?}", "")
        assert client.get(address).status_code == 200, address


def test_address_bars_are_offered_what_the_search_box_offers(client: FlaskClient, catalogue: Catalogue) -> None:
    feed(catalogue).take(found("a", record("Водный баланс")))
    work(catalogue)
    wordlists.refresh(catalogue)
    answer = client.get("/ru/search/suggest?q=вод")
    assert answer.mimetype == "application/x-suggestions+json"
    typed, choices = answer.get_json(force=True)
    assert typed == "вод"
    assert "Водный баланс" in choices


def test_a_topic_has_its_feed(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/ru/feeds/theme/environment.atom")
    assert answer.mimetype == "application/atom+xml"
    assert f'href="{ROOT}/ru/feeds/theme/environment.atom"' in answer.text
    assert client.get("/ru/feeds/subject/70.27.atom").status_code == 200
    assert client.get("/feeds/theme/nothing.atom").status_code == 404
    assert client.get("/feeds/subject/99999.atom").status_code == 404
