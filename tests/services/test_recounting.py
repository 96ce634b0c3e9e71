"""The order by downloads follows once a day, without a check of the index finding differences in between."""

from __future__ import annotations

from uuid import UUID

import pytest

from opendata.search.query import SearchQuery
from opendata.services import care, ckan_search, index_check, recounting
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.index_check import Comparison
from opendata.services.statistics import add_counts
from opendata.store.queue import pending
from tests.conftest import Clock
from tests.factories import Feed, feed, found, link, record, work


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    """A source."""
    return feed(catalogue)


def filled(catalogue: Catalogue, one: Feed, clock: Clock) -> list[tuple[UUID, UUID]]:
    """Two indexed datasets, each with its file."""
    made = [
        one.one(found(str(n), record(f"Вода {n}", resources=(link("", key="a", download_url=""),)))) for n in range(2)
    ]
    work(catalogue)
    clock.advance(days=1)
    return [(UUID(str(each.id)), UUID(str(each.resources[0].id))) for each in made]


def order(catalogue: Catalogue) -> list[UUID]:
    return [hit.id for hit in catalogue.index.search(SearchQuery(sort="-downloads")).hits]


def queued(catalogue: Catalogue) -> int:
    with catalogue.sessions.read() as session:
        return pending(session).get(recounting.JOB, 0)


def downloaded(catalogue: Catalogue, file: UUID, times: int) -> None:
    add_counts(catalogue, {(catalogue.today(), "download", file): times})


def test_downloads_are_no_difference_and_are_in_the_order_a_day_later(
    catalogue: Catalogue, one: Feed, clock: Clock
) -> None:
    records = filled(catalogue, one, clock)
    for turn, (dataset, file) in enumerate((*records, records[0])):
        downloaded(catalogue, file, 10**turn)
        assert index_check.compare(catalogue, repair=False) == Comparison(indexed=2)
        for _ in range(2):
            care.tend(catalogue)
        assert queued(catalogue) == 1
        work(catalogue)
        care.tend(catalogue)
        assert queued(catalogue) == 0, "once a day"
        assert order(catalogue)[0] == dataset
        clock.advance(days=1)


def test_nothing_is_queued_where_nothing_was_downloaded(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    records = filled(catalogue, one, clock)
    care.tend(catalogue)
    assert queued(catalogue) == 0
    downloaded(catalogue, records[0][1], 1)
    care.tend(catalogue)
    work(catalogue)
    clock.advance(days=2)
    downloaded(catalogue, UUID(int=1), 1)
    care.tend(catalogue)
    assert queued(catalogue) == 1, "what was downloaded on the day of the last job, after it"


def test_the_records_downloaded_most_come_first_and_others_another_day(
    catalogue: Catalogue, one: Feed, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = filled(catalogue, one, clock)
    monkeypatch.setattr(recounting, "MOST_RECOUNTED", 1)
    downloaded(catalogue, records[0][1], 1)
    downloaded(catalogue, records[1][1], 5)
    assert recounting.recount(catalogue, catalogue.today()) == 1
    assert order(catalogue)[0] == records[1][0]


def test_views_are_in_the_order_of_package_search_a_day_later(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    records = filled(catalogue, one, clock)
    for turn, (dataset, _file) in enumerate((*records, records[0])):
        add_counts(catalogue, {(catalogue.today(), "view", dataset): 10**turn})
        assert index_check.compare(catalogue, repair=False) == Comparison(indexed=2)
        care.tend(catalogue)
        work(catalogue)
        asked = ckan_search.SearchRequest(sort="views_recent desc")
        assert ckan_search.find(catalogue, PUBLIC, asked).ids[0] == dataset
        clock.advance(days=1)
