from __future__ import annotations

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.analysis.probes import MAX_BEGINNINGS

ANALYSER = default_analyser()


def beginnings(asked: str) -> tuple[str, ...]:
    (token,) = ANALYSER.query_tokens(asked)
    return token.probes


@pytest.mark.parametrize(
    ("asked", "forms"),
    [
        ("исследование", "исследования исследованиями"),
        ("идти", "шел идут шедшего"),
        ("қазақ", "қазағы қазақтар казактар"),
        ("казак", "қазақтың қазағы казаков"),
        ("кітап", "кітабы кітаптар китабы"),
        ("халық", "халқы халықтың халкы"),
        ("ауыз", "аузы аузында"),
        ("озен", "өзенде өзеннің озендер"),
        ("ozen", "өзен озендер ozender"),
        ("studies", "study studied"),
        ("pfrjy", "закона законы"),
        ("2019", "2019"),
    ],
)
def test_every_form_has_one_of_the_beginnings(asked: str, forms: str) -> None:
    found = beginnings(asked)
    assert [form for form in forms.split() if not form.startswith(found)] == []


@pytest.mark.parametrize("asked", ["исследование", "қазақстан", "университет", "water"])
def test_long_words_are_looked_for_by_long_beginnings(asked: str) -> None:
    assert min(map(len, beginnings(asked))) >= 4


@pytest.mark.parametrize("asked", ["агкноухыи" * 3, "ikinci", "а", "ь", "日本", "ggggkkkkhhhhiiii"])
def test_beginnings_are_bounded(asked: str) -> None:
    assert 1 <= len(beginnings(asked)) <= MAX_BEGINNINGS + 12
    assert all(beginnings(asked))
