"""From one store to the other and back: every file verified, broken copies go on, bad files are told."""

from __future__ import annotations

import io
import random
import uuid
from pathlib import Path

import pytest

from opendata.errors import Unavailable
from opendata.files.copying import copy
from opendata.files.local import LocalStore
from opendata.files.s3 import S3Store
from opendata.files.storage import FileStore
from tests.files.s3_server import BUCKET, S3Server

MB = 1024 * 1024
CONTENTS = [b"", b"report", random.Random(1).randbytes(3 * MB), random.Random(2).randbytes(20 * MB)]


@pytest.fixture
def folder(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "files")


@pytest.fixture
def bucket(s3: S3Server) -> S3Store:
    return S3Store(bucket=BUCKET, prefix=str(uuid.uuid4()), endpoint_url=s3.url)


def fill(store: FileStore) -> list[str]:
    return [store.put(io.BytesIO(data), max_bytes=64 * MB).checksum for data in CONTENTS]


def contents(store: FileStore) -> set[bytes]:
    found = set()
    for one in store.stored():
        with store.open(one.checksum) as reader:
            found.add(reader.read())
    return found


def test_there_and_back(folder: LocalStore, bucket: S3Store, tmp_path: Path) -> None:
    fill(folder)
    done = copy(folder, bucket)
    assert (done.files, done.copied, done.present, done.failed) == (4, 4, 0, [])
    assert done.bytes == sum(map(len, CONTENTS))
    back = LocalStore(tmp_path / "back")
    assert copy(bucket, back).copied == 4
    assert contents(back) == set(CONTENTS)


def test_copy_that_was_broken_off_goes_on(folder: LocalStore, bucket: S3Store) -> None:
    first, *_ = fill(folder)
    with folder.local_path(first) as path:
        bucket.put_path(path, max_bytes=64 * MB)
    done = copy(folder, bucket)
    assert (done.copied, done.present) == (3, 1)
    assert copy(folder, bucket).present == 4


def test_dry_run_writes_nothing(folder: LocalStore, bucket: S3Store) -> None:
    fill(folder)
    done = copy(folder, bucket, dry_run=True)
    assert (done.copied, done.bytes) == (4, sum(map(len, CONTENTS)))
    assert list(bucket.keys()) == []


@pytest.mark.parametrize("direction", ["to bucket", "to folder"])
def test_damaged_file_is_told_and_not_copied_under_any_key(folder: LocalStore, bucket: S3Store, direction: str) -> None:
    source: FileStore = folder if direction == "to bucket" else bucket
    target: FileStore = bucket if direction == "to bucket" else folder
    keys = fill(source)
    if source is folder:
        (folder.folder / keys[1][:2] / keys[1][2:4] / keys[1]).write_bytes(b"rotten")
    else:
        bucket._client.put_object(Bucket=BUCKET, Key=bucket._key(keys[1]), Body=b"rotten")
    done = copy(source, target)
    assert done.copied == 3
    assert [one.checksum for one in done.failed] == [keys[1]]
    assert "damaged" in done.failed[0].reason
    assert set(target.keys()) == set(keys) - {keys[1]}


def test_damage_in_the_target_is_found_when_all_is_read_again(folder: LocalStore, bucket: S3Store) -> None:
    keys = fill(bucket)
    copy(bucket, folder)
    damaged = folder.folder / keys[1][:2] / keys[1][2:4] / keys[1]
    damaged.write_bytes(b"rotten")
    assert copy(bucket, folder).copied == 0
    assert copy(bucket, folder, recheck=True, dry_run=True).copied == 1
    assert damaged.read_bytes() == b"rotten"
    assert copy(bucket, folder, recheck=True).copied == 1
    assert damaged.read_bytes() == b"report"


def test_service_that_is_away_ends_the_copy(folder: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    fill(folder)
    away = S3Store(bucket=BUCKET, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        copy(folder, away)


def test_progress_is_told_to_the_end(folder: LocalStore, bucket: S3Store) -> None:
    fill(folder)
    told: list[tuple[int, int]] = []
    copy(folder, bucket, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
