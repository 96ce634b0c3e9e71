"""The demonstration content: loaded by the way of everything else, and gone without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DeliverableState, RecordState, ResourceRecord
from opendata.search.query import SearchQuery
from opendata.services import demo, discovery, home, index_check, studies
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset, Resource
from opendata.store.organizations import Organization
from opendata.store.register import Study
from tests.conftest import Clock
from tests.factories import feed, filed, found, record, stored, work
from tests.services.conftest import copy_of, filled_home, rows_of_every_table


def files(catalogue: Catalogue) -> list[Path]:
    return [path for path in (catalogue.config.home / "files").rglob("*") if path.is_file()]


def modified(catalogue: Catalogue) -> list[object]:
    with catalogue.sessions.read() as session:
        return [
            tuple(row)
            for table in (Dataset, Study)
            for row in session.execute(select(table.id, table.metadata_modified).order_by(table.id))
        ]


def test_loading_twice_changes_nothing(catalogue: Catalogue, clock: Clock) -> None:
    assert demo.store_is_empty(catalogue)
    first = demo.load(catalogue)
    assert not demo.store_is_empty(catalogue)
    rows, times, kept = rows_of_every_table(catalogue), modified(catalogue), sorted(files(catalogue))
    clock.advance(hours=1)
    assert demo.load(catalogue) == first
    assert rows_of_every_table(catalogue) == rows
    assert modified(catalogue) == times
    assert sorted(files(catalogue)) == kept


def test_the_content_shows_what_it_is_for(loaded: Catalogue) -> None:
    with loaded.sessions.read() as session:
        every = [stored(loaded, key) for key in session.scalars(select(Dataset.id))]
    rows = [row for row in every if row.demo]
    assert [row.title.ru for row in every if not row.demo] == ["Собственный отчёт"]
    commissioned = list(studies.every(loaded))
    assert len(rows) + len(commissioned) >= 30
    assert [row.state for row in rows].count(RecordState.WITHDRAWN) == 1
    statuses = {file.disclosure.status for row in rows for file in row.resources}
    assert statuses >= {"open", "embargoed", "withheld"}
    states = [study.due_state(loaded.today()) for study in commissioned]
    assert DeliverableState.OVERDUE in states
    assert DeliverableState.DEPOSITED in states
    assert any(row.relations for row in rows)


@pytest.fixture(scope="module")
def loaded_home(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with that."""
    return filled_home(tmp_path_factory.mktemp("demo") / "home", prepared, _load)


def _load(catalogue: Catalogue) -> None:
    feed(catalogue, "own").take(filed("Собственный отчёт", "Свой текст."))
    demo.load(catalogue)
    work(catalogue)


@pytest.fixture
def loaded(loaded_home: Path, tmp_path: Path, clock: Clock) -> Iterator[Catalogue]:
    """A catalogue with a record of its own, and the demonstration read and indexed."""
    with copy_of(loaded_home, tmp_path / "home", clock) as catalogue:
        yield catalogue


def test_every_word_of_the_content_can_be_found_and_nothing_is_left_of_it(loaded: Catalogue) -> None:
    assert discovery.find(loaded, PUBLIC, SearchQuery("Балқаш")).total > 0
    assert home.front(loaded, PUBLIC).figures.overdue_studies >= 1
    assert index_check.compare(loaded, repair=False).missing == 0
    demo.remove(loaded)
    work(loaded)
    with loaded.sessions.read() as session:
        assert session.scalars(select(Organization.slug)).all() == []
        assert len(session.scalars(select(Dataset.id)).all()) == 1
        assert session.scalars(select(Study.id)).all() == []
    assert index_check.compare(loaded, repair=False) == index_check.Comparison(indexed=1)
    assert len(files(loaded)) == 1
    assert len(loaded.page_texts.files()) == 1
    rows = rows_of_every_table(loaded)
    left = {name for name, number in rows.items() if number}
    own = {
        "datasets",
        "resources",
        "harvest_sources",
        "harvest_records",
        "jobs",
        "dataset_events",
        "content_checks",
        "purged_records",
        "groups",
    }
    assert left <= own


def test_an_agency_that_got_records_of_its_own_stays(catalogue: Catalogue) -> None:
    loaded = demo.load(catalogue)
    with catalogue.sessions.read() as session:
        agency = session.scalars(select(Organization).order_by(Organization.slug)).first()
    assert agency is not None
    own = feed(catalogue, "own").one(found("a", record("Свой набор")))
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, UUID(str(own.id))).organization_id = agency.id
    removed = demo.remove(catalogue)
    assert removed.organizations == loaded.organizations - 1
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Organization.slug)).all() == [agency.slug]


def test_a_file_that_another_record_holds_stays(catalogue: Catalogue) -> None:
    demo.load(catalogue)
    with catalogue.sessions.read() as session:
        shared = session.scalars(select(Resource.checksum).where(Resource.filename == "frost.csv")).one()
    with catalogue.files.open(shared) as stream:
        content = stream.read()
    item = found("a", record(resources=(ResourceRecord(key="x", filename="x.csv"),)), {"x": content})
    assert feed(catalogue, "own").one(item).resources[0].checksum == shared
    demo.remove(catalogue)
    with catalogue.files.open(shared) as stream:
        assert stream.read() == content
