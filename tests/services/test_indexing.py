"""The index against the store: compared, repaired, rebuilt, and honest when it is broken."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from opendata.errors import SearchUnavailable
from opendata.search.query import SearchQuery
from opendata.services import discovery, health, home, indexing
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.indexing import Comparison
from opendata.store.datasets import Dataset
from tests.factories import Feed, feed, found, record, work


@pytest.fixture
def filled(catalogue: Catalogue, one: Feed) -> list[UUID]:
    """Five indexed datasets, one of them private."""
    ids = [one.one(found(str(n), record(f"Вода {n}", private=n == 4))).id for n in range(5)]
    work(catalogue)
    return [UUID(str(key)) for key in ids]


def total(catalogue: Catalogue) -> int:
    return discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total


def test_an_index_as_the_store_is_differs_in_nothing(catalogue: Catalogue, filled: list[UUID]) -> None:
    assert indexing.compare(catalogue, repair=False) == Comparison(0, 0, 5)
    assert total(catalogue) == 4


def test_what_is_missing_or_too_much_is_found_and_mended(catalogue: Catalogue, filled: list[UUID]) -> None:
    catalogue.index.update([], [filled[0], filled[1]])
    catalogue.index.update([], [filled[4]], area="desk")
    with catalogue.sessions.write.begin() as session:
        session.delete(session.get_one(Dataset, filled[2]))
    assert indexing.compare(catalogue, repair=False) == Comparison(3, 1, 2)
    assert indexing.status(catalogue)["pending"] == 0
    indexing.compare(catalogue, repair=True)
    work(catalogue)
    assert indexing.compare(catalogue, repair=False) == Comparison(0, 0, 4)


def test_a_record_in_the_wrong_index_is_moved(catalogue: Catalogue, filled: list[UUID]) -> None:
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, filled[0]).private = True
    assert indexing.compare(catalogue, repair=True) == Comparison(1, 1, 5)
    work(catalogue)
    assert (total(catalogue), len(catalogue.index.ids(area="desk"))) == (3, 2)


def test_a_damaged_index_says_so_and_never_finds_nothing(catalogue: Catalogue, filled: list[UUID]) -> None:
    for file in (catalogue.config.home / "index").rglob("CURRENT"):
        file.write_text("build-that-is-not-there")
    for ask in (
        lambda: discovery.find(catalogue, PUBLIC, SearchQuery("вода")),
        lambda: discovery.find(catalogue, PUBLIC, SearchQuery()),
        lambda: home.front(catalogue, PUBLIC),
        lambda: indexing.status(catalogue),
    ):
        with pytest.raises(SearchUnavailable):
            ask()
    assert health.ready(catalogue)["index"] != health.OK
    assert health.ready(catalogue)["store"] == health.OK


def test_a_rebuild_heals_a_damaged_index(catalogue: Catalogue, filled: list[UUID]) -> None:
    for file in (catalogue.config.home / "index").rglob("CURRENT"):
        file.write_text("build-that-is-not-there")
    assert indexing.rebuild(catalogue) == 5
    assert total(catalogue) == 4


def test_a_rebuild_queues_again_what_changed_meanwhile(catalogue: Catalogue, filled: list[UUID]) -> None:
    indexing.rebuild(catalogue)
    assert indexing.status(catalogue)["pending"] == 1
    work(catalogue)
    assert indexing.compare(catalogue, repair=False) == Comparison(0, 0, 5)


def test_indexing_what_is_gone_takes_it_out(catalogue: Catalogue, filled: list[UUID]) -> None:
    assert indexing.index_records(catalogue, [filled[0], uuid4()], [uuid4()]) == 1
    with catalogue.sessions.write.begin() as session:
        session.delete(session.get_one(Dataset, filled[0]))
    assert indexing.index_records(catalogue, [filled[0]], []) == 0
    assert total(catalogue) == 3


def test_an_empty_catalogue_is_ready(catalogue: Catalogue) -> None:
    assert set(health.ready(catalogue).values()) == {health.OK}
    assert indexing.rebuild(catalogue) == 0
    assert feed(catalogue).take() == []
