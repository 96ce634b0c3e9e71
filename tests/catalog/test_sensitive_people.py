"""ИИН, papers, and lists of phones and e-mails; the numbers here are made up and belong to nobody we know of."""

from __future__ import annotations

import random

import pytest

from opendata.catalog.identifiers import is_bin
from opendata.catalog.sensitive import MOST_FINDINGS, in_pages, in_sheet
from opendata.catalog.sensitive_people import is_person, masked, personal_numbers


def number(first_eleven: str) -> str:
    """The digits with the check digit that makes them right."""
    return next(first_eleven + str(last) for last in range(10) if is_bin(first_eleven + str(last)))


PERSON = number("85031430012")
YOUNG = number("04110165007")
BODY = number("99014000512")


def test_a_person_is_told_from_a_body() -> None:
    assert is_person(PERSON)
    assert is_person(YOUNG)
    assert not is_person(BODY)


def test_day_century_and_check_digit_must_be_possible() -> None:
    assert not is_person(PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10))
    assert not is_person(number("85023030012"))  # 30 February
    assert not is_person(number("85031490012"))  # no such century
    assert not is_person(number("85031410012"))  # born in the 19th


@pytest.mark.parametrize("text", ["ИИН {0}", "Иванов, ЖСН: {0}.", "({0})", "a;{0};b", "{0}\n"])
def test_a_number_is_found_in_text(text: str) -> None:
    assert list(personal_numbers(text.format(PERSON))) == [PERSON]


@pytest.mark.parametrize("text", ["1{0}", "{0}5", "0,{0}", "KZ-{0}", "{0}-1", "3.{0}", BODY])
def test_a_piece_of_a_longer_number_is_none(text: str) -> None:
    assert list(personal_numbers(text.format(PERSON))) == []


def test_a_number_in_groups_is_found_beside_its_name() -> None:
    spaced = f"{PERSON[:6]} {PERSON[6:]}"
    assert list(personal_numbers(f"ИИН: {spaced}")) == [PERSON]
    assert list(personal_numbers(spaced)) == []


def test_what_is_shown_is_masked() -> None:
    (found,) = in_pages([f"Список: {PERSON}, {YOUNG}"])
    assert (found.code, found.excerpt, found.blocks) == ("personal_numbers", f"{PERSON[:4]}… (+1)", False)
    assert masked("aigul@example.kz") == "a…@example.kz"


def test_few_numbers_by_chance_look_like_a_person() -> None:
    rng = random.Random(4)
    looks = sum(is_person(f"{rng.randrange(10**12):012}") for _ in range(100_000))
    assert 80 < looks < 220  # about one in 700


def test_a_paper_of_identity_is_found_beside_its_name_alone() -> None:
    assert [one.code for one in in_pages(["удостоверение личности № 012345678"])] == ["personal_numbers"]
    assert [one.code for one in in_pages(["жеке куәлігі 012345678 берілді"])] == ["personal_numbers"]
    assert [one.code for one in in_pages(["паспорт N12345678"])] == ["personal_numbers"]
    assert in_pages(["Прибор N12345678, счёт 012345678, паспорт скважины"]) == []


def test_one_office_is_no_list_of_contacts() -> None:
    office = "Тел.: +7 (727) 250-11-22, факс 8 (727) 250-11-23, моб. +7 701 111 22 33, info@example.kz"
    assert in_pages([office]) == []
    people = "\n".join(f"Участник {n}: +7 701 111 22 {n:02}" for n in range(10, 20))
    assert [(one.code, one.excerpt) for one in in_pages([people])] == [("contact_list", "7701… (+9)")]
    letters = "\n".join(f"person{n}@example.kz" for n in range(12))
    assert [(one.code, one.excerpt) for one in in_pages([letters])] == [("contact_list", "p…@example.kz (+11)")]


def test_columns_of_persons_are_told_by_heading_and_cells() -> None:
    rows = [
        (1, ("Список опрошенных",)),
        (3, ("ФИО", "ИИН", "Мобильный телефон", "Дата рождения", "№ удостоверения личности")),
        *(
            (n, (f"Имя {n}", number(f"8503143001{n}"), f"8701111220{n}", f"1{n}.03.1985", f"01234567{n}"))
            for n in range(4, 9)
        ),
    ]
    found = {one.place: one.code for one in in_sheet("Анкета", rows)}
    assert found == {
        "Анкета!B3": "personal_numbers",
        "Анкета!C3": "contact_list",
        "Анкета!D3": "contact_list",
        "Анкета!E3": "personal_numbers",
    }


@pytest.mark.parametrize("heading", ["Количество телефонов", "Паспорт скважины", "Адресность", "БИН", "Телефонизация"])
def test_a_column_of_other_things_is_none(heading: str) -> None:
    assert in_sheet("A", [(1, (heading,)), *((n, (str(n),)) for n in range(2, 9))]) == []


def test_contacts_meant_for_the_public_are_left_alone_but_not_numbers_of_persons() -> None:
    rows = [(1, ("Электронная почта", "Примечание")), *((n, (f"a{n}@example.kz", "")) for n in range(2, 9))]
    assert in_sheet("A", rows, known=frozenset((0,))) == []
    rows.append((10, (PERSON, f"см. {YOUNG}")))
    assert [one.place for one in in_sheet("A", rows, known=frozenset((0,)))] == ["A!A10", "A!B10"]


def test_findings_of_one_file_are_bounded() -> None:
    assert len(in_pages([PERSON] * 1000)) == MOST_FINDINGS
