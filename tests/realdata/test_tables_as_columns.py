"""Real tables through the columnar copy, compared with what openpyxl and pandas read of the same files.

Run with `-s` to see the table of what came out.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from openpyxl import load_workbook

from opendata.reading import delimited
from opendata.reading.extract import Reader
from opendata.reading.tabledata import TableData, TablesRead

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet")


@pytest.fixture(scope="module")
def copied(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, tuple[TablesRead, Path]]:
    """Every table file, copied into a folder of its own."""
    found = {}
    with Reader() as reader:
        for path in sorted(one for one in (realdata / "tables").rglob("*") if one.suffix.lower() in SUFFIXES):
            folder = tmp_path_factory.mktemp("copy")
            found[path] = reader.columns(path, path.name, folder), folder
    return found


def rows_of(folder: Path, table: TableData) -> list[tuple[Any, ...]]:
    """The texts of a copy, row by row."""
    names = ", ".join(f"t{number}" for number in range(len(table.fields)))
    with duckdb.connect() as engine:
        query = f"SELECT {names} FROM read_parquet(?) ORDER BY _id"
        return engine.execute(query, [str(folder / f"{table.number}.parquet")]).fetchall()


def test_all_are_copied_or_say_why(copied: dict[Path, tuple[TablesRead, Path]]) -> None:
    statuses = Counter(read.status for read, _ in copied.values())
    types = Counter(str(field.type) for read, _ in copied.values() for one in read.tables for field in one.fields)
    unfit = sum(field.unfit for read, _ in copied.values() for one in read.tables for field in one.fields)
    print(f"\n{len(copied)} files: {dict(statuses)}; columns: {dict(types)}; cells that do not fit: {unfit}")
    for path, (read, _) in copied.items():
        if read.status != "ready":
            print(f"{path.parent.name}/{path.name}: {read.status}: {read.reason}")
    assert statuses["ready"] > len(copied) * 0.85
    assert not statuses["too_large"]
    assert {path.name for path, (read, _) in copied.items() if read.status == "failed"} <= {"encrypted_no_password.xls"}


def test_no_cell_of_a_csv_is_lost_or_changed(copied: dict[Path, tuple[TablesRead, Path]]) -> None:
    compared = 0
    for path, (read, folder) in copied.items():
        if path.suffix != ".csv" or read.status != "ready":
            continue
        found = delimited.opened(path.read_bytes(), "")
        assert found is not None
        lines = csv.reader(found.text.splitlines(keepends=True), delimiter=found.delimiter)
        expected = [[cell.strip() for cell in row] for row in lines if any(cell.strip() for cell in row)]
        got = [[cell or "" for cell in row] for row in rows_of(folder, read.tables[0])]
        below = expected[len(expected) - len(got) :]
        assert [_trimmed(row) for row in got] == [_trimmed(row) for row in below], path.name
        compared += 1
    assert compared > 60


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_workbooks_say_what_openpyxl_says(copied: dict[Path, tuple[TablesRead, Path]]) -> None:
    compared = 0
    for path, (read, folder) in copied.items():
        if path.suffix != ".xlsx" or read.status != "ready":
            continue
        book = load_workbook(BytesIO(path.read_bytes()), data_only=True)
        for table in read.tables:
            if table.status != "ready":
                continue
            sheet = book.worksheets[table.number]
            filled = [[_shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
            filled = [row for row in filled if any(row)]
            got = [[cell or "" for cell in row] for row in rows_of(folder, table)]
            below = filled[len(filled) - len(got) :]
            for mine, theirs in zip(got, below, strict=True):
                for one, other in zip(_trimmed(mine), _trimmed(theirs), strict=False):
                    assert _same(one, other), (path.name, table.name, one, other)
                    compared += 1
    assert compared > 10_000


def test_numbers_are_those_of_pandas(copied: dict[Path, tuple[TablesRead, Path]]) -> None:
    compared = 0
    for path, (read, folder) in copied.items():
        if path.parent.name not in ("fivethirtyeight", "moscow") or read.status != "ready":
            continue
        found = delimited.opened(path.read_bytes(), "")
        assert found is not None
        theirs = pd.read_csv(path, sep=found.delimiter, encoding=found.encoding)
        table = read.tables[0]
        if table.rows != len(theirs):  # pandas takes a first row of numbers for headings
            continue
        for place, field in enumerate(table.fields):
            if str(field.type) not in ("int8", "float8") or not pd.api.types.is_numeric_dtype(theirs.iloc[:, place]):
                continue
            with duckdb.connect() as engine:
                query = f"SELECT sum(v{place}), count(v{place}) FROM read_parquet(?)"
                row = engine.execute(query, [str(folder / "0.parquet")]).fetchone()
            assert row is not None
            assert row[1] == theirs.iloc[:, place].count() - field.unfit
            assert math.isclose(float(row[0] or 0), float(theirs.iloc[:, place].sum()), rel_tol=1e-9, abs_tol=1e-9)
            compared += 1
    assert compared > 100


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(cell).strip()


def _same(one: str, other: str) -> bool:
    """Numbers are compared as such, instants to the second: openpyxl rounds them otherwise."""
    if " ".join(one.split()) == " ".join(other.split()):
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9)
    except ValueError:
        return one[:16] == other[:16]
