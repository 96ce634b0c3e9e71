"""Sources that change between two runs, and what a catalogue holds, to be compared."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.config import load_config
from opendata.services import harvest, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobReport
from opendata.store.models import METADATA
from tests.conftest import Clock, settings
from tests.factories import Feed, feed
from tests.servers.ckan import package
from tests.servers.local import Asked, LocalServer, Reply, serve
from tests.store.postgresql import NotAvailableError, empty, postgresql_server

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
"""When the clock of a test begins."""


def filled_home(home: Path, prepared: Path, fill: Callable[[Catalogue], object]) -> Path:
    """A home like `prepared` with what `fill` puts into its catalogue, to be copied by each test."""
    with copy_of(prepared, home, Clock(NOW)) as catalogue:
        fill(catalogue)
    return home


@contextmanager
def copy_of(filled: Path, home: Path, clock: Clock) -> Iterator[Catalogue]:
    """The catalogue of a copy of that home."""
    shutil.copytree(filled, home)
    opened = open_catalogue(load_config(environ=settings(home)), clock)
    try:
        yield opened
    finally:
        opened.close()


@dataclass
class Portal:
    """A CKAN whose packages and files the test changes at will."""

    server: LocalServer
    packages: list[Any] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, number: int, *links: str, **changes: Any) -> dict[str, Any]:
        """A further package whose files are at those paths of this very server."""
        resources = [{"id": f"r-{number}-{i}", "name": path, "url": self.at(path)} for i, path in enumerate(links)]
        self.packages.append(package(number, **{"resources": resources, **changes}))
        return self.packages[-1]

    def at(self, path: str) -> str:
        """The address of a file."""
        return f"{self.server.url}/files/{path}"

    def answer(self, asked: Asked) -> Reply:
        """What the portal says now."""
        if asked.path.startswith("/files/"):
            content = self.files.get(asked.path.removeprefix("/files/"))
            return Reply(status=404) if content is None else Reply(content, media_type="application/octet-stream")
        start, rows = int(asked.query.get("start", "0")), int(asked.query.get("rows", "10"))
        result = {"count": len(self.packages), "results": self.packages[start : start + rows]}
        return Reply(json.dumps({"success": True, "result": result}).encode(), media_type="application/json")


@pytest.fixture
def portal() -> Iterator[Portal]:
    """An empty portal."""
    made = Portal(LocalServer("", 0))
    with serve(lambda asked: made.answer(asked)) as server:
        made.server = server
        yield made


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    """A source that lists what the test says."""
    return feed(catalogue, "one")


def add_source(catalogue: Catalogue, url: str, type_: str = "ckan", name: str = "portal", **options: str) -> None:
    """A source as the command line adds it."""
    sources.add(catalogue, SYSTEM, sources.NewSource(name=name, type=type_, url=url, options=options))


def run(catalogue: Catalogue, name: str = "portal", **how: Any) -> JobReport:
    """One run of the source."""
    return harvest.run(catalogue, name, actor=SYSTEM, **how)


def counts(report: JobReport) -> dict[str, int]:
    """The results that there were, with their numbers."""
    return {result: number for result, number in report.job.counts.items() if number}


def rows_of_every_table(catalogue: Catalogue) -> dict[str, int]:
    """How many rows each table has."""
    with catalogue.sessions.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in METADATA.tables.items()
        }


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A running server, one for all tests of this folder."""
    try:
        server = postgresql_server()
        url = server.__enter__()
    except (NotAvailableError, OSError) as error:
        pytest.skip(f"PostgreSQL is not available, so these run on SQLite alone: {error}")
    yield url
    server.__exit__(None, None, None)


@pytest.fixture
def large(postgresql_url: str, tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    """An empty catalogue whose store and page texts are in PostgreSQL."""
    empty(postgresql_url)
    config = load_config(environ={**settings(tmp_path / "home"), "OPENDATA_DATABASE__URL": postgresql_url})
    prepare_home(config)
    prepare_home(config)
    opened = open_catalogue(config, clock)
    yield opened
    opened.close()
