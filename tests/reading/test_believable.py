"""What documents say of themselves and what of it may be believed."""

from __future__ import annotations

import datetime as dt

import pytest

from opendata.reading import believable

TODAY = dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    "name",
    ["Симак Дмитрий", "Allison, Timothy B.", "David Huggins-Daines", "Байкова Екатерина Юрьевна", "Иванов И.И.",
     "Қуанышбаева Әсел Ғалымқызы", "Conan O’Brien"],
)  # fmt: skip
def test_names_of_people(name: str) -> None:
    assert believable.person(name) == name
    assert believable.body(name) == ""


@pytest.mark.parametrize(
    "name",
    ["admin", "user", "Windows User", "Пользователь Windows", "LGMN, Des Moines, IA", "Albert Law 2", "Home PC", "",
     "Проректоры ЭВ и УР", "microsoft office", "иван петров", "Director of the Board", "A" * 2000, "VA\u202eDrow Evil"],
)  # fmt: skip
def test_what_programs_leave_is_nobody(name: str) -> None:
    assert believable.person(name) == ""


@pytest.mark.parametrize(
    "name", ["Department of Veterans Affairs", "Институт зоологии КН МОН РК", "VISN 8 Patient Safety Center of Inquiry"]
)
def test_institutions_are_no_people(name: str) -> None:
    assert believable.person(name) == ""
    assert believable.body(name) == name


@pytest.mark.parametrize(
    "day", ["1601-01-01", "1970-01-01", "1980-01-01", "2006-08-16", "2026-06-02", "9999-12-31", "", "x"]
)
def test_days_of_templates_clocks_and_the_future_are_none(day: str) -> None:
    assert believable.day(day, TODAY) == ""


@pytest.mark.parametrize("day", ["1998", "2019-05", "2026-06-01"])
def test_possible_days(day: str) -> None:
    assert believable.day(day, TODAY) == day
