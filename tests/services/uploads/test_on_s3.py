"""A bulk upload whose files go to a bucket, and a service that dies while it is published."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from opendata.catalog.records import ResourceRecord
from opendata.errors import Unavailable
from opendata.files.s3 import S3Store
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.preparing import with_type
from opendata.services.uploads import jobs, steps, undoing
from opendata.services.uploads.receiving import receive
from opendata.store.datasets import Resource
from opendata.store.operations import Upload
from opendata.store.states import UploadStatus
from tests.files.conftest import await_service, make_bucket
from tests.files.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, CannotStart, S3Server, s3_server
from tests.services.uploads.conftest import HEADINGS
from tests.services.uploads.steps import head, published

FILES = {f"report-{number}.txt": f"Отчёт номер {number}".encode() * number for number in range(1, 9)}
LARGE = random.Random(9).randbytes(9 * 1024**2)
ROWS = [HEADINGS, *[(f"R-{i}", f"Отчёт {i}", "Отчёт", "2024", name) for i, name in enumerate(FILES, 1)]]


class Service:
    """An S3 server that may be killed and started again over the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: Any = None
        self.server: S3Server

    def start(self) -> None:
        self._running = s3_server(self._folder)
        self.server = self._running.__enter__()

    def stop(self) -> None:
        self._running.__exit__(None, None, None)

    def store(self) -> S3Store:
        return S3Store(bucket=BUCKET, endpoint_url=self.server.url)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """It runs and has an empty bucket; or the test is skipped with the reason."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    folder = tmp_path / "s3"
    folder.mkdir()
    made = Service(folder)
    try:
        made.start()
    except CannotStart as error:
        pytest.skip(f"no S3 server for uploads into a bucket: {error}")
    make_bucket(made.server)
    yield made
    made.stop()


def stored(catalogue: Catalogue) -> dict[str, bytes]:
    """The published files by name, read from the store."""
    found = {}
    with catalogue.sessions.read() as session:
        for row in session.scalars(select(Resource).where(Resource.stored)):
            with catalogue.files.open(row.checksum) as stream:
                found[row.filename] = stream.read()
    return found


@pytest.mark.usefixtures("agency")
def test_service_that_dies_while_an_upload_is_published_loses_and_doubles_nothing(
    catalogue: Catalogue, service: Service, workbook: Callable[..., Path], packed: Callable[..., Path]
) -> None:
    path = packed(workbook([*ROWS, ("R-9", "Отчёт 9", "Отчёт", "2024", "large.bin")]), {**FILES, "large.bin": LARGE})
    bucket = replace(catalogue, files=service.store())
    upload_id = receive(bucket, SYSTEM, "msh", path.name, path)
    jobs.check(bucket, upload_id)
    assert head(bucket, upload_id).counts["created"] == 9
    steps.publish(bucket, SYSTEM, upload_id)
    puts: list[str] = []

    def dies(**_: object) -> None:
        puts.append("")
        if len(puts) == 4:
            service.server.kill()

    files: Any = bucket.files
    files._client.meta.events.register("before-call.s3.PutObject", dies)
    with pytest.raises(Unavailable) as caught:
        jobs.publish(bucket, upload_id)
    assert caught.value.part == "files"
    assert published(bucket) == 0
    assert head(bucket, upload_id).status is UploadStatus.PUBLISHING
    service.stop()
    service.start()
    again = replace(catalogue, files=service.store())
    await_service(again.files)
    jobs.publish(again, upload_id)
    assert head(again, upload_id).counts["created"] == 9
    assert stored(again) == {**FILES, "large.bin": LARGE}
    assert list(again.files.leftovers()) == []
    undoing.undo(again, SYSTEM, upload_id)
    assert published(again) == 0


def test_type_of_a_stored_file_is_told_without_fetching_it(catalogue: Catalogue, service: Service) -> None:
    bucket = replace(catalogue, files=service.store())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", LARGE)
        archive.writestr("[Content_Types].xml", "")
    stored = bucket.files.put(io.BytesIO(packed.getvalue()), max_bytes=64 * 1024**2)
    fetched: list[int] = []

    def counts(params: dict[str, Any], **_: object) -> None:
        first, last = params["headers"]["Range"].removeprefix("bytes=").split("-")
        fetched.append(int(last) - int(first) + 1)

    files: Any = bucket.files
    files._client.meta.events.register("before-call.s3.GetObject", counts)
    typed = with_type(bucket, ResourceRecord(key="r", filename="r.docx", checksum=stored.checksum, stored=True))
    assert typed.format == "DOCX"
    assert sum(fetched) < 1024**2


@pytest.mark.usefixtures("agency")
def test_upload_is_refused_while_the_service_is_away_and_leaves_nothing(
    catalogue: Catalogue, service: Service, workbook: Callable[..., Path]
) -> None:
    bucket = replace(catalogue, files=service.store())
    service.server.kill()
    path = workbook(ROWS)
    with pytest.raises(Unavailable, match=BUCKET):
        receive(bucket, SYSTEM, "msh", path.name, path)
    with bucket.sessions.read() as session:
        assert session.scalars(select(Upload)).all() == []
    incoming = catalogue.config.home / "incoming"
    assert not incoming.exists() or list(incoming.iterdir()) == []
