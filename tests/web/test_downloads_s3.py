"""Files that lie in a bucket: streamed by ranges, sent on by links where that is allowed, and a bucket that is away."""

from __future__ import annotations

import tracemalloc
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.catalog.records import RecordState
from opendata.files.copying import copy
from opendata.files.s3 import Links, S3Store
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset, Resource
from opendata.web.app import create_app
from tests.files.conftest import running_s3
from tests.files.s3_server import BUCKET, S3Server
from tests.web.conftest import PDF, ReadingClient
from tests.web.people import People, sign_in
from tests.web.test_downloads import FIREFOX

MB = 1024 * 1024
NAMES = ("Су балансы – есеп.csv", "Отчёт № 7 «итоговый»; 50%.csv", 'Report "v2".csv')
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The server, or the test is skipped with the reason."""
    yield from running_s3(tmp_path_factory)


class Bucket:
    """The site with the shelf, its files in a bucket."""

    def __init__(self, catalogue: Catalogue, server: S3Server) -> None:
        self.url, self.prefix = server.url, str(uuid.uuid4())
        self.store = self._store(server.url)
        copy(catalogue.files, self.store)
        self.catalogue = replace(catalogue, files=self.store)

    def _store(self, url: str, links: Links | None = None) -> S3Store:
        return S3Store(bucket=BUCKET, prefix=self.prefix, endpoint_url=url, links=links)

    def browser(self, *, links: bool = False, away: bool = False) -> FlaskClient:
        """Before the site with links or without, while the service answers or does not."""
        store = self._store(NOBODY if away else self.url, Links(60) if links else None)
        app: Flask = create_app(replace(self.catalogue, files=store))
        app.test_client_class = ReadingClient
        return app.test_client()

    def address(self, key: str = "pdf", **changes: object) -> str:
        """Of the download of that file, with its row changed."""
        with self.catalogue.sessions.write.begin() as session:
            named = select(Resource).join(Dataset).where(Resource.key == key, Dataset.slug == "su-balansy")
            row = session.scalars(named).one()
            for name, value in changes.items():
                setattr(row, name, value)
            return f"/dataset/su-balansy/resource/{row.id}/download"

    def downloads(self) -> int:
        """Counted since the last call."""
        return sum(self.catalogue.counters.drain().values())


@pytest.fixture
def bucket(peopled: Catalogue, people: People, s3: S3Server) -> Bucket:
    del people
    return Bucket(peopled, s3)


def test_ranges_come_from_the_bucket(bucket: Bucket) -> None:
    client, url = bucket.browser(), bucket.address()
    assert client.get(url).data == PDF
    part = client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, PDF[100:200])
    assert client.head(url).headers["Content-Length"] == str(len(PDF))


def test_large_file_is_never_in_memory_as_a_whole(bucket: Bucket) -> None:
    stored = bucket.store.put(BytesIO(bytes(range(256)) * 4 * 1024 * 48), max_bytes=64 * MB)
    url = bucket.address(checksum=stored.checksum, byte_size=stored.byte_size)
    client = bucket.browser().application.test_client()
    tracemalloc.start()
    try:
        answer = client.get(url, headers={"Range": f"bytes={MB}-"}, buffered=False)
        size = sum(map(len, answer.iter_encoded()))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    answer.close()
    assert size == stored.byte_size - MB
    assert most < 16 * MB


def test_aborted_downloads_leave_no_connection_behind(bucket: Bucket) -> None:
    stored = bucket.store.put(BytesIO(bytes(range(256)) * 4 * 1024 * 16), max_bytes=64 * MB)
    url = bucket.address(checksum=stored.checksum, byte_size=stored.byte_size)
    client = bucket.browser().application.test_client()
    for _ in range(40):  # more than there are connections
        answer = client.get(url, buffered=False)
        next(iter(answer.iter_encoded()))
        answer.close()
    assert client.get(url, headers={"Range": "bytes=0-9"}).data == bytes(range(10))


@pytest.mark.parametrize("name", NAMES)
def test_link_leads_to_the_file_under_its_own_name(bucket: Bucket, name: str) -> None:
    text = bucket.store.put(BytesIO("Су балансы;1\n".encode("cp1251", "replace")), max_bytes=MB)
    url = bucket.address(checksum=text.checksum, byte_size=text.byte_size, filename=name, media_type="text/csv")
    plain, sent = bucket.browser().get(url), bucket.browser(links=True).get(url)
    assert sent.status_code == 302
    assert sent.headers["Cache-Control"] == "no-store"
    with urllib.request.urlopen(sent.headers["Location"]) as answer:
        assert answer.read() == plain.data
        for header in ("Content-Disposition", "Content-Type"):
            assert answer.headers[header] == plain.headers[header]


def test_download_by_link_is_counted_once(bucket: Bucket) -> None:
    client, url = bucket.browser(links=True), bucket.address()
    bucket.downloads()
    for asked in ("", "bytes=0-9", "bytes=10-"):
        client.get(url, headers={"User-Agent": FIREFOX, **({"Range": asked} if asked else {})})
    assert bucket.downloads() == 2


def test_what_is_shown_in_the_page_and_heads_come_from_us(bucket: Bucket) -> None:
    client, url = bucket.browser(links=True), bucket.address()
    shown = client.get(f"{url}?inline=1")
    assert (shown.status_code, shown.data) == (200, PDF)
    assert "Content-Security-Policy" in shown.headers
    assert client.head(url).status_code == 200


def test_closed_file_has_no_link_even_for_those_who_may_have_it(bucket: Bucket, people: People) -> None:
    client, url = bucket.browser(links=True), bucket.address("closed")
    assert client.get(url).status_code == 403
    sign_in(client, people.admin)
    answer = client.get(url)
    assert (answer.status_code, answer.data) == (200, PDF)


def test_held_file_has_no_link(bucket: Bucket) -> None:
    assert bucket.browser(links=True).get(bucket.address(held=True)).status_code == 403


@pytest.mark.parametrize("change", [{"private": True}, {"state": RecordState.DRAFT}])
def test_file_of_a_hidden_record_has_no_link(bucket: Bucket, people: People, change: dict[str, object]) -> None:
    url = bucket.address()
    with bucket.catalogue.sessions.write.begin() as session:
        row = session.scalars(select(Dataset).where(Dataset.slug == "su-balansy")).one()
        for name, value in change.items():
            setattr(row, name, value)
    client = sign_in(bucket.browser(links=True), people.admin)
    assert client.get(url).status_code != 302


def test_pages_answer_while_the_bucket_is_away(bucket: Bucket) -> None:
    client, url = bucket.browser(away=True), bucket.address()
    assert client.get("/en/dataset/su-balansy").status_code == 200
    assert client.get(f"/en{url.removesuffix('/download')}").status_code == 200
    answer = client.get(f"/en{url}", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "<main" in answer.text
    assert "127.0.0.1:9" not in answer.text
    here, others = client.get("/readyz"), client.get("/readyz", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert (here.status_code, others.status_code) == (503, 503)
    assert "127.0.0.1:9" in here.get_json()["parts"]["files"]
    assert others.get_json()["parts"] == {"store": "ok", "index": "ok", "files": "unavailable", "queue": "ok"}


def test_link_to_a_missing_object_is_never_given(bucket: Bucket) -> None:
    url = bucket.address()
    for one in tuple(bucket.store.keys()):
        bucket.store.delete(one)
    assert bucket.browser(links=True).get(url).status_code == 404
