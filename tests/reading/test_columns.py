"""Tables as columns: what type a column is taken for, what becomes of the rest, and files meant to break it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import Workbook

from opendata.reading import columns
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from opendata.reading.outcome import Stop
from opendata.reading.tabledata import FieldType, TablesRead, Unfit


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """One child process for all tests here."""
    with Reader() as made:
        yield made


def copied(reader: Reader, folder: Path, content: bytes, name: str = "table.csv", **limits: Any) -> TablesRead:
    """The tables of a file with that content."""
    path = folder / f"given-{name}"
    path.write_bytes(content)
    return reader.columns(path, name, folder, Limits(**limits))


def rows(folder: Path, number: int = 0) -> list[tuple[Any, ...]]:
    """What stands in a copy."""
    with duckdb.connect() as engine:
        return engine.execute(
            "SELECT * EXCLUDE (_words) FROM read_parquet(?) ORDER BY _id", [str(folder / f"{number}.parquet")]
        ).fetchall()


def column(reader: Reader, folder: Path, *cells: str) -> tuple[FieldType, list[Any], int]:
    """Type, values and number of misfits of a column with these cells."""
    content = "name;other\n" + "".join(f'"{cell}";x\n' for cell in cells)
    read = copied(reader, folder, content.encode())
    assert read.status == "ready", read
    field = read.tables[0].fields[0]
    found = rows(folder)
    assert [row[2] or "" for row in found] == [cell.strip() for cell in cells]
    return field.type, [row[3] if len(row) > 4 else row[2] for row in found], field.unfit


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (("1", "-20", "1 000", "12\u00a0345\u00a0678", ""), FieldType.INTEGER, [1, -20, 1000, 12345678, None]),
        (("1", "2,5", "1 000,25", ".5", "1e3"), FieldType.NUMBER, [1.0, 2.5, 1000.25, 0.5, 1000.0]),
        (("−5", "3"), FieldType.INTEGER, [-5, 3]),
        (("001", "17", "3"), FieldType.TEXT, ["001", "17", "3"]),
        (("да", "нет", "ДА"), FieldType.BOOLEAN, [True, False, True]),
        (("иә", "жоқ"), FieldType.BOOLEAN, [True, False]),
        (("2024-05-01", "31.12.2023"), FieldType.DATE, ["2024-05-01", "2023-12-31"]),
        (("13/05/2024", "01/05/2024"), FieldType.DATE, ["2024-05-13", "2024-05-01"]),
        (("05/13/2024", "05/01/2024"), FieldType.DATE, ["2024-05-13", "2024-05-01"]),
        (("01/02/2024", "03/04/2024"), FieldType.TEXT, ["01/02/2024", "03/04/2024"]),
        (("13/05/2024", "05/13/2024"), FieldType.TEXT, ["13/05/2024", "05/13/2024"]),
        (
            ("2024-05-01 10:30", "2024-05-01T10:30:05.5Z", "2024-05-01 00:30+05:00"),
            FieldType.TIMESTAMP,
            ["2024-05-01 10:30:00", "2024-05-01 10:30:05.500000", "2024-04-30 19:30:00"],
        ),
        (("1" * 18, "2"), FieldType.INTEGER, [int("1" * 18), 2]),
        (("9" * 30, "2"), FieldType.NUMBER, [1e30, 2.0]),
        (("", ""), FieldType.TEXT, [None, None]),
        (("1", "a"), FieldType.TEXT, ["1", "a"]),
        (("1e999", "2"), FieldType.TEXT, ["1e999", "2"]),
        (("=1+1", "2"), FieldType.TEXT, ["=1+1", "2"]),
    ],
)
def test_what_a_column_is_taken_for(
    reader: Reader, tmp_path: Path, cells: tuple[str, ...], kind: FieldType, values: list[Any]
) -> None:
    found, got, unfit = column(reader, tmp_path, *cells)
    shown = [str(one) if kind in (FieldType.DATE, FieldType.TIMESTAMP) else one for one in got]
    assert (found, shown, unfit) == (kind, values, 0)


@pytest.mark.parametrize(("odd", "kind"), [("н/д", FieldType.INTEGER), ("2024-13-45", FieldType.INTEGER)])
def test_one_cell_among_many_keeps_its_text(reader: Reader, tmp_path: Path, odd: str, kind: FieldType) -> None:
    cells = [str(number) for number in range(1, 40)]
    found, values, unfit = column(reader, tmp_path, *cells, odd)
    assert (found, unfit, values[-1], values[0]) == (kind, 1, None, 1)


def test_days_that_are_none_are_told(reader: Reader, tmp_path: Path) -> None:
    found, values, unfit = column(reader, tmp_path, *["01.02.2024"] * 39, "31.02.2024")
    assert (found, unfit, values[-1]) == (FieldType.DATE, 1, None)


def test_misfits_are_named_by_row_and_column(reader: Reader, tmp_path: Path) -> None:
    lines = ["Заголовок над таблицей", "", "год;сумма"] + [f"{number};{number}" for number in range(1, 41)]
    lines[10] = "x;y"
    table = copied(reader, tmp_path, "\n".join(lines).encode()).tables[0]
    assert table.problems == (Unfit(11, "год", "x"), Unfit(11, "сумма", "y"))
    assert [field.unfit for field in table.fields] == [1, 1]
    assert [row[:2] for row in rows(tmp_path)][:2] == [(1, 4), (2, 5)]


def test_a_quote_that_never_closes_is_named(reader: Reader, tmp_path: Path) -> None:
    [table] = copied(reader, tmp_path, b'a,b\n1,x\n2,"y\n3,z\n').tables
    assert [(one.row, one.column) for one in table.problems] == [(3, "b")]
    assert "y\n3,z" in rows(tmp_path)[-1]
    long = copied(reader, tmp_path, b'a,b\n1,"' + b"x\n" * 600_000)
    assert (long.status, "row 2 is never closed" in long.reason) == ("failed", True)


def test_headings_become_names_of_their_own(reader: Reader, tmp_path: Path) -> None:
    table = copied(reader, tmp_path, b'a,A,,_id,"x""y",\n1,2,3,4,5,6\n').tables[0]
    assert [field.name for field in table.fields] == ["a", "A_2", "column 3", "id", "x'y", "column 6"]


def test_rows_of_any_width_keep_every_cell(reader: Reader, tmp_path: Path) -> None:
    table = copied(reader, tmp_path, b"a,b,c\n1\n1,2,3,4\n").tables[0]
    assert [field.name for field in table.fields] == ["a", "b", "c", "column 4"]
    assert table.rows == 2


def test_sheets_have_a_copy_each(reader: Reader, tmp_path: Path) -> None:
    book, out = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for number in range(3):
        sheet = book.create_sheet(f"Парақ {number}")
        if number != 1:
            sheet.append(["а", "б"])
            sheet.append([number, 1.5])
    book.save(out)
    read = copied(reader, tmp_path, out.getvalue(), "book.xlsx")
    assert [(one.name, one.status) for one in read.tables] == [
        ("Парақ 0", "ready"), ("Парақ 1", "no_table"), ("Парақ 2", "ready"),
    ]  # fmt: skip
    assert rows(tmp_path, 2)[0][2:] == ("2", 2, "1.5", 1.5)


def test_parquet_keeps_its_own_types(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    with duckdb.connect() as engine:
        engine.execute(
            "COPY (SELECT i AS год, i / 4 AS доля, i % 2 = 0 AS есть, DATE '2024-01-01' + i::INT AS день, "
            "[i, i] AS список, CASE WHEN i = 1 THEN NULL ELSE 'қ' || i END AS слово, "
            "TIMESTAMP '2024-01-01 10:00:00' AS миг "
            f"FROM range(5) t(i)) TO '{path}' (FORMAT parquet)"
        )
    read = copied(reader, tmp_path, path.read_bytes(), "x.parquet")
    assert [str(field.type) for field in read.tables[0].fields] == [
        "int8", "float8", "bool", "date", "text", "text", "timestamp",
    ]  # fmt: skip
    assert [row[11] for row in rows(tmp_path)] == ["қ0", None, "қ2", "қ3", "қ4"]
    assert rows(tmp_path)[2][10] == "[2, 2]"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("x.parquet", b"PAR1" + b"\0" * 500 + b"\xff\xff\xff\x7fPAR1", "failed"),
        ("x.parquet", b"PAR1PAR1", "failed"),
        ("x.xlsx", b"PK\x03\x04" + b"\xff" * 500, "failed"),
        ("x.csv", b"", "failed"),
        ("x.csv", b"only a heading\n", "no_table"),
        ("x.txt", "Просто текст.\nНа двух строках.\n".encode(), "no_table"),
        ("x.pdf", b"%PDF-1.4\n", "failed"),
    ],
)
def test_what_is_no_table(reader: Reader, tmp_path: Path, name: str, content: bytes, status: str) -> None:
    read = copied(reader, tmp_path, content, name)
    assert (read.status, read.tables) == (status, ())
    assert read.reason


def test_a_file_over_the_bounds_is_too_large_and_harms_nothing(reader: Reader, tmp_path: Path) -> None:
    assert copied(reader, tmp_path, b",".join([b"1"] * 2001) + b"\n1,2\n").status == "too_large"
    assert copied(reader, tmp_path, (b",".join([b"1"] * 2000) + b"\n") * 2502).status == "too_large"
    slow = copied(reader, tmp_path, b"a,b\n" * 400_000, seconds=0.05)
    assert slow.status == "too_large"
    assert copied(reader, tmp_path, b"a,b\n1,2\n").status == "ready"


def test_headings_do_not_count_among_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_ROWS", 3)
    monkeypatch.setattr(columns, "MOST_CELLS", 6)
    book, above = Workbook(), "год;сумма\n"
    for line in ("г", "с"), (1, 2), (3, 4), (5, 6):
        book.worksheets[0].append(line)
    book.save(tmp_path / "full.xlsx")
    (tmp_path / "full.csv").write_text(above + "1;2\n" * 3, "utf-8")
    (tmp_path / "long.csv").write_text(above + "1;\n" * 4, "utf-8")
    (tmp_path / "wide.csv").write_text("год;сумма;и;ещё\n" + "1;2;3;4\n" * 2, "utf-8")
    found = {name: _copies(tmp_path, name) for name in ("full.csv", "full.xlsx", "long.csv", "wide.csv")}
    assert found == {"full.csv": [3], "full.xlsx": [3], "long.csv": "too_large", "wide.csv": "too_large"}


def _copies(folder: Path, name: str) -> list[int] | str:
    """The rows of each copy; the status where there is none."""
    try:
        return [one.rows for one in columns.copies(folder / name, name, folder, Limits())]
    except Stop as stop:
        return stop.status


def test_a_table_of_very_many_columns_is_whole(reader: Reader, tmp_path: Path) -> None:
    table = copied(reader, tmp_path, (b",".join(b"%d" % number for number in range(1500)) + b"\n") * 3).tables[0]
    assert (len(table.fields), rows(tmp_path)[1][-1]) == (1500, 1499)


def test_a_parquet_that_says_it_has_a_billion_rows(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    with duckdb.connect() as engine:
        engine.execute(f"COPY (SELECT 0 AS a FROM range(3000000)) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    assert copied(reader, tmp_path, path.read_bytes(), "x.parquet").status == "too_large"
