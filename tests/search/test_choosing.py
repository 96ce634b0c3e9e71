from __future__ import annotations

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.choosing import Held, held_by_keys, held_by_text, page_breaks, pages_of, pages_with_most, places
from opendata.search.marking import Marker
from opendata.search.pagekeys import PageKeys, pack
from opendata.search.parser import parse

ANALYSER = default_analyser()


def by_keys(marker: Marker, *pages: str) -> Held:
    keys = ([token.keys for token in ANALYSER.index_keys(page)] for page in pages)
    return held_by_keys("a", marker, PageKeys.unpack(pack(keys, ANALYSER.version)), lambda: pages)


def by_text(marker: Marker, *pages: str) -> Held:
    return held_by_text("a", marker, pages)


def order(marker: Marker, *files: Held) -> list[tuple[int, int]]:
    return [(place.file, place.page) for place in places(marker, files)]


@pytest.mark.parametrize("hold", [by_keys, by_text])
def test_pages_with_all_words_come_first_then_in_the_order_of_reading(hold) -> None:  # type: ignore[no-untyped-def]
    marker = Marker(parse("медь норма"), ANALYSER)
    first, second = hold(marker, "медь", "", "норма меди"), hold(marker, "норма", "меди по норме")
    assert order(marker, first, second) == [(0, 3), (1, 2), (0, 1), (1, 1)]
    assert pages_with_most(marker, [first, second]) == ([(0, 3), (1, 2)], True)


def test_pages_with_any_word_where_none_has_all() -> None:
    marker = Marker(parse("медь норма"), ANALYSER)
    assert pages_with_most(marker, [by_keys(marker, "медь", "", "норма")]) == ([(0, 1), (0, 3)], False)
    assert pages_with_most(marker, [by_keys(marker, "", "х")]) == ([], False)
    assert order(marker) == []


def test_page_keys_know_forms_that_begin_otherwise() -> None:
    marker = Marker(parse("люди"), ANALYSER)
    assert order(marker, by_keys(marker, "человек", "люди", "ничего")) == [(0, 1), (0, 2)]


def test_a_broken_word_is_on_its_page() -> None:
    marker = Marker(parse("водохранилище"), ANALYSER)
    assert order(marker, by_keys(marker, "", "водохра-\nнилища")) == [(0, 2)]


def test_an_alternative_is_as_good_as_the_other() -> None:
    marker = Marker(parse("медь OR олово норма"), ANALYSER)
    held = by_keys(marker, "медь олово", "норма олова", "норма")
    assert pages_with_most(marker, [held]) == ([(0, 2)], True)


def test_a_phrase_may_stand_where_all_its_words_do() -> None:
    marker = Marker(parse('"качество воды"'), ANALYSER)
    assert order(marker, by_keys(marker, "воды качество", "качество вод", "качество воды")) == [(0, 1), (0, 3)]
    assert marker.unsure == {0}


def test_beginnings_of_words_are_looked_for_in_the_text() -> None:
    marker = Marker(parse("эколог*"), ANALYSER)
    assert order(marker, by_keys(marker, "экономика", "экология")) == [(0, 2)]


@pytest.mark.parametrize("count", [1, 30])
def test_beginnings_are_known_by_page_keys_where_the_index_names_their_words(count: int) -> None:
    words = [f"эколог{letter}" for letter in "абвгдежзиклмнопрстуфхцчшщыэюя"[:count]] + ["экология"]
    marker = Marker(parse("эколог*"), ANALYSER, (), lambda key: [f"X:{word}" for word in words if key == "X:эколог"])
    assert not marker.unsure
    pages = ("экономика", "об экологии", "экология", " ".join(words), "")
    keys = ([token.keys for token in ANALYSER.index_keys(page)] for page in pages)
    held = held_by_keys("a", marker, PageKeys.unpack(pack(keys, ANALYSER.version)), lambda: pytest.fail("was read"))
    assert pages_with_most(marker, [held]) == ([(0, 3), (0, 4)], True)


def test_a_code_with_blanks_between_its_parts() -> None:
    marker = Marker(parse("03.29.00"), ANALYSER)
    assert order(marker, by_keys(marker, "шифр 03.29.00", "03 29 00", "03 29")) == [(0, 1), (0, 2)]


def test_pages_on_which_the_words_stand_close_together_come_first() -> None:
    marker = Marker(parse("медь норма"), ANALYSER)
    filler = " прочее" * 60
    pages = ("медь" + filler + " норма" + filler, filler + " медь" + " слово" * 9 + " норма" + filler, "норма", "медь")
    assert order(marker, by_keys(marker, *pages)) == [(0, 2), (0, 1), (0, 3), (0, 4)]


def test_of_pages_with_as_many_words_those_with_rare_ones_come_first() -> None:
    marker = Marker(parse("медь норма"), ANALYSER)
    assert order(marker, by_keys(marker, "норма", "норма", "медь"))[0] == (0, 3)


def test_words_far_from_each_other_on_a_long_page_are_no_phrase() -> None:
    marker = Marker(parse('"качество воды"'), ANALYSER)
    filler = " прочее" * 100
    far, near = f"качество {filler} воды", f"{filler} качество воды {filler}"
    assert order(marker, by_keys(marker, far, near)) == [(0, 2)]


def test_words_in_the_other_order_in_other_parts_of_a_long_page_are_no_phrase() -> None:
    marker = Marker(parse('"качество воды"'), ANALYSER)
    few = " прочее" * 9
    pages = [
        f"{few * 8} {first} {second} {few * 8}" for first, second in (("воды" + few, "качество"), ("качество", "воды"))
    ]
    assert order(marker, by_keys(marker, *pages)) == [(0, 2)]


@pytest.mark.parametrize("words", [0, 1, 5, 30, 300])
def test_a_phrase_may_run_over_the_end_of_a_page_only_from_its_last_words_to_the_first_of_the_next(words: int) -> None:
    marker = Marker(parse('"качество воды"'), ANALYSER)
    filler = "прочее " * words
    pages = (filler + "качество 12", "13 воды " + filler, filler + "качество " + filler, filler + "воды " + filler)
    breaks = page_breaks(marker, by_keys(marker, *pages), {0})
    assert 1 in breaks
    assert (3 in breaks) == (words < 30)


def test_pages_for_some_of_the_things_alone() -> None:
    marker = Marker(parse('"качество воды" "норма меди" река'), ANALYSER)
    held = by_keys(marker, "река", "норма меди", "норма меди качество воды", "качество воды река")
    assert [place.page for place in pages_of(marker, [held], {0, 1})] == [3, 2, 4]
    assert [place.page for place in pages_of(marker, [held], {1})] == [2, 3]
