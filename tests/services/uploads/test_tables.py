"""What a clerk's real sheet looks like: two lines of headings, numbered columns, sections, sums, notes, signatures."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from opendata.reading.sheets.tables import Table, recognised, taken
from opendata.reading.spreadsheet import SheetCells, SheetRow, Spreadsheet

Merged = tuple[tuple[int, int, int, int], ...]


def sheet(rows: Sequence[Sequence[str]], name: str = "Лист1", merged: Merged = ()) -> SheetCells:
    """A sheet of these rows; empty ones are left out, as the reader does."""
    filled = [SheetRow(number, tuple(row)) for number, row in enumerate(rows, 1) if any(row)]
    return SheetCells(name=name, merged=merged, rows=filled)


def read(*sheets: SheetCells, **said: dict[str, str]) -> tuple[list[Table], list[str]]:
    """The tables, and the codes of the problems."""
    tables, problems = recognised(Spreadsheet(sheets), said)
    return tables, [problem.code for problem in problems]


CLERK = [
    ("Перечень научно-исследовательских работ за 2023 год", "", "", "", "", "", ""),
    ("", "", "", "", "", "", ""),
    ("№ п/п", "Наименование НИР", "ИРН", "Исполнитель", "Договор", "", "Сумма, тыс. тенге"),
    ("", "", "", "", "номер", "дата", ""),
    ("1", "2", "3", "4", "5", "6", "7"),
    ("Раздел I. Водные ресурсы", "", "", "", "", "", ""),
    ("1", "Оценка водных ресурсов", "BR21881930", "Институт географии", "12-1", "15.03.2023", "12 500"),
    ("2", "Мониторинг ледников", "BR21881931", "Институт географии", "12-2", "16.03.2023", "9 000,5"),
    ("", "Итого по разделу:", "", "", "", "", "21 500,5 тыс. тенге"),
    ("№ п/п", "Наименование НИР", "ИРН", "Исполнитель", "Договор", "", "Сумма, тыс. тенге"),
    ("3", "Почвы Костанайской области", "BR21881932", "НИИ почвоведения", "12-3", "17.03.2023", "1 000"),
    ("", "Всего", "", "", "", "", "22500.5"),
    ("", "", "", "", "", "", ""),
    ("Примечание: суммы указаны без НДС", "", "", "", "", "", ""),
    ("", "Директор департамента", "", "", "А. Сериков", "", ""),
    ("", "Исп.: Ахметова Г. тел. 74-01-02", "", "", "", "", ""),
]


def test_nothing_but_records_is_taken_of_a_clerks_sheet() -> None:
    (table,), codes = read(sheet(CLERK, merged=((1, 1, 1, 7), (3, 5, 3, 6), (3, 1, 4, 1), (6, 1, 6, 7))))
    assert table.kind == "studies"
    assert [row.get("register_number") for row in table.rows] == ["BR21881930", "BR21881931", "BR21881932"]
    assert [column.name if column else "" for column in table.columns] == [
        "ordinal", "title", "register_number", "performer", "contract_number", "signed", "amount",
    ]  # fmt: skip
    assert table.headings[5] == "Договор: дата"
    assert not any(row.others for row in table.rows)
    assert sorted(codes) == ["note_row"] * 4 + ["total_row"] * 2


def test_headings_of_two_lines_are_read_without_merges_too() -> None:
    (table,), _ = read(sheet(CLERK))
    assert len(table.rows) == 3
    assert table.rows[0].get("signed") == "15.03.2023"


def test_title_alone_is_a_record_unless_it_looks_like_a_note() -> None:
    rows = [("Идентификатор", "Название"), ("", "Отчёт без номера"), ("A-1", ""), ("A-2", "Второй")]
    (table,), codes = read(sheet(rows))
    assert [row.number for row in table.rows] == [2, 3, 4]
    assert not codes


def test_sheet_of_titles_only_is_taken_whole() -> None:
    (table,), codes = read(sheet([("Название",), ("Директор завода: портрет",), ("Вода",), ("Руководитель и время",)]))
    assert len(table.rows) == 3
    assert not codes


def test_rows_under_merged_cells_are_no_notes() -> None:
    rows = [("ИРН", "Название темы", "Файл", "Вид отчёта"), ("AP1", "Вода", "a.pdf", "Отчёт"), ("", "", "", "Итог")]
    (table,), codes = read(sheet(rows, merged=((2, 1, 3, 1), (2, 2, 3, 2))))
    assert [row.get("title") for row in table.rows] == ["Вода", "Вода"]
    assert not codes


@pytest.mark.parametrize(
    ("headings", "kind"),
    [
        (("Название", "ИРН"), "datasets"),
        (("Название темы", "ИРН", "Вид отчёта", "Период"), "datasets"),
        (("Наименование НИР", "ИРН", "Исполнитель", "Сумма договора"), "studies"),
        (("Зерттеу атауы", "Тіркеу нөмірі", "Орындаушы", "Басталуы", "Аяқталуы"), "studies"),
        (("Title", "Register number", "Performer", "Start", "End"), "studies"),
        (("ИРН", "Номер договора", "Дата договора", "Сумма"), "contracts"),
        (("ИРН", "Номер договора", "Вид отчёта", "Срок сдачи", "Сдано"), "deliverables"),
        (("Идентификатор", "Название", "ИРН", "Сумма договора", "Файлы"), "datasets"),
        (("Запись", "Файл"), "files"),
    ],
)
def test_kind_of_a_sheet_is_told_by_its_headings(headings: tuple[str, ...], kind: str) -> None:
    (table,), _ = read(sheet([headings, ("a", "b")]))
    assert table.kind == kind


def test_name_of_a_sheet_decides_where_headings_do_not() -> None:
    (table,), _ = read(sheet([("Название", "ИРН"), ("Вода", "AP09259734")], name="Исследования"))
    assert table.kind == "studies"


def test_people_may_tell_what_a_sheet_and_its_headings_are() -> None:
    rows = [("Шифр темы", "Что делаем"), ("BR21881930", "Вода")]
    tables, codes = read(sheet(rows))
    assert not tables
    assert codes == ["sheet_unknown"]
    (table,), _ = read(sheet(rows), sheets={"лист1": "studies"})
    assert taken(Spreadsheet((sheet(rows), sheet(rows, "Лист2"))), [table]) == {
        "sheets": {"Лист1": "studies", "Лист2": "+"},
        "studies": {"Шифр темы": "+", "Что делаем": "+"},
    }
    said = {"шифр темы": "register_number", "что делаем": "title"}
    (table,), codes = read(sheet(rows), studies=said)
    assert table.rows[0].get("title") == "Вода"
    assert not codes
    assert read(sheet(rows), studies=said, sheets={"лист1": ""}) == ([], [])


def test_guessed_heading_is_taken_with_a_word_and_a_likely_one_is_only_proposed() -> None:
    rows = [("Идентификатор", "Название", "Ключевык слова", "Аннотация отчета о НИР"), ("A", "B", "c; d", "e")]
    (table,), codes = read(sheet(rows))
    assert codes == ["column_guessed", "column_like"]
    assert table.rows[0].get("keywords") == "c; d"
    assert table.rows[0].others == {"Аннотация отчета о НИР": "e"}


def test_known_heading_goes_before_a_guessed_one() -> None:
    (table,), codes = read(sheet([("Ключевык слова", "Название", "Ключевые слова"), ("a", "b", "c")]))
    assert table.rows[0].get("keywords") == "c"
    assert codes == ["column_repeated"]


def test_heading_that_is_left_out_is_not_kept() -> None:
    said = {"шкаф": "", "название": "title"}
    rows = [("Название", "Шкаф", "№"), ("Вода", "7", "1")]
    (table,), codes = read(sheet(rows), datasets=said)
    assert not table.rows[0].others
    assert not codes
    assert taken(Spreadsheet((sheet(rows),)), [table])["datasets"] == {"Название": "title", "Шкаф": "", "№": ""}
