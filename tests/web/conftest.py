"""A browser before the site: empty, and with records of every kind that a page has to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from shutil import copytree
from typing import Any, cast
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetType,
    Deliverable,
    DeliverableKind,
    RecordState,
    ResourceRecord,
    ResourceRole,
    StudyRecord,
    TextInfo,
    TextStatus,
    Tombstone,
)
from opendata.catalog.values import Disclosure, DisclosureStatus, Keyword, OrganizationRef, PartialDate, Text
from opendata.config import load_config
from opendata.services import indexing
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.store.datasets import Dataset
from opendata.store.from_records import new_dataset, new_study
from opendata.store.organizations import Organization
from opendata.store.register import Study
from opendata.web.app import create_app
from tests.conftest import Clock
from tests.web.people import People, add_people

PAGES = ("Кіріспе. Су туралы.", "Жайық өзенінің су балансы <b>есептелді</b>.", "Қорытынды.")
NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
"""11:00 in Almaty."""
PDF = b"%PDF-1.4\n" + b"0123456789" * 2_000


class ReadingClient(FlaskClient):
    """Reads every answer to its end and closes it, as servers do."""

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> Any:
        """As FlaskClient.open."""
        return super().open(*args, buffered=buffered, **kwargs)


def _site_of(catalogue: Catalogue) -> Flask:
    made = create_app(catalogue)
    made.test_client_class = ReadingClient
    return made


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """A catalogue that no test writes to: making one takes most of the time of a test."""
    yield from _opened(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def filled_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalogue, Shelf]]:
    """The same with the records of the shelf."""
    for opened in _opened(tmp_path_factory.mktemp("filled")):
        yield opened, _fill(opened)


def _opened(home: Path) -> Iterator[Catalogue]:
    config = load_config(environ={"OPENDATA_HOME": str(home)})
    prepare_home(config)
    opened = open_catalogue(config, lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def shelf(filled_site: tuple[Catalogue, Shelf]) -> Shelf:
    """An agency, a study with something overdue, a report with four files, one withdrawn record, one unpublished."""
    return filled_site[1]


@pytest.fixture
def shown(request: pytest.FixtureRequest, empty_site: Catalogue) -> Catalogue:
    """What the browser stands before: the shelf when the test asks for it, its own `catalogue` or `peopled` one when it
    asks for that and may break it, else an empty one."""
    if "peopled" in request.fixturenames:
        return cast("Catalogue", request.getfixturevalue("peopled"))
    if "shelf" in request.fixturenames:
        found: tuple[Catalogue, Shelf] = request.getfixturevalue("filled_site")
        return found[0]
    own: Catalogue = request.getfixturevalue("catalogue") if "catalogue" in request.fixturenames else empty_site
    return own


@pytest.fixture
def app(shown: Catalogue) -> Flask:
    """The site of `shown`."""
    return _site_of(shown)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser before it."""
    return app.test_client()


@pytest.fixture
def site(shown: Catalogue) -> Callable[..., FlaskClient]:
    """Makes a browser before the same catalogue with other settings, given as table={key: value}."""

    def make(**tables: dict[str, Any]) -> FlaskClient:
        changed = replace(
            shown.config,
            **{name: replace(getattr(shown.config, name), **values) for name, values in tables.items()},
        )
        return _site_of(replace(shown, config=changed)).test_client()

    return make


class Shelf:
    """The records of the filled catalogue, by what they show."""

    pdf: UUID
    withheld: UUID
    link: UUID
    page: UUID
    dataset_id: UUID
    study_id: UUID


def _files(catalogue: Catalogue) -> tuple[ResourceRecord, ...]:
    stored = catalogue.files.put(BytesIO(PDF), max_bytes=10**6)
    page = catalogue.files.put(BytesIO(b"<script>alert(1)</script>"), max_bytes=10**6)
    catalogue.page_texts.put(stored.checksum, READER_VERSION, PAGES)
    closed = Disclosure(
        DisclosureStatus.EMBARGOED, dt.date(2030, 1, 1), "Заң, 5-бап", Text(kk="Конкурс аяқталғанша", original="kk")
    )
    return (
        ResourceRecord(
            key="pdf",
            filename="Су балансы – есеп.pdf",
            format="PDF",
            media_type="application/pdf",
            role=ResourceRole.FINAL_REPORT,
            byte_size=stored.byte_size,
            checksum=stored.checksum,
            stored=True,
            text=TextInfo(TextStatus.TEXT, pages_read=3, pages_total=3, language="kk"),
        ),
        ResourceRecord(
            key="closed", filename="closed.pdf", format="PDF", checksum=stored.checksum, stored=True, disclosure=closed
        ),
        ResourceRecord(key="link", format="HTML", access_url="https://example.org/data"),
        ResourceRecord(
            key="page",
            filename="page.html",
            format="HTML",
            media_type="text/html",
            byte_size=page.byte_size,
            checksum=page.checksum,
            stored=True,
            text=TextInfo(TextStatus.NO_TEXT),
        ),
    )


def _fill(catalogue: Catalogue) -> Shelf:
    now = catalogue.now()
    agency = Text(kk="Су агенттігі", ru="Агентство воды", original="kk")
    with catalogue.sessions.write.begin() as session:
        organization = Organization(slug="su", title=agency, description=Text(), created=now, modified=now)
        session.add(organization)
        session.flush()
        ref = OrganizationRef(slug="su", title=agency, id=organization.id)
        overdue = Deliverable(DeliverableKind.FINAL_REPORT, due=dt.date(2025, 11, 1))
        study = new_study(
            session,
            StudyRecord(
                title=Text(ru="Водный баланс <рек>", original="ru"),
                slug="balans",
                register_number="BR00000001",
                contracts=(Contract("1-2025", deliverables=(overdue,)),),
            ),
            now,
        )
        report = DatasetRecord(
            title=Text(kk="Су балансы", ru="Водный баланс", original="kk"),
            slug="su-balansy",
            type=DatasetType.REPORT,
            description=Text(ru="Отчёт о <балансе>.", original="ru"),
            keywords=(Keyword("су & жер", "kk"),),
            license_id="CC-BY-4.0",
            issued=PartialDate(2024, 5),
            resources=_files(catalogue),
            demo=True,
            organization=ref,
        )
        rows = [new_dataset(session, report, now)]
        gone = replace(report, slug="gone", resources=(), state=RecordState.WITHDRAWN, demo=False)
        rows.append(new_dataset(session, replace(gone, tombstone=Tombstone(now, "Қате жарияланған")), now))
        rows.append(new_dataset(session, replace(gone, slug="draft", state=RecordState.DRAFT), now))
        session.flush()
        for row in rows:
            row.organization_id = organization.id
        rows[1].withdrawn_at, rows[1].withdrawn_reason = now, "Қате жарияланған"
        rows[1].published_at = now
        study.organization_id = organization.id
        shelf = _ids(rows[0], study)
    indexing.rebuild(catalogue)
    return shelf


def _ids(report: Dataset, study: Study) -> Shelf:
    shelf = Shelf()
    shelf.dataset_id, shelf.study_id = report.id, study.id
    by_key = {resource.key: resource.id for resource in report.resources}
    shelf.pdf, shelf.withheld, shelf.link, shelf.page = (by_key[key] for key in ("pdf", "closed", "link", "page"))
    return shelf


@pytest.fixture(scope="session")
def peopled_site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    """The home of a catalogue with the records of the shelf, accounts, sources and a reader's report."""
    home = tmp_path_factory.mktemp("peopled")
    for opened in _opened(home):
        people = add_people(opened, _fill(opened).dataset_id)
    return home, people


@pytest.fixture
def peopled(peopled_site: tuple[Path, People], tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    """The test's own copy of it."""
    home = copytree(peopled_site[0], tmp_path / "peopled")
    opened = open_catalogue(load_config(environ={"OPENDATA_HOME": str(home)}), clock)
    yield opened
    opened.close()


@pytest.fixture
def people(peopled_site: tuple[Path, People], peopled: Catalogue) -> People:
    """Who has an account there, and what there is to see at the desk."""
    return peopled_site[1]
