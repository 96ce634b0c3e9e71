"""What every search engine must do alike. Nothing here knows an engine."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opendata.errors import ConfigError, SearchUnavailable, Unavailable
from opendata.search.document import SearchDocument
from opendata.search.filters import FACETS
from opendata.search.index import FacetCount, SearchIndex
from opendata.search.open import open_index
from opendata.search.query import SORTS, SearchQuery
from tests.search.conftest import ENGINES, corpus, document, file_of, uid

Opener = Callable[[], SearchIndex]
processes = multiprocessing.get_context("spawn")


def found(index: SearchIndex, q: str = "", *, sort: str = "", area: str = "public", **filters: str) -> list[int]:
    chosen = {name: tuple(value.split("|")) for name, value in filters.items()}
    return [hit.id.int for hit in index.search(SearchQuery(q, chosen, sort), area=area).hits]


def counts(index: SearchIndex, facet: str, q: str = "", **filters: str) -> dict[str, int]:
    chosen = {name: tuple(value.split("|")) for name, value in filters.items()}
    results = index.search(SearchQuery(q, chosen), facets=[facet])
    return {one.value: one.count for one in results.facets[facet]}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("вода", {1, 4}),
        ("ВОДЫ", {1, 4}),
        ("река", {1}),
        ("river", {2}),
        ("білім", {3}),
        ("зерттеу", {1, 3}),
        ("меди", {1}),
        ("вода школа", {4}),
        ("river OR білім", {2, 3}),
        ("река НЕМЕСЕ fish ИЛИ білім", {1, 2, 3}),
        ("вода -школа", {1}),
        ("-вода", {2, 3, 5}),
        ('"качества воды"', {1}),
        ('"воды качества"', set()),
        ('"river fish"', {2}),
        ("иссл*", {1}),
        ("BR21881930", {1}),
        ("21881930", {1}),
        ("03.29.00", {1}),
        ("03.29.01", set()),
        ("Иванова", {1}),
        ("agency:ministry", {1, 2}),
        ("вода лицензия:cc-by-4.0", {1}),
        ("жыл:2020..2021", {2, 3, 4}),
        ("год:2021..", {3, 4}),
        ("ашық:иә", {1, 2}),
        ("-ведомство:ministry", {3, 4, 5}),
        ('keyword:"вода"', {1, 4}),
        ("качество в реках", {1}),
        ("несуществующее", set()),
        ("", {1, 2, 3, 4, 5}),
        ("?!", {1, 2, 3, 4, 5}),
    ],
)
def test_words_find_what_holds_them(index: SearchIndex, q: str, expected: set[int]) -> None:
    results = index.search(SearchQuery(q))
    assert {hit.id.int for hit in results.hits} == expected
    assert results.total == len(expected)


def test_a_word_in_the_title_counts_more_than_in_the_text(index: SearchIndex) -> None:
    index.update([document(10, "Прочее", files=corpus()[0].files), document(11, "Медь и её содержание")])
    assert found(index, "содержание")[0] == 11


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-issued", [3, 4, 2, 1, 5]),
        ("issued", [1, 2, 4, 3, 5]),
        ("-modified", [4, 1, 2, 3, 5]),
        ("-downloads", [2, 4, 1, 3, 5]),
        ("title", [2, 5, 4, 1, 3]),
        ("-title", [3, 1, 4, 5, 2]),
        ("", [3, 4, 2, 1, 5]),
    ],
)
def test_order(index: SearchIndex, sort: str, expected: list[int]) -> None:
    assert found(index, sort=sort) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_equal_records_neither_repeat_nor_lose_any(open_here: Opener, sort: str) -> None:
    index = open_here()
    index.update([document(number, "Same title") for number in range(1, 31)])
    index.update([document(number, "Same title") for number in range(31, 51)])
    pages = [index.search(SearchQuery("title", sort=sort, page=page, size=7)).hits for page in range(1, 9)]
    ids = [hit.id.int for page in pages for hit in page]
    assert ids == sorted(ids) == list(range(1, 51))


def test_kazakh_letters_have_their_place_in_the_order(open_here: Opener) -> None:
    index = open_here()
    titles = ["Яблоко", "«Өзен»", "Озеро", "Әдебиет", "Адам", "Report 10", "Report 9"]
    index.update([document(number, title) for number, title in enumerate(titles, 1)])
    assert found(index, sort="title") == [7, 6, 5, 4, 3, 2, 1]


def test_filters_hold_together_and_values_of_one_are_alternatives(index: SearchIndex) -> None:
    assert set(found(index, theme="environment")) == {1, 2, 4}
    assert set(found(index, theme="environment|education")) == {1, 2, 3, 4}
    assert set(found(index, theme="environment", language="ru")) == {1, 4}
    assert set(found(index, year="2019..2020")) == {1, 2}
    assert set(found(index, year="2019|2021")) == {1, 3, 4}
    assert set(found(index, keyword="ВОДА")) == {1, 4}
    assert found(index, theme="nothing") == []


def test_a_facet_is_counted_with_all_other_filters_on(index: SearchIndex) -> None:
    assert counts(index, "theme") == {"environment": 3, "education": 2, "other": 1}
    assert counts(index, "theme", theme="education") == {"environment": 3, "education": 2, "other": 1}
    assert counts(index, "theme", theme="education", language="ru") == {"environment": 2, "education": 1, "other": 1}
    assert counts(index, "organization", "вода") == {"education": 1, "ministry": 1, "water": 1}
    assert counts(index, "year") == {"2021": 2, "2019": 1, "2020": 1}


def test_every_count_is_what_choosing_the_value_gives(index: SearchIndex) -> None:
    base = SearchQuery("вода OR fish", {"open": ("yes", "no")})
    facets = index.search(base, facets=FACETS).facets
    assert set(facets) == set(FACETS)
    for name, values in facets.items():
        for one in values:
            alone = SearchQuery(base.q, {**base.filters, name: (one.value,)})
            assert index.search(alone).total == one.count, (name, one)


def test_values_of_a_column_are_those_of_records_that_are_there(index: SearchIndex) -> None:
    index.update([document(8, "Имена", persons=("Иванова А. Б.", "Омаров С."), keywords=("ВОДА",))])
    index.update([document(9, "Имена", persons=("Омаров С.", "Скрытов Т."))])
    assert [(one.value, one.count) for one in index.values("person")][:1] == [("Омаров С.", 2)]
    assert index.counts("keyword", ["Вода", "школы", "нет такого"]) == {"Вода": 3, "школы": 1, "нет такого": 0}
    index.update([], remove=[uid(9)])
    assert index.counts("person", ["омаров с.", "Скрытов Т."]) == {"омаров с.": 1, "Скрытов Т.": 0}
    assert {one.value for one in index.values("person")} == {"Иванова А. Б.", "Омаров С."}
    assert index.values("person", area="desk") == ()


def test_spellings_of_a_keyword_are_one_value(index: SearchIndex) -> None:
    assert counts(index, "keyword", "вода") == {"вода": 2, "реки": 1, "школы": 1}


def test_as_many_values_of_a_facet_are_given_as_are_wanted(index: SearchIndex) -> None:
    every = index.search(SearchQuery(), facets=("keyword",)).facets["keyword"]
    assert [(-one.count, one.value) for one in every] == sorted((-one.count, one.value) for one in every)
    for limit in range(len(every) + 2):
        assert index.search(SearchQuery(), facets={"keyword": limit}).facets == {"keyword": every[:limit]}
    last = every[-1]
    chosen = SearchQuery(filters={"keyword": (last.value, "нет такого")})
    assert index.search(chosen, facets={"keyword": 1}).facets["keyword"] == (
        every[0],
        last,
        FacetCount("нет такого", 0),
    )


def test_a_chosen_value_stays_in_its_facet_with_zero(index: SearchIndex) -> None:
    assert counts(index, "theme", "білім", theme="other") == {"education": 1, "other": 0}


def test_an_update_replaces_and_a_removal_removes(index: SearchIndex) -> None:
    written = index.update([document(2, "Опрос рыбаков", year=1999)], [uid(3), uid(99)])
    assert written == 1
    assert found(index, "fish") == []
    assert found(index, "рыбак") == [2]
    assert found(index, "білім") == []
    assert counts(index, "year") == {"2019": 1, "2021": 1, "1999": 1}
    assert index.ids() == {uid(1), uid(2), uid(4), uid(5)}
    assert index.status().documents == 4


def test_of_two_documents_of_one_id_in_a_batch_the_last_counts(open_here: Opener) -> None:
    index = open_here()
    assert index.update([document(1, "first"), document(1, "second")]) == 1
    assert (found(index, "first"), found(index, "second")) == ([], [1])


def test_many_small_commits_keep_every_document(open_here: Opener) -> None:
    index = open_here()
    for number in range(1, 26):
        index.update([document(number, f"word{number} common")], [uid(number - 5)] if number > 5 else [])
    assert sorted(found(index, "common")) == list(range(21, 26))
    assert index.search(SearchQuery("word3")).total == 0


def test_another_reader_sees_a_commit_at_its_next_search(index: SearchIndex, open_here: Opener) -> None:
    other = open_here()
    assert found(other, "рыбак") == []
    index.update([document(2, "Опрос рыбаков")])
    assert found(other, "рыбак") == [2]
    index.rebuild([document(7, "Новое")])
    assert found(other) == [7]


def test_the_desk_is_never_seen_from_the_public_area(index: SearchIndex) -> None:
    index.update([document(20, "Секретный черновик", keywords=("тайна",))], area="desk")
    assert found(index, "черновик") == []
    assert found(index, "черновик", area="desk") == [20]
    assert "тайна" not in counts(index, "keyword")
    assert uid(20) not in index.ids()
    assert index.ids(area="desk") == {uid(20)}


def test_a_failing_rebuild_leaves_the_index_as_it_was(index: SearchIndex) -> None:
    def broken() -> Iterator[SearchDocument]:
        yield document(1, "half")
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        index.rebuild(broken())
    assert index.ids() == {uid(n) for n in range(1, 6)}
    assert index.rebuild(iter(corpus()[:2])) == 2
    assert index.ids() == {uid(1), uid(2)}


def test_readers_never_miss_or_fail_while_the_index_is_rebuilt(index: SearchIndex, open_here: Opener) -> None:
    stop, problems, searches = threading.Event(), [], []

    def read(mine: SearchIndex) -> None:
        while not stop.is_set():
            try:
                total = mine.search(SearchQuery("вода"), facets=["theme"]).total
                searches.append(total)
                if total != 2:
                    problems.append(total)
            except Exception as error:
                problems.append(error)

    threads = [threading.Thread(target=read, args=(one,)) for one in (index, index, open_here())]
    for thread in threads:
        thread.start()
    writer = open_here()
    for number in range(6):
        writer.rebuild(corpus())
        writer.update([document(100 + number, "Прочее")])
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert searches


def _write(path: Path, engine: str, first: int, ready: object) -> None:
    index = open_index(path, engine)
    ready.wait()  # type: ignore[attr-defined]
    for number in range(first, first + 5):
        index.update([document(number, f"from writer {first}")])


@pytest.mark.parametrize("engine", ENGINES)
def test_two_writing_processes_wait_for_each_other(tmp_path: Path, engine: str) -> None:
    index = open_index(tmp_path, engine, create=True)
    ready = processes.Event()
    writers = [processes.Process(target=_write, args=(tmp_path, engine, first, ready)) for first in (1, 11)]
    for writer in writers:
        writer.start()
    ready.set()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert {one.int for one in index.ids()} == {*range(1, 6), *range(11, 16)}


def _write_for_ever(path: Path, engine: str, batch: int, year: int) -> None:
    index = open_index(path, engine)
    while True:
        year += 1
        index.update([document(n, f"round{year}", year=year) for n in range(1, batch + 1)])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_writer_that_is_killed_leaves_whole_commits(tmp_path: Path, engine: str) -> None:
    batch, committed = 20, 1000
    index = open_index(tmp_path, engine, create=True)
    index.update([document(n, f"round{committed}", year=committed) for n in range(1, batch + 1)])
    for wait in (0.03, 0.05, 0.08):
        writer = processes.Process(target=_write_for_ever, args=(tmp_path, engine, batch, committed))
        writer.start()
        while counts(index, "year") == {str(committed): batch}:
            time.sleep(0.01)
        time.sleep(wait)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        fresh = open_index(tmp_path, engine)
        assert len(counts(fresh, "year")) == 1
        committed = int(next(iter(counts(fresh, "year"))))
        assert fresh.search(SearchQuery(f"round{committed}")).total == fresh.status().documents == batch
    assert index.update([document(1, "after")]) == 1
    assert index.status().documents == batch


def _rebuild_for_ever(path: Path, engine: str) -> None:
    def endless() -> Iterator[SearchDocument]:
        number = 100
        while True:
            number += 1
            yield document(number, "unfinished")

    open_index(path, engine).rebuild(endless())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rebuild_that_is_killed_leaves_the_live_index(tmp_path: Path, engine: str) -> None:
    index = open_index(tmp_path, engine, create=True)
    index.update(corpus())
    builder = processes.Process(target=_rebuild_for_ever, args=(tmp_path, engine))
    builder.start()
    time.sleep(1.5)
    assert builder.pid is not None
    os.kill(builder.pid, signal.SIGKILL)
    builder.join()
    assert index.ids() == {uid(n) for n in range(1, 6)}
    assert index.update([document(6, "after")]) == 1
    assert index.rebuild(corpus()) == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_index_is_unavailable_and_never_empty(tmp_path: Path, engine: str) -> None:
    index = open_index(tmp_path / "nowhere", engine)
    for ask in (lambda: index.search(SearchQuery()), index.ids, index.status, index.check):
        with pytest.raises(SearchUnavailable, match="rebuild"):
            ask()
    with pytest.raises(Unavailable):
        index.update([document(1, "title")])
    assert index.rebuild(corpus()) == 5
    assert index.search(SearchQuery()).total == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_index_that_was_made_is_empty(tmp_path: Path, engine: str) -> None:
    index = open_index(tmp_path, engine, create=True)
    index.check()
    results = index.search(SearchQuery("вода"), facets=["theme"])
    assert (results.total, results.hits, results.facets) == (0, (), {"theme": ()})
    assert index.rebuild([]) == 0
    assert index.status().documents == 0


def test_a_damaged_index_is_unavailable(index: SearchIndex, open_here: Opener, tmp_path: Path) -> None:
    for file in (tmp_path / "index" / "public").rglob("*"):
        if file.is_file() and file.stat().st_size > 1:
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(SearchUnavailable):
        open_here().search(SearchQuery("вода"))


def test_hostile_text_is_indexed_and_found(open_here: Opener) -> None:
    index = open_here()
    nasty = "lone \ud800 nul \x00 " + "a" * 100_000 + " " + "a." * 5_000 + " tail"
    index.update([document(1, nasty, descriptions=(nasty,), keywords=("\ud800", ""), identifiers=(nasty,))])
    assert found(index, "tail") == [1]
    assert counts(index, "keyword") == {"?": 1}


def test_an_unknown_engine_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="whoosh"):
        open_index(tmp_path, "none")


@pytest.mark.parametrize(
    "q",
    [
        "a*",
        "\x00",
        '"' * 50,
        "x OR " * 300,
        "-" * 30,
        "(((" * 50,
        "год:0001..9999",
        "word " * 200,
        "a.b" * 300,
        "*" * 9,
    ],
)
def test_no_query_raises_or_takes_long(index: SearchIndex, q: str) -> None:
    started = time.monotonic()
    index.search(SearchQuery(q), facets=FACETS)
    assert time.monotonic() - started < 2


def test_whatever_is_typed_is_answered(index: SearchIndex) -> None:
    rng = random.Random(5)
    pieces = [
        *'"«»()-*:|.,/',
        "OR",
        "ИЛИ",
        " ",
        " ",
        "вода",
        "иссл",
        "год:",
        "2019..",
        "03.29",
        "\x00",
        "\ud800",
        "Ұ",
        "\u0306",
    ]
    for _ in range(300):
        typed = "".join(rng.choices(pieces, k=rng.randrange(1, 40)))
        assert 0 <= index.search(SearchQuery(typed), facets=["theme"]).total <= 5


def _random_query(rng: random.Random, words: list[str]) -> tuple[str, Callable[[set[str]], bool]]:
    """A query and what it means for the set of words of a document."""
    groups = [rng.sample(words, rng.choice((1, 1, 2, 3))) for _ in range(rng.choice((1, 1, 2, 3)))]
    unwanted = rng.sample(words, rng.choice((0, 0, 1, 2)))
    text = " ".join([*(" OR ".join(group) for group in groups), *(f"-{word}" for word in unwanted)])
    return text, lambda held: all(held.intersection(group) for group in groups) and not held.intersection(unwanted)


def test_totals_and_facets_are_those_of_a_plain_loop_over_the_documents(open_here: Opener) -> None:
    rng = random.Random(11)
    words = [f"w{n}x" for n in range(40)]
    weights = [1 / (n + 1) for n in range(40)]
    index = open_here()
    held: dict[int, set[str]] = {}
    for _round in range(4):
        batch = []
        for number in rng.sample(range(1, 900), 300):
            parts = [rng.choices(words, weights, k=6) for _ in range(4)]
            held[number] = {word for part in parts for word in part}
            title, keywords, abstract, body = (" ".join(part) for part in parts)
            fields = {"keywords": (keywords,), "descriptions": (abstract,), "files": (file_of(number, body),)}
            batch.append(document(number, title, theme=(f"t{number % 7}", f"u{number % 3}"), **fields))
        gone = rng.sample(sorted(held), 40)
        index.update(batch, [uid(number) for number in gone if number not in {one.id.int for one in batch}])
        for number in set(gone) - {one.id.int for one in batch}:
            del held[number]
    for _ in range(150):
        q, wants = _random_query(rng, words)
        expected = {number for number, its in held.items() if wants(its)}
        results = index.search(SearchQuery(q, size=1_000), facets=["theme"])
        assert {hit.id.int for hit in results.hits if not results.partial} == expected, q
        if results.partial:
            continue
        themes = Counter(theme for number in expected for theme in (f"t{number % 7}", f"u{number % 3}"))
        assert {one.value: one.count for one in results.facets["theme"]} == themes
        scores = [hit.score for hit in results.hits]
        assert scores == sorted(scores, reverse=True)
