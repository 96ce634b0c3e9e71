from __future__ import annotations

import time

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.parser import parse
from opendata.search.passages import PASSAGE_CHARACTERS, Marker, Passage, best_passage, mark, pages_with_hits
from tests.search.conftest import file_of

ANALYSER = default_analyser()
FILLER = "Прочий текст без нужных слов, который ничего не говорит. " * 30


def marked(text: str, q: str) -> list[str]:
    pieces = mark(text, parse(q), ANALYSER)
    assert "".join(piece.text for piece in pieces) == text
    return [piece.text for piece in pieces if piece.marked]


def passage(q: str, *files: tuple[str, ...]) -> Passage | None:
    return best_passage(parse(q), ANALYSER, [file_of(n, *pages) for n, pages in enumerate(files)])


def shown(found: Passage | None) -> list[str]:
    assert found is not None
    assert sum(len(piece.text) for piece in found.pieces) <= PASSAGE_CHARACTERS + 4
    return [piece.text for piece in found.pieces if piece.marked]


@pytest.mark.parametrize(
    ("text", "q", "expected"),
    [
        ("Вода, воды и водой; водитель", "вода", ["Вода", "воды", "водой"]),
        ("Rivers and a river", "river", ["Rivers", "river"]),
        ("Өзен суы, ӨЗЕН", "өзен", ["Өзен", "ӨЗЕН"]),
        ("качество воды и воды качество", '"качество воды"', ["качество", "воды"]),
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


def test_the_page_with_all_words_is_chosen() -> None:
    found = passage("медь норма", ("медь " * 5 + FILLER, FILLER, FILLER + "Меди больше нормы. " + FILLER))
    assert shown(found) == ["Меди", "нормы"]
    assert found is not None
    assert (found.page, found.more_pages, found.more_files) == (3, 1, 0)


def test_words_close_together_win_over_words_apart() -> None:
    apart = "медь " + FILLER + " норма"
    found = passage("медь норма", (apart, "норма меди"))
    assert found is not None
    assert found.page == 2


def test_the_page_with_the_phrase_is_chosen() -> None:
    found = passage('"качество воды"', ("воды качество", "вод качество", "о качество воды"))
    assert found is not None
    assert (found.page, shown(found)) == (3, ["качество", "воды"])
    assert passage('"качество воды"', ("воды качество",)) is None


def test_the_file_is_named_and_others_are_counted() -> None:
    found = passage("су", ("жоқ",), ("", "Су сапасы"), ("су",))
    assert found is not None
    assert (found.resource_id.int, found.page, found.more_files) == (1001, 2, 1)


def test_kazakh_and_english_passages() -> None:
    assert shown(passage("өзендердегі", (FILLER, "Қазақстан өзендердегі су"))) == ["өзендердегі"]
    assert shown(passage("pollutants", (FILLER, "One pollutant was found"))) == ["pollutant"]


def test_a_word_broken_at_the_end_of_a_line_is_found() -> None:
    assert shown(passage("водохранилище", ("Большое водохра-\nнилище полно",))) == ["водохра- нилище"]


def test_a_passage_is_short_and_begins_and_ends_between_words() -> None:
    found = passage("медь", (FILLER + "медь " + FILLER,))
    assert found is not None
    text = "".join(piece.text for piece in found.pieces)
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert set(text.strip("… ").split()) <= set((FILLER + " медь").split())


def test_no_words_no_passage() -> None:
    assert passage("год:2019", ("текст",)) is None
    assert passage("слово", ("текст",)) is None
    assert passage("слово") is None


def test_a_hit_late_in_one_enormous_page_is_found_fast() -> None:
    page = FILLER * 2_000 + " медь и её норма " + FILLER
    started = time.monotonic()
    assert shown(passage("медь норма", (page,))) == ["медь", "норма"]
    assert time.monotonic() - started < 2


def test_pages_with_hits_are_those_with_all_words() -> None:
    marker = Marker(parse("медь норма"), ANALYSER)
    assert pages_with_hits(marker, ["медь", "норма меди", "", "меди по норме"]) == (2, 4)
    assert pages_with_hits(marker, ["медь", "", "норма"]) == (1, 3)
    assert pages_with_hits(marker, ["", "х"]) == ()
