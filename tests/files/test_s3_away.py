"""A service that dies in the middle, is not there, or does not know us: nothing half-stored, and plain words."""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opendata.errors import Unavailable
from opendata.files.s3 import S3Store
from opendata.files.tidying import tidy
from tests.files.conftest import await_service, make_bucket
from tests.files.s3_server import BUCKET, READER_KEY, READER_SECRET, S3Server, s3_server

MB = 1024 * 1024
DATA = random.Random(7).randbytes(40 * MB)


def replace(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def at_part(store: S3Store, number: int, what: Callable[[], object]) -> None:
    """Do it when that part of an upload is about to be sent."""

    def handler(params: dict[str, Any], **_: object) -> None:
        if f"partNumber={number}" in params["url"] or params["query_string"].get("partNumber") == number:
            what()

    store._client.meta.events.register("before-call.s3.UploadPart", handler)


def test_server_killed_in_the_middle_of_put_and_get_leaves_nothing(s3: S3Server, tmp_path: Path) -> None:
    with s3_server(tmp_path) as server:
        make_bucket(server)
        store = S3Store(bucket=BUCKET, endpoint_url=server.url)
        kept = store.put(io.BytesIO(DATA[: 10 * MB]), max_bytes=64 * MB)
        reader = store.open(kept.checksum)
        assert reader.read(100) == DATA[:100]
        at_part(store, 3, server.kill)
        with pytest.raises(Unavailable, match=BUCKET) as caught:
            store.put(io.BytesIO(DATA), max_bytes=64 * MB)
        assert caught.value.part == "files"
        with pytest.raises(Unavailable):
            reader.read()
    with s3_server(tmp_path) as server:
        store = S3Store(bucket=BUCKET, endpoint_url=server.url)
        await_service(store)
        assert list(store.keys()) == [kept.checksum]
        assert len(list(store.leftovers())) == 1
        assert tidy(store, dt.datetime.now(dt.UTC)) == [], "it may still be running"
        assert len(tidy(store, dt.datetime.now(dt.UTC) + dt.timedelta(days=2))) == 1
        assert list(store.leftovers()) == []
        stored = store.put(io.BytesIO(DATA), max_bytes=64 * MB)
        with store.open(stored.checksum) as again:
            assert again.read() == DATA


def test_upload_that_fails_is_aborted(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="aborted", endpoint_url=s3.url)

    def stop() -> None:
        raise ConnectionAbortedError("told to")

    at_part(store, 4, stop)
    with pytest.raises(ConnectionAbortedError):
        store.put(io.BytesIO(DATA), max_bytes=64 * MB)
    assert list(store.keys()) == []
    assert list(store.leftovers()) == []


def test_part_that_arrives_otherwise_is_refused_by_the_server(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="damaged", endpoint_url=s3.url)

    def damage(params: dict[str, Any], **_: object) -> None:
        params["Body"] = b"x" + params["Body"][1:]

    store._client.meta.events.register("provide-client-params.s3.UploadPart", damage)
    with pytest.raises(Unavailable, match="BadDigest"):
        store.put(io.BytesIO(DATA), max_bytes=64 * MB)
    assert list(store.keys()) == []
    assert list(store.leftovers()) == []


def test_object_that_the_server_says_is_another_is_removed(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="other", endpoint_url=s3.url)

    def damage(parsed: dict[str, Any], **_: object) -> None:
        parsed["ContentLength"] = 1

    store._client.meta.events.register("after-call.s3.HeadObject", damage)
    with pytest.raises(Unavailable, match="arrived otherwise"):
        store.put(io.BytesIO(b"report"), max_bytes=100)
    assert list(store.keys()) == []


def test_file_that_changes_while_it_is_sent_is_not_stored(s3: S3Server, tmp_path: Path) -> None:
    store = S3Store(bucket=BUCKET, prefix="changing", endpoint_url=s3.url)
    path = tmp_path / "file"
    for size in (100, 20 * MB):
        path.write_bytes(DATA[:size])
        store._client.meta.events.register(
            "before-call.s3.HeadObject", lambda size=size, **_: replace(path, DATA[1 : size + 1])
        )
        with pytest.raises(Unavailable, match="changed while it was sent"):
            store.put_path(path, max_bytes=64 * MB)
    assert list(store.keys()) == []
    assert list(store.leftovers()) == []


def test_missing_bucket_is_never_a_missing_file(s3: S3Server) -> None:
    store = S3Store(bucket="no-such-bucket", endpoint_url=s3.url)
    for attempt in (
        lambda: store.open("0" * 64),
        lambda: store.exists("0" * 64),
        lambda: list(store.stored()),
    ):
        with pytest.raises(Unavailable, match="no-such-bucket"):
            attempt()


def test_who_may_only_read_reads_and_is_told_so(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    key = S3Store(bucket=BUCKET, prefix="reader", endpoint_url=s3.url).put(io.BytesIO(b"report"), max_bytes=9).checksum
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", READER_SECRET)
    store = S3Store(bucket=BUCKET, prefix="reader", endpoint_url=s3.url)
    with store.open(key) as reader:
        assert reader.read() == b"report"
    for attempt in (store.check, lambda: store.put(io.BytesIO(b"another"), max_bytes=100)):
        with pytest.raises(Unavailable, match="Denied"):
            attempt()


@pytest.mark.usefixtures("small_disk")
def test_full_disk_for_the_temporary_copy_is_unavailable(s3: S3Server, tmp_path: Path) -> None:
    store = S3Store(bucket=BUCKET, prefix="spool", endpoint_url=s3.url, scratch=tmp_path / "incoming")
    with pytest.raises(Unavailable, match="no temporary copy"):
        store.put(io.BytesIO(DATA), max_bytes=64 * MB)
    assert list((tmp_path / "incoming").iterdir()) == []
    assert list(store.keys()) == []


def test_damaged_object_is_never_read_as_the_file(s3: S3Server) -> None:
    store = S3Store(bucket=BUCKET, prefix="rotten", endpoint_url=s3.url)
    key = store.put(io.BytesIO(b"report"), max_bytes=100).checksum
    store._client.put_object(Bucket=BUCKET, Key=store._key(key), Body=b"rotten")
    with pytest.raises(Unavailable, match="damaged"), store.local_path(key):
        pass
