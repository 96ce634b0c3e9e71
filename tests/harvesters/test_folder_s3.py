"""Prefixes of S3 buckets: against a real server, and against one that does not mean well."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from opendata.errors import SourceError
from opendata.harvesting.client import ClientPolicy, HttpClient
from opendata.harvesting.contract import Complete, Found, Position, Raw, Run, Same, Source
from opendata.harvesting.registry import check_options, harvester
from tests.files.conftest import running_s3
from tests.files.s3_server import ACCESS_KEY, BUCKET, READER_KEY, READER_SECRET, SECRET_KEY, S3Server
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found
from tests.servers.local import Asked, Reply, serve

KEYS = {"access_key_id": READER_KEY, "secret_access_key": READER_SECRET}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    yield from running_s3(tmp_path_factory)


@dataclass
class Prefix:
    """A place of its own in the bucket."""

    client: Any
    name: str

    def put(self, **files: bytes) -> None:
        for key, content in files.items():
            self.client.put_object(Bucket=BUCKET, Key=f"{self.name}/{key}", Body=content)

    @property
    def url(self) -> str:
        return f"s3://{BUCKET}/{self.name}"


@pytest.fixture
def prefix(server: S3Server) -> Prefix:
    made = boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(s3={"addressing_style": "path"}),
    )
    return Prefix(made, str(uuid.uuid4()))


def read(event: Found, key: str) -> bytes:
    with event.files[key]() as stream:
        return stream.read()


def test_objects_are_records_like_files_of_a_folder(server: S3Server, prefix: Prefix, harvest: Harvest) -> None:
    sheet = "file;title;license\nа б/отчёт 1+2.pdf;Отчёт о воде;CC BY 4.0\nmissing.pdf;Нет\n".encode()
    prefix.put(
        **{"metadata.csv": sheet, "а б/отчёт 1+2.pdf": b"%PDF", "data.csv": b"1", "data.xlsx": b"2", ".git/x": b""}
    )
    events = harvest("folder", prefix.url, endpoint=server.url, credentials=KEYS)
    records = {event.identifier: event for event in found(events)}
    assert set(records) == {"data", "а б/отчёт 1+2"}
    assert str(records["а б/отчёт 1+2"].record.title.show("ru")) == "Отчёт о воде"
    assert read(records["а б/отчёт 1+2"], "а б/отчёт 1+2.pdf") == b"%PDF"
    assert set(records["data"].files) == {"data.csv", "data.xlsx"}
    assert [codes(event) for event in failed(events)] == [{"file-missing"}]
    assert isinstance(events[-1], Complete)
    (only,) = found(harvest("folder", prefix.url, endpoint=server.url, credentials=KEYS, pattern="*.csv"))
    assert only.identifier == "data"


def test_unchanged_objects_are_not_read_again(server: S3Server, prefix: Prefix, harvest: Harvest) -> None:
    prefix.put(a=b"1", b=b"2")
    first = found(harvest("folder", prefix.url, endpoint=server.url, credentials=KEYS))
    known = {event.identifier: event.validator for event in first}
    prefix.put(b=b"3", c=b"4")
    events = harvest("folder", prefix.url, endpoint=server.url, credentials=KEYS, known=lambda one: known.get(one, ""))
    assert events[0] == Same("a")
    assert [event.identifier for event in found(events)] == ["b", "c"]


def test_long_listing_is_read_page_by_page_and_taken_up_again(
    server: S3Server, prefix: Prefix, harvest: Harvest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harvesters import folder_s3

    monkeypatch.setattr(folder_s3, "PER_PAGE", 25)
    prefix.put(**{f"{number:03}": b"1" for number in range(60)})
    options = {"endpoint": server.url, "credentials": KEYS}
    events = harvest("folder", prefix.url, mapped=False, **options)
    assert len([event for event in events if isinstance(event, Raw)]) == 60
    (position,) = [event for event in events if isinstance(event, Position)]
    assert position.total == 60
    rest = harvest("folder", prefix.url, mapped=False, position=position.token, **options)
    assert [event.identifier for event in rest if isinstance(event, Raw)] == [
        f"{number:03}" for number in range(50, 60)
    ]
    assert isinstance(rest[-1], Complete)


@pytest.mark.parametrize("keys", [{"access_key_id": "nobody", "secret_access_key": "wrong-secret"}, {}])
def test_wrong_keys_end_clearly_and_stay_secret(
    keys: dict[str, str], server: S3Server, prefix: Prefix, harvest: Harvest
) -> None:
    prefix.put(a=b"1")
    with pytest.raises(SourceError, match="403") as caught:
        harvest("folder", prefix.url, endpoint=server.url, credentials=keys)
    for secret in ("wrong-secret", "Signature", "X-Amz"):
        assert secret not in caught.value.message


LISTED = (
    "<Contents><Key>{prefix}{key}</Key><Size>{size}</Size><ETag>e</ETag><StorageClass>{kind}</StorageClass></Contents>"
)


def listing(*contents: tuple[str, int, str], token: str = "") -> bytes:
    made = "".join(LISTED.format(prefix="p/", key=key, size=size, kind=kind) for key, size, kind in contents)
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return f"<ListBucketResult>{made}{more}</ListBucketResult>".encode()


def test_archived_and_huge_objects_are_refused_alone(harvest: Harvest) -> None:
    body = listing(("a", 1, "STANDARD"), ("b", 2, "GLACIER"), ("c", 2**40, "STANDARD"))
    with serve(lambda asked: Reply(body)) as server:
        events = harvest("folder", "s3://bucket/p", endpoint=server.url)
    assert [event.identifier for event in found(events)] == ["a"]
    assert [codes(event) for event in failed(events)] == [{"file-refused"}] * 2


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Log in</body></html>",
        b"no xml",
        b'<!DOCTYPE x [<!ENTITY e "1">]><ListBucketResult>&e;</ListBucketResult>',
        listing(("a", 1, "STANDARD"), token="again"),
    ],
)
def test_what_is_no_listing_is_a_source_error(body: bytes, harvest: Harvest) -> None:
    with serve(lambda asked: Reply(body)) as server, pytest.raises(SourceError):
        harvest("folder", "s3://bucket/p", endpoint=server.url)


def test_object_that_grew_is_cut_off(harvest: Harvest) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(listing(("a.bin", 5, "STANDARD")) if "list-type" in asked.query else b"x" * 50)

    with serve(answer) as server:
        (event,) = found(harvest("folder", "s3://bucket/p", endpoint=server.url))
        with pytest.raises(SourceError, match="larger than the 5 bytes"):
            event.files["a.bin"]()


def test_endpoint_inside_the_house_is_refused() -> None:
    """Also behind a redirect: the guard stands under every connection."""
    chosen = harvester("folder")
    with serve(lambda asked: Reply(listing(("a", 1, "STANDARD")))) as server:
        options = check_options(chosen, {"endpoint": server.url})
        source = Source(uuid.UUID(int=1), "test", "folder", "s3://bucket/p", options, KEYS)
        with HttpClient(ClientPolicy(retries=0)) as client, pytest.raises(SourceError, match="not public") as caught:
            list(chosen.harvest(Run(source, client)))
        assert server.asked == []
    assert "X-Amz" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("s3://", {}),
        ("s3://Bad Name/p", {}),
        ("s3://key:secret@bucket/p", {}),
        ("s3://bucket/p", {"endpoint": "ftp://x"}),
        ("s3://bucket/p", {"endpoint": "https://user:pass@x"}),
        ("s3://bucket/p", {"region": "eu west"}),
    ],
)
def test_address_that_is_no_bucket_is_a_source_error(url: str, options: dict[str, str], harvest: Harvest) -> None:
    with pytest.raises(SourceError) as caught:
        harvest("folder", url, **options)
    assert "secret" not in caught.value.message


def test_page_of_options_does_not_load_botocore() -> None:
    import subprocess
    import sys

    code = "import sys, harvesters.folder; print('botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd(), check=True)
    assert done.stdout.strip() == "False"
