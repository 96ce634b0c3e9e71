"""kill -9 of a real worker at any moment of a check and of a publication: what is started again ends as undisturbed.

Every good row is there once, the report is whole, undoing takes all of it back, and the file store holds nothing that
nobody names.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.search.query import SearchQuery
from opendata.services import organizations
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import steps, undoing
from opendata.services.uploads.receiving import receive
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestRecord
from opendata.store.operations import Job, UploadItem, UploadProblem, UploadRow
from opendata.store.states import ItemResult, JobStatus, UploadStatus
from tests.conftest import settings
from tests.factories import work
from tests.services.uploads.steps import head, published

ROUNDS = 20 if os.environ.get("OPENDATA_TEST_FULL") else 1
SEED = int(os.environ.get("OPENDATA_TEST_SEED", "1"))
ROWS, BAD_EVERY, FILED_EVERY = 260, 20, 4
BAD = ROWS // BAD_EVERY
GOOD = ROWS - BAD


@pytest.fixture
def live(prepared: Path, tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue with an agency, and the clock of the processes that are started on it."""
    shutil.copytree(prepared, tmp_path / "home")
    catalogue = open_catalogue(load_config(environ=settings(tmp_path / "home")))
    organizations.add(catalogue, SYSTEM, "msh", "Министерство")
    yield catalogue
    catalogue.close()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of a table, in which some rows are bad and some name a file, and the files."""
    path = tmp_path_factory.mktemp("package") / "upload.zip"
    lines = ["Идентификатор;Название;Дата публикации;Файлы"]
    chance = random.Random(1)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(1, ROWS + 1):
            name = f"{number}.bin" if number % FILED_EVERY == 0 else ""
            lines.append(f"N-{number};Отчёт {chance.random()};{'32.13' if number % BAD_EVERY == 0 else '2024'};{name}")
            if name:
                archive.writestr(name, chance.randbytes(200_000))
        archive.writestr("table.csv", "\n".join(lines))
    return path


def kill_at_work(catalogue: Catalogue, upload_id: UUID, at: UploadStatus, chance: random.Random) -> bool:
    """Start a worker and kill it a moment after it has come to some part of the rows; whether it was still at work."""
    command = [sys.executable, "-W", "ignore", "-m", "opendata.cli.main", "worker"]
    environ = {**os.environ, **settings(catalogue.config.home)}
    worker = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        reached = chance.choice((0, 0, 0.3, 0.6))
        while not _has_come(catalogue, upload_id, at, reached):
            assert time.monotonic() < end, "the worker did not come so far"
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 1.5 if reached == 0 else 0.3))
    finally:
        worker.kill()
        worker.wait()
    return head(catalogue, upload_id).status in (at, UploadStatus.RECEIVED)


def _has_come(catalogue: Catalogue, upload_id: UUID, at: UploadStatus, reached: float) -> bool:
    """Whether the job has begun and that part of the rows is written, or all of it is over."""
    if head(catalogue, upload_id).status not in (at, UploadStatus.RECEIVED):
        return True
    with catalogue.sessions.read() as session:
        claimed = session.scalar(select(func.count()).select_from(Job).where(Job.status == JobStatus.IN_PROGRESS))
    table = UploadRow if at is UploadStatus.CHECKING else UploadItem
    return bool(claimed) and number(catalogue, table) >= reached * GOOD


def number(catalogue: Catalogue, table: type) -> int:
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def assert_checked(catalogue: Catalogue, upload_id: UUID) -> None:
    """As an undisturbed check leaves it."""
    upload = head(catalogue, upload_id)
    assert upload.status is UploadStatus.CHECKED, upload.message
    assert (upload.counts["rows"], upload.counts["created"], upload.counts["rejected"]) == (ROWS, GOOD, BAD)
    with catalogue.sessions.read() as session:
        positions = session.scalars(select(UploadRow.position).order_by(UploadRow.position)).all()
        codes = Counter(session.scalars(select(UploadProblem.code)))
    assert list(positions) == list(range(1, ROWS + 1))
    assert codes["bad_date"] == BAD
    assert set(catalogue.files.keys()) == {upload.checksum, upload.failed_checksum}
    assert published(catalogue) == 0


def assert_published(catalogue: Catalogue, upload_id: UUID) -> None:
    """Every good row once, the report whole, and only what is named in the file store."""
    upload = head(catalogue, upload_id)
    assert upload.status is UploadStatus.PUBLISHED, upload.message
    assert (upload.counts["rows"], upload.counts["created"], upload.counts["rejected"]) == (ROWS, GOOD, BAD)
    assert (upload.done, upload.total) == (GOOD, GOOD)
    with catalogue.sessions.read() as session:
        identifiers = sorted(session.scalars(select(Dataset.identifier)))
        files = list(session.scalars(select(Resource.checksum).where(Resource.stored)))
        told = Counter(session.scalars(select(UploadRow.result)))
        linked = session.scalar(select(func.count()).select_from(UploadRow).where(UploadRow.dataset_id.is_not(None)))
    good = [f"N-{n}" for n in range(1, ROWS + 1) if n % BAD_EVERY]
    assert identifiers == sorted(good)
    assert number(catalogue, UploadItem) == number(catalogue, HarvestRecord) == linked == GOOD
    assert (told[ItemResult.CREATED], told[ItemResult.REJECTED]) == (GOOD, BAD)
    assert len(files) == sum(1 for name in good if int(name[2:]) % FILED_EVERY == 0)
    assert set(catalogue.files.keys()) == {*files, upload.checksum, upload.failed_checksum}
    assert catalogue.index.search(SearchQuery(size=1)).total == GOOD


def assert_undone(catalogue: Catalogue, upload_id: UUID) -> None:
    """Nothing of it is public any more."""
    assert undoing.undo(catalogue, SYSTEM, upload_id).withdrawn == GOOD
    work(catalogue)
    assert published(catalogue) == 0
    assert catalogue.index.search(SearchQuery(size=1)).total == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_killed_check_is_done_anew(live: Catalogue, package: Path, turn: int) -> None:
    upload_id = receive(live, SYSTEM, "msh", package.name, package)
    at_work = kill_at_work(live, upload_id, UploadStatus.CHECKING, random.Random(SEED * 1000 + turn))
    print(f"killed at work: {at_work}, rows: {number(live, UploadRow)}")
    work(live)
    assert_checked(live, upload_id)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_killed_publication_goes_on_and_can_be_undone(live: Catalogue, package: Path, turn: int) -> None:
    upload_id = receive(live, SYSTEM, "msh", package.name, package)
    work(live)
    assert_checked(live, upload_id)
    steps.publish(live, SYSTEM, upload_id)
    at_work = kill_at_work(live, upload_id, UploadStatus.PUBLISHING, random.Random(SEED * 1000 + turn))
    print(f"killed at work: {at_work}, records: {number(live, Dataset)}")
    assert number(live, Dataset) == number(live, UploadItem) == number(live, HarvestRecord)
    work(live)
    assert_published(live, upload_id)
    assert_undone(live, upload_id)


@pytest.mark.timeout(120)
def test_a_publication_killed_again_and_again_ends(live: Catalogue, package: Path) -> None:
    upload_id = receive(live, SYSTEM, "msh", package.name, package)
    work(live)
    steps.publish(live, SYSTEM, upload_id)
    chance = random.Random(SEED)
    for _ in range(3):
        if head(live, upload_id).status is UploadStatus.PUBLISHING:
            kill_at_work(live, upload_id, UploadStatus.PUBLISHING, chance)
    work(live)
    assert_published(live, upload_id)
