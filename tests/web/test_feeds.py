"""Feeds of searches: what RFC 4287 and RFC 5005 want, kept small on the wire, in the language that was asked for."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import quote
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from lxml import etree, html

from opendata.catalog.values import OrganizationRef
from opendata.services.catalogue import Catalogue
from tests.conftest import Clock
from tests.factories import feed as source
from tests.factories import found, organization, record, ru, work
from tests.web.conftest import Shelf

NAMES = {"a": "http://www.w3.org/2005/Atom"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


def fetched(client: FlaskClient, path: str) -> etree._Element:
    """The feed there, checked against the rules that hold for all."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    root = etree.fromstring(answer.data)
    check(root)
    return root


def check(root: etree._Element) -> None:
    """RFC 4287 §4.1.1, §4.1.2, §4.2.7: what must stand once, what may stand once, what may not be the same twice."""
    entries = root.findall("a:entry", NAMES)
    for element in (root, *entries):
        names = Counter(etree.QName(child).localname for child in element)
        assert names["id"] == names["title"] == names["updated"] == 1
        assert names["published"] <= 1
        assert names["summary"] <= 1
        assert names["rights"] <= 1
        alternates = [
            (link.get("type"), link.get("hreflang")) for link in element.findall("a:link[@rel='alternate']", NAMES)
        ]
        assert len(alternates) == len(set(alternates)) == 1
        assert all(
            link.get("href", "").startswith(("http://", "https://")) for link in element.findall("a:link", NAMES)
        )
        assert all(INSTANT.match(one.text or "") for one in element.xpath("a:updated | a:published", namespaces=NAMES))
    assert root.findtext("a:author/a:name", namespaces=NAMES)
    assert len(root.findall("a:link[@rel='self']", NAMES)) == 1
    ids = [entry.findtext("a:id", namespaces=NAMES) for entry in entries]
    assert len(ids) == len(set(ids))
    updated = [entry.findtext("a:updated", namespaces=NAMES) or "" for entry in entries]
    assert updated == sorted(updated, reverse=True)


def href(root: etree._Element, rel: str) -> str:
    link = root.find(f"a:link[@rel='{rel}']", NAMES)
    return "" if link is None else link.get("href", "")


def titles(root: etree._Element) -> list[str]:
    return [one.text or "" for one in root.findall("a:entry/a:title", NAMES)]


def test_a_search_is_a_feed_of_its_records(client: FlaskClient, shelf: Shelf) -> None:
    root = fetched(client, "/ru/feeds/search.atom?q=балансы&kind=dataset&sort=title")
    entry = root.find("a:entry", NAMES)
    assert entry is not None
    assert titles(root) == ["Водный баланс"]
    assert entry.findtext("a:id", namespaces=NAMES) == f"http://127.0.0.1:5000/id/{shelf.dataset_id}"
    assert entry.findtext("a:summary", namespaces=NAMES) == "Отчёт о <балансе>."
    assert entry.findtext("a:author/a:name", namespaces=NAMES) == "Агентство воды"
    assert href(entry, "alternate") == "http://127.0.0.1:5000/ru/dataset/su-balansy"
    assert href(entry, "license").startswith("https://creativecommons.org/licenses/by/4.0/")
    own = f"http://127.0.0.1:5000/ru/feeds/search.atom?q={quote('балансы')}&kind=dataset"
    assert (root.findtext("a:id", namespaces=NAMES), href(root, "self"), href(root, "first")) == (own, own, own)
    assert href(root, "alternate") == f"http://127.0.0.1:5000/ru/search?q={quote('балансы')}&kind=dataset"


def test_a_search_is_called_as_people_call_its_filters(client: FlaskClient, shelf: Shelf) -> None:
    root = fetched(client, "/ru/feeds/search.atom?q=балансы&kind=dataset&organization=su&license_id=CC-BY-4.0")
    called = root.findtext("a:title", namespaces=NAMES) or ""
    assert called.startswith("балансы · ")
    assert "Агентство воды" in called
    assert not [code for code in ("dataset", "CC-BY-4.0", ": su") if code in called]


def test_files_that_may_be_had_are_enclosed_and_no_others(client: FlaskClient, shelf: Shelf) -> None:
    links = fetched(client, "/feeds/all.atom").findall("a:entry/a:link[@rel='enclosure']", NAMES)
    files = {UUID(link.get("href", "").split("/resource/")[1][:36]) for link in links}
    assert files == {shelf.pdf, shelf.page, shelf.link}
    pdf = next(link for link in links if str(shelf.pdf) in link.get("href", ""))
    assert (pdf.get("type"), pdf.get("length")) == ("application/pdf", "20009")
    assert client.get(pdf.get("href", "")).status_code == 200


def test_the_feed_of_an_agency_and_of_everything(client: FlaskClient, shelf: Shelf) -> None:
    assert len(titles(fetched(client, "/feeds/organization/su.atom"))) == 2
    assert len(titles(fetched(client, "/feeds/all.atom"))) == 2
    assert client.get("/feeds/organization/none.atom").status_code == 404


@pytest.mark.parametrize("path", ["/search?q=балансы", "/dataset/", "/study/?q=x&page=2", "/organization/su"])
def test_a_page_names_its_feed_in_its_language(client: FlaskClient, shelf: Shelf, path: str) -> None:
    page = html.fromstring(client.get(path, headers={"Accept-Language": "ru"}).text)
    (address,) = page.xpath("//link[@rel='alternate' and @type='application/atom+xml']/@href")
    assert address.startswith("/ru/feeds/")
    assert "page=" not in address
    fetched(client, address)


def test_words_that_only_some_records_share_are_no_hit(client: FlaskClient, shelf: Shelf) -> None:
    assert titles(fetched(client, "/feeds/search.atom?q=баланс+несуществующее")) == []


def test_an_empty_feed_is_valid_and_stands_still(client: FlaskClient) -> None:
    assert fetched(client, "/feeds/all.atom").findtext("a:updated", namespaces=NAMES) == "1970-01-01T00:00:00Z"


def test_what_has_not_changed_is_not_sent_again(client: FlaskClient, shelf: Shelf) -> None:
    first = client.get("/kk/feeds/all.atom")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    etag = first.headers["ETag"]
    assert client.get("/kk/feeds/all.atom", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/ru/feeds/all.atom", headers={"If-None-Match": etag}).status_code == 200
    assert client.get("/kk/feeds/all.atom", headers={"If-None-Match": etag}).data == b""


def test_a_date_alone_never_hides_that_a_record_was_withdrawn(client: FlaskClient, shelf: Shelf) -> None:
    modified = client.get("/kk/feeds/all.atom").headers["Last-Modified"]
    assert client.get("/kk/feeds/all.atom", headers={"If-Modified-Since": modified}).status_code == 200


def test_the_language_is_negotiated_without_a_prefix_and_caches_know(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/feeds/all.atom", headers={"Accept-Language": "ru"})
    assert 'xml:lang="ru"' in answer.text
    assert "/ru/dataset/su-balansy" in answer.text
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


@pytest.mark.parametrize("arguments", ["page=0", "page=99999", "year=x", "sort=odd", "kind=no"])
def test_what_cannot_be_is_named(client: FlaskClient, arguments: str) -> None:
    assert client.get(f"/feeds/search.atom?{arguments}").status_code == 400


def test_newest_come_first_in_pages_that_lead_to_each_other(
    client: FlaskClient, catalogue: Catalogue, clock: Clock
) -> None:
    organization(catalogue, "a")
    ref = OrganizationRef(slug="a", title=ru("a"))
    for hour in range(3):
        clock.advance(hours=1)
        items = [found(f"{hour}-{n}", record(f"Запись {hour}", organization=ref)) for n in range(20)]
        source(catalogue).take(*items)
    work(catalogue)
    first = fetched(client, "/en/feeds/organization/a.atom")
    assert titles(first)[:20] == ["Запись 2"] * 20
    assert len(titles(first)) == 50
    assert href(first, "previous") == ""
    assert href(first, "next") == href(first, "last") == "http://127.0.0.1:5000/en/feeds/organization/a.atom?page=2"
    second = fetched(client, href(first, "next"))
    assert titles(second) == ["Запись 0"] * 10
    assert (href(second, "previous"), href(second, "next")) == (href(first, "self"), "")
    assert first.findtext("a:id", namespaces=NAMES) == second.findtext("a:id", namespaces=NAMES)
    assert first.findtext("a:updated", namespaces=NAMES) == clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("/feeds/dataset.atom", "/en/feeds/search.atom?kind=dataset"),
        ("/feeds/custom.atom?q=a&tags=b&sort=x&page=2", "/en/feeds/search.atom?kind=dataset&q=a&keyword=b&page=2"),
        ("/feeds/group/environment.atom", "/en/feeds/theme/environment.atom"),
        ("/feeds/tag/су/x.atom", "/en/feeds/search.atom?keyword=%D1%81%D1%83%2Fx&kind=dataset"),
    ],
)
def test_the_feeds_of_ckan_lead_to_ours(client: FlaskClient, asked: str, there: str) -> None:
    answer = client.get(f"/en{asked}")
    assert (answer.status_code, answer.location) == (301, there)


@pytest.mark.parametrize("page", ["0", "-2", "abc"])
def test_a_page_that_is_none_is_refused_as_by_ckan(client: FlaskClient, page: str) -> None:
    answer = client.get(f"/en/feeds/custom.atom?page={page}")
    assert answer.status_code == 400
    assert 'page: "page" parameter must be a positive integer' in answer.text


def test_what_is_no_feed_is_answered_in_lines(client: FlaskClient) -> None:
    answer = client.get("/en/feeds/organization/none.atom", headers={"Accept": "application/atom+xml, text/html"})
    assert (answer.status_code, answer.content_type) == (404, "text/plain; charset=utf-8")
    assert answer.text.startswith("404 There is no such page\n")
    assert len(answer.data) < 300
    assert client.get("/ru/feeds/nothing").text.startswith("404 ")
    assert client.get("/feeds/nothing", headers={"Accept": "application/json"}).json["status"] == 404  # type: ignore[index]
