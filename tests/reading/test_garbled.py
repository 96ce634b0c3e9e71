"""Text that is no language is told from languages and from numbers."""

from __future__ import annotations

import pytest

from opendata.reading.garbled import is_garbled
from tests.reading.conftest import ENGLISH, KAZAKH, RUSSIAN

ORDER = (
    "настоящий приказ вступает в силу со дня его подписания; контроль за исполнением возложить на начальника отдела "
    "статистики, которому представлять сведения о состоянии скважин не позднее десятого числа каждого месяца."
)


def shifted(text: str, first: str) -> str:
    """`text` as fonts without a map give it: its Cyrillic letters as those that begin at `first`."""
    return "".join(chr(ord(char) - ord("а") + ord(first)) if "а" <= char <= "я" else char for char in text)


@pytest.mark.parametrize(
    "text",
    [
        shifted(ORDER * 2, "Z"),
        shifted(RUSSIAN.lower() * 3, "ɚ"),
        (RUSSIAN * 3).encode("cp1251").decode("cp1252"),
        "\ue001\ue013\ue102\ue0f0 " * 50,
        "\ufffd\ufffd\ufffd вода " * 50,
    ],
)
def test_letters_from_the_wrong_place_are_garbled(text: str) -> None:
    assert is_garbled([text])


@pytest.mark.parametrize(
    "text",
    [
        RUSSIAN * 3,
        KAZAKH * 3,
        ENGLISH * 3,
        "Příliš žluťoučký kůň úpěl ďábelské ódy; strč prst skrz krk, čtvrthrst zrn. " * 3,
        "Größere Überschwemmungen führten zu höheren Grundwasserständen. " * 3,
        "Azərbaycan dilində yazılmış mətn, ölçmələr və nəticələr göstərilir. " * 3,
        "Bu ölçümler şehirde yağış sonrası yapıldı ve sonuçlar çizelgede gösterildi. " * 3,
        "Qazaqstan Respublikasynyñ jer asty sulary turaly derekterı jinaldy. " * 3,
        "地下水位の測定結果を毎月まとめた表です。" * 10,
        "12,5 13,7 14,1 GDP CPI USD KZT RUB\n" * 40,
        "The columns well_id, level_m, max_depth, min_depth and river_code are in the table wells_2024. " * 4,
        "2019 0.123 1e-5 -17 33.1 § 4\n" * 40,
        "",
    ],
)
def test_languages_and_numbers_are_not(text: str) -> None:
    assert not is_garbled([text])


def test_a_few_words_are_no_evidence() -> None:
    assert not is_garbled(["bj_dlhj xyzzy qwrt"])
