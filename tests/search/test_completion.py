"""The beginnings of words, in any script and on any keyboard, lead to what may be meant."""

from __future__ import annotations

import pytest

from opendata.search.completion import Completer, Entry, collect, mark

ENTRIES = (
    Entry("title", "dataset:1", "Жайық өзенінің су балансы", "kk", 10),
    Entry("title", "dataset:2", "Качество воды и здоровье населения", "ru", 20),
    Entry("title", "dataset:2", "Water quality and public health", "en", 20),
    Entry("organization", "edu", "Министерство образования", "ru", 7),
    Entry("organization", "edu", "Білім министрлігі", "kk", 7),
    Entry("organization", "min-eco", "Министерство экологии", "ru", 3),
    Entry("subject", "37.27", "Гидрология суши", "ru", 3),
    Entry("person", "Иванова А. Б.", "Иванова А. Б.", weight=2),
    Entry("person", "Шәкәрім Ш.", "Шәкәрім Ш.", weight=1),
    Entry("keyword", "вода", "вода", weight=9),
    Entry("keyword", "водный баланс", "водный баланс", weight=12),
    Entry("keyword", "шымкент", "шымкент", weight=4),
    Entry("keyword", "sediment", "sediment", weight=4),
)


@pytest.fixture(scope="module")
def completer() -> Completer:
    return Completer(collect(ENTRIES))


def offered(completer: Completer, typed: str, group: str) -> list[str]:
    return [entry.label for entry in completer.complete(typed).get(group, ())]


@pytest.mark.parametrize(
    ("typed", "group", "first"),
    [
        ("минист", "organization", "Министерство образования"),
        ("МИНИСТЕРСТВО ЭК", "organization", "Министерство экологии"),
        ("эк мин", "organization", "Министерство экологии"),
        ("vbybcnthcndj 'r", "organization", "Министерство экологии"),
        ("бил", "organization", "Білім министрлігі"),
        ("bilim", "organization", "Білім министрлігі"),
        ("өзен", "title", "Жайық өзенінің су балансы"),
        ("озен", "title", "Жайық өзенінің су балансы"),
        ("özen", "title", "Жайық өзенінің су балансы"),
        ("zhaiyq", "title", "Жайық өзенінің су балансы"),
        ("цфеук", "title", "Water quality and public health"),
        ("wat qual", "title", "Water quality and public health"),
        ("иван", "person", "Иванова А. Б."),
        ("shak", "person", "Шәкәрім Ш."),
        ("shym", "keyword", "шымкент"),
        ("se", "keyword", "sediment"),
        ("гидрология су", "subject", "Гидрология суши"),
        ("министерство образования", "organization", "Министерство образования"),
        ("вод", "keyword", "водный баланс"),
    ],
)
def test_beginnings_are_found(completer: Completer, typed: str, group: str, first: str) -> None:
    assert offered(completer, typed, group)[0] == first


@pytest.mark.parametrize(
    "typed", ["", " ", "м", "?!", "министерствоо", "министерство эв", "xyzzy", "\0\0", "ъъ " * 200, "ә" * 9999]
)
def test_what_begins_nothing_gives_nothing(completer: Completer, typed: str) -> None:
    assert completer.complete(typed) == {}


def test_a_beginning_of_the_whole_comes_before_a_word_within(completer: Completer) -> None:
    more = Completer(collect([*ENTRIES, Entry("keyword", "грунтовая вода", "грунтовая вода", weight=99)]))
    assert offered(more, "вод", "keyword") == ["водный баланс", "вода", "грунтовая вода"]


def test_one_thing_in_two_languages_is_offered_once(completer: Completer) -> None:
    assert offered(completer, "мин", "organization") == ["Министерство образования", "Министерство экологии"]


def test_long_beginnings_are_compared_to_their_end() -> None:
    long = Completer(
        collect([Entry("keyword", "x", "электрокардиография"), Entry("keyword", "y", "электрокардиостимулятор")])
    )
    assert offered(long, "электрокардиос", "keyword") == ["электрокардиостимулятор"]
    assert len(offered(long, "электрокардио", "keyword")) == 2


def test_no_more_are_given_than_asked_for() -> None:
    many = Completer(collect(Entry("keyword", str(n), f"вода {n}", weight=n) for n in range(500)))
    assert [entry.value for entry in many.complete("вод", 3)["keyword"]] == ["499", "498", "497"]
    assert Completer(collect([])).complete("вод") == {}


def test_what_was_typed_is_told_apart() -> None:
    assert mark("Су балансы", "бал") == (("Су ", False), ("балансы", True))
    assert mark("Вода и воды", "djl") == (("Вода", True), (" и ", False), ("воды", True))
    assert mark("Other", "вода") == (("Other", False),)
    assert "".join(piece.text for piece in mark("a'b «c» d", "c")) == "a'b «c» d"
