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
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from uuid import UUID

import pytest

from opendata.errors import ConfigError, SearchUnavailable, Unavailable
from opendata.search.document import SearchDocument
from opendata.search.filters import FACETS
from opendata.search.index import FacetCount, Results, SearchIndex
from opendata.search.open import open_index
from opendata.search.query import BY_ID, SORTS, SearchQuery
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


def test_the_order_of_ids_goes_on_behind_any_id_whatever_is_written_meanwhile(open_here: Opener) -> None:
    index = open_here()
    index.update([document(number, "Same title") for number in range(2, 41, 2)])
    query, seen = SearchQuery("title", sort=BY_ID, size=7), []
    while found := index.search(query).hits:
        seen += [hit.id.int for hit in found]
        query = replace(query, after=found[-1].id)
        index.update([document(number, "Another title") for number in range(1, 10)], [UUID(int=40)])
    assert seen == list(range(2, 39, 2))
    assert index.search(replace(query, after=None)).total == 24
    assert index.search(replace(query, after=UUID(int=2**128 - 1))).hits == ()


def test_the_order_of_ids_has_no_records_that_only_come_close(open_here: Opener) -> None:
    index = open_here()
    index.update([document(1, "мёд и соль"), document(2, "соль")])
    assert hits(index, "мёд соль дёготь").hits
    assert index.search(SearchQuery("мёд соль дёготь", sort=BY_ID)).hits == ()


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
    assert set(index.fingerprints()) == {uid(1), uid(2), uid(4), uid(5)}
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
    assert uid(20) not in index.fingerprints()
    assert set(index.fingerprints(area="desk")) == {uid(20)}


def test_what_is_hidden_is_in_no_answer_from_that_moment_on(index: SearchIndex) -> None:
    now: dict[UUID, float] = {}
    before, total = counts(index, "organization"), index.search(SearchQuery()).total
    key = index.analyser().query_tokens("Ертисе")[0].surface
    assert index.frequencies([key])[key] == 1
    index.hide(lambda: now)
    assert counts(index, "organization") == before
    now[uid(1)] = inf
    assert index.search(SearchQuery()).total == total - 1
    assert found(index, "меди") == found(index, "Ертисе") == found(index, organization="water") == []
    assert counts(index, "organization")["ministry"] == before["ministry"] - 1
    assert "water" not in counts(index, "organization")
    assert "water" not in {value.value for value in index.values("organization")}
    assert index.counts("organization", ["water"]) == {"water": 0}
    assert index.frequencies([key])[key] == 0
    assert uid(1) not in {hit.id for hit in index.like({key: 1.0})}
    assert uid(1) in index.fingerprints()
    now.clear()
    assert counts(index, "organization") == before


def test_what_is_outdated_is_found_again_when_it_is_indexed_anew(index: SearchIndex) -> None:
    index.update([document(20, "Паводок", metadata_modified=100)])
    now = {uid(20): 100.0, uid(21): inf}
    index.hide(lambda: dict(now))
    assert found(index, "паводок") == [20]
    now[uid(20)] = 101.0
    assert found(index, "паводок") == []
    index.update([document(20, "Паводок", metadata_modified=101)])
    assert found(index, "паводок") == [20]


def test_a_failing_rebuild_leaves_the_index_as_it_was(index: SearchIndex) -> None:
    def broken() -> Iterator[SearchDocument]:
        yield document(1, "half")
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        index.rebuild(broken())
    assert set(index.fingerprints()) == {uid(n) for n in range(1, 6)}
    assert index.rebuild(iter(corpus()[:2])) == 2
    assert set(index.fingerprints()) == {uid(1), uid(2)}


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
    assert {one.int for one in index.fingerprints()} == {*range(1, 6), *range(11, 16)}


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
    assert set(index.fingerprints()) == {uid(n) for n in range(1, 6)}
    assert index.update([document(6, "after")]) == 1
    assert index.rebuild(corpus()) == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_index_is_unavailable_and_never_empty(tmp_path: Path, engine: str) -> None:
    index = open_index(tmp_path / "nowhere", engine)
    for ask in (lambda: index.search(SearchQuery()), index.fingerprints, index.status, index.check):
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
        results = index.search(SearchQuery(q, size=1_000, exact=True), facets=["theme"])
        assert {hit.id.int for hit in results.hits if not results.partial} == expected, q
        if results.partial:
            continue
        themes = Counter(theme for number in expected for theme in (f"t{number % 7}", f"u{number % 3}"))
        assert {one.value: one.count for one in results.facets["theme"]} == themes
        scores = [hit.score for hit in results.hits]
        assert scores == sorted(scores, reverse=True)


def hits(index: SearchIndex, q: str, **given: object) -> Results:
    return index.search(SearchQuery(q, **given))  # type: ignore[arg-type]


def test_a_title_counts_more_than_a_description_and_that_more_than_a_report(open_here: Opener) -> None:
    index = open_here()
    filler = " ".join(f"прочее{number}" for number in range(40))
    index.update(
        [
            document(1, "Первое", files=(file_of(1, f"ледник {filler}", filler),)),
            document(2, "Второе", descriptions=(f"ледник {filler}",)),
            document(3, "Третье", keywords=("ледник",)),
            document(4, "Ледник"),
        ]
    )
    assert found(index, "ледник") == [4, 3, 2, 1]


def test_a_long_report_is_not_buried_by_its_length(open_here: Opener) -> None:
    index = open_here()
    page = " ".join(f"слово{number}" for number in range(300))
    long = tuple(f"{page} ледник ледник" if number % 3 == 0 else page for number in range(100))
    index.update(
        [
            document(1, "Длинный отчёт", files=(file_of(1, *long),)),
            document(2, "Короткая записка", files=(file_of(2, f"ледник {page}"),)),
        ]
    )
    assert found(index, "ледник")[0] == 1


def test_a_rare_word_decides_more_than_a_common_one(open_here: Opener) -> None:
    index = open_here()
    index.update([document(number, "озеро") for number in range(1, 30)])
    index.update([document(40, "озеро озеро степь"), document(41, "озеро ледник"), document(42, "ледник")])
    assert found(index, "озеро OR ледник")[:2] == [41, 42]


def test_the_form_that_was_typed_comes_before_other_forms(open_here: Opener) -> None:
    index = open_here()
    index.update([document(1, "ледники"), document(2, "ледника"), document(3, "ледников")])
    for number, form in enumerate(("ледники", "ледника", "ледников"), 1):
        assert found(index, form)[0] == number
        assert len(found(index, form)) == 3


def test_words_that_stand_together_come_before_words_apart(open_here: Opener) -> None:
    index = open_here()
    index.update(
        [
            document(1, "качество реки и озера также чистая вода"),
            document(2, "реки и озера также чистая качество вода"),
            document(3, "вода реки и озера также чистая качество"),
        ]
    )
    assert found(index, "качество воды")[0] == 2
    assert sorted(found(index, "качество воды")) == [1, 2, 3]


def test_every_word_is_wanted_and_some_of_them_where_none_has_all(index: SearchIndex) -> None:
    whole = hits(index, "вода школа")
    assert (whole.partial, [hit.id.int for hit in whole.hits]) == (False, [4])
    part = hits(index, "вода школа река")
    assert part.partial
    assert {hit.id.int: hit.missing for hit in part.hits} == {1: ("школа",), 4: ("река",)}
    assert part.total == 2
    one = hits(index, "Школы несуществующее")
    assert (one.partial, [(hit.id.int, hit.missing) for hit in one.hits]) == (True, [(4, ("несуществующее",))])
    none = hits(index, "несуществующее никогда рыба")
    assert (none.partial, none.total) == (False, 0)


def test_records_that_hold_everything_come_first_and_the_closest_follow_a_question(open_here: Opener) -> None:
    index = open_here()
    index.update(
        [
            *(document(number, "озеро") for number in range(10, 20)),
            document(1, "ледник степь"),
            document(2, "прочее", files=(file_of(2, "ледник степь озеро прочее"),)),
            document(3, "степь"),
        ]
    )
    results = hits(index, "ледник степь озеро гора")
    assert results.partial
    assert {hit.id.int: hit.missing for hit in results.hits} == {
        1: ("озеро", "гора"),
        2: ("гора",),
        3: ("ледник", "озеро", "гора"),
    }
    index.update([document(4, "прочее", files=(file_of(4, f"{'прочее ' * 900} ледник степь озеро гора"),))])
    results = hits(index, "ледник степь озеро гора")
    assert (results.complete, results.total) == (1, 4)
    assert (results.hits[0].id.int, results.hits[0].missing) == (4, ())
    assert hits(index, "ледник степь озеро").total == 2, "a few words are no question: all of them are wanted"
    assert index.search(SearchQuery("ледник степь озеро гора", whole=True)).total == 1
    assert index.search(SearchQuery("ледник степь озеро гора", sort="title")).total == 1


def test_what_scores_far_below_the_best_does_not_come_close(open_here: Opener) -> None:
    index = open_here()
    common = [document(n, f"вода {n}") for n in range(2, 60)]
    index.update([document(1, "ледник степь", descriptions=("редкое",)), *common])
    results = hits(index, "редкое ледник степь вода река")
    assert [hit.id.int for hit in results.hits] == [1]


def test_phrases_are_kept_whole_among_the_closest(open_here: Opener) -> None:
    index = open_here()
    index.update([document(1, "чистая вода"), document(2, "вода чистая река")])
    assert found(index, '"чистая вода" река') == [1]
    assert found(index, '"чистая степь" река вода') == [2], "without the phrase rather than nothing"


def test_of_many_words_the_weightier_ones_do(open_here: Opener) -> None:
    index = open_here()
    index.update([document(number, f"озеро степь прочее{number}") for number in range(10, 30)])
    index.update([document(1, "ледник Тянь-Шаня"), document(2, "озеро степь гора ледник река"), document(3, "озеро")])
    results = hits(index, "озеро степь гора ледник река")
    assert results.partial
    assert (results.hits[0].id.int, results.hits[0].missing) == (2, ())
    index.update([document(number, "озеро степь гора ледник река") for number in range(40, 50)])
    whole = hits(index, "озеро степь гора ледник река")
    assert (whole.partial, whole.total) == (False, 11)


def test_partial_matches_keep_to_what_is_unwanted_and_to_filters(index: SearchIndex) -> None:
    assert [hit.id.int for hit in hits(index, "вода школа река -школы").hits] == [1]
    assert [hit.id.int for hit in hits(index, "вода школа река год:2021").hits] == [4]
    filtered = index.search(SearchQuery("вода школа река", {"year": ("2019",)}), facets=["year"])
    assert (filtered.partial, [hit.id.int for hit in filtered.hits]) == (True, [1])
    assert {one.value: one.count for one in filtered.facets["year"]} == {"2019": 1, "2021": 1}


def test_filters_that_leave_nothing_do_not_make_a_search_partial(index: SearchIndex) -> None:
    results = index.search(SearchQuery("вода школа", {"year": ("2019",)}))
    assert (results.partial, results.total) == (False, 0)


def test_a_phrase_in_report_text_has_to_be_verified(open_here: Opener) -> None:
    index = open_here()
    index.update(
        [
            document(1, "Содержание меди"),
            document(2, "Прочее", files=(file_of(2, "Содержание меди превышает норму."),)),
            document(3, "Прочее", files=(file_of(3, "Меди мало, содержание цинка велико."),)),
            document(4, "Содержание", files=(file_of(4, "Меди мало."),)),
            document(5, "Содержание меди", files=(file_of(5, "Меди мало, содержание велико."),)),
            document(6, "Меди много, и содержание"),
        ]
    )
    results = hits(index, '"содержание меди"')
    assert {hit.id.int: hit.unverified for hit in results.hits} == {1: False, 2: True, 3: True, 5: False}
    assert {results.hits[0].id.int, results.hits[1].id.int} == {1, 5}
    assert not any(hit.unverified for hit in hits(index, "содержание меди").hits)
    either = hits(index, '"содержание меди" OR велико')
    assert {hit.id.int: hit.unverified for hit in either.hits} == {1: False, 2: True, 3: False, 5: False}
    # Who does not want a phrase is not denied every report that has its words somewhere.
    assert {hit.id.int for hit in hits(index, '-"содержание меди"').hits} == {2, 3, 4, 6}


def test_a_phrase_never_runs_from_one_text_into_the_next(open_here: Opener) -> None:
    index = open_here()
    index.update([document(1, "река", titles=("чистая река", "большое озеро"), keywords=("вода", "лёд"))])
    for phrase in ("река большое", "озеро вода", "вода лёд"):
        assert found(index, f'"{phrase}"') == []
    assert found(index, '"чистая река"') == [1]


def test_a_code_is_found_with_blanks_between_its_parts(open_here: Opener) -> None:
    index = open_here()
    index.update([document(1, "Шифр 03 29 00"), document(2, "Шифр 03.29.00"), document(3, "Шифр 29 03 00")])
    assert sorted(found(index, "03.29.00")) == [1, 2]


def test_other_wordings_add_records_that_count_less(open_here: Opener) -> None:
    index = open_here()
    index.update(
        [
            document(1, "glacier melt"),
            document(2, "таяние ледников"),
            document(3, "ледник"),
            document(4, "glacier"),
            document(5, "glacier melt таяние ледников"),
        ]
    )
    assert sorted(found(index, "glacier melt")) == [1, 5]
    more = hits(index, "glacier melt", also=("таяние ледников",))
    assert not more.partial
    scores = {hit.id.int: hit.score for hit in more.hits}
    assert set(scores) == {1, 2, 5}
    assert scores[2] < min(scores[1], scores[5])
    assert {hit.id.int for hit in hits(index, "glacier melt -таяние", also=("таяние ледников",)).hits} == {1}
    assert {hit.id.int for hit in hits(index, "нетакого слова", also=("ледник",)).hits} == {2, 3, 5}


def test_common_words_count_only_where_there_is_nothing_else(open_here: Opener) -> None:
    index = open_here()
    index.update([document(1, "вода и степь"), document(2, "вода"), document(3, "и то и другое")])
    assert sorted(found(index, "вода и")) == [1, 2]
    assert sorted(found(index, "и")) == [1, 3]
    assert found(index, '"вода и степь"') == [1]


def test_frequencies_are_those_of_the_records_there_are_now(index: SearchIndex) -> None:
    keys = ("X:вода", "X:воды", "X:fish", "X:никогда")
    assert index.frequencies(keys) == {"X:вода": 2, "X:воды": 1, "X:fish": 1, "X:никогда": 0}
    index.update([document(4, "Прочее")], [uid(2)])
    assert index.frequencies(keys) == {"X:вода": 1, "X:воды": 1, "X:fish": 0, "X:никогда": 0}
    assert index.frequencies(("X:содержание",)) == {"X:содержание": 1}, "words of report text are counted too"
    assert index.frequencies(keys, area="desk") == dict.fromkeys(keys, 0)


def test_the_vocabulary_names_every_word_as_it_stands_once(index: SearchIndex) -> None:
    index.update([document(7, "вода")])
    words = list(index.vocabulary())
    assert [key for key, _count in words] == sorted({key for key, _count in words})
    assert all(key.startswith("X:") for key, _count in words)
    assert dict(words)["X:вода"] == 3
    assert {"X:меди", "X:03.29.00", "X:өзендердегі"} <= dict(words).keys()
    assert list(index.vocabulary("X:вод")) == [(key, count) for key, count in words if key.startswith("X:вод")] != []
    assert list(index.vocabulary("X:ничего-такого")) == []


def test_values_are_those_that_records_have_now(index: SearchIndex) -> None:
    assert [(one.value, one.count) for one in index.values("theme")] == [
        ("environment", 3),
        ("education", 2),
        ("other", 1),
    ]
    index.update([], [uid(5)])
    assert "other" not in {one.value for one in index.values("theme")}
    assert index.counts("theme", ("Environment", "other")) == {"Environment": 3, "other": 0}


def test_like_gives_what_holds_most_of_the_weighty_and_rare_keys(open_here: Opener) -> None:
    index = open_here()
    assert index.like({"X:озеро": 1.0}) == (), "nothing is in it"
    index.update(
        [
            *(document(number, "озеро степь") for number in range(10, 20)),
            document(1, "ледник степь"),
            document(2, "ледник прочее"),
            document(3, "озеро ледник степь"),
        ]
    )
    keys = {"X:ледник": 1.0, "X:степь": 1.0, "X:озеро": 0.5}
    assert [hit.id.int for hit in index.like(keys, limit=3)] == [3, 1, 2]
    assert [hit.id.int for hit in index.like(keys, limit=2, without=[uid(3)])] == [1, 2]
    assert index.like({"X:никогда": 1.0}) == index.like({}) == ()
    bounded = [[hit.id.int for hit in index.like(keys, postings=most)][:3] for most in (1, 15)]
    assert bounded == [[1, 2, 3], [3, 1, 2]], (
        "the rarest key counts in any case, the next ones as far as the bound goes"
    )
    assert [hit.id.int for hit in index.like(keys, share=1.0)] == [3], "what has less than that of the best one's score"
    index.update([], [uid(3)])
    assert [hit.id.int for hit in index.like(keys, limit=1)] == [1]


def _commit_once(path: Path, engine: str) -> None:
    open_index(path, engine).update([document(9, "Новая запись")], [uid(1)])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_commit_of_another_process_is_seen_within_two_seconds(tmp_path: Path, engine: str) -> None:
    index = open_index(tmp_path, engine, create=True)
    index.update(corpus())
    assert found(index, "запись") == []
    writer = processes.Process(target=_commit_once, args=(tmp_path, engine))
    writer.start()
    writer.join(60)
    until = time.monotonic() + 2
    while not found(index, "запись") and time.monotonic() < until:
        time.sleep(0.05)
    assert found(index, "запись") == [9]
    assert found(index, "река") == []


def test_the_version_changes_with_every_commit_and_with_nothing_else(index: SearchIndex) -> None:
    before = index.version()
    found(index, "вода")
    assert index.version() == before
    index.update([document(9, "Соль")])
    after = index.version()
    assert after != before
    index.rebuild(corpus())
    assert index.version() not in (before, after)


def test_threads_get_the_same_answers(index: SearchIndex) -> None:
    queries = ("вода", '"качества воды"', "иссл*", "вода OR fish", "зерттеу -школа", "")
    expected = {q: found(index, q) for q in queries}
    problems: list[object] = []

    def ask() -> None:
        for _ in range(30):
            for q, ids in expected.items():
                if (got := found(index, q)) != ids:
                    problems.append((q, got))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


@dataclass(frozen=True)
class Plain:
    """A document as words in order, for a plain reading of queries."""

    own: tuple[tuple[str, ...], ...]
    text: tuple[str, ...]

    def holds(self, leaf: str) -> bool:
        """Whether it holds a word, a beginning* or a "phrase", as far as an index can tell."""
        words = [word for text in (*self.own, self.text) for word in text]
        if leaf.endswith("*"):
            return any(word.startswith(leaf[:-1]) for word in words)
        if leaf.startswith('"'):
            phrase = tuple(leaf.strip('"').split())
            return self.holds_row(phrase) or set(phrase) <= set(self.text)
        return leaf in words

    def holds_row(self, phrase: tuple[str, ...]) -> bool:
        """Whether its own texts have these words in a row."""
        size = len(phrase)
        return any(text[at : at + size] == phrase for text in self.own for at in range(len(text) - size + 1))


def _leaf(rng: random.Random, words: list[str]) -> str:
    kind = rng.random()
    if kind < 0.15:
        return rng.choice(words)[:3] + "*"
    if kind < 0.35:
        return f'"{rng.choice(words)} {rng.choice(words)}"'
    return rng.choice(words)


def test_matching_records_are_those_of_a_plain_reading_of_the_query(open_here: Opener) -> None:
    rng = random.Random(29)
    # Invented words of digits and letters have no forms: what is typed is what stands there.
    words = [f"w{n}{letter}x" for n in range(10, 16) for letter in "qzk"]
    index = open_here()
    plain: dict[int, Plain] = {}
    for _round in range(3):
        batch = []
        for number in rng.sample(range(1, 150), 60):
            own = tuple(tuple(rng.choices(words, k=rng.randrange(4))) for _ in range(3))
            text = tuple(rng.choices(words, k=rng.randrange(5)))
            plain[number] = Plain(own, text)
            title, keyword, abstract = (" ".join(part) for part in own)
            fields = {"keywords": (keyword,), "descriptions": (abstract,), "files": (file_of(number, " ".join(text)),)}
            batch.append(document(number, title, **fields))
        index.update(batch)
    for _ in range(300):
        groups = [[_leaf(rng, words) for _ in range(rng.choice((1, 1, 2)))] for _ in range(rng.choice((1, 2, 2, 3)))]
        unwanted = [rng.choice(words) for _ in range(rng.choice((0, 0, 1)))]
        q = " ".join([*(" OR ".join(group) for group in groups), *(f"-{word}" for word in unwanted)])
        expected = {
            number
            for number, one in plain.items()
            if all(any(map(one.holds, group)) for group in groups) and not any(map(one.holds, unwanted))
        }
        results = index.search(SearchQuery(q, size=200, exact=True))
        assert {hit.id.int for hit in results.hits if not results.partial} == expected, q
        if results.partial:
            assert all(hit.missing for hit in results.hits), q


def test_a_search_may_be_held_to_some_records(index: SearchIndex) -> None:
    assert {hit.id.int for hit in index.search(SearchQuery("вода"), only={uid(4), uid(2)}).hits} == {4}
    results = index.search(SearchQuery(), facets=["kind"], only={uid(1), uid(2), uid(99)})
    assert results.total == sum(one.count for one in results.facets["kind"]) == 2
    assert index.search(SearchQuery(), only=()).total == 0
