"""Keywords that say the same are learnt from records, and found in any form of theirs."""

from __future__ import annotations

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.pairs import Pairs, Word, collect, mine

CLIMATE = (Word("климаттың өзгеруі", "kk"), Word("изменение климата", "ru"), Word("climate change", "en"))
WATER = (Word("су", "kk"), Word("вода", "ru"), Word("water", "en"))
QUALITY = (Word("сапа", "kk"), Word("качество", "ru"), Word("quality", "en"))


def record(*triples: tuple[Word, Word, Word]) -> list[Word]:
    """The keyword lists of a record, one language after the other."""
    return [triple[place] for place in range(3) for triple in triples]


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    records = [record(CLIMATE, WATER), record(WATER, QUALITY), record(QUALITY, CLIMATE)]
    return Pairs(collect(mine(records), default_analyser()))


def partners(pairs: Pairs, q: str) -> dict[str, list[str]]:
    found = pairs.partners(default_analyser().query_tokens(q))
    return {language: [" ".join(way) for way in ways] for language, ways in found.items()}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("изменения климата", {"kk": ["климаттың өзгеруі"], "en": ["climate change"]}),
        ("Climate changes", {"kk": ["климаттың өзгеруі"], "ru": ["изменение климата"]}),
        ("климаттың өзгеруінің", {"ru": ["изменение климата"], "en": ["climate change"]}),
        ("качество воды", {"kk": ["сапа су"], "en": ["quality water"]}),
        ("качество и вода", {"kk": ["сапа су"], "en": ["quality water"]}),
        ("качество воздуха", {}),
        ("климат", {}),
        ("и", {}),
        ("03.29.00", {}),
    ],
)
def test_any_form_of_the_words_has_its_partners(pairs: Pairs, q: str, expected: dict[str, list[str]]) -> None:
    assert partners(pairs, q) == expected


def test_one_record_proves_nothing() -> None:
    assert mine([record(CLIMATE)]) == []


def test_lists_of_unequal_length_pair_what_mostly_stands_together() -> None:
    other = (Word("топырақ", "kk"), Word("почва", "ru"), Word("soil", "en"))
    records = [
        [*record(WATER), Word("лишнее", "ru")],
        [*record(WATER, other), Word("ещё", "ru")],
        [*record(WATER), Word("иное", "ru")],
        [*record(other), Word("прочее", "ru")],
    ]
    found = set(mine(records))
    assert {(WATER[0], WATER[1]), (other[0], other[1]), (WATER[0], WATER[2])} <= found
    assert not any("лишнее" in pair[1].text for pair in found)


def test_a_word_has_one_partner_in_a_language_and_it_is_mutual() -> None:
    wrong = (Word("су", "kk"), Word("влага", "ru"))
    found = mine([list(WATER), list(WATER), list(WATER), list(wrong), list(wrong)])
    assert [other.text for one, other in found if one.text == "су" and other.language == "ru"] == ["вода"]


def test_the_same_spelling_and_unknown_languages_are_no_pairs() -> None:
    same = [Word("GPS", "ru"), Word("gps", "en"), Word("Wasser", "de"), Word("x", "")]
    assert mine([same, same, same]) == []
