"""kill -9 in the middle: nothing is half-stored, and running again gives what an undisturbed run gives."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.config import load_config
from opendata.errors import Conflict
from opendata.search.query import SearchQuery
from opendata.services import index_check, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestJob, HarvestRecord, HarvestSource
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.conftest import Clock, settings
from tests.factories import work
from tests.servers.local import Asked, LocalServer, Reply, serve
from tests.servers.oai import Repository, answer, oai_server
from tests.services.conftest import add_source, counts, run

SIZE, PAGE = 80, 10
HELD = Repository(size=SIZE, page=PAGE)


@pytest.fixture
def slow() -> Iterator[LocalServer]:
    """A repository that hesitates before every page but the first."""

    def hesitate(asked: Asked) -> Reply:
        if "resumptionToken" in asked.query:
            time.sleep(0.25)
        return answer(HELD, asked)

    with serve(hesitate) as server:
        server.url += "/oai"
        yield server


@pytest.fixture
def live(prepared: Path, tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue whose clock is that of the processes which are started on its home."""
    shutil.copytree(prepared, tmp_path / "home")
    opened = open_catalogue(load_config(environ=settings(tmp_path / "home")))
    yield opened
    opened.close()


def start(catalogue: Catalogue, *words: str, database: str = "") -> subprocess.Popen[bytes]:
    """A process of the command line on the same home."""
    environ = {**os.environ, **settings(catalogue.config.home)}
    environ |= {"OPENDATA_DATABASE__URL": database} if database else {}
    command = [sys.executable, "-W", "ignore", "-m", "opendata.cli.main", *words]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def number(catalogue: Catalogue, table: type) -> int:
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def has_place(catalogue: Catalogue) -> bool:
    with catalogue.sessions.read() as session:
        return session.scalar(select(HarvestSource.position)) is not None


def content(catalogue: Catalogue) -> list[tuple[object, ...]]:
    """All that matters of the catalogue: records, files and their text, and what each item came to."""
    with catalogue.sessions.read() as session:
        wanted = (
            select(Dataset.identifier, Dataset.slug, Dataset.title_ru, Dataset.state, HarvestRecord.content_hash)  # type: ignore[attr-defined]
            .join(HarvestRecord, HarvestRecord.dataset_id == Dataset.id)
            .order_by(Dataset.identifier)
        )
        records = [tuple(row) for row in session.execute(wanted)]
        files = select(Resource.key, Resource.checksum, Resource.stored, Resource.__table__.c.text_status)
        records += [tuple(row) for row in session.execute(files.order_by(Resource.key))]
    found = catalogue.index.search(SearchQuery(size=100))
    return [*records, ("indexed", found.total)]


def test_a_killed_harvest_leaves_whole_records_and_ends_as_if_undisturbed(live: Catalogue, slow: LocalServer) -> None:
    add_source(live, slow.url, "oaipmh")
    process = start(live, "harvest", "run", "portal")
    wait_until(lambda: has_place(live))
    with pytest.raises(Conflict):
        run(live)
    process.kill()
    process.wait()
    half = number(live, Dataset)
    assert 0 < half < SIZE
    assert half == number(live, HarvestRecord)
    with live.sessions.read() as session:
        named = [key for job in session.scalars(select(Job)) for key in job.payload.get("datasets", ())]
        assert {str(key) for key in session.scalars(select(Dataset.id))} == set(named)
    asked = len(slow.asked)
    report = run(live)
    assert (report.job.status, counts(report)) == ("complete", {"created": SIZE})
    assert not [one for one in slow.asked[asked:] if one.query.get("metadataPrefix")], "it did not begin anew"
    with live.sessions.read() as session:
        job = session.scalars(select(HarvestJob)).one()
    assert (job.status, job.runs) == (JobStatus.COMPLETE, 2)
    work(live)
    assert content(live) == undisturbed(live)


def test_a_killed_harvest_on_postgresql_is_taken_over(
    large: Catalogue, slow: LocalServer, postgresql_url: str, clock: Clock
) -> None:
    clock.now = dt.datetime.now(dt.UTC)
    add_source(large, slow.url, "oaipmh")
    process = start(large, "harvest", "run", "portal", database=postgresql_url)
    wait_until(lambda: has_place(large))
    process.kill()
    process.wait()
    half = number(large, Dataset)
    assert 0 < half == number(large, HarvestRecord) < SIZE
    report = run(large)
    assert (report.job.status, counts(report)) == ("complete", {"created": SIZE})
    with large.sessions.read() as session:
        assert session.scalars(select(HarvestJob)).one().runs == 2


def undisturbed(live: Catalogue) -> list[tuple[object, ...]]:
    """What a catalogue holds that nobody killed."""
    config = load_config(environ=settings(live.config.home.with_name("calm")))
    prepare_home(config)
    calm = open_catalogue(config)
    try:
        with oai_server(HELD) as server:
            add_source(calm, server.url, "oaipmh")
            run(calm)
        work(calm)
        return content(calm)
    finally:
        calm.close()


def test_a_killed_worker_is_no_loss(live: Catalogue, slow: LocalServer) -> None:
    add_source(live, slow.url, "oaipmh")
    sources.run_soon(live, SYSTEM, "portal")
    process = start(live, "worker")
    wait_until(lambda: number(live, Dataset) > 0)
    process.kill()
    process.wait()
    assert 0 < number(live, Dataset) == number(live, HarvestRecord) < SIZE
    work(live)
    assert content(live) == undisturbed(live)
    assert index_check.compare(live, repair=False) == index_check.Comparison(indexed=SIZE)


def test_a_worker_stops_within_seconds_in_the_middle_of_a_harvest(live: Catalogue, slow: LocalServer) -> None:
    add_source(live, slow.url, "oaipmh")
    sources.run_soon(live, SYSTEM, "portal")
    process = start(live, "worker")
    wait_until(lambda: number(live, Dataset) > 0)
    process.terminate()
    assert process.wait(timeout=15) == 0
    with live.sessions.read() as session:
        held = session.scalar(select(func.count()).select_from(Job).where(Job.status == JobStatus.IN_PROGRESS))
    assert held == 0
