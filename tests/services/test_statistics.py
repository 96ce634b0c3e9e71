"""Counts reach the days and the totals, once, and reading never waits for it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Text
from opendata.services.catalogue import Catalogue
from opendata.services.counters import CountKey, Flusher
from opendata.services.statistics import add_counts
from opendata.store.datasets import Dataset, Resource
from opendata.store.from_records import new_dataset
from opendata.store.operations import DailyCount

DAY = dt.date(2026, 6, 1)
NEXT_DAY = dt.date(2026, 6, 2)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def ids(catalogue: Catalogue) -> tuple[UUID, UUID, UUID]:
    """A dataset with two files: its id and theirs."""
    files = tuple(ResourceRecord(key=key, download_url=f"https://example.org/{key}") for key in ("a", "b"))
    record = DatasetRecord(title=Text(en="Water"), slug="water", resources=files)
    with catalogue.sessions.write.begin() as session:
        row = new_dataset(session, record, catalogue.now())
        session.flush()
        return row.id, row.resources[0].id, row.resources[1].id


def totals(catalogue: Catalogue, dataset: UUID) -> tuple[int, int, list[int]]:
    with catalogue.sessions.read() as session:
        views, downloads = session.execute(select(Dataset.views, Dataset.downloads).where(Dataset.id == dataset)).one()
        files = (
            select(Resource.downloads).where(Resource.dataset_id == dataset).order_by(Resource.position, Resource.key)
        )
        return views, downloads, list(session.scalars(files))


def days(catalogue: Catalogue) -> dict[CountKey, int]:
    with catalogue.sessions.read() as session:
        rows = session.execute(select(DailyCount.day, DailyCount.kind, DailyCount.object_id, DailyCount.count))
        return {(day, kind, object_id): number for day, kind, object_id, number in rows}


def test_views_and_downloads_reach_days_and_totals(catalogue: Catalogue, ids: tuple[UUID, UUID, UUID]) -> None:
    dataset, one, other = ids
    add_counts(catalogue, {(DAY, "view", dataset): 5, (DAY, "download", one): 2, (DAY, "download", other): 1})
    assert totals(catalogue, dataset) == (5, 3, [2, 1])
    assert days(catalogue) == {
        (DAY, "view", dataset): 5,
        (DAY, "download", one): 2,
        (DAY, "download", other): 1,
        (DAY, "download", dataset): 3,
    }


def test_counts_of_later_minutes_and_days_are_added(catalogue: Catalogue, ids: tuple[UUID, UUID, UUID]) -> None:
    dataset, one, _ = ids
    add_counts(catalogue, {(DAY, "view", dataset): 5, (DAY, "download", one): 1})
    add_counts(catalogue, {(DAY, "view", dataset): 2, (NEXT_DAY, "view", dataset): 1, (NEXT_DAY, "download", one): 4})
    assert totals(catalogue, dataset) == (8, 5, [5, 0])
    assert days(catalogue)[DAY, "view", dataset] == 7
    assert days(catalogue)[NEXT_DAY, "view", dataset] == 1


def test_metadata_stay_unmodified(catalogue: Catalogue, ids: tuple[UUID, UUID, UUID]) -> None:
    before = select(Dataset.metadata_modified)
    with catalogue.sessions.read() as session:
        modified = session.scalar(before)
    add_counts(catalogue, {(DAY, "view", ids[0]): 1})
    with catalogue.sessions.read() as session:
        assert session.scalar(before) == modified


def test_what_is_no_longer_there_keeps_its_days(catalogue: Catalogue) -> None:
    gone = uuid4()
    add_counts(catalogue, {(DAY, "view", gone): 1, (DAY, "download", gone): 1})
    assert days(catalogue) == {(DAY, "view", gone): 1, (DAY, "download", gone): 1}


def test_many_objects_at_once(catalogue: Catalogue) -> None:
    counts: dict[CountKey, int] = {(DAY, "download", uuid4()): 1 for _ in range(3000)}
    add_counts(catalogue, counts)
    assert days(catalogue) == counts


def test_unknown_kind_stores_nothing(catalogue: Catalogue, ids: tuple[UUID, UUID, UUID]) -> None:
    with pytest.raises(ValueError, match="liked"):
        add_counts(catalogue, {(DAY, "view", ids[0]): 1, (DAY, "liked", ids[0]): 1})
    assert days(catalogue) == {}


def test_counting_goes_on_while_a_long_write_is_open(catalogue: Catalogue, ids: tuple[UUID, UUID, UUID]) -> None:
    """The flush waits for the write lock; those who count do not, and nothing is lost."""
    dataset, _, _ = ids
    flusher = Flusher(catalogue.counters, lambda counts: add_counts(catalogue, counts), every_seconds=0.01)
    flushing = threading.Event()
    with catalogue.sessions.write.begin() as session:
        session.connection()
        flusher.start()
        threading.Timer(0.2, flushing.set).start()
        start = time.perf_counter()
        for _ in range(100):
            catalogue.counters.count("view", dataset, FIREFOX, DAY)
        assert time.perf_counter() - start < 0.5
        assert flushing.wait(5)
        assert days(catalogue) == {}
    flusher.stop()
    assert totals(catalogue, dataset)[0] == 100
