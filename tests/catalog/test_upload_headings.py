"""Headings of agencies' own tables: what is sure, what is guessed and said, what is only proposed."""

from __future__ import annotations

import pytest

from opendata.catalog.upload_columns import SHEETS, columns
from opendata.catalog.upload_headings import KEPT, Why, meaning, sure


@pytest.mark.parametrize(
    ("sheet", "heading", "name"),
    [
        ("studies", "Сумма договора, тыс. тенге", "amount"),
        ("studies", "1. Наименование НИР", "title"),
        ("studies", "ИРН (при наличии)", "register_number"),
        ("studies", "Договор: дата", "signed"),
        ("studies", "Договор: номер", "contract_number"),
        ("studies", "Сроки: начало", "start"),
        ("studies", "Сведения об исполнителе: БИН", "performer_bin"),
        ("studies", "Жоба жетекшісі (Т.А.Ә.)", "leader"),
        ("studies", "Зерттеу атауы (қазақша)", "title_kk"),
        ("studies", "Register number", "register_number"),
        ("deliverables", "Срок сдачи, дд.мм.гггг", "due"),
        ("deliverables", "Тапсыру мерзімі", "due"),
        ("contracts", "Шарт №", "contract_number"),
        ("datasets", "Название темы (на каз. языке)", "title_kk"),
        ("datasets", "Название: на русском языке", "title_ru"),
    ],
)
def test_headings_as_people_write_them_are_known(sheet: str, heading: str, name: str) -> None:
    found = meaning(sheet, heading)
    assert found.column is not None
    assert found.column.name == name
    assert found.why in (Why.NAME, Why.SYNONYM)
    assert sure(sheet, heading) == found.column


@pytest.mark.parametrize("heading", ["Дата поступления", "Дата (поступления)", "Акт: дата", "Год выпуска", "Шкаф"])
def test_general_word_alone_means_nothing(heading: str) -> None:
    assert meaning("datasets", heading).column is None


@pytest.mark.parametrize(
    ("sheet", "heading", "name"),
    [("studies", "Наименвание темы", "title"), ("datasets", "Ключевык слова", "keywords")],
)
def test_slip_of_the_pen_is_taken_and_said(sheet: str, heading: str, name: str) -> None:
    found = meaning(sheet, heading)
    assert found.column is not None
    assert (found.column.name, found.why) == (name, Why.GUESS)
    assert sure(sheet, heading) is None


def test_what_is_only_like_a_column_is_proposed_and_not_taken() -> None:
    found = meaning("studies", "Объём финансирования на 2023 год, тыс. тенге")
    assert found.column is None
    assert [column.name for column in found.like] == ["amount"]


def test_what_people_said_goes_before_all_else() -> None:
    told = {"тема": "description", "шкаф": "", "полка": KEPT, "ряд": "no_such_column"}
    taken = meaning("datasets", "ТЕМА:", told)
    assert taken.column is not None
    assert (taken.column.name, taken.why) == ("description", Why.TOLD)
    assert meaning("datasets", "Шкаф", told).dropped
    assert not meaning("datasets", "Полка", told).dropped
    assert meaning("datasets", "Ряд", told).column is None


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_heading_of_a_template_is_sure(sheet: str, language: str) -> None:
    for column in columns(sheet):
        assert sure(sheet, str(column.heading.show(language))) == column


@pytest.mark.parametrize("heading", ["", " \n", "x" * 10_000, "((((((" * 50, ":" * 50, "0.0.0.0.0) " * 40])
def test_any_heading_has_an_answer(heading: str) -> None:
    assert meaning("datasets", heading).column is None
