"""No cell of a table that we give out is a formula; numbers are left as they are."""

from __future__ import annotations

import pytest

from opendata.catalog.inert import inert


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+A1",
        "-A1",
        "-1+2",
        "@a",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "＝1",
        "＠a",
        "\x00=1",
        "+7 cmd|'x'",
    ],
)
def test_what_could_be_run_stays_text(text: str) -> None:
    assert inert(text).startswith("'")


@pytest.mark.parametrize("text", ["-5", "+7 701 123 45 67", "-1 250,75", "1e5", "-12%", "", "текст =1", "a@b.kz"])
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_signs_that_no_table_can_hold_are_left_out() -> None:
    assert inert("a\x00b\ud800c") == "abc"
