"""The first look at tables: delimiter, charset, header, types and counts, and the bounds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from opendata.errors import Invalid
from opendata.reading import tables
from opendata.reading.delimited import delimiter_of, opened
from opendata.reading.extract import Reader
from opendata.reading.rows import read_rows
from opendata.reading.tablepreview import Column, ColumnType, TablePreview
from tests.reading.conftest import MakePackage, docx_body, docx_parts, xlsx_bytes

WELLS = (
    "код;скважина;уровень, м;дата;действует;примечание\n"
    "010203;Кызылорда-1;12,5;01.02.2024;да;\n"
    "010204;Тараз;7;2024-02-03;нет;\n"
    "010205;Шу;;;да;\n"
)


def written(tmp_path: Path, text: str, name: str = "wells.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "koi8-r", "utf-16"])
def test_semicolons_and_decimal_commas_in_any_charset(tmp_path: Path, encoding: str) -> None:
    found = tables.preview(written(tmp_path, WELLS, encoding=encoding))
    assert (found.delimiter, found.encoding, found.problem, found.truncated) == (";", encoding, "", False)
    sheet = found.sheets[0]
    assert sheet.columns == (
        Column("код", ColumnType.TEXT, 3, 3),
        Column("скважина", ColumnType.TEXT, 3, 3),
        Column("уровень, м", ColumnType.NUMBER, 2, 2),
        Column("дата", ColumnType.DATE, 2, 2),
        Column("действует", ColumnType.BOOLEAN, 3, 2),
        Column("примечание", ColumnType.EMPTY, 0, 0),
    )
    assert sheet.rows[0] == ("010203", "Кызылорда-1", "12,5", "01.02.2024", "да", "")
    assert (sheet.total_rows, sheet.counted_rows, sheet.total_columns) == (3, 3, 6)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('a,b\n1,"x\n2,y\n3,z\n', 2),
        ('a,b\n1,x\n\n2,"y', 4),
        ('a,b\n1,"' + "x\n" * 600_000, 2),
        ('a,b\n1,"x\ny"\n2,"z ""q"""\n', 0),
        ('a,b\n1,5" pipe\n2,y\n', 0),
        ('a,b\n1,""\n', 0),
    ],
)
def test_a_quote_that_never_closes_is_told_with_its_row(tmp_path: Path, text: str, row: int) -> None:
    path = written(tmp_path, text)
    table = opened(path.read_bytes())
    assert table is not None
    assert table.unclosed() == row
    assert (f"a quotation mark in row {row} is never closed" in tables.preview(path).problem) == bool(row)


def test_a_register_with_a_quote_that_never_closes_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="row 2 is never closed"):
        read_rows(written(tmp_path, 'a,b\n1,"x\n2,y\n'), 10)


def test_json_gives_the_same_preview_back(tmp_path: Path) -> None:
    found = tables.preview(written(tmp_path, WELLS))
    assert TablePreview.from_json(found.to_json()) == found
    with pytest.raises((KeyError, TypeError, ValueError)):
        TablePreview.from_json("{}")


def test_workbook_types(tmp_path: Path) -> None:
    path = tmp_path / "wells.xlsx"
    day = dt.datetime(2024, 2, 3)  # noqa: DTZ001 - workbooks know no time zones
    path.write_bytes(xlsx_bytes([["well", "level", "count", "day", "works"], ["Taraz", 12.5, 3, day, True]]))
    sheet = tables.preview(path).sheets[0]
    assert [column.type for column in sheet.columns] == ["text", "number", "integer", "date", "boolean"]
    assert sheet.rows == (("Taraz", "12.5", "3", "2024-02-03", "true"),)
    assert sheet.name == "Wells"


def test_title_above_the_header_is_kept_apart(tmp_path: Path) -> None:
    text = "Уровень вод по скважинам,,\n,,\nскважина,год,уровень\nШу,2020,1\nТараз,2021,2\n"
    sheet = tables.preview(written(tmp_path, text)).sheets[0]
    assert [column.name for column in sheet.columns] == ["скважина", "год", "уровень"]
    assert sheet.note == "Уровень вод по скважинам"
    assert sheet.total_rows == 2


def test_numbers_alone_are_no_header(tmp_path: Path) -> None:
    sheet = tables.preview(written(tmp_path, "1,2\n3,4\n")).sheets[0]
    assert [column.name for column in sheet.columns] == ["column 1", "column 2"]
    assert sheet.total_rows == 2


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "1 000 000", "0"], ColumnType.INTEGER),
        (["007", "010000"], ColumnType.TEXT),
        (["1", "2.5", ".5", "1e-3", "-3,2"], ColumnType.NUMBER),
        (["1", "-", "2"], ColumnType.TEXT),
        (["2024-01-31", "31.01.2024", "2024-01-31T10:00:00Z"], ColumnType.DATE),
        (["2024", "2025"], ColumnType.INTEGER),
        (["иә", "жоқ"], ColumnType.BOOLEAN),
        (["", ""], ColumnType.EMPTY),
        (["=1+1", "=cmd|' /C calc'!A0"], ColumnType.TEXT),
    ],
)
def test_a_type_is_that_of_every_filled_cell(tmp_path: Path, cells: list[str], kind: ColumnType) -> None:
    text = "name\tvalue\n" + "".join(f"x\t{cell}\n" for cell in cells)
    assert tables.preview(written(tmp_path, text, "a.tsv")).sheets[0].columns[1].type is kind


def test_rows_columns_and_cells_are_bounded(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(150))
    row = ",".join(["x" * 600] + ["1"] * 149)
    found = tables.preview(written(tmp_path, f"{header}\n" + f"{row}\n" * 80), rows=10)
    sheet = found.sheets[0]
    assert (len(sheet.rows), len(sheet.columns), sheet.total_columns, sheet.total_rows) == (10, 100, 150, 80)
    assert len(sheet.rows[0][0]) == 500
    assert found.truncated


def test_counting_stops_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "COUNTED_ROWS", 1000)
    found = tables.preview(written(tmp_path, "a,b\n" + "1,2\n" * 5000))
    sheet = found.sheets[0]
    assert (sheet.counted_rows, sheet.total_rows, sheet.columns[0].filled) == (1000, 5000, 1000)
    assert found.truncated


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\n1, 2\t3\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('a,b\n"x;y",2\n"z;w",3\n', ","),
        ("one column\nof words\n", ","),
        ("", ","),
    ],
)
def test_delimiter(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


def test_excels_own_line_names_the_delimiter(tmp_path: Path) -> None:
    found = tables.preview(written(tmp_path, "sep=|\na,x|b\n1|2\n"))
    assert (found.delimiter, found.sheets[0].columns[0].name) == ("|", "a,x")


@pytest.mark.parametrize("text", ["", 'a,b\n"never closed,1\n2,3\n', "a,b\n\n\n", "a\n" + "x" * 3_000_000])
def test_strange_tables_do_not_raise(tmp_path: Path, text: str) -> None:
    found = tables.preview(written(tmp_path, text))
    assert found.problem or found.sheets


def test_what_is_no_table_says_so(reader: Reader, tmp_path: Path, package: MakePackage) -> None:
    assert (
        reader.preview(package("a.docx", docx_parts(docx_body("x")))).problem == "it is not a table that is read here"
    )
    (tmp_path / "prose.txt").write_text("One line of words.\nAnother line of words.\n")
    assert reader.preview(tmp_path / "prose.txt").problem == "it is not a table that is read here"
    (tmp_path / "cut.xlsx").write_bytes(xlsx_bytes([["a"]])[:-40])
    assert reader.preview(tmp_path / "cut.xlsx").problem.startswith("broken")
    (tmp_path / "noise.csv").write_bytes(b"a,b\n" + bytes(range(128, 256)) * 40 + bytes(range(32)) * 9)
    assert reader.preview(tmp_path / "noise.csv").problem


def test_preview_through_the_child_is_the_same(reader: Reader, tmp_path: Path) -> None:
    path = written(tmp_path, WELLS)
    assert reader.preview(path) == tables.preview(path)


def test_signs_that_turn_or_hide_words_are_not_shown(tmp_path: Path) -> None:
    head, cells = ["\u202eназвание", "сумма\ufeff"], ["Вода\u202e\u2066 и\ufeff лёд\u2069", "1"]
    (tmp_path / "a.csv").write_text("\n".join(";".join(row) for row in (head, cells, cells)), "utf-8")
    (tmp_path / "a.xlsx").write_bytes(xlsx_bytes([[*head], [*cells], [*cells]]))
    for name in ("a.csv", "a.xlsx"):
        (sheet,) = tables.preview(tmp_path / name).sheets
        assert [one.name for one in sheet.columns] == ["название", "сумма"]
        assert sheet.rows == (("Вода и лёд", "1"),) * 2
