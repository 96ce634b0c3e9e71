"""An empty catalogue on SQLite and on PostgreSQL, and the way that input takes through it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from opendata.catalog.records import DatasetRecord
from opendata.catalog.upload_refusals import NotTaken, OverLimit, problem_of
from opendata.services import desk, harvest, index_check, organizations, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobReport
from opendata.services.uploads import publishing
from opendata.services.uploads.publishing import Done, Request
from opendata.store import queries
from opendata.store.base import make_engine
from opendata.store.datasets import Dataset
from opendata.store.operations import Upload
from opendata.web.app import create_app
from tests.children import fresh_children
from tests.hostile.desk import Doors, open_doors
from tests.realdata.pipeline import opened, records, work
from tests.store.postgresql import NotAvailableError, postgresql_server
from tests.web.conftest import peopled_site

__all__ = ["Way", "peopled_site", "records"]

SETTINGS = {"JOBS__OCR": "false", "HARVEST__RETRIES": "0"}


@pytest.fixture(scope="package", autouse=True)
def own_children() -> Iterator[None]:
    """What a hostile file leaves behind in the process that read it is nobody else's."""
    with fresh_children():
        yield


@pytest.fixture(scope="session")
def hostile_postgresql() -> Iterator[str]:
    """A running PostgreSQL server, one for all tests of this folder."""
    try:
        server = postgresql_server()
        url = server.__enter__()
    except (NotAvailableError, OSError) as error:
        pytest.skip(f"PostgreSQL is not available, so this is tested on SQLite alone: {error}")
    yield url
    server.__exit__(None, None, None)


def emptied(url: str) -> str:
    """The database at `url`, with nothing in it."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@dataclass
class Way:
    """One catalogue with its site."""

    catalogue: Catalogue
    app: Flask

    def harvest(self, type_: str, url: str | Path, name: str = "source", **options: str) -> JobReport:
        """Add the source unless it is there, harvest it, and let the worker do all that follows."""
        if name not in {line.name for line in desk.sources(self.catalogue, SYSTEM)}:
            sources.add(self.catalogue, SYSTEM, sources.NewSource(name, type_, str(url), options=options))
        report = harvest.run(self.catalogue, name, actor=SYSTEM)
        work(self.catalogue)
        return desk.report(self.catalogue, SYSTEM, report.job.id, limit=100_000)

    def check(self, name: str = "source") -> int:
        """Everything of the source is stored whole, indexed, and shown without harm; how many records."""
        compared = index_check.compare(self.catalogue, repair=False)
        assert (compared.missing, compared.surplus) == (0, 0)
        client = self.app.test_client()
        found = records(self.catalogue, name)
        for record in found.values():
            pages = [f"/en/dataset/{record.slug}"]
            pages += [f"{pages[0]}/resource/{resource.id}" for resource in record.resources]
            for page in pages:
                answer = client.get(page)
                assert answer.status_code == 200, (page, record.identifier)
                assert_harmless(answer.get_data(as_text=True))
            for resource in record.resources:
                assert resource.text.status.value != "pending", resource.filename
                if resource.stored:
                    assert self.catalogue.files.exists(resource.checksum)
        for page in ("/en/", "/en/search", "/ru/search?q=alert", "/kk/organization/"):
            answer = client.get(page)
            assert answer.status_code == 200
            assert_harmless(answer.get_data(as_text=True))
        return len(found)


def assert_harmless(html: str) -> None:
    """No markup of a record reached the page as markup, and nothing turns the direction of what follows it."""
    lower = html.lower()
    for bad in ("<script>alert", "<img src=x", "<svg onload", 'href="javascript:', "href='javascript:", 'href="data:'):
        assert bad not in lower, bad
    assert not set(html) & set("\x00\u202a\u202b\u202d\u202e\u2066\u2067\ufeff")
    assert not any("\ud800" <= sign <= "\udfff" for sign in html)


@pytest.fixture
def way(tmp_path: Path, prepared: Path) -> Iterator[Way]:
    """An empty catalogue on SQLite."""
    shutil.copytree(prepared, tmp_path / "home")
    with opened(tmp_path / "home", **SETTINGS) as catalogue:
        yield Way(catalogue, create_app(catalogue))


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path, prepared: Path) -> Iterator[Way]:
    """An empty catalogue on either database: for what their columns take differently."""
    settings = dict(SETTINGS)
    if request.param == "postgresql":
        settings["DATABASE__URL"] = emptied(request.getfixturevalue("hostile_postgresql"))
    else:
        shutil.copytree(prepared, tmp_path / "home")
    with opened(tmp_path / "home", **settings) as catalogue:
        yield Way(catalogue, create_app(catalogue))


@pytest.fixture(scope="module")
def doors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Two agencies with everything that the desk shows, and somebody of every role; the module's own."""
    home, _ = request.getfixturevalue("peopled_site")
    with open_doors(home, tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether everything is to be tried on both databases, which takes minutes."""
    return bool(os.environ.get("OPENDATA_TEST_FULL"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files of this process go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def send(way: Way, temporary: Path) -> Callable[..., Done]:
    """Checks and publishes a file for an agency; nothing temporary is left of it, however it ends."""
    organizations.add(way.catalogue, SYSTEM, "msh", "Министерство сельского хозяйства")

    def run(path: Path, name: str = "") -> Done:
        request = Request(path, name or path.name, "msh", "en")
        try:
            publishing.rehearse(way.catalogue, SYSTEM, request)
            assert holdings(way.catalogue) == (0, set())
            return publishing.publish(way.catalogue, SYSTEM, request)
        finally:
            assert not list(temporary.iterdir())

    return run


@pytest.fixture
def refused(way: Way, send: Callable[..., Done]) -> Callable[[Path], NotTaken | OverLimit]:
    """Sends what must be refused; the refusal, which names the file and says what to do in every language."""

    def run(path: Path) -> NotTaken | OverLimit:
        with pytest.raises((NotTaken, OverLimit)) as caught:
            send(path)
        assert holdings(way.catalogue) == (0, set())
        problem = problem_of(caught.value)
        assert problem.is_error
        for language in ("kk", "ru", "en"):
            assert problem.value in problem.message(language)
            assert problem.hint(language)
        assert isinstance(caught.value, NotTaken | OverLimit)
        assert "Traceback" not in caught.value.message
        return caught.value

    return run


def holdings(catalogue: Catalogue) -> tuple[int, set[str]]:
    """How many records there are, and the stored files but those that go with an upload itself."""
    with catalogue.sessions.read() as session:
        sheets = set(session.scalars(select(Upload.failed_checksum)))
    return len(uploaded(catalogue)), set(catalogue.files.keys()) - sheets


def uploaded(catalogue: Catalogue) -> dict[str, DatasetRecord]:
    """Every record of the catalogue by its identifier."""
    with catalogue.sessions.read() as session:
        found = queries.records(session, list(session.scalars(select(Dataset.id))), public_only=False)
        return {record.identifier: record for record in found}
