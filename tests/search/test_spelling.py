"""Mistyped words find the ones meant, in the three languages; the dictionary stays small."""

from __future__ import annotations

import random

import pytest

from opendata.search.spelling import Speller, collect, distance

WORDS = (
    *("исследование", "исследования", "качество", "климат", "климаттың", "климатология", "өзгеруі", "өзендер"),
    *("озеро", "солёность", "вода", "воды", "министерство", "образование", "қазақстан", "казахстан"),
    *("salinity", "groundwater", "ground", "water", "sanity"),
)


@pytest.fixture
def speller() -> Speller:
    return Speller(collect([(f"X:{word}", 2 + len(word)) for word in WORDS]))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("каество", "качество"),
        ("качесвто", "качество"),
        ("исследованее", "исследование"),
        ("иследавание", "исследование"),
        ("климт", "климат"),
        ("климаттын", "климаттың"),
        ("өзгеруы", "өзгеруі"),
        ("salinty", "salinity"),
        ("grundwatter", "groundwater"),
        ("министерсво", "министерство"),
    ],
)
def test_the_word_meant_comes_first(speller: Speller, typed: str, meant: str) -> None:
    assert speller.near(typed)[0].word == meant


@pytest.mark.parametrize("typed", ["", "су", "вад", "качество2", "03.29", "x" * 300, "a b", "ФЫВАПР\0", "абвгдеж"])
def test_what_is_no_word_or_like_none_gives_nothing(speller: Speller, typed: str) -> None:
    assert speller.near(typed) == ()


def test_a_word_is_not_like_itself_and_short_words_differ_in_one_letter_at_most(speller: Speller) -> None:
    assert "климат" not in [near.word for near in speller.near("климат")]
    assert [near.word for near in speller.near("калмат")] == []
    assert [near.word for near in speller.near("азиро")] == []


def test_the_same_alphabet_is_preferred() -> None:
    speller = Speller(collect([("X:катты", 5), ("X:катыр", 9), ("X:катір", 30), ("X:kатер", 9)]))
    assert [near.word for near in speller.near("катер")] == ["катыр", "катір", "kатер"]


def test_words_of_one_record_codes_and_numbers_are_not_taken_up() -> None:
    given = [
        ("X:редкое", 1),
        ("X:br21881930", 9),
        ("X:2024", 9),
        ("X:частое", 2),
        ("X:03.29.00", 5),
        ("X:" + "я" * 60, 7),
    ]
    assert len(collect(given)["records"]) == 1
    assert Speller(collect([])).near("частое") == ()


def test_every_word_one_change_away_is_found() -> None:
    chance = random.Random(5)
    letters = "абвгдеіңқө"
    words = sorted({"".join(chance.choices(letters, k=chance.randint(4, 11))) for _ in range(400)})
    speller = Speller(collect([(f"X:{word}", 2) for word in words]))
    for word in words[::7]:
        place = chance.randrange(len(word))
        for typed in (
            word[:place] + word[place + 1 :],
            word[:place] + "я" + word[place + 1 :],
            word[:place] + "я" + word[place:],
            word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        ):
            if len(typed) >= 4 and typed != word:
                assert word in [near.word for near in speller.near(typed, limit=50)], (typed, word)


def test_two_changes_in_long_words_are_found() -> None:
    chance = random.Random(6)
    words = sorted({"".join(chance.choices("абвгдеікмн", k=chance.randint(9, 14))) for _ in range(200)})
    speller = Speller(collect([(f"X:{word}", 2) for word in words]))
    found = 0
    for word in words:
        one, other = sorted(chance.sample(range(len(word)), 2))
        typed = word[:one] + "я" + word[one + 1 : other] + "э" + word[other + 1 :]
        found += word in [near.word for near in speller.near(typed, limit=50)]
    assert found == len(words)


def test_distance_counts_swaps_as_one_and_stops_where_it_may() -> None:
    assert distance("вода", "вдоа", 2) == 1
    assert distance("вода", "вода", 1) == 0
    assert distance("вода", "воды", 1) == 1
    assert distance("вода", "земля", 2) == 3
    assert distance("abc", "", 2) == 3


def test_a_hundred_thousand_words_take_twenty_megabytes_at_most() -> None:
    chance = random.Random(7)
    syllables = [a + b for a in "бвгдзклмнпрст" for b in "аеиоуы"]
    words = sorted({"".join(chance.choices(syllables, k=chance.randint(2, 6))) for _ in range(120_000)})[:100_000]
    arrays = collect((f"X:{word}", 3) for word in words)
    assert sum(array.nbytes for array in arrays.values()) <= 20e6 * len(words) / 100_000
