"""The index against the store: compared, repaired, rebuilt, and honest when it is broken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.errors import SearchRebuilding, SearchUnavailable
from opendata.search.document import SearchDocument
from opendata.search.query import SearchQuery
from opendata.search.whoosh_schema import FORMAT_VERSION
from opendata.services import care, discovery, health, home, index_check, indexing
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.index_check import Comparison
from opendata.store.datasets import Dataset
from tests.factories import Feed, feed, filed, found, record, stored, work


@pytest.fixture
def filled(catalogue: Catalogue, one: Feed) -> list[UUID]:
    """Five indexed datasets, one of them private."""
    ids = [one.one(found(str(n), record(f"Вода {n}", private=n == 4))).id for n in range(5)]
    work(catalogue)
    return [UUID(str(key)) for key in ids]


def total(catalogue: Catalogue) -> int:
    return discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total


def test_an_index_as_the_store_is_differs_in_nothing(catalogue: Catalogue, filled: list[UUID]) -> None:
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=5)
    assert total(catalogue) == 4


def test_what_is_missing_or_too_much_is_found_and_mended(catalogue: Catalogue, filled: list[UUID]) -> None:
    catalogue.index.update([], [filled[0], filled[1]])
    catalogue.index.update([], [filled[4]], area="desk")
    with catalogue.sessions.write.begin() as session:
        session.delete(session.get_one(Dataset, filled[2]))
    assert index_check.compare(catalogue, repair=False) == Comparison(missing=3, surplus=1, indexed=2)
    assert indexing.status(catalogue)["pending"] == 0
    index_check.compare(catalogue, repair=True)
    work(catalogue)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=4)


def test_a_record_in_the_wrong_index_is_moved(catalogue: Catalogue, filled: list[UUID]) -> None:
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, filled[0]).private = True
    assert index_check.compare(catalogue, repair=True) == Comparison(misplaced=1, indexed=5)
    work(catalogue)
    assert (total(catalogue), len(catalogue.index.fingerprints(area="desk"))) == (3, 2)


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


def test_what_changed_since_it_was_indexed_is_found_and_mended(catalogue: Catalogue, filled: list[UUID]) -> None:
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, filled[0]).title_ru = "Воздух"
        session.get_one(Dataset, filled[1]).license_id = "CC0-1.0"
        session.get_one(Dataset, filled[2]).downloads = 7
    assert index_check.compare(catalogue, repair=True) == Comparison(stale=2, indexed=5)
    work(catalogue)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=5)
    assert total(catalogue) == 3


def test_a_file_whose_text_has_changed_is_found_without_reading_texts(
    catalogue: Catalogue, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = one.one(filed("Отчёт", "Содержание меди"))
    work(catalogue)
    monkeypatch.setattr(type(catalogue.page_texts), "pages", None)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=1)
    catalogue.page_texts.delete(stored(catalogue, given.id).resources[0].checksum)
    assert index_check.compare(catalogue, repair=False) == Comparison(unread=1, indexed=1)


def test_what_changes_during_a_rebuild_is_in_the_new_index(
    catalogue: Catalogue, filled: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = indexing.documents

    def changing(catalogue: Catalogue, area: str) -> Iterator[SearchDocument]:
        """The documents as they were, then the changes of a colleague who did not wait."""
        yield from list(given(catalogue, area))
        if area == "desk":
            return
        with catalogue.sessions.write.begin() as session:
            session.get_one(Dataset, filled[0]).title_ru = "Воздух"
            session.delete(session.get_one(Dataset, filled[1]))
        indexing.index_records(catalogue, filled[:2], ())
        assert total(catalogue) == 2, "the live index goes on"

    monkeypatch.setattr(indexing, "documents", changing)
    indexing.rebuild(catalogue)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=4)
    assert discovery.find(catalogue, PUBLIC, SearchQuery("воздух")).total == 1
    assert total(catalogue) == 2


def outdate(catalogue: Catalogue) -> None:
    """Make it an index of another version of the program."""
    for file in (catalogue.config.home / "index").rglob("format.json"):
        file.write_text(json.dumps({**json.loads(file.read_text()), "format_version": 1}))


def test_an_index_of_another_version_is_rebuilt_by_the_worker_once(catalogue: Catalogue, filled: list[UUID]) -> None:
    outdate(catalogue)
    status = indexing.status(catalogue)
    assert (status["format_version"], status["current"], status["rebuilding"]) == (1, False, False)
    with pytest.raises(SearchRebuilding, match="another version"):
        total(catalogue)
    with pytest.raises(SearchUnavailable):
        indexing.index_records(catalogue, filled, ())
    care.tend(catalogue)
    care.tend(catalogue)
    assert indexing.status(catalogue)["rebuilding"]
    assert not index_check.queue_rebuild(catalogue)
    work(catalogue)
    status = indexing.status(catalogue)
    assert (status["format_version"], status["current"], status["rebuilding"]) == (FORMAT_VERSION, True, False)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=5)
    care.tend(catalogue)
    assert not indexing.status(catalogue)["rebuilding"]


def test_a_check_of_an_index_of_another_version_queues_its_rebuild(catalogue: Catalogue, filled: list[UUID]) -> None:
    outdate(catalogue)
    assert index_check.compare(catalogue, repair=False).differs
    assert not indexing.status(catalogue)["rebuilding"]
    assert "another version" in index_check.compare(catalogue, repair=True).unusable
    work(catalogue)
    assert index_check.compare(catalogue, repair=False) == Comparison(indexed=5)


def test_an_index_that_was_lost_is_rebuilt_by_the_worker(catalogue: Catalogue, filled: list[UUID]) -> None:
    shutil.rmtree(catalogue.config.home / "index")
    prepare_home(catalogue.config)
    with pytest.raises(SearchUnavailable, match="no search index"):
        total(catalogue)
    care.tend(catalogue)
    work(catalogue)
    assert total(catalogue) == 4


def test_the_index_of_the_public_alone_may_be_lost(catalogue: Catalogue, filled: list[UUID]) -> None:
    shutil.rmtree(catalogue.config.home / "index" / "public")
    catalogue.index.rebuild([])
    assert (total(catalogue), indexing.status(catalogue)["desk_documents"]) == (0, 1)
    care.tend(catalogue)
    work(catalogue)
    assert total(catalogue) == 4


def test_damaged_files_of_the_index_are_noticed_by_the_worker(catalogue: Catalogue, filled: list[UUID]) -> None:
    for file in (catalogue.config.home / "index" / "public").rglob("*.seg"):
        file.write_bytes(file.read_bytes()[:100])
    broken = open_catalogue(catalogue.config, catalogue.clock)
    care.tend(broken)
    work(broken)
    assert total(broken) == 4
    broken.close()


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
