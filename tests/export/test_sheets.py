"""Tables as they leave: opened by pandas, never a formula, and never whole in memory."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal
from uuid import UUID

import openpyxl
import pandas as pd
import pytest

from opendata.catalog.values import Text
from opendata.export import sheets, tables
from opendata.export.entry import Entry
from opendata.export.registry import STREAMS
from opendata.export.sheets import SHEETS, Row, SheetFormat, csv_pieces, jsonl_pieces, xlsx_pieces
from tests.export.samples import FULL, SITE, entry_of

COLUMNS = ("name", "number", "list", "nothing")
EVIL = '=HYPERLINK("https://x.example";"a")'
ROWS: list[Row] = [("Су\x00 <b>&\n  ", 12, ("a", "b"), None), (EVIL, -5, (), ""), ("'1", 2**60, ("007",), "+7 701")]


def whole(form: SheetFormat, rows: list[Row]) -> bytes:
    return b"".join(form.pieces(COLUMNS, rows))


@pytest.mark.parametrize("engine", ["openpyxl", "calamine"])
def test_pandas_opens_the_workbook_with_its_numbers_and_texts(engine: Literal["openpyxl", "calamine"]) -> None:
    data = io.BytesIO(b"".join(xlsx_pieces(COLUMNS, ROWS)))
    found = pd.read_excel(data, engine=engine, dtype=object, keep_default_na=False)
    assert list(found.columns) == list(COLUMNS)
    assert found.values.tolist() == [
        ["Су <b>&\n  ", 12, "a; b", ""],
        [EVIL, -5, "", ""],
        ["'1", str(2**60), "007", "+7 701"],
    ]


def test_no_cell_of_a_workbook_is_a_formula_not_even_once_it_is_edited() -> None:
    book = openpyxl.load_workbook(io.BytesIO(b"".join(xlsx_pieces(COLUMNS, ROWS))))
    cell = book.active["A3"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (EVIL, "s", True)


def test_pandas_opens_csv_and_formulas_are_words_there() -> None:
    found = pd.read_csv(io.BytesIO(b"".join(csv_pieces(COLUMNS, ROWS))), dtype=str, keep_default_na=False)
    assert found.values.tolist()[1] == [f"'{EVIL}", "-5", "", ""]
    assert list(found.columns) == list(COLUMNS)


def test_json_lines_keep_numbers_lists_and_nothing() -> None:
    lines = b"".join(jsonl_pieces(COLUMNS, ROWS)).decode().splitlines()
    assert json.loads(lines[0]) == {"name": "Су\x00 <b>&\n  ", "number": 12, "list": ["a", "b"], "nothing": None}
    assert len(lines) == len(ROWS)


def test_no_rows_are_a_table_with_its_heading() -> None:
    assert pd.read_excel(io.BytesIO(whole(SHEETS[1], [])), engine="calamine").empty
    assert whole(SHEETS[0], []).decode("utf-8-sig") == "name,number,list,nothing\r\n"


def test_what_one_sheet_cannot_hold_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    book = openpyxl.load_workbook(io.BytesIO(whole(SHEETS[1], [(str(n), n, (), None) for n in range(5)])))
    assert [[row[0].value for row in sheet.rows] for sheet in book] == [
        ["name", "0", "1"],
        ["name", "2", "3"],
        ["name", "4"],
    ]


def test_the_same_rows_are_the_same_bytes() -> None:
    first, second = (whole(SHEETS[1], ROWS) for _ in range(2))
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).testzip() is None


@pytest.mark.parametrize("name", ["jsonl", "csv", "xlsx"])
def test_nothing_is_held_back_until_the_end(name: str) -> None:
    """Only so many records are read before the first bytes leave, and what is held does not grow with them."""
    read = 0

    def entries(number: int) -> Iterator[Entry]:
        nonlocal read
        base = entry_of(FULL)
        for n in range(number):
            read += 1
            yield replace(base, record=replace(FULL, id=UUID(int=n), title=Text(ru=f"Запись {n}")))

    stream = next(one for one in STREAMS if one.name == name)
    pieces = stream.write(entries(1_000), SITE)
    next(pieces), next(pieces)
    assert read < 600
    tracemalloc.start()
    largest = max(map(len, pieces))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 1_000
    assert largest < 1_000_000
    assert peak < 2_000_000


@pytest.mark.parametrize("form", [one for one in SHEETS if one.suffix != "jsonl"], ids=lambda one: one.suffix)
def test_the_answer_begins_before_the_first_row_is_read(form: SheetFormat) -> None:
    taken: list[int] = []

    def rows() -> Iterator[Row]:
        taken.append(1)
        yield ("a",)

    pieces = form.pieces(("name",), rows())
    assert next(pieces)
    assert taken == []
    assert b"".join(pieces)


def test_every_column_of_the_whole_catalogue_has_a_value_where_the_record_has_one() -> None:
    (row,) = pd.read_csv(io.BytesIO(b"".join(tables.stream_csv(iter([entry_of(FULL)]), SITE)))).to_dict("records")
    assert [name for name, value in row.items() if value != value] == ["title_other"]
    assert row["license_id"] == "CC-BY-4.0; CC0-1.0"
    assert row["uri"] == f"https://data.example/id/{FULL.id}"
