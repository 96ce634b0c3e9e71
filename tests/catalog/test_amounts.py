"""Amounts of money in every spelling that contracts come with."""

from __future__ import annotations

from decimal import Decimal

import pytest

from opendata.catalog.amounts import currency, parse


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("12 500 000,00 тг", "12500000", "KZT"), ("12\u00a0500\u202f000 ₸", "12500000", "KZT"),
        ("12,500,000.00", "12500000", ""), ("12.500.000,00", "12500000", ""), ("12'500'000", "12500000", ""),
        ("12500000", "12500000", ""), ("12500000.0", "12500000", ""), ("1 200,5", "1200.5", ""),
        ("12 500 тыс. тенге", "12500000", "KZT"), ("1,225 млн", "1225000", ""), ("$1,200.50", "1200.5", "USD"),
        ("500 долларов США", "500", "USD"), ("12 500 000 (с НДС)", "12500000", ""), ("0", "0", ""),
    ],
)  # fmt: skip
def test_amount_is_read_in_every_spelling(text: str, value: str, code: str) -> None:
    found = parse(text)
    assert found is not None
    assert (found.value, found.currency) == (Decimal(value), code)


@pytest.mark.parametrize(
    "text", ["", "нет", "-5", "5%", "договор 5", "12 500 000 00", "1,2,3", "12.500", "12,500", "1" * 20, "٥٥"]
)
def test_what_is_no_amount_or_two_is_none(text: str) -> None:
    assert parse(text) is None


def test_heading_tells_thousands_and_currency_of_all_cells() -> None:
    found = parse("12 500", "Сумма, тыс. тенге")
    assert found is not None
    assert (found.value, found.currency) == (Decimal(12500000), "KZT")
    stated = parse("12 млн", "Сумма, тыс. тенге")
    assert stated is not None
    assert stated.value == Decimal(12000000)


@pytest.mark.parametrize(
    ("text", "code"), [("тенге", "KZT"), ("тг.", "KZT"), ("usd", "USD"), ("Евро", "EUR"), ("chf", "CHF"), ("много", "")]
)
def test_currency_is_known_by_code_and_word(text: str, code: str) -> None:
    assert currency(text) == code
