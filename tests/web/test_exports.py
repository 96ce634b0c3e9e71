"""A dataset in every format, at its address, with what caches need."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from opendata.export.registry import EXPORTS, Format
from opendata.web.exports import content_type
from tests.web.conftest import Shelf


@pytest.mark.parametrize("form", EXPORTS, ids=lambda form: form.suffix)
def test_every_format_has_its_address_type_and_link(client: FlaskClient, shelf: Shelf, form: Format) -> None:
    answer = client.get(f"/dataset/su-balansy.{form.suffix}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == content_type(form)
    assert '/dataset/su-balansy>; rel="describes"' in answer.headers["Link"]
    assert answer.headers["Cache-Control"] == "public, no-cache"
    page = client.get("/ru/dataset/su-balansy").text
    assert page.count(f'/dataset/su-balansy.{form.suffix}"') == 1 + form.menu  # for programs, and in the menu


def test_an_unchanged_record_is_not_sent_again(client: FlaskClient, shelf: Shelf) -> None:
    first = client.get("/dataset/su-balansy.bib")
    again = client.get("/dataset/su-balansy.bib", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    by_date = client.get("/dataset/su-balansy.bib", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert by_date.status_code == 200


def test_a_withdrawn_record_is_gone_in_every_format(client: FlaskClient, shelf: Shelf) -> None:
    assert client.get("/dataset/gone.bib").status_code == 410


def test_rdf_has_the_suffix_of_ckans_clients_too(client: FlaskClient, shelf: Shelf) -> None:
    also = client.get("/dataset/su-balansy.xml")
    assert (also.status_code, also.content_type) == (200, "application/rdf+xml")
    assert also.data == client.get("/dataset/su-balansy.rdf").data


def test_pages_of_other_sites_may_read_what_everybody_gets(client: FlaskClient, shelf: Shelf) -> None:
    file = next(
        one["url"] for one in client.get("/api/3/action/package_show?id=su-balansy").get_json()["result"]["resources"]
    )
    for path in (
        "/dataset/su-balansy.ttl",
        f"/dataset/{file.partition('/dataset/')[2]}",
        "/catalog.ttl",
        "/catalog.csv",
        "/data.json",
        "/oai?verb=Identify",
        "/search.csv?q=su",
        "/ru/feeds/all.atom",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*"), path
    for path in ("/dataset/su-balansy", "/id/" + client.get("/api/v1/datasets/su-balansy").get_json()["id"]):
        sent_on = client.get(path, headers={"Accept": "text/turtle"})
        assert (sent_on.status_code, sent_on.headers["Access-Control-Allow-Origin"]) == (303, "*"), path
    for path in ("/ru/dataset/su-balansy", "/ru/search", "/account/sign-in"):
        assert "Access-Control-Allow-Origin" not in client.get(path).headers, path


def test_a_suffix_that_nobody_writes_is_not_found(client: FlaskClient, shelf: Shelf) -> None:
    assert client.get("/dataset/su-balansy.exe").status_code == 404
    assert client.get("/dataset/nothing.bib").status_code == 404


@pytest.mark.parametrize("path", ["/catalog.csv", "/catalog.jsonl", "/data.json", "/sitemap/dataset-1.xml"])
def test_what_is_written_while_it_is_sent_announces_no_length(client: FlaskClient, shelf: Shelf, path: str) -> None:
    answer = client.get(path)
    assert b"su-balansy" in answer.data
    assert "Content-Length" not in answer.headers
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head(path).status_code == 200
