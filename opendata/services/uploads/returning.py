"""The sheet comes back: one's own columns, the failing rows only, wrong cells coloured, the problems in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from opendata.catalog.upload_columns import SHEET_TITLES, named
from opendata.catalog.upload_problems import CellProblem
from opendata.export.workbooks import Look, OutCell, OutSheet, write_workbook
from opendata.reading.sheets.tables import Row, Table
from opendata.services.uploads.checking import Checked


def write_failed(checked: Checked, path: Path, language: str) -> None:
    """Write the rows of datasets and studies that were not taken, with all rows that belong to them, as XLSX."""
    failing = {id(row) for one in checked.drafts if not one.is_good for row in (one.row, *one.parts)}
    failing |= {id(row) for one in checked.studies if not one.is_good for row in one.rows}
    failing |= {id(row) for row in checked.strays}
    sheets = []
    for table in checked.tables:
        rows = [row for row in table.rows if id(row) in failing]
        if rows:
            sheets.append(_sheet(table, rows, language))
    write_workbook(path, sheets or [OutSheet("1")])


def _sheet(table: Table, rows: Sequence[Row], language: str) -> OutSheet:
    """The problems come first, where nobody has to scroll for them."""
    ignored = {number for number, column in enumerate(table.columns, 1) if column and column.name == "problems"}
    kept = [number for number in range(1, len(table.headings) + 1) if number not in ignored]
    title = str(named(table.kind, "problems").heading.show(language))
    sheet = OutSheet(table.sheet or str(SHEET_TITLES[table.kind].show(language)))
    sheet.rows.append(
        [OutCell(title, Look.WRONG), *(OutCell(table.headings[number - 1], Look.HEADING) for number in kept)]
    )
    for row in rows:
        said = OutCell(_words(row.problems, language), Look.WRONG if _has_error(row.problems) else Look.DOUBTFUL)
        sheet.rows.append([said, *(_cell(row, number, language) for number in kept)])
    return sheet


def _cell(row: Row, number: int, language: str) -> OutCell:
    """The cell as it was, coloured where something is wrong with it."""
    text = row.raw[number - 1] if number <= len(row.raw) else ""
    problems = [one for one in row.problems if one.column == number]
    if not problems:
        return OutCell(text)
    look = Look.WRONG if _has_error(problems) else Look.DOUBTFUL
    return OutCell(text, look, _words(problems, language))


def _has_error(problems: Iterable[CellProblem]) -> bool:
    return any(problem.is_error for problem in problems)


def _words(problems: Sequence[CellProblem], language: str) -> str:
    """Errors first, a line each."""
    ordered = sorted(problems, key=lambda problem: not problem.is_error)
    lines = []
    for one in ordered:
        place = f"{one.heading}: " if one.heading else ""
        lines.append(f"{place}{one.message(language)}. {one.hint(language)}".rstrip())
    return "\n".join(dict.fromkeys(lines))
