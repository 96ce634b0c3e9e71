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
