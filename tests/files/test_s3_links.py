"""Links that give one file for a short while: its name in any script, its type as we say it, nothing beyond that."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from opendata.files.s3 import Links, S3Store
from opendata.web.downloads import disposition
from tests.files.s3_server import BUCKET, SECRET_KEY, S3Server

NAMES = ("Су балансы – қорытынды есеп.pdf", "Отчёт № 7 «итоговый»; 50%.pdf", 'Final report "v2", 100%.pdf')


def store_with_links(server: S3Server, seconds: int = 60, endpoint_url: str = "") -> tuple[S3Store, str]:
    store = S3Store(
        bucket=BUCKET, prefix="links", endpoint_url=server.url, links=Links(seconds=seconds, endpoint_url=endpoint_url)
    )
    return store, store.put(io.BytesIO(b"0123456789"), max_bytes=100).checksum


@pytest.mark.parametrize("name", NAMES)
def test_file_comes_under_its_name_and_type(s3: S3Server, name: str) -> None:
    store, key = store_with_links(s3)
    said = disposition(name, inline=False)
    link = store.link(key, disposition=said, media_type="text/csv; charset=windows-1251")
    assert SECRET_KEY not in link
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"0123456789"
        assert answer.headers["Content-Disposition"] == said
        assert answer.headers["Content-Type"] == "text/csv; charset=windows-1251"


def test_part_of_the_file_may_be_asked_for(s3: S3Server) -> None:
    store, key = store_with_links(s3)
    link = store.link(key, disposition="attachment", media_type="text/plain")
    with urllib.request.urlopen(urllib.request.Request(link, headers={"Range": "bytes=2-4"})) as answer:
        assert (answer.status, answer.read()) == (206, b"234")


@pytest.mark.parametrize(
    "change", [("attachment", "inline"), ("text%2Fplain", "text%2Fhtml"), ("Expires=60", "Expires=999")]
)
def test_nothing_in_a_link_may_be_changed(s3: S3Server, change: tuple[str, str]) -> None:
    store, key = store_with_links(s3)
    link = store.link(key, disposition="attachment", media_type="text/plain")
    assert change[0] in link
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace(*change))


def test_link_ends(s3: S3Server) -> None:
    store, key = store_with_links(s3, seconds=60)
    link = store.link(key, disposition="attachment", media_type="text/plain")
    assert "X-Amz-Expires=60" in link


def test_browsers_may_know_the_server_by_another_address(s3: S3Server) -> None:
    store, key = store_with_links(s3, endpoint_url="https://files.example.org")
    link = store.link(key, disposition="attachment", media_type="text/plain")
    assert urlsplit(link).netloc == "files.example.org"
