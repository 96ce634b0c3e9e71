"""Machines find their way: typed links in headers and link sets, and the format that they ask for."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.http import parse_options_header

from opendata.catalog.records import ResourceRecord
from opendata.export.registry import EXPORTS, described
from opendata.export.signposting import MOST_IN_HEADER, TypedLink, header, landing_links, link_set
from tests.export.samples import FULL, SITE, entry_of
from tests.web.conftest import Shelf

PAGE = "http://127.0.0.1:5000/dataset/su-balansy"


def links(text: str) -> list[tuple[str, str, str]]:
    """(relation, address, type) of each link of a header."""
    found = []
    for part in text.split(", <"):
        address, _, attributes = part.lstrip("<").partition(">")
        options = parse_options_header(f"x{attributes}")[1]
        found.append((options["rel"], address, options.get("type", "")))
    return found


def test_the_page_of_a_dataset_leads_to_its_files_formats_and_citation(client: FlaskClient, shelf: Shelf) -> None:
    found = links(client.get("/ru/dataset/su-balansy").headers["Link"])
    assert ("cite-as", f"http://127.0.0.1:5000/id/{shelf.dataset_id}", "") in found
    assert ("type", "https://schema.org/Report", "") in found
    assert ("license", "https://creativecommons.org/licenses/by/4.0/", "") in found
    assert ("linkset", f"{PAGE}.linkset.json", "application/linkset+json") in found
    assert {address for rel, address, _ in found if rel == "describedby"} == {
        f"{PAGE}.{one.suffix}" for one in described()
    }
    items = [address for rel, address, _ in found if rel == "item"]
    assert any(address.startswith(f"{PAGE}/resource/{shelf.pdf}/download/") for address in items)
    assert not any(str(shelf.withheld) in address for address in items)


def test_a_file_leads_back_to_its_dataset(client: FlaskClient, shelf: Shelf) -> None:
    for path in (f"/dataset/su-balansy/resource/{shelf.pdf}", f"/dataset/su-balansy/resource/{shelf.pdf}/download"):
        found = links(client.get(path).headers["Link"])
        assert ("collection", PAGE, "text/html") in found
        assert ("linkset", f"{PAGE}.linkset.json", "application/linkset+json") in found


def test_the_link_set_holds_the_links_of_page_files_and_formats(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get("/dataset/su-balansy.linkset.json")
    assert answer.mimetype == "application/linkset+json"
    contexts = {one["anchor"]: one for one in json.loads(answer.data)["linkset"]}
    page = contexts[PAGE]
    assert len(page["describedby"]) == len(described())
    for item in page["item"]:
        assert contexts[item["href"]]["collection"] == [{"href": PAGE, "type": "text/html"}]
    for form in page["describedby"]:
        assert contexts[form["href"]]["describes"] == [{"href": PAGE, "type": "text/html"}]


def test_a_header_stays_short_and_the_link_set_has_all() -> None:
    files = tuple(ResourceRecord(key=str(n), id=UUID(int=n), filename=f"{n}.pdf", stored=True) for n in range(1, 60))
    entry = entry_of(replace(FULL, resources=files))
    said = header(list(landing_links(entry, SITE, described())))
    assert 'rel="item"' not in said
    assert len(said) < 4_000
    assert len(json.loads(link_set(entry, SITE, ()))["linkset"][0]["item"]) == 59 > MOST_IN_HEADER


def test_nothing_ends_a_header_early() -> None:
    said = header([TypedLink("item", 'https://x.example/Отчёт "1">\r\nX: y', 'text/csv"\r\nX: y')])
    assert said == (
        '<https://x.example/%D0%9E%D1%82%D1%87%D1%91%D1%82%20%221%22%3E%0D%0AX:%20y>; rel="item"; type="text/csvX: y"'
    )


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        ("text/turtle", ".ttl"),
        ("application/x-bibtex", ".bib"),
        ("application/ld+json", ".schema.jsonld"),
        ('application/ld+json; profile="http://mlcommons.org/croissant/1.1"', ".croissant.jsonld"),
        ("text/html;q=0.5, application/vnd.citationstyles.csl+json", ".csl.json"),
        ("application/linkset+json", ".linkset.json"),
    ],
)
def test_a_record_is_had_in_the_format_that_is_asked_for(
    client: FlaskClient, shelf: Shelf, accept: str, suffix: str
) -> None:
    for path in (f"/id/{shelf.dataset_id}", "/dataset/su-balansy", "/kk/dataset/su-balansy"):
        answer = client.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/dataset/su-balansy{suffix}")
        assert {"Accept", "Accept-Profile"} <= set(answer.vary)


@pytest.mark.parametrize("accept", ["*/*", "text/html", "image/png", "", "text/html, application/xml;q=0.9, */*;q=0.8"])
def test_people_and_whoever_asks_for_something_else_get_the_page(
    client: FlaskClient, shelf: Shelf, accept: str
) -> None:
    assert (
        client.get(f"/id/{shelf.dataset_id}", headers={"Accept": accept}).headers["Location"] == "/dataset/su-balansy"
    )
    assert client.get("/dataset/su-balansy", headers={"Accept": accept}).status_code == 200


def test_a_profile_may_be_asked_for_in_a_header_of_its_own(client: FlaskClient, shelf: Shelf) -> None:
    asked = {"Accept": "application/ld+json", "Accept-Profile": "<http://mlcommons.org/croissant/1.1>"}
    answer = client.get(f"/id/{shelf.dataset_id}", headers=asked)
    assert answer.headers["Location"] == "/dataset/su-balansy.croissant.jsonld"


def test_json_is_that_of_the_api(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"/id/{shelf.dataset_id}", headers={"Accept": "application/json"})
    assert answer.headers["Location"] == "/api/v1/datasets/su-balansy"
    assert client.get(answer.headers["Location"]).status_code == 200


def test_every_format_can_be_told_by_type_and_profile() -> None:
    assert len({(one.media_type, one.profile) for one in EXPORTS}) == len(EXPORTS)
