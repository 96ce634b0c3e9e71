from __future__ import annotations

import pytest

from opendata.search.analysis.paragraphs import LONGEST, paragraphs


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in paragraphs(text)]


@pytest.mark.parametrize(
    "text", ["", "а", "\n\n", "а\n\nб", "слово " * 1_000, "с" * 5_000, "сло-\n" * 3_000, "а\n \nб\n\n\n"]
)
def test_nothing_is_lost(text: str) -> None:
    assert "".join(cut(text)) == text


def test_empty_lines_part_paragraphs() -> None:
    assert [piece.strip() for piece in cut("Бір\nекі\n \r\nҮш")] == ["Бір\nекі", "Үш"]


def test_long_paragraphs_are_cut_between_words() -> None:
    pieces = cut("слово " * 1_000)
    assert len(pieces) > 4
    assert all(len(piece) <= LONGEST + 10 and piece.startswith("слово") for piece in pieces)


def test_a_word_broken_at_the_end_of_a_line_stays_together() -> None:
    text = "а" * (LONGEST + 1) + "-\nб" + " в" * 10
    assert cut(text)[0].endswith("-\nб ")
