"""The columns of an upload: headings of any language and of agencies' own tables, and what problems say."""

from __future__ import annotations

import pytest

from opendata.catalog import upload_columns, vocabularies
from opendata.catalog.inert import inert
from opendata.catalog.records import DatasetRecord
from opendata.catalog.upload_columns import SHEETS, choices, column_of, columns
from opendata.catalog.upload_problems import CellProblem, codes, of_record
from opendata.catalog.validation import validate
from opendata.catalog.values import Text
from opendata.reading.sheets.values import KINDS


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_heading_of_a_template_means_its_column(sheet: str) -> None:
    for column in columns(sheet):
        for heading in column.heading.values():
            assert column_of(sheet, heading.value) == column, heading


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("НАИМЕНОВАНИЕ\nтемы", "title"),
        ("Название  отчёта:", "title"),
        ("Тема рус", "title_ru"),
        ("Атауы (қазақша)", "title_kk"),
        ("№ госрегистрации", "register_number"),
        ("Рег. №", "register_number"),
        ("E-mail", "contact_email"),
        ("Ғылыми жетекші", "leader"),
        ("Имена файлов", "files"),
        ("Примечание", ""),
        ("", ""),
    ],
)
def test_headings_of_agencies_are_recognised(heading: str, name: str) -> None:
    found = column_of("datasets", heading)
    assert (found.name if found else "") == name


def test_every_column_has_a_reader_and_a_known_list() -> None:
    for sheet in SHEETS:
        for column in columns(sheet):
            assert column.kind in KINDS or column.kind == "ignored"
            assert not column.vocabulary or choices(column.vocabulary, "kk")


def test_choices_of_a_drop_down_are_understood_when_they_come_back() -> None:
    for language in ("kk", "ru", "en"):
        for vocabulary in ("dataset_type", "resource_role", "disclosure", "contributor_role", "theme", "frequency"):
            assert all(vocabularies.code_of(vocabulary, word) for word in choices(vocabulary, language)), vocabulary
        assert all(vocabularies.language_code(word) for word in choices("language", language))


@pytest.mark.parametrize("code", codes())
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_problem_is_said_in_every_language(code: str, language: str) -> None:
    problem = CellProblem(code, "Sheet", 2, 3, value="v", filled={"vocabulary": "dataset_type"})
    assert problem.message(language)
    assert problem.hint(language)
    assert "{" not in problem.message(language) + problem.hint(language)


def test_no_two_columns_claim_one_heading() -> None:
    for sheet in SHEETS:
        assert upload_columns.spellings(sheet)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "＝1"])
def test_formula_is_made_inert(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-5", "+7 727 250", "-1,5", "слово", "a=b"])
def test_words_and_numbers_stay(text: str) -> None:
    assert inert(text) == text


def test_what_the_rules_of_all_records_found_is_said_in_the_language_of_the_reader() -> None:
    record = DatasetRecord(title=Text(ru="Отчёт"), themes=("космос",), frequency="иногда")
    told = [of_record(problem, CellProblem("", "Записи", 7)) for problem in validate(record)]
    assert [one.message("ru") for one in told] == [
        "Тема «космос» неизвестна и пропущена",
        "Периодичность «иногда» неизвестна и пропущена",
    ]
    assert {(one.sheet, one.row, one.is_error) for one in told} == {("Записи", 7, False)}
