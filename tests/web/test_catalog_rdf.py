"""The catalogue for other portals: pages that lose and repeat nothing, profiles, negotiation, and data.json."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

import pyoxigraph
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from opendata.catalog.records import DatasetType
from opendata.harvesting.client import ClientPolicy, HttpClient
from opendata.harvesting.contract import Complete, Found, Raw, Run, Source
from opendata.harvesting.registry import harvester
from opendata.services import catalog_pages, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.queries import catalog as catalog_queries
from opendata.web.app import create_app
from tests.conftest import Clock
from tests.factories import Feed, feed, found, link, record, stored, work

HYDRA = "http://www.w3.org/ns/hydra/core#"
DCAT = "http://www.w3.org/ns/dcat#"
POLICY = ClientPolicy(allow_addresses=("127.0.0.1",), pace_seconds=0, retries=0)


@dataclass
class Site:
    """A small catalogue with pages of three."""

    catalogue: Catalogue
    client: FlaskClient
    feed: Feed

    def add(self, *names: str) -> None:
        self.feed.take(
            *(found(name, record(name, resources=(link(f"https://x.example/{name}.csv"),))) for name in names)
        )

    def titles(self, url: str) -> tuple[list[str], str]:
        """The titles on a page, in no order, and the address of the next."""
        answer = self.client.get(url)
        assert answer.status_code == 200, answer.text
        said = [
            (quad.subject.value, quad.predicate.value, quad.object.value)
            for quad in pyoxigraph.parse(answer.data, pyoxigraph.RdfFormat.TURTLE)
        ]
        listed = {o for _, p, o in said if p == DCAT + "dataset"}
        titles = [o for s, p, o in said if p == "http://purl.org/dc/terms/title" and s in listed]
        return titles, next((o for _, p, o in said if p == HYDRA + "next"), "")

    def all(self, url: str = "/catalog.ttl") -> Iterator[list[str]]:
        """The titles of page after page, as a harvester reads them."""
        while url:
            titles, url = self.titles(url.removeprefix("http://localhost"))
            yield titles


@pytest.fixture
def site(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Site:
    """Ten records."""
    monkeypatch.setattr(catalog_pages, "PER_PAGE", 3)
    made = Site(catalogue, create_app(catalogue).test_client(), feed(catalogue))
    for number in range(10):
        clock.advance(seconds=number % 2)  # two of each pair came at once
        made.add(f"r{number}")
    return made


@contextmanager
def live(app: Flask) -> Iterator[str]:
    """The site over HTTP until the end of the block."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    app.config["SITE_URL"] = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app.config["SITE_URL"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_pages_hold_every_record_once(site: Site) -> None:
    pages = list(site.all())
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    assert sorted(chain(*pages)) == [f"r{number}" for number in range(10)]


def test_nothing_is_skipped_or_repeated_while_records_come_and_go(site: Site, clock: Clock) -> None:
    walk = site.all()
    seen = next(walk)
    gone = stored(site.catalogue, catalog_pages.page(site.catalogue).ids[0])
    writing.remove(site.catalogue, SYSTEM, gone.slug, "")
    clock.advance(seconds=1)
    site.add("new")
    for page in walk:
        seen += page
    assert sorted(seen) == sorted([f"r{number}" for number in range(10)] + ["new"])


def test_a_page_can_be_asked_for_by_its_number_and_the_last_one_ends(site: Site) -> None:
    assert len(site.titles("/catalog.ttl?page=4")[0]) == 1
    assert site.titles("/catalog.ttl?page=4")[1] == ""
    assert site.titles("/catalog.ttl?page=77") == ([], "")


def test_only_what_was_changed_since_then_is_listed(site: Site, clock: Clock) -> None:
    clock.advance(hours=1)
    since = clock.now.isoformat()
    site.add("r4", "new")
    assert sorted(chain(*site.all(f"/catalog.ttl?modified_since={since}"))) == ["new"]
    clock.advance(hours=1)
    site.feed.take(found("r4", record("r4 again")))
    since = since.replace("+00:00", "Z")
    assert sorted(chain(*site.all(f"/catalog.ttl?modified_since={since}"))) == ["new", "r4 again"]
    assert site.titles("/catalog.ttl?modified_since=2999-01-01")[0] == []


def test_many_changed_records_are_listed_without_being_counted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_queries, "FEW", 4)
    assert len(list(chain(*site.all("/catalog.ttl?modified_since=2000-01-01")))) == 10
    said = site.client.get("/catalog.ttl?modified_since=2000-01-01").text
    assert "hydra:totalItems" not in said
    assert "hydra:last" not in said
    assert "hydra:next" in said


def test_a_search_in_the_words_of_ckan_chooses_what_is_listed(site: Site) -> None:
    site.feed.take(*(found(f"w{number}", record(f"w{number} вода", type=DatasetType.REPORT)) for number in range(7)))
    work(site.catalogue)
    assert sorted(chain(*site.all("/catalog.ttl?q=вода"))) == [f"w{number} вода" for number in range(7)]
    assert sorted(chain(*site.all("/catalog.ttl?fq=title:r3"))) == ["r3"]
    assert site.titles("/catalog.ttl?q=вода&modified_since=2999-01-01") == ([], "")
    assert site.client.get("/catalog.ttl?fq=title:(").status_code == 400


REFUSED = (
    "page=0", "page=x", "page=99999999999999999999", "page=0000000001" + "9" * 5000, "after=zzz", "profile=x",
    "modified_since=yesterday",
    "after=20260601T060000999999-" + "g" * 32, "after=99999999T999999999999-" + "0" * 32,
)  # fmt: skip


def test_what_cannot_be_understood_is_refused(site: Site) -> None:
    for query in REFUSED:
        assert site.client.get(f"/catalog.ttl?{query}").status_code == 400, query


def test_harvesters_of_ckan_find_the_next_page_in_their_own_words(site: Site) -> None:
    said = site.client.get("/catalog.ttl").text
    assert "a hydra:PartialCollectionView , hydra:PagedCollection" in said
    assert 'hydra:nextPage "http' in said
    assert "hydra:totalItems 10" in said


ACCEPTED = {
    "text/turtle": "text/turtle; charset=utf-8",
    "application/rdf+xml": "application/rdf+xml",
    "application/ld+json, text/html;q=0.5": "application/ld+json",
}


def test_the_catalogue_comes_as_it_is_asked_for(site: Site) -> None:
    for accept, content_type in ACCEPTED.items():
        answer = site.client.get("/catalog", headers={"Accept": accept})
        assert (answer.status_code, answer.content_type) == (200, content_type)
        assert "Accept" in answer.headers["Vary"]


def test_people_come_to_the_list_of_records(site: Site) -> None:
    answer = site.client.get("/catalog", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, "/dataset/" in answer.location) == (303, True)


def test_the_profile_is_chosen_as_clients_choose_it(site: Site) -> None:
    two = "DCAT-AP/releases/2.1.1/"
    assert two in site.client.get("/catalog.ttl?profile=dcat-ap-2").text
    assert two in site.client.get("/catalog.ttl?profiles=euro_dcat_ap_2").text
    assert two in site.client.get("/catalog.ttl", headers={"Accept-Profile": f"<https://semiceu.github.io/{two}>"}).text
    assert two not in site.client.get("/catalog.ttl", headers={"Accept-Profile": "<http://other.example>"}).text
    slug = stored(site.catalogue, catalog_pages.page(site.catalogue).ids[0]).slug
    assert "xsd:decimal" not in site.client.get(f"/dataset/{slug}.ttl").text
    assert site.client.get(f"/dataset/{slug}.ttl?profile=dcat-ap-9").status_code == 400


@pytest.mark.parametrize("url", ["/catalog.jsonld", "/data.json"])
def test_what_has_not_changed_is_not_sent_again(site: Site, url: str, clock: Clock) -> None:
    answer = site.client.get(url)
    again = site.client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    clock.advance(seconds=1)
    site.add("more")
    assert site.client.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


def test_data_json_lists_every_public_record_and_no_other(site: Site) -> None:
    site.feed.take(found("secret", record("secret", private=True)))
    answer = site.client.get("/data.json")
    listed = json.loads(answer.data)["dataset"]
    assert sorted(one["title"] for one in listed) == [f"r{number}" for number in range(10)]
    assert answer.headers["Last-Modified"]
    assert answer.content_type == "application/json"


def test_json_ld_holds_the_records_inside_the_catalogue(site: Site) -> None:
    tree = json.loads(site.client.get("/catalog.jsonld").data)
    assert tree["@type"][0] == "dcat:Catalog"
    assert len(tree["dcat:dataset"]) == 3
    first = tree["dcat:dataset"][0]
    assert first["@type"] == "dcat:Dataset"
    assert first["dcat:distribution"]["dcat:downloadURL"]["@id"].startswith("https://x.example/")


def test_the_home_page_names_the_catalogue_for_programs(site: Site) -> None:
    page = site.client.get("/en/").text
    for address in ("catalog.ttl", "catalog.rdf", "catalog.jsonld", "data.json"):
        href = re.search(rf'<link rel="alternate" type="[a-z+/]+" title="DCAT-[AU][PS]" href="([^"]*{address})">', page)
        assert href is not None
        assert site.client.get(href[1]).status_code == 200


@pytest.mark.parametrize("kind", ["dcat", "datajson"])
def test_our_own_harvesters_read_it_whole_over_http(site: Site, kind: str) -> None:
    with live(site.client.application) as url, HttpClient(POLICY, sleep=lambda seconds: None) as client:
        address = f"{url}/catalog.ttl" if kind == "dcat" else f"{url}/data.json"
        events = list(harvester(kind).harvest(Run(Source(UUID(int=1), "x", kind, address), client)))
    read = [event.read() for event in events if isinstance(event, Raw)]
    titles = sorted(str(event.record.title.show("ru")) for event in read if isinstance(event, Found))
    assert titles == [f"r{number}" for number in range(10)]
    assert isinstance(events[-1], Complete)
