"""The texts of files are in no backup: what is gone is read again, and nothing else changes by it."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from opendata.search.query import SearchQuery
from opendata.services import care, discovery, index_check, indexing, rereading
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.index_check import Comparison
from opendata.store.datasets import Dataset
from tests.conftest import Clock
from tests.factories import Feed, filed, found, record, stored, work


@pytest.fixture
def report(catalogue: Catalogue, one: Feed) -> str:
    """The checksum of a report whose text is gone; another record has no file."""
    given = one.one(filed("Отчёт", "Содержание меди"))
    one.one(found("plain", record("Вода")))
    work(catalogue)
    checksum = stored(catalogue, given.id).resources[0].checksum
    catalogue.page_texts.delete(checksum)
    return checksum


def changed(catalogue: Catalogue) -> list[dt.datetime]:
    """When the records were changed last, as harvesters are told."""
    with catalogue.sessions.read() as session:
        return list(session.scalars(select(Dataset.metadata_modified).order_by(Dataset.id)))


def hits(catalogue: Catalogue) -> int:
    return discovery.find(catalogue, PUBLIC, SearchQuery("меди")).total


def test_a_text_that_is_gone_is_read_again_and_the_record_is_as_it_was(
    catalogue: Catalogue, clock: Clock, report: str
) -> None:
    before = changed(catalogue)
    clock.advance(days=2)
    care.tend(catalogue)
    work(catalogue)
    assert report in rereading.kept(catalogue)
    assert changed(catalogue) == before
    assert rereading.queue_lost(catalogue) == 0


def test_a_check_of_the_index_leaves_the_record_until_its_text_is_there(catalogue: Catalogue, report: str) -> None:
    assert index_check.compare(catalogue, repair=False) == Comparison(unread=1, indexed=2)
    assert index_check.compare(catalogue, repair=True) == Comparison(unread=1, indexed=2)
    assert hits(catalogue) == 1, "what the index holds of it still answers"
    work(catalogue)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=2)
    assert hits(catalogue) == 1


def test_a_rebuild_without_texts_is_made_whole_by_the_worker(catalogue: Catalogue, clock: Clock, report: str) -> None:
    indexing.rebuild(catalogue)
    assert hits(catalogue) == 0
    clock.advance(days=2)
    care.tend(catalogue)
    work(catalogue)
    assert hits(catalogue) == 1
