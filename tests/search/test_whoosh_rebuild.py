"""What a rebuild makes of a collection, alone and with several processes, and what it leaves when it fails."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from opendata.errors import CatalogueError, SearchUnavailable, Unavailable
from opendata.search import whoosh_rebuild, whoosh_writer
from opendata.search.analysis import TrilingualAnalyser, default_analyser, stem_list
from opendata.search.analysis.mining import mine_files
from opendata.search.document import SearchDocument
from opendata.search.index import SearchIndex
from opendata.search.open import open_index
from opendata.search.query import SearchQuery
from opendata.search.runs import Runs
from opendata.search.survey import SUPPOSED, Survey, mean_lengths
from opendata.search.whoosh_area import Area
from tests.search.conftest import corpus, document, file_of, uid

KAZAKH = "Қымбалаққа барды. Қымбалақтар келді. Қымбалақтың ағасы өзен бойында тұрады. Қымбалақпен өзендер туралы."
"""A word that no list has, in forms enough to become a stem."""


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even the smallest collection be worth several processes."""
    monkeypatch.setattr(whoosh_rebuild, "FEW", 2)
    monkeypatch.setattr(whoosh_rebuild, "BATCH", 5)


def documents(count: int = 40) -> Iterator[SearchDocument]:
    """The corpus and more."""
    yield from corpus()
    for number in range(100, 100 + count):
        pages = (f"Медь и вода на странице {number}.",) if number % 4 == 0 else ()
        yield document(number, f"Вода {number}", year=2000 + number % 9, files=(file_of(number, *pages),))


def answers(index: SearchIndex) -> list[object]:
    """What is found and counted, without regard to the order of equals."""
    found = []
    for q in ("вода", "медь", "fish OR білім", "страница -медь", "03.29.00"):
        results = index.search(SearchQuery(q, size=100), facets=["year", "theme"])
        found.append((results.total, {hit.id: hit.score for hit in results.hits}, results.facets))
    return found


def test_several_processes_write_what_one_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, several = open_index(tmp_path / "alone", create=True), open_index(tmp_path / "several", processes=2)
    told: list[tuple[int, int | None]] = []
    assert alone.rebuild(documents()) == 45
    few(monkeypatch)
    assert several.rebuild(documents(), progress=lambda done, total: told.append((done, total))) == 45
    assert answers(several) == answers(alone)
    assert several.fingerprints() == alone.fingerprints()
    assert several.analyser().version == alone.analyser().version
    assert ((45, None) in told, told[-1]) == (True, (45, 45))
    (build,) = (tmp_path / "several" / "public").glob("build-*")
    assert not [path.name for path in build.iterdir() if path.is_dir()], "shares, runs and changes are gone"
    assert several.update([document(7, "Вода седьмая")], [uid(100)]) == 1
    assert several.search(SearchQuery("вода")).total == alone.search(SearchQuery("вода")).total


@pytest.mark.parametrize("place", [3, 40])
def test_a_process_that_dies_fails_the_rebuild_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    few(monkeypatch)
    index = open_index(tmp_path, create=True, processes=2)
    index.update(corpus())

    def deadly() -> Iterator[SearchDocument]:
        for number, each in enumerate(documents(60)):
            if number == 20 + place:
                child = multiprocessing.active_children()[0]
                assert child.pid
                os.kill(child.pid, signal.SIGKILL)
            yield each

    with pytest.raises(CatalogueError, match="present index stays"):
        index.rebuild(deadly())
    assert len(index.fingerprints()) == 5
    assert len(list((tmp_path / "public").glob("build-*"))) == 1
    assert not multiprocessing.active_children()
    assert index.rebuild(documents()) == 45


def test_a_build_mines_its_stems_and_keeps_them(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    shipped = index.analyser().version
    assert shipped == default_analyser().version
    index.rebuild([document(1, "Қымбалақ", descriptions=(KAZAKH,))])
    assert index.analyser().version != shipped
    assert index.analyser() is open_index(tmp_path).analyser(), "one for all who need it"
    before = index.analyser().version
    index.update([document(2, "Тағы", descriptions=(KAZAKH.replace("Қымбалақ", "Шойынқар"),))])
    assert index.analyser().version == before, "frozen until the next rebuild"
    assert index.search(SearchQuery("қымбалақтарға")).total == 1
    index.rebuild([document(1, "Вода")])
    assert index.analyser() is default_analyser()


def test_the_stems_of_the_desk_stay_there(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.rebuild(corpus())
    index.rebuild([document(1, "Қымбалақ", descriptions=(KAZAKH,))], area="desk")
    assert index.analyser(area="desk").version != index.analyser().version
    assert "қымбалақ" not in "".join(path.read_text() for path in (tmp_path / "public").rglob("stems*"))


def test_stems_mined_from_files_are_those_mined_in_memory_and_the_shipped_ones(tmp_path: Path) -> None:
    words = stem_list.kazakh_words([KAZAKH])
    runs = Runs(tmp_path, "words")
    runs.add(words)
    found = mine_files(runs.close(), tmp_path)
    assert found == stem_list.union(stem_list.seed(), stem_list.mine(words))
    assert len(found) > len(stem_list.seed())
    assert mine_files((), tmp_path) is stem_list.seed()


def test_lengths_are_counted_in_words_over_the_records_that_have_the_field(tmp_path: Path) -> None:
    survey = Survey(tmp_path, TrilingualAnalyser())
    survey.add(document(n, "раз два три", keywords=("сто лет", "снег") if n % 2 else ()) for n in range(100))
    sums = survey.findings().sums
    assert (sums["title"], sums["keywords"]) == ((300, 100), (150, 50))
    assert "body" not in sums
    assert mean_lengths([sums, sums], {"title": 3.0, "keywords": 3.0, "body": 500.0})["body"] == 500.0
    assert mean_lengths([sums, sums], {"title": 3.0, "keywords": 3.0}) == {"title": 3.0, "keywords": 3.0}
    assert mean_lengths([{"title": (50 * SUPPOSED, SUPPOSED)}], {"title": 10.0}) == {"title": 30.0}


def test_an_index_keeps_the_lengths_that_its_rebuild_measured(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.rebuild([document(n, "одно два три четыре пять шесть семь") for n in range(1, 301)])
    area = Area(tmp_path / "public")
    stated = json.loads((area.live() / "format.json").read_text())
    assert 7 <= stated["lengths"]["title"] < 8
    assert stated["analysis"] == index.analyser().version


def test_changes_during_a_rebuild_are_in_the_new_index_in_their_order(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.update(corpus())

    def meanwhile() -> Iterator[SearchDocument]:
        yield from corpus()
        index.update([document(1, "Первый"), document(8, "Восьмой")])
        index.update([document(1, "Снова первый")], [uid(2), uid(8)])
        assert set(index.fingerprints()) == {uid(1), uid(3), uid(4), uid(5)}

    before = index.fingerprints()
    index.rebuild(meanwhile())
    assert set(index.fingerprints()) == {uid(1), uid(3), uid(4), uid(5)}
    assert index.fingerprints()[uid(3)] == before[uid(3)]
    assert index.search(SearchQuery("снова")).total == 1


def test_a_second_rebuild_waits_and_then_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_writer, "LOCK_SECONDS", 0.2)
    index = open_index(tmp_path, create=True)

    def busy() -> Iterator[SearchDocument]:
        with pytest.raises(Unavailable, match="rebuilding"):
            index.rebuild([])
        yield from corpus()

    assert index.rebuild(busy()) == 5


def test_what_a_killed_builder_left_is_forgotten(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    area = Area(tmp_path / "public")
    dead = area.new_build()
    (area.path / "BUILDING").write_text(dead.name)
    index.update([document(1, "x")])
    assert not (area.path / "BUILDING").exists()
    assert not (dead / "changes").exists()


def test_figures_need_the_files_of_the_index(tmp_path: Path) -> None:
    index = open_index(tmp_path, create=True)
    index.update(corpus())
    index.update([document(1, "x")], [uid(2)])
    assert index.status().documents == 4
    for segment in (tmp_path / "public").rglob("*.seg"):
        segment.unlink()
    with pytest.raises(SearchUnavailable, match="lost files"):
        index.status()
