"""What only S3 has: credentials, prefixes, servers that do not answer, and how many requests a reading costs."""

from __future__ import annotations

import io
import random
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from opendata.errors import NotFound, Unavailable
from opendata.files.s3 import S3Store
from tests.files.s3_server import BUCKET, S3Server

MB = 1024 * 1024


def test_stores_of_two_prefixes_do_not_see_each_other(s3: S3Server) -> None:
    one = S3Store(bucket=BUCKET, prefix="one", endpoint_url=s3.url)
    other = S3Store(bucket=BUCKET, prefix="one-and-other", endpoint_url=s3.url)
    key = one.put(io.BytesIO(b"report"), max_bytes=100).checksum
    assert list(one.keys()) == [key]
    assert list(other.keys()) == []
    with pytest.raises(NotFound):
        other.open(key)


def test_keys_are_listed_beyond_one_answer_of_the_server(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="many", endpoint_url=s3.url)
    wanted = {store.put(io.BytesIO(b"%d" % number), max_bytes=100).checksum for number in range(30)}
    store._client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 7}
    )
    listed = list(store.keys())
    assert sorted(listed) == sorted(wanted)


def test_reading_a_file_through_costs_few_requests(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="windows", endpoint_url=s3.url)
    data = random.Random(5).randbytes(20 * MB)
    key = store.put(io.BytesIO(data), max_bytes=64 * MB).checksum
    requests: list[str] = []
    store._client.meta.events.register("before-call.s3.GetObject", lambda params, **_: requests.append(params["url"]))
    with store.open(key) as reader:
        read = b"".join(iter(lambda: reader.read(64 * 1024), b""))
    assert read == data
    assert len(requests) <= 10


def test_multipart_upload_comes_back_whole(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="multipart", endpoint_url=s3.url)
    data = random.Random(6).randbytes(25 * MB)
    with store.open(store.put(io.BytesIO(data), max_bytes=64 * MB).checksum) as reader:
        assert reader.read() == data


def test_wrong_credentials_are_unavailable(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = S3Store(bucket=BUCKET, endpoint_url=s3.url)
    for attempt in (store.check, lambda: list(store.keys()), lambda: store.put(io.BytesIO(b"report"), max_bytes=100)):
        with pytest.raises(Unavailable) as caught:
            attempt()
        assert caught.value.part == "files"
        assert "wrong" not in caught.value.message


def test_missing_bucket_is_unavailable(s3: S3Server) -> None:
    store = S3Store(bucket="no-such-bucket", endpoint_url=s3.url)
    with pytest.raises(Unavailable, match="no-such-bucket"):
        list(store.keys())


def test_server_that_is_down_is_unavailable(s3: S3Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        store = S3Store(bucket=BUCKET, endpoint_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable):
            store.check()


class _BreaksOff(BaseHTTPRequestHandler):
    """Answers as S3 does, but the first answers to GET end in the middle; `breaks` says how many."""

    content = b"0123456789" * 1000
    breaks = 0

    def do_HEAD(self) -> None:
        self._begin(200, len(self.content))

    def do_GET(self) -> None:
        self._begin(206, len(self.content))
        server = type(self)
        whole = server.breaks == 0
        server.breaks -= 0 if whole else 1
        self.wfile.write(self.content if whole else self.content[:100])

    def log_message(self, *_: object) -> None:
        pass

    def _begin(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()


@pytest.fixture
def broken_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[_BreaksOff], str]]:
    """The handler to set, and the address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    handler = type("Handler", (_BreaksOff,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_answer_that_breaks_off_is_asked_for_again(broken_server: tuple[type[_BreaksOff], str]) -> None:
    handler, url = broken_server
    handler.breaks = 2
    with S3Store(bucket=BUCKET, endpoint_url=url).open("0" * 64) as reader:
        assert reader.read() == handler.content


def test_answer_that_always_breaks_off_is_unavailable_and_never_a_short_file(
    broken_server: tuple[type[_BreaksOff], str],
) -> None:
    handler, url = broken_server
    handler.breaks = 100
    with S3Store(bucket=BUCKET, endpoint_url=url).open("0" * 64) as reader, pytest.raises(Unavailable):
        reader.read()


def kept_store(s3: S3Server, tmp_path: Path) -> tuple[S3Store, list[str]]:
    """A store with room for copies, and the requests by which it fetches."""
    store = S3Store(bucket=BUCKET, prefix=f"kept-{tmp_path.name}", endpoint_url=s3.url, scratch=tmp_path / "incoming")
    requests: list[str] = []
    store._client.meta.events.register("before-call.s3.GetObject", lambda params, **_: requests.append(params["url"]))
    return store, requests


def test_a_copy_that_is_kept_is_fetched_once(s3: S3Server, tmp_path: Path) -> None:
    store, requests = kept_store(s3, tmp_path)
    key = store.put(io.BytesIO(b"table"), max_bytes=100).checksum
    with store.local_path(key, keep=True) as first, store.local_path(key, keep=True) as second:
        assert first != second
        assert first.read_bytes() == second.read_bytes() == b"table"
    assert len(requests) == 1
    with store.local_path(key) as path:
        assert path.read_bytes() == b"table"
    assert len(requests) == 2
    assert [one.name for one in (tmp_path / "incoming").iterdir()] == ["kept"]


def test_a_copy_is_not_given_once_its_file_is_gone(s3: S3Server, tmp_path: Path) -> None:
    store, _ = kept_store(s3, tmp_path)
    key = store.put(io.BytesIO(b"secret"), max_bytes=100).checksum
    with store.local_path(key, keep=True) as path:
        S3Store(bucket=BUCKET, prefix=f"kept-{tmp_path.name}", endpoint_url=s3.url).delete(key)  # on another machine
        assert path.read_bytes() == b"secret"
    with pytest.raises(NotFound), store.local_path(key, keep=True):
        pass
    assert list((tmp_path / "incoming" / "kept").iterdir()) == []


def test_a_damaged_copy_is_fetched_again(s3: S3Server, tmp_path: Path) -> None:
    store, requests = kept_store(s3, tmp_path)
    key = store.put(io.BytesIO(b"table"), max_bytes=100).checksum
    with store.local_path(key, keep=True):
        pass
    (tmp_path / "incoming" / "kept" / key).write_bytes(b"ta")
    with store.local_path(key, keep=True) as path:
        assert path.read_bytes() == b"table"
    assert len(requests) == 2
