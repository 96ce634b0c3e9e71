"""Forms of a word, scripts, line breaks and what says nothing make no difference; places in the text are kept."""

from __future__ import annotations

import pytest

from opendata.search.analysis import default_analyser
from opendata.search.analysis.variants import LATIN_ALPHABETS, written
from opendata.search.wordstream import PIECE_CHARACTERS, WordReader

KAZAKH = (
    "Қазақстан Республикасының Үкіметі және жергілікті атқарушы органдар тұрғын үй көмегін көрсету тәртібін "
    "белгілейді. Әлеуметтік көмек көрсетіледі."
)
RUSSIAN = "Определён водный баланс реки. Подземные воды питают озеро, а расход реки измеряли на постах."


@pytest.fixture(scope="module")
def reader() -> WordReader:
    return WordReader(default_analyser())


def numbers(reader: WordReader, text: str) -> list[int]:
    return [int(number) for number in reader.read([text]).numbers]


@pytest.mark.parametrize("alphabet", ["2021", "2018", "2017", "sh zh kh"])
def test_kazakh_in_latin_letters_is_the_same_text(reader: WordReader, alphabet: str) -> None:
    assert numbers(reader, written(KAZAKH.lower(), LATIN_ALPHABETS[alphabet])) == numbers(reader, KAZAKH)


def test_forms_of_a_russian_word_are_one_number(reader: WordReader) -> None:
    assert numbers(reader, f"{RUSSIAN} рекою")[-1] == numbers(reader, f"{RUSSIAN} река")[-1]


def test_line_breaks_case_and_soft_hyphens_do_not_matter(reader: WordReader) -> None:
    broken = RUSSIAN.replace("Подземные", "ПОДЗЕМ-\nНЫЕ".lower()).replace("измеряли", "из\u00adме\u00adряли")
    assert numbers(reader, broken.replace(" ", "\n")) == numbers(reader, RUSSIAN)


def test_numbers_and_common_words_say_nothing(reader: WordReader) -> None:
    assert numbers(reader, "и в 2024 на 15 для 03.29.00") == []
    assert len(numbers(reader, RUSSIAN)) == len(numbers(reader, f"12 {RUSSIAN} и на 7"))


def test_words_are_found_again_where_they_stand(reader: WordReader) -> None:
    page = "\n".join([RUSSIAN] * 60)
    assert len(page) > PIECE_CHARACTERS
    words = reader.read(["", page])
    place, begin = words.piece_of(len(words) - 1)
    piece = words.pieces[place]
    text = page[piece.start : piece.end]
    start, end = reader.spans(text)[len(words) - 1 - begin]
    assert (piece.page, text[start:end]) == (1, "постах")


def test_every_number_has_the_key_of_the_index(reader: WordReader) -> None:
    words = reader.read([RUSSIAN])
    assert set(reader.keys(words)) == set(map(int, words.distinct))
    assert "R:баланс" in reader.keys(words).values()


def test_a_text_without_words_is_empty(reader: WordReader) -> None:
    assert len(reader.read([])) == 0
    assert len(reader.read(["", " 12 — "])) == 0
