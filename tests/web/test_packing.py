"""What pages and their parts weigh on a slow line, and what is never packed."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Shelf

PACKED = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/ru/", "/ru/dataset/su-balansy", "/ru/search?q=су", "/feeds/search.atom"])
def test_pages_and_feeds_are_packed_for_who_takes_them_so(client: FlaskClient, shelf: Shelf, path: str) -> None:
    plain, packed = client.get(path), client.get(path, headers=PACKED)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_whoever_refuses_it_gets_none(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/ru/", headers={"Accept-Encoding": "gzip;q=0, br"}).headers


def test_a_packed_page_is_known_again(client: FlaskClient) -> None:
    first = client.get("/ru/", headers=PACKED)
    assert first.headers["ETag"].startswith('W/"')
    again = client.get("/ru/", headers={**PACKED, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Accept-Encoding" in again.headers["Vary"]


def test_styles_and_scripts_are_packed_and_kept_for_a_year(client: FlaskClient, app: Flask) -> None:
    addresses = re.findall(r'/static/(?:css|js|img)/[^"?#]+\?v=\w+', client.get("/ru/").text)
    assert addresses
    for address in set(addresses):
        plain, packed = client.get(address), client.get(address, headers=PACKED)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert "immutable" in packed.headers["Cache-Control"]
        again = client.get(address, headers={**PACKED, "If-None-Match": packed.headers["ETag"]})
        assert again.status_code == 304


def test_a_page_with_a_session_is_not_packed_but_its_styles_are(client: FlaskClient) -> None:
    client.set_cookie("session", "anything")
    page = client.get("/ru/", headers=PACKED)
    assert "Content-Encoding" not in page.headers
    address = re.findall(r'/static/css/[^"]+', page.text)[0]
    assert client.get(address, headers=PACKED).headers["Content-Encoding"] == "gzip"


def test_a_download_comes_byte_for_byte(client: FlaskClient, shelf: Shelf) -> None:
    address = f"/dataset/su-balansy/resource/{shelf.pdf}/download"
    answer = client.get(address, headers=PACKED, follow_redirects=True)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_pictures_that_styles_name_have_the_version_of_their_bytes(app: Flask) -> None:
    folder = Path(str(app.static_folder))
    for sheet in (folder / "css").glob("*.css"):
        for name, version in re.findall(r'url\("([^"?]+)(?:\?v=(\w+))?"\)', sheet.read_text()):
            content = (sheet.parent / name).read_bytes()
            assert version == hashlib.sha256(content).hexdigest()[:10], f"{sheet.name}: {name}"
