"""Every cell of a spreadsheet as text, with its place, for tables that people fill in. Runs in the child process.

Values are the stored ones (of a formula: the value last computed); numbers and days are written as people write them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from opendata.catalog.records import TextStatus
from opendata.reading import delimited, filetype, ods_parts, packages, workbook_parts, xls_parts
from opendata.reading.broken import BROKEN_WORKBOOK
from opendata.reading.contract import Limits
from opendata.reading.outcome import Stop, clean, failed, too_large, too_long
from opendata.reading.workbook_parts import MOST_COLUMNS, MOST_GAPS, Parts, SheetParts

MOST_SHEETS = 50
MOST_TEXT_BYTES = 64 * 1024**2
MOST_CELL = 32_768
"""Characters of a cell: what Excel itself allows, and one more to tell that there were more."""

Message = dict[str, Any]


def messages(path: Path, filename: str, limits: Limits, most_rows: int) -> Iterator[Message]:
    """One {"sheet": …} for each sheet and {"row": number, "cells": […]} for each filled row below it; {"note": code}
    where the workbook holds what is not read. Stop where it cannot be read or is over a limit.
    """
    kind = filetype.detect(path, filename)
    if kind.media_type == filetype.ENCRYPTED_OFFICE:
        raise failed("encrypted: it needs a password")
    if kind.format in ("XLSX", "XLSM", "XLS", "ODS"):
        yield from _workbook(path, kind.format, limits, most_rows)
    elif kind.format in ("CSV", "TSV", "TXT"):
        yield from _delimited(path, "\t" if kind.format == "TSV" else "", most_rows)
    else:
        raise not_a_spreadsheet(kind)


def not_a_spreadsheet(kind: filetype.FileType) -> Stop:
    """What is said of a file of another kind."""
    if kind is filetype.EMPTY:
        return Stop(TextStatus.FAILED, "it is empty", "spreadsheet_empty")
    named = kind.format or kind.media_type
    return Stop(TextStatus.FAILED, f"it is {named}, not a spreadsheet", "not_a_spreadsheet", {"format": named})


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
                raise too_long("", most_rows)
            yield _row(number, list(row))
    if found := table.unclosed():
        raise Stop(TextStatus.FAILED, delimited.never_closed(found), "unclosed_quote", {"row": str(found)})


def _workbook(path: Path, kind: str, limits: Limits, most_rows: int) -> Iterator[Message]:
    ordered, parts = _parts(path, kind, limits, most_rows)
    if parts.macros:
        yield {"note": "macros"}
    if parts.links:
        yield {"note": "external_links"}
    try:
        book = _opened(path, kind)
        for place, meta in enumerate(book.sheets_metadata[:MOST_SHEETS]):
            sheet = book.get_sheet_by_index(place)
            hidden = meta.visible is not SheetVisibleEnum.Visible
            own = ordered[place] if place < len(ordered) else parts.sheets.get(meta.name, SheetParts())
            yield from _worksheet(sheet, own, most_rows, hidden=hidden)
    except BROKEN_WORKBOOK as error:
        if "password" in str(error).lower():
            raise failed("encrypted: it needs a password") from error
        raise failed(f"broken: {clean(str(error))[:200]}") from error


def _opened(path: Path, kind: str) -> CalamineWorkbook:
    """The workbook by its bytes: a path would be believed what its name ends in."""
    known = {"XLSX": (".xlsx", ".xlsm"), "XLSM": (".xlsx", ".xlsm"), "XLS": (".xls",), "ODS": (".ods",)}
    if path.suffix.lower() in known[kind]:
        return CalamineWorkbook.from_path(str(path))
    with path.open("rb") as stream:
        return CalamineWorkbook.from_filelike(stream)


def _parts(path: Path, kind: str, limits: Limits, most_rows: int) -> tuple[list[SheetParts], Parts]:
    """What the file says of its sheets, in their order where that is known, and as a whole."""
    if kind == "XLS":
        return xls_parts.xls_parts(path)
    packages.check(path, limits)
    return [], ods_parts.ods_parts(path, most_rows) if kind == "ODS" else workbook_parts.xlsx_parts(path, most_rows)


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
                raise too_long(sheet.name, most_rows)
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
