"""`opendata files`: the way from a folder to a bucket as an operator goes it."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opendata.cli.main import opendata
from opendata.errors import ConfigError, Unavailable
from opendata.files.local import LocalStore
from opendata.files.s3 import S3Store
from tests.files.s3_server import BUCKET, S3Server


@pytest.fixture
def home(tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two files, and settings that know the folder and the bucket."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENDATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OPENDATA_FILES__S3_BUCKET", BUCKET)
    monkeypatch.setenv("OPENDATA_FILES__S3_PREFIX", str(uuid.uuid4()))
    monkeypatch.setenv("OPENDATA_FILES__S3_ENDPOINT_URL", s3.url)
    store = LocalStore(tmp_path / "home" / "files")
    for data in (b"report", b"data"):
        store.put(io.BytesIO(data), max_bytes=100)
    return tmp_path / "home"


def run(*words: str) -> Result:
    return CliRunner().invoke(opendata, ["files", *words])


@pytest.mark.usefixtures("home")
def test_folder_is_copied_to_the_bucket_and_back(home: Path) -> None:
    done = run("copy", "--to", "s3", "--dry-run", "--json")
    assert json.loads(done.stdout) == {
        "from": "local", "to": "s3", "dry_run": True, "files": 2, "copied": 2, "present": 0, "bytes": 10, "failed": [],
    }  # fmt: skip
    done = run("copy", "--to", "s3")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "2 copied and verified (10 bytes), 0 already in s3" in done.stderr
    assert 'backend = "s3"' in done.stderr
    assert "0 copied and verified (0 bytes), 2 already in s3" in run("copy", "--to", "s3").stderr
    for key in LocalStore(home / "files").keys():  # noqa: SIM118 -- a store is no dict
        LocalStore(home / "files").delete(key)
    assert json.loads(run("copy", "--to", "local", "--json").stdout)["copied"] == 2


def test_file_that_cannot_be_copied_is_named_and_ends_with_one(home: Path) -> None:
    key = next(LocalStore(home / "files").keys())
    (home / "files" / key[:2] / key[2:4] / key).write_bytes(b"rotten")
    done = run("copy", "--to", "s3")
    assert done.exit_code == 1
    assert key in done.stdout
    assert "damaged" in done.stdout


def test_bucket_must_be_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENDATA_FILES__S3_BUCKET")
    done = run("copy", "--to", "s3")
    assert isinstance(done.exception, ConfigError)
    assert "s3_bucket" in done.exception.message
    assert home.exists()


@pytest.mark.usefixtures("home")
def test_service_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_FILES__S3_ENDPOINT_URL", "http://127.0.0.1:9")
    assert isinstance(run("copy", "--to", "s3").exception, Unavailable)


def test_unfinished_uploads_are_listed(home: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENDATA_FILES__BACKEND", "s3")
    prefix = str(uuid.uuid4())
    monkeypatch.setenv("OPENDATA_FILES__S3_PREFIX", prefix)
    store = S3Store(bucket=BUCKET, prefix=prefix, endpoint_url=s3.url)
    store._client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}/ab/cd/x")
    assert len(list(store.leftovers())) == 1
    assert json.loads(run("tidy", "--dry-run", "--json").stdout) == []
    assert run("tidy").stderr == "0 unfinished removed.\n"
    assert len(list(store.leftovers())) == 1
    assert home.exists()
