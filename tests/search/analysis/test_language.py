from __future__ import annotations

import pytest

from opendata.search.analysis import models
from opendata.search.analysis.language import language_of, place_of, scores
from opendata.search.analysis.layout import TO_ENGLISH, letter_of_minus, retyped, retyped_all
from opendata.search.analysis.models import FOLDED, KAZAKH, LATIN


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Өзендердегі судың сапасы", "kk"),
        ("Отчёт о состоянии окружающей среды", "ru"),
        ("Quality of water in the rivers", "en"),
        ("Казакстан Республикасынын тургындары", "kk"),
        ("Qazaqstan Respublikasynyñ ūlttyq ekonomikasy", "kk"),
        ("", ""),
        ("2019 — 2021", ""),
    ],
)
def test_language_of_a_few_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_scripts_of_kazakh_are_told_apart() -> None:
    assert place_of("білім беру") == KAZAKH
    assert place_of("казакстан республикасынын тургындары") == FOLDED
    assert place_of("qazaqstan respublikasynyñ ūlttyq ekonomikasy") == LATIN


def test_few_kazakh_names_leave_a_text_russian() -> None:
    text = "В соответствии с законом утверждены правила проведения конкурса на лучшую научную работу года. " * 2
    assert language_of(text + "Шымкент қ.") == "ru"
    assert language_of(text + "Қорғау туралы заңның қолданылуы") == "kk"


def test_a_text_without_known_letters_has_no_language_of_ours_but_does_no_harm() -> None:
    assert language_of("日本語 العربية") in ("", "en", "kk")
    assert language_of("a" * 100_000) in ("en", "kk")


def test_scores_of_unknown_triples_are_the_lowest() -> None:
    assert all(score == 2 * models.MISSING for score in scores("щъ")[:5])


def test_a_model_is_written_and_read_back() -> None:
    counts = {name: {"^аб": 3, "абв": 1} for name in models.CLASSES}
    model = models.load("# where from\n" + models.dump(counts))
    assert set(model) == {"^аб", "абв"}
    assert model["^аб"] > model["абв"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pfrjy", "закон"),
        ("rjytw", "конец"),
        ("0fpf0cnfy", "қазақстан"),
        ("c2ekt", "сәуле"),
        ("5sksv", "ғылым"),
        ("bccktljdfybt", "исследование"),
        ("Pfrjy", "закон"),
        ("цфеук", "water"),
        ("кшмук", "river"),
    ],
)
def test_the_wrong_layout_is_recognised(typed: str, meant: str) -> None:
    assert retyped(typed) == meant
    assert meant.isascii() or meant.translate(TO_ENGLISH) == typed.lower()


SENSIBLE = """water quality research data and the климат закон қазақстан ozen BR21881930 03.29.00 2019 covid19
10.1234/abc a.b@c.kz https://example.org 84(2) H2O CO2 p53 [] ;;;; ...."""


@pytest.mark.parametrize("typed", [*SENSIBLE.split(), "", "x" * 1_000, "ghbdtn" * 20])
def test_what_makes_sense_is_left_alone(typed: str) -> None:
    assert retyped(typed) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("yfexyj-nt[ybxtcrbq", "научно-технический"),
        (":bpym", "жизнь"),
        ('"rjyjvbrf', "экономика"),
        ("{bvbz", "химия"),
        ("well-known", ""),
    ],
)
def test_capitals_and_hyphens_of_the_wrong_layout(typed: str, meant: str) -> None:
    assert retyped(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("djlf b ktc", "вода и лес"),
        ("цфеук шт кшмук", "water in river"),
        ("djlf BR21881930 2019 b", "вода   и"),
        ("water b ktc", "  "),
        ("ktc", ""),
    ],
)
def test_short_words_follow_the_long_ones(typed: str, meant: str) -> None:
    assert retyped_all(typed.split()) == tuple(meant.split(" "))


def test_a_minus_is_a_letter_where_that_makes_a_word() -> None:
    assert letter_of_minus("pty", first=True) == "өзен"
    assert not any(letter_of_minus(word, first=True) for word in ("risk", "plus", "2019", "", ";", "..."))
    assert letter_of_minus("yl3h3c", first=False) == "өндіріс"
    assert letter_of_minus("djlf", first=False) == ""


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "code", ["w20x", "h2o", "v8r", "mp3", "p53", "cd4", "90sr", "20x", "2lsv", "84xf", "k8s", "W20X"]
)
def test_a_minus_before_a_code_stays_one(code: str, first: bool) -> None:
    assert letter_of_minus(code, first=first) == ""


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("43h", "өңір"),
        ("y3v", "өнім"),
        ("c3v", "өсім"),
        ("c3he", "өсіру"),
        ("ythr2c3g", "өнеркәсіп"),
        ("nr3pu3in3r", "өткізгіштік"),
    ],
)
def test_a_kazakh_word_typed_with_digits_is_no_code(typed: str, word: str) -> None:
    assert letter_of_minus(typed, first=True) == word
