"""Every cell of a spreadsheet as text, with its place, for tables that people fill in. Runs in the child process.

Values are the stored ones (of a formula: the value last computed); numbers and days are written as people write them.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from opendata.reading import delimited, filetype, packages, workbook_parts
from opendata.reading.contract import Limits
from opendata.reading.outcome import clean, failed, too_large
from opendata.reading.workbook_parts import MOST_COLUMNS, Parts, SheetParts

MOST_SHEETS = 50
MOST_TEXT_BYTES = 64 * 1024**2
MOST_CELL = 32_768
"""Characters of a cell: what Excel itself allows, and one more to tell that there were more."""
MOST_GAPS = 200_000
"""Rows that a sheet may span, filled or empty, beyond the filled ones that are allowed."""

Message = dict[str, Any]


def messages(path: Path, filename: str, limits: Limits, most_rows: int) -> Iterator[Message]:
    """One {"sheet": …} for each sheet and {"row": number, "cells": […]} for each filled row below it; {"note": code}
    where the workbook holds what is not read. Stop where it cannot be read or is over a limit.
    """
    kind = filetype.detect(path, filename)
    if kind.format in ("XLSX", "XLSM", "XLS", "ODS"):
        yield from _workbook(path, kind.format, limits, most_rows)
    elif kind.format in ("CSV", "TSV", "TXT"):
        yield from _delimited(path, "\t" if kind.format == "TSV" else "", most_rows)
    else:
        raise failed(f"it is {kind.format or 'of an unknown kind'}, not a spreadsheet (XLSX, XLS, ODS or CSV)")


def _delimited(path: Path, hint: str, most_rows: int) -> Iterator[Message]:
    with path.open("rb") as stream:
        data = stream.read(MOST_TEXT_BYTES + 1)
    if len(data) > MOST_TEXT_BYTES:
        raise too_large(f"it has more than {MOST_TEXT_BYTES // 1024**2} MB")
    table = delimited.opened(data, hint)
    if table is None:
        raise failed("it is not text in any charset known here")
    yield _sheet("", SheetParts(), merged=[])
    filled = 0
    for number, row in table.numbered_rows():
        if any(cell.strip() for cell in row):
            filled += 1
            if filled > most_rows:
                raise too_large(f"it has more than {most_rows} filled rows")
            yield _row(number, list(row))


def _workbook(path: Path, kind: str, limits: Limits, most_rows: int) -> Iterator[Message]:
    parts = _parts(path, kind, limits, most_rows)
    if parts.macros:
        yield {"note": "macros"}
    if parts.links:
        yield {"note": "external_links"}
    try:
        book = CalamineWorkbook.from_path(str(path))
        for place, meta in enumerate(book.sheets_metadata[:MOST_SHEETS]):
            sheet = book.get_sheet_by_index(place)
            hidden = meta.visible is not SheetVisibleEnum.Visible
            yield from _worksheet(sheet, parts.sheets.get(meta.name, SheetParts()), most_rows, hidden=hidden)
    except (python_calamine.CalamineError, zipfile.BadZipFile, ValueError, KeyError, OSError) as error:
        if "password" in str(error).lower():
            raise failed("encrypted: it needs a password") from error
        raise failed(f"broken: {clean(str(error))[:200]}") from error


def _parts(path: Path, kind: str, limits: Limits, most_rows: int) -> Parts:
    if kind == "XLS":
        return Parts({}, macros=False, links=False)
    packages.check(path, limits)
    if kind == "ODS":
        hidden = workbook_parts.ods_hidden_rows(path)
        return Parts({name: SheetParts(rows) for name, rows in hidden.items()}, macros=False, links=False)
    return workbook_parts.xlsx_parts(path, most_rows)


def _worksheet(sheet: CalamineSheet, parts: SheetParts, most_rows: int, *, hidden: bool) -> Iterator[Message]:
    merged = [[top + 1, left + 1, bottom + 1, right + 1] for (top, left), (bottom, right) in _merged(sheet)]
    yield _sheet(sheet.name, parts, merged=merged, hidden=hidden)
    if sheet.start is None:
        return
    if sheet.height > most_rows + MOST_GAPS or sheet.total_width > MOST_COLUMNS:
        raise too_large(f"the sheet {sheet.name!r} spans {sheet.height} rows and {sheet.total_width} columns")
    top, left = sheet.start
    filled = 0
    for number, row in enumerate(sheet.to_python(skip_empty_area=True), top + 1):
        cells = [""] * left + [shown(cell) for cell in row]
        for column, words in parts.errors.get(number, ()):
            cells += [""] * (column - len(cells))
            cells[column - 1] = words
        if any(cells):
            filled += 1
            if filled > most_rows:
                raise too_large(f"the sheet {sheet.name!r} has more than {most_rows} filled rows")
            yield _row(number, cells)


def _merged(sheet: CalamineSheet) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return (sheet.merged_cell_ranges or [])[: workbook_parts.MOST_NOTED]


def _sheet(name: str, parts: SheetParts, *, merged: list[list[int]], hidden: bool = False) -> Message:
    return {
        "sheet": name,
        "hidden": hidden,
        "merged": merged,
        "hidden_rows": sorted(parts.hidden_rows),
        "uncomputed": [list(cell) for cell in parts.uncomputed],
    }


def _row(number: int, cells: list[str]) -> Message:
    while cells and not cells[-1]:
        cells.pop()
    return {"row": number, "cells": [clean(cell[:MOST_CELL]) for cell in cells[:MOST_COLUMNS]]}


def shown(cell: object) -> str:
    """A cell as people write it: 3 for 3.0, a day for its midnight."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return str(cell)
