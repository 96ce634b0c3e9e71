"""CKAN's notes are Markdown; what is stored is plain text."""

from __future__ import annotations

import time

import pytest

from harvesters.markdown import markdown_to_text


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("**Zweck**: Richtplanung", "Zweck: Richtplanung"),
        ("***KOMM_RICHT_A***: x", "KOMM_RICHT_A: x"),
        ("# Вода\n\nТекст", "Вода\n\nТекст"),
        ("* раз\n* два", "- раз\n- два"),
        ("см. [отчёт](https://a.kz/x?y=1) и <https://b.kz/>", "см. отчёт (https://a.kz/x?y=1) и https://b.kz/"),
        ("[https://a.kz](https://a.kz)", "https://a.kz"),
        ("![карта](https://a.kz/k.png) ниже", "карта ниже"),
        ("a\n***\nb", "a\n\nb"),
        (r"5 \* 3", "5 * 3"),
        ("_курсив_ и snake_case_name", "курсив и snake_case_name"),
    ],
)
def test_signs_go_and_words_stay(given: str, wanted: str) -> None:
    assert markdown_to_text(given) == wanted


@pytest.mark.parametrize(
    "text", ["2 * 3 * 4 = 24", "a < b и c > d", "C# и F#", "цена *без НДС", "[1] Иванов И.И. (2019)", "x\n- y\n- z"]
)
def test_plain_text_stays(text: str) -> None:
    assert markdown_to_text(text) == text


def test_link_to_a_script_is_not_made_an_address() -> None:
    assert "javascript" in markdown_to_text("[x](javascript:alert(1))")


@pytest.mark.parametrize("sign", ["*", "_", "[", "![", "# ", "***a ", "<http://", "\\", "- ", "[a](", "**_"])
def test_hostile_text_takes_no_time(sign: str) -> None:
    begun = time.monotonic()
    markdown_to_text(sign * (190_000 // len(sign)))
    assert time.monotonic() - begun < 2
