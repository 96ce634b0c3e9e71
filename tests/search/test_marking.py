from __future__ import annotations

import random
import time

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.marking import Marker, lowered_alike
from opendata.search.parser import parse

ANALYSER = default_analyser()
FILLER = "Прочий текст без нужных слов, который ничего не говорит. " * 30


def marked(text: str, q: str) -> list[str]:
    pieces = Marker(parse(q), ANALYSER).mark(text)
    assert "".join(piece.text for piece in pieces) == text
    return [piece.text for piece in pieces if piece.marked]


@pytest.mark.parametrize(
    ("text", "q", "expected"),
    [
        ("Вода, воды и водой; водитель", "вода", ["Вода", "воды", "водой"]),
        ("Rivers and a river", "river", ["Rivers", "river"]),
        ("Өзен суы, ӨЗЕН", "өзен", ["Өзен", "ӨЗЕН"]),
        ("качество воды и воды качество", '"качество воды"', ["качество", "воды"]),
        ("качество\nво-\nды", '"качество воды"', ["качество", "во-\nды"]),
        ("Вода, воды", '"воды"', ["воды"]),
        ("экология, экономика, эхо", "эко*", ["экология", "экономика"]),
        ("шифр 03.29.00 и 03", "03.29.00", ["03.29.00"]),
        ("вода и рыба", "вода -рыба", ["вода"]),
        ("вода и рыба", "вода OR рыба", ["вода", "рыба"]),
        ("вода и рыба", "вода и", ["вода"]),
        ("иссле\u00adдо-\nвание", "исследования", ["иссле\u00adдо-\nвание"]),
        ("<b>вода</b>", "вода", ["вода"]),
        ("ничего", "год:2019", []),
        ("", "вода", []),
    ],
)
def test_words_are_marked_in_any_of_their_forms(text: str, q: str, expected: list[str]) -> None:
    assert marked(text, q) == expected


@pytest.mark.parametrize(
    ("text", "q"),
    [
        (FILLER + "Мутность воды в реке " + FILLER, "вода река"),
        (FILLER + "Мутность во-\nды " + FILLER, "вода"),
        (FILLER + "Суы таза өзендер. " * 40, "өзен"),
        (FILLER + "качество " + FILLER + " качество воды " + FILLER, '"качество воды"'),
        (FILLER + "İİİ вода " + FILLER, "вода"),
        ("Qazaqstan ózenderi", "өзен"),
    ],
)
def test_looking_only_near_the_beginnings_of_words_finds_the_same(text: str, q: str) -> None:
    marker = Marker(parse(q), ANALYSER)
    assert marker.matches_near(text, {0}) == marker.matches(text) != []


def test_what_stands_between_two_places_keeps_a_phrase_apart() -> None:
    text = "качество " + FILLER + " воды"
    assert Marker(parse('"качество воды"'), ANALYSER).matches_near(text, ()) == []


def test_the_end_of_a_paragraph_and_a_word_far_into_the_next_are_no_phrase() -> None:
    text = FILLER + " качество\n\n" + FILLER + " воды"
    for q in ('"качество воды"', '"качество воды" река'):
        assert Marker(parse(q), ANALYSER).matches_near(text, ()) == []


def test_phrases_are_found_near_their_words_where_the_whole_text_has_them() -> None:
    chance = random.Random(5)
    words = ("качество", "Качество", "воды", "вод-\nы", "река", "реки", "и", "качество-воды", "воды.\n\nИ")
    for q in ('"качество воды"', '"воды и качество"', '"воды реки" OR "река и"'):
        marker = Marker(parse(q), ANALYSER)
        for _ in range(150):
            text = " ".join(chance.choices(words, k=14))
            assert marker.matches_near(text, ()) == marker.matches(text), text


def test_keys_near_a_place_are_those_of_the_whole_text() -> None:
    chance = random.Random(3)
    text = "\n\n".join(
        [FILLER, "Қазақстан Республикасының су кодексі, өзендердің суы", "The rivers of the basin", FILLER]
    )
    whole = {(token.start, token.end, token.keys) for token in ANALYSER.index_keys(text)}
    starts = sorted(start for start, _end, _keys in whole)
    for _ in range(30):
        first, last = sorted(chance.sample(range(len(starts)), 2))
        span = (starts[first], starts[last])
        found = {(token.start, token.end, token.keys) for token in ANALYSER.keys_within(text, [span])}
        assert found == {one for one in whole if span[0] <= one[0] < span[1]}


def test_groups_are_what_must_be_there_together() -> None:
    marker = Marker(parse("вода рыба OR мясо вода 2019 год:2019"), ANALYSER)
    assert (marker.size, len(marker.sought)) == (3, 4)
    assert not Marker(parse("год:2019"), ANALYSER)


def test_lower_case_keeps_every_character_in_its_place() -> None:
    assert lowered_alike("İЁЖ") == "İеж"


def test_words_close_together_are_found_late_in_one_enormous_text() -> None:
    text = "медь и олово " * 2_000 + FILLER * 2_000 + " медь и её норма " + FILLER
    marker = Marker(parse("медь норма"), ANALYSER)
    started = time.monotonic()
    found = marker.matches_near(text, ())
    assert {match.what for match in found} == {0, 1}
    assert time.monotonic() - started < 2
