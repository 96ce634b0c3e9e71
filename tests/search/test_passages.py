from __future__ import annotations

from opendata.search.analysis import default_analyser
from opendata.search.marking import Marker
from opendata.search.parser import parse
from opendata.search.passages import PASSAGE_CHARACTERS, Cut, cut

ANALYSER = default_analyser()
FILLER = "Прочий текст без нужных слов, который ничего не говорит. " * 30


def cut_of(q: str, text: str) -> Cut | None:
    marker = Marker(parse(q), ANALYSER)
    return cut(marker, text, marker.matches(text))


def shown(found: Cut | None) -> list[str]:
    assert found is not None
    assert sum(len(piece.text) for piece in found.pieces) <= PASSAGE_CHARACTERS + 4
    return [piece.text for piece in found.pieces if piece.marked]


def test_words_close_together_win_over_words_apart() -> None:
    assert shown(cut_of("медь норма", "медь " + FILLER + " норма меди " + FILLER + " норма")) == ["норма", "меди"]


def test_kazakh_and_english_passages() -> None:
    assert shown(cut_of("өзендердегі", FILLER + "Қазақстан өзендердегі су")) == ["өзендердегі"]
    assert shown(cut_of("pollutants", FILLER + "One pollutant was found")) == ["pollutant"]


def test_a_word_broken_at_the_end_of_a_line_is_shown_on_one_line() -> None:
    assert shown(cut_of("водохранилище", "Большое водохра-\nнилище полно")) == ["водохра- нилище"]


def test_a_passage_is_short_and_begins_and_ends_between_words() -> None:
    found = cut_of("медь", FILLER + "медь " + FILLER)
    assert found is not None
    assert found.text.startswith("… ")
    assert found.text.endswith(" …")
    assert set(found.text.strip("… ").split()) <= set((FILLER + " медь").split())


def test_leaders_and_lines_to_fill_in_are_left_out() -> None:
    found = cut_of("воды", "1.2 Качество воды . . . . . . . . . . . 7\nДиректор ____________ Н. Т. Демоев")
    assert found is not None
    assert found.text == "1.2 Качество воды … 7 Директор … Н. Т. Демоев"


def test_where_a_passage_is_cut_within_leaders_one_ellipsis_says_so() -> None:
    found = cut_of("воды", ". " * 400 + "Качество воды" + " ." * 400)
    assert found is not None
    assert found.text == "… Качество воды …"


def test_no_words_no_passage() -> None:
    assert cut_of("год:2019", "текст") is None
    assert cut_of("слово", "текст") is None
    assert cut_of("слово", "") is None


def test_a_passage_is_ranked_by_different_words_first() -> None:
    one, two = cut_of("медь норма", "медь " * 9), cut_of("медь норма", "медь норма")
    assert one is not None
    assert two is not None
    assert one.rank < two.rank


def test_words_of_one_sentence_are_closer_than_words_of_two() -> None:
    one, two = (
        cut_of("медь норма", "Меди здесь много, и норма велика."),
        cut_of("медь норма", "Есть медь. Норма велика."),
    )
    assert one is not None
    assert two is not None
    assert one.rank > two.rank
