"""One S3 server a session, one bucket prefix a test."""

from __future__ import annotations

import resource
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from opendata.errors import Unavailable
from opendata.files.local import LocalStore
from opendata.files.storage import FileStore
from tests.files.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, CannotStart, S3Server, s3_server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The running server with an empty bucket."""
    yield from running_s3(tmp_path_factory)


def running_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The same as one step, for fixtures: or the test is skipped with the reason."""
    try:
        with s3_server(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            make_bucket(server)
            yield server
    except CannotStart as error:
        pytest.skip(f"no S3 server for the tests of S3Store: {error}")


def make_bucket(server: S3Server) -> None:
    """The bucket that an operator would have made."""
    import boto3
    from botocore.config import Config

    config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 10})
    boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", config=config).create_bucket(Bucket=BUCKET)


def await_service(store: FileStore) -> None:
    """Wait until a server that was started over old data works: it answers before it has found all of them."""
    deadline = time.monotonic() + 60
    while True:
        try:
            store.check()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            break


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    """An empty store of each kind."""
    if request.param == "local":
        return LocalStore(tmp_path / "files")
    from opendata.files.s3 import S3Store

    server = request.getfixturevalue("s3")
    return S3Store(bucket=BUCKET, prefix=f"/{uuid.uuid4()}/", endpoint_url=server.url)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file of this process may grow beyond 50 kB, which fails in the same place as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
