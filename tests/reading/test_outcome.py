"""What may leave the process that reads as text."""

from __future__ import annotations

import pytest

from opendata.reading.outcome import clean


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x7f", "\u202e", "\u2066", "\ufeff", "\ufffe", "\ud800"])
def test_signs_that_are_no_text_or_turn_what_follows_are_left_out(sign: str) -> None:
    assert clean(f"отчёт{sign}, 2026{sign}") == "отчёт, 2026"


def test_letters_joiners_and_lines_stay() -> None:
    assert clean("қала\u200d\r\nEşil\t№ 5") == "қала\u200d\nEşil\t№ 5"
