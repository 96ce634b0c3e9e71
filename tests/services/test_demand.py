"""What is kept of searches: figures at once, words only after five days, and nothing that leads to a person."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, text

from opendata.errors import NotAllowed
from opendata.services import care, demand
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.tally import SearchKey, SearchTally, search_key, words_of
from opendata.store.models import METADATA
from opendata.store.searches import SearchCount, SearchHash, SearchWords
from tests.conftest import Clock

DAY = dt.date(2026, 6, 1)


def search(catalogue: Catalogue, q: str, found: int = 0, times: int = 1) -> None:
    """People search so often today, and the minute ends."""
    catalogue.tally.add({search_key(catalogue.today(), "ru", q, found): times})
    demand.add(catalogue, catalogue.tally.drain())


def days(catalogue: Catalogue, clock: Clock, q: str, number: int, found: int = 0) -> None:
    """The same search on so many days, one after the other."""
    for _ in range(number):
        search(catalogue, q, found)
        clock.advance(days=1)


def everything_stored(catalogue: Catalogue) -> str:
    """Every value of every table, as text."""
    with catalogue.sessions.read() as session:
        tables = METADATA.tables
        return "\n".join(str(row) for name in tables for row in session.execute(text(f"SELECT * FROM {name}")))


def known(catalogue: Catalogue) -> dict[str, tuple[int, int]]:
    return {one.words: (one.searches, one.in_vain) for one in demand.report(catalogue, SYSTEM).wanted}


def hashes(catalogue: Catalogue) -> int:
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(SearchHash)) or 0


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("  Ёлки,   и ПАЛКИ!  ", "елки, и палки"),
        ("ҚАЗАҚ тілі", "қазақ тілі"),
        ("BR21881930", "br21881930"),
        ("грнти 87.19.03 за 2019..2021", "грнти 87.19.03 за 2019..2021"),
        ("вода -река", "вода -река"),
        ("", ""),
        ("— ?!", ""),
        ("а" * 201, ""),
    ],
)
def test_words_have_one_spelling(q: str, words: str) -> None:
    assert words_of(q) == words


@pytest.mark.parametrize(
    "q",
    [
        "850101300123",
        "ИИН 850101 300 123",
        "８５０１０１３００１２３",
        "aidar@example.kz",
        "пишите aidar@почта",
        "+7 701 123 45 67",
        "8(701)123-45-67",
        "87011234567",
        "272-12-34",
        "карта 4400 4301 1234 5678",
        "удостоверение 045123456",
    ],
)
def test_what_looks_personal_is_counted_without_words(catalogue: Catalogue, clock: Clock, q: str) -> None:
    assert words_of(q) == ""
    days(catalogue, clock, q, 6)
    assert (known(catalogue), hashes(catalogue)) == ({}, 0)
    assert demand.report(catalogue, SYSTEM).searches == 6


def test_words_are_told_on_the_fifth_day_with_all_their_numbers(catalogue: Catalogue, clock: Clock) -> None:
    days(catalogue, clock, "Цеолит", 4)
    assert known(catalogue) == {}
    assert hashes(catalogue) == 4
    search(catalogue, "  ЦЕОЛИТ ", found=3, times=2)
    assert known(catalogue) == {"цеолит": (6, 4)}
    assert hashes(catalogue) == 0
    search(catalogue, "цеолит")
    assert known(catalogue) == {"цеолит": (7, 5)}


def test_one_busy_day_tells_nothing(catalogue: Catalogue) -> None:
    for _ in range(20):
        search(catalogue, "цеолит", times=50)
    assert (known(catalogue), hashes(catalogue)) == ({}, 1)


def test_rare_words_are_nowhere_in_the_store(catalogue: Catalogue, clock: Clock) -> None:
    days(catalogue, clock, "цеолит", 4)
    stored = everything_stored(catalogue).casefold()
    assert "цеолит" not in stored
    assert "search_counts" in METADATA.tables


def test_the_hash_needs_the_key_of_the_site(catalogue: Catalogue) -> None:
    search(catalogue, "цеолит")
    with catalogue.sessions.read() as session:
        first = session.scalar(select(SearchHash.hash))
    (catalogue.config.home / "secret.key").unlink()
    search(catalogue, "цеолит")
    with catalogue.sessions.read() as session:
        assert len({first, *session.scalars(select(SearchHash.hash))}) == 2


def test_hashes_are_forgotten_and_their_days_no_longer_count(catalogue: Catalogue, clock: Clock) -> None:
    days(catalogue, clock, "цеолит", 4)
    clock.advance(days=90)
    search(catalogue, "цеолит")
    assert (known(catalogue), hashes(catalogue)) == ({}, 1)


def test_the_worker_forgets_when_nobody_searches(catalogue: Catalogue, clock: Clock) -> None:
    search(catalogue, "цеолит")
    clock.advance(days=91)
    care.tend(catalogue)
    assert hashes(catalogue) == 0


def test_words_are_forgotten_after_three_years(catalogue: Catalogue, clock: Clock) -> None:
    days(catalogue, clock, "цеолит", 5)
    clock.advance(days=366 * 3 + 31)
    search(catalogue, "другое")
    with catalogue.sessions.read() as session:
        assert session.scalars(select(SearchWords.words)).all() == []


def test_every_search_is_counted_by_day_language_and_band(catalogue: Catalogue) -> None:
    for q, found in (("вода", 0), ("вода", 1), ("су сапасы", 9), ("вода", 99), ("вода", 5000)):
        search(catalogue, q, found)
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(SearchCount).order_by(SearchCount.found, SearchCount.query_language)).all()
    assert {row.language for row in rows} == {"ru"}
    assert {row.day for row in rows} == {DAY}
    assert [(row.found, row.query_language, row.number) for row in rows] == [
        (0, "ru", 1),
        (1, "kk", 1),
        (1, "ru", 1),
        (10, "ru", 1),
        (1000, "ru", 1),
    ]


def test_the_report_states_what_it_is_a_share_of(catalogue: Catalogue, clock: Clock) -> None:
    clock.now = clock.now.replace(day=28)
    days(catalogue, clock, "цеолит", 5)
    search(catalogue, "редкое", found=2)
    report = demand.report(catalogue, SYSTEM)
    assert (report.searches, report.in_vain, report.told) == (6, 5, 5)
    assert [(one.month.month, one.searches, one.in_vain, one.told) for one in report.months] == [
        (7, 3, 2, 2),
        (6, 3, 3, 3),
    ]
    july = demand.report(catalogue, SYSTEM, dt.date(2026, 7, 1))
    assert (july.searches, july.in_vain, july.told) == (3, 2, 2)
    assert [(one.words, one.searches) for one in july.missed] == [("цеолит", 2)]
    assert [(one.language, one.searches) for one in july.languages] == [("ru", 3)]


def test_the_report_is_for_those_who_manage_the_site(catalogue: Catalogue) -> None:
    with pytest.raises(NotAllowed):
        demand.report(catalogue, PUBLIC)
    with pytest.raises(NotAllowed):
        demand.words(catalogue, PUBLIC)


def test_there_is_an_end_to_the_hashes(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "MOST_HASHES", 1)
    search(catalogue, "один")
    search(catalogue, "два")
    assert hashes(catalogue) == 1
    assert demand.report(catalogue, SYSTEM).searches == 2


def test_a_flood_of_words_is_counted_without_them() -> None:
    tally = SearchTally(most_keys=2)
    tally.add({SearchKey(DAY, "kk", "", 0, str(number)): 1 for number in range(5)})
    counts = tally.drain()
    assert {key.words: number for key, number in counts.items()} == {"0": 1, "1": 1, "": 3}
    assert tally.drain() == {}


def test_what_could_not_be_stored_is_added_next_time(catalogue: Catalogue) -> None:
    catalogue.tally.add({search_key(DAY, "kk", "су", 1): 2})
    catalogue.tally.add(catalogue.tally.drain())
    demand.add(catalogue, catalogue.tally.drain())
    assert demand.report(catalogue, SYSTEM).searches == 2
