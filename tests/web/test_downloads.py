"""Files leave as they came: whole or in part, under their own name, never run by the browser."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from opendata.export.charsets import charset_name
from opendata.services.catalogue import Catalogue
from opendata.web.downloads import disposition
from tests.web.conftest import PDF, Shelf

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def url(shelf: Shelf) -> str:
    return f"/dataset/su-balansy/resource/{shelf.pdf}/download"


def test_whole_file_with_its_facts(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(PDF).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Last-Modified" in answer.headers


def test_original_name_in_any_script(client: FlaskClient, url: str) -> None:
    header = client.get(url).headers["Content-Disposition"]
    assert header.startswith('attachment; filename="')
    assert header.endswith("filename*=UTF-8''%D0%A1%D1%83%20%D0%B1%D0%B0%D0%BB%D0%B0%D0%BD%D1%81%D1%8B%20%E2%80%93%20"
                           "%D0%B5%D1%81%D0%B5%D0%BF.pdf")  # fmt: skip


@pytest.mark.parametrize("name", ["x", "Су балансы – есеп.pdf", "any/other".replace("/", "%2F")])
def test_name_in_the_address_does_not_matter(client: FlaskClient, url: str, name: str) -> None:
    assert client.get(f"{url}/{name}").status_code in (200, 404)


@pytest.mark.parametrize(
    ("asked", "expected", "said"),
    [
        ("bytes=0-9", PDF[:10], f"bytes 0-9/{len(PDF)}"),
        ("bytes=100-", PDF[100:], f"bytes 100-{len(PDF) - 1}/{len(PDF)}"),
        ("bytes=-5", PDF[-5:], f"bytes {len(PDF) - 5}-{len(PDF) - 1}/{len(PDF)}"),
        ("bytes=5-999999999", PDF[5:], f"bytes 5-{len(PDF) - 1}/{len(PDF)}"),
    ],
)
def test_one_range(client: FlaskClient, url: str, asked: str, expected: bytes, said: str) -> None:
    answer = client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, expected)
    assert answer.headers["Content-Range"] == said
    assert answer.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=abc", "lines=1-2", "bytes=5-2", ""])
def test_ranges_that_are_not_one_give_the_whole_file(client: FlaskClient, url: str, asked: str) -> None:
    answer = client.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, PDF)


def test_range_behind_the_end_is_refused(client: FlaskClient, url: str) -> None:
    answer = client.get(url, headers={"Range": f"bytes={len(PDF)}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(PDF)}"


def test_unchanged_file_is_not_sent_again(client: FlaskClient, url: str) -> None:
    first = client.get(url)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(url, headers={"If-Modified-Since": first.headers["Last-Modified"]}).status_code == 304


def test_range_of_another_version_gives_the_whole_file(client: FlaskClient, url: str) -> None:
    answer = client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (answer.status_code, answer.data) == (200, PDF)


def test_head_has_the_length_and_no_body(client: FlaskClient, url: str) -> None:
    answer = client.head(url)
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", str(len(PDF)))


def test_pdf_is_shown_in_the_browser_when_asked(client: FlaskClient, url: str) -> None:
    answer = client.get(f"{url}?inline=1")
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["Content-Type"] == "application/pdf"


def test_html_is_never_shown(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"/dataset/su-balansy/resource/{shelf.page}/download?inline=1")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_file_under_embargo_is_refused(client: FlaskClient, shelf: Shelf) -> None:
    url = f"/dataset/su-balansy/resource/{shelf.withheld}/download"
    assert client.get(url).status_code == 403
    assert PDF[:20] not in client.get(f"{url}?inline=1").data
    page = client.get(f"/en{url}").text
    assert "Opens on 1 January 2030" in page
    assert "Конкурс аяқталғанша" in page
    assert 'href="/en/dataset/su-balansy">To the record' in page
    said = client.get(url, headers={"Accept": "application/json"}).json
    assert (said["code"], "2030-01-01" in said["detail"]) == ("not_allowed", True)


def test_link_leads_to_the_file_elsewhere(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"/dataset/su-balansy/resource/{shelf.link}/download")
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://example.org/data")


@pytest.mark.parametrize("resource", ["no-uuid", str(UUID(int=7))])
def test_unknown_file_is_not_found(client: FlaskClient, shelf: Shelf, resource: str) -> None:
    assert client.get(f"/dataset/su-balansy/resource/{resource}/download").status_code == 404


def test_dataset_may_be_named_by_its_id(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"/ru/dataset/{shelf.dataset_id}/resource/{shelf.pdf}/download/a%20b.pdf?inline=1")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/ru/dataset/su-balansy/resource/{shelf.pdf}/download/a%20b.pdf?inline=1"


def test_only_the_first_byte_counts_as_a_download(client: FlaskClient, shown: Catalogue, url: str) -> None:
    shown.counters.drain()
    for asked in ("bytes=0-9", "bytes=10-", "bytes=-5"):
        client.get(url, headers={"Range": asked, "User-Agent": FIREFOX})
    client.head(url, headers={"User-Agent": FIREFOX})
    client.get(url, headers={"User-Agent": "Googlebot/2.1"})
    assert list(shown.counters.drain().values()) == [1]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", 'attachment; filename="a.pdf"'),
        ('a"b\\c/d\r\n.pdf', 'attachment; filename="abcd.pdf"'),
        ("é.pdf", "attachment; filename=\"e.pdf\"; filename*=UTF-8''%C3%A9.pdf"),
        ("Қ.csv", "attachment; filename=\"q.csv\"; filename*=UTF-8''%D2%9A.csv"),
        ("Ё №2", "attachment; filename=\"yo-no2\"; filename*=UTF-8''%D0%81%20%E2%84%962"),
        ("№.csv", "attachment; filename=\"No.csv\"; filename*=UTF-8''%E2%84%96.csv"),
        ("☃.csv", "attachment; filename=\"file.csv\"; filename*=UTF-8''%E2%98%83.csv"),
        ("", 'attachment; filename="file"'),
    ],
)
def test_disposition(name: str, header: str) -> None:
    assert disposition(name, inline=False) == header


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8-sig", "utf-8"),
        ("cp1251", "windows-1251"),
        ("koi8-r", "koi8-r"),
        ("cp866", "ibm866"),
        ("iso8859_2", "iso-8859-2"),
        ("mac-cyrillic", "x-mac-cyrillic"),
        ("utf-16-le", "utf-16le"),
    ],
)
def test_charsets_have_the_names_that_browsers_know(encoding: str, charset: str) -> None:
    assert charset_name(encoding) == charset
