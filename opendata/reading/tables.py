"""The first look at a table file: columns with types and counts (by pandas), and the first rows. Bounded throughout.

Imports pandas, so it is imported only where a preview is made: in the child process.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from opendata.catalog.normalise import clean_text
from opendata.reading import delimited, filetype, packages
from opendata.reading.broken import BROKEN_WORKBOOK
from opendata.reading.contract import Limits
from opendata.reading.outcome import Stop, clean_line
from opendata.reading.tablepreview import Column, ColumnType, Sheet, TablePreview

COUNTED_ROWS = 100_000
"""Rows that types and counts are made of, at most."""
COUNTED_CELLS = 2_000_000
COLUMNS = 100
SHEETS = 20
CELL_CHARACTERS = 500
CSV_BYTES = 64 * 1024**2
HEADER_WITHIN = 15
_WORKBOOKS = frozenset(("XLSX", "XLS", "ODS"))

# Leading zeros make a code (KATO, tax numbers), which is text.
INTEGER = r"[+\-−]?(?:0|[1-9]\d{0,17}|[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+)"
NUMBER = r"[+\-−]?(?=[.,]?\d)(?:0|[1-9]\d*|[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+)?(?:[.,]\d+)?(?:[eE][+\-]?\d{1,3})?"
_DAY = r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4})"
DATE = _DAY + r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+\-]\d{2}:?\d{2})?)?"
BOOLEAN = r"(?i:true|false|yes|no|да|нет|иә|жоқ)"
_TYPES = (
    (ColumnType.BOOLEAN, BOOLEAN),
    (ColumnType.INTEGER, INTEGER),
    (ColumnType.NUMBER, NUMBER),
    (ColumnType.DATE, DATE),
)


def preview(path: Path, filename: str = "", rows: int = 50, limits: Limits | None = None) -> TablePreview:
    """The first `rows` rows of each sheet of a CSV, TSV, XLSX, XLS or ODS; `problem` says why there is none, or where
    it is broken.
    """
    kind = filetype.detect(path, filename)
    try:
        if kind.format in _WORKBOOKS:
            return _workbook(path, kind.format, rows, limits or Limits())
        if kind.format in ("CSV", "TSV", "TXT"):
            found = _delimited(path, "\t" if kind.format == "TSV" else "", rows)
            # Any text is a table of one column; only a name ending in .csv or .tsv makes it one.
            if kind.format != "TXT" or found.problem or found.sheets[0].total_columns > 1:
                return found
    except Stop as stop:
        return TablePreview(problem=stop.reason)
    return TablePreview(problem="it is not a table that is read here")


def _delimited(path: Path, hint: str, rows: int) -> TablePreview:
    with path.open("rb") as stream:
        data = stream.read(CSV_BYTES + 1)
    table = delimited.opened(data[:CSV_BYTES], hint)
    if table is None:
        return TablePreview(problem="it is not text in any charset known here")
    sheet, cut = _sheet("", table.rows(), rows, whole=len(data) <= CSV_BYTES)
    problem = "" if sheet.columns else "it holds no rows"
    if len(data) <= CSV_BYTES and (row := table.unclosed()):
        problem = delimited.never_closed(row)
    return TablePreview((sheet,), table.delimiter, table.encoding, cut, problem)


def _workbook(path: Path, kind: str, rows: int, limits: Limits) -> TablePreview:
    if kind != "XLS":
        packages.check(path, limits)
    try:
        with pd.ExcelFile(path, engine="calamine") as workbook:
            names = workbook.sheet_names
            found = [_worksheet(workbook, name, rows) for name in names[:SHEETS]]
    except BROKEN_WORKBOOK as error:
        if "password" in str(error).lower():
            return TablePreview(problem="encrypted: it needs a password")
        return TablePreview(problem=f"broken: {clean_line(str(error), 200)}")
    sheets = tuple(sheet for sheet, _ in found)
    truncated = len(names) > SHEETS or any(cut for _, cut in found)
    return TablePreview(
        sheets, truncated=truncated, problem="" if any(s.columns for s in sheets) else "it holds no cells"
    )


def _worksheet(workbook: pd.ExcelFile, name: int | str, rows: int) -> tuple[Sheet, bool]:
    most = COUNTED_ROWS + HEADER_WITHIN
    frame = pd.read_excel(workbook, sheet_name=name, header=None, dtype=object, nrows=most, na_filter=False)
    cells = ([_shown(cell) for cell in row] for row in frame.itertuples(index=False, name=None))
    filled = (row for row in cells if any(row))
    return _sheet(clean_line(str(name), 100), filled, rows, whole=len(frame) < most)


def _shown(cell: Any) -> str:
    """A cell as people write it: 3 for 3.0, a day for its midnight."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def _sheet(name: str, source: Iterable[list[str]], rows: int, *, whole: bool) -> tuple[Sheet, bool]:
    """The sheet of `source`, and whether anything was left out. `whole`: `source` is all there is."""
    stream = iter(source)
    kept, more = _kept(stream)
    header, body, note = split_header(kept)
    beyond = sum(1 for _ in stream) + (1 if more else 0)
    width = max((len(row) for row in kept), default=0)
    if not kept:
        return Sheet(name, total_rows=0 if whole else None), not whole
    columns = min(width, COLUMNS)
    frame = pd.DataFrame([[cell.strip() for cell in _padded(row, columns)] for row in body], dtype=object)
    names = column_names(_padded(header, columns))
    found = tuple(_column(names[number], frame[number] if len(frame) else None) for number in range(columns))
    shown = tuple(tuple(_cell(cell) for cell in _padded(row, columns)) for row in body[:rows])
    long = any(len(cell) > CELL_CHARACTERS for row in body[:rows] for cell in row)
    sheet = Sheet(
        name=name,
        columns=found,
        rows=shown,
        total_rows=len(body) + beyond if whole else None,
        counted_rows=len(body),
        total_columns=width,
        note=note,
    )
    return sheet, bool(beyond or not whole or width > COLUMNS or long)


def _kept(stream: Iterator[list[str]]) -> tuple[list[list[str]], bool]:
    """The rows that are counted, and whether one more was taken from the stream and dropped."""
    kept: list[list[str]] = []
    cells = 0
    for row in itertools.islice(stream, COUNTED_ROWS + 1):
        cells += len(row)
        if cells > COUNTED_CELLS and kept:
            return kept, True
        kept.append(row)
    return kept, False


def split_header(kept: list[list[str]]) -> tuple[list[str], list[list[str]], str]:
    """The header, the rows after it, and the lines before it (a title over the table).

    The header is the first row that fills most of the table's width; a first row of numbers alone is no header.
    """
    widths = [sum(1 for cell in row if cell.strip()) for row in kept[:HEADER_WITHIN]]
    needed = max(widths, default=0) * 0.6
    at = next((number for number, width in enumerate(widths) if width >= needed), 0)
    note = " ".join(cell.strip() for row in kept[:at] for cell in row if cell.strip())
    if at == 0 and kept and all(_is_number(cell) for cell in kept[0] if cell.strip()):
        return [], kept, ""
    return (kept[at] if kept else []), kept[at + 1 :], _cell(note)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", ".").replace(" ", ""))
    except ValueError:
        return False
    return True


def _padded(row: list[str], width: int) -> list[str]:
    return row[:width] + [""] * (width - len(row))


def column_names(header: list[str]) -> list[str]:
    """The headings as they are shown; a column without one is called by its number."""
    return [_cell(" ".join(name.split())) or f"column {number}" for number, name in enumerate(header, start=1)]


def _cell(text: str) -> str:
    text = clean_text(text, lines=True)[0]
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def _column(name: str, values: pd.Series[Any] | None) -> Column:
    if values is None:
        return Column(name, ColumnType.EMPTY, 0, 0)
    filled = values[values != ""].astype("str")
    kind = ColumnType.TEXT if len(filled) else ColumnType.EMPTY
    for candidate, pattern in _TYPES:
        # The first cells refuse most candidates without a look at the rest.
        if len(filled) and filled.head(50).str.fullmatch(pattern).all() and filled.str.fullmatch(pattern).all():
            kind = candidate
            break
    return Column(name, kind, len(filled), int(filled.nunique()))
