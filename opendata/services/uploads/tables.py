"""Which sheets of a spreadsheet are ours, where their headings stand, and what every row says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from opendata.catalog.normalise import clean_text
from opendata.catalog.upload_columns import SHEETS, Column, column_of
from opendata.catalog.upload_problems import CellProblem
from opendata.reading.spreadsheet import SheetCells, SheetRow, Spreadsheet

HEADING_WITHIN = 20
"""Filled rows among which the headings are looked for: agencies write a title above their tables."""
EXAMPLE_PREFIX = "EXAMPLE-"
"""Begins the identifier of the example rows of the template, which are never taken."""
FORMULA_ERRORS = frozenset(("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"))
_NEEDED = {"datasets": ("title",), "files": ("dataset", "file"), "people": ("dataset", "person")}


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell, cleaned, under a column of the model."""

    column: Column
    number: int
    heading: str
    value: str


@dataclass(slots=True)
class Row:
    """One row: its cells by the name of the column, the values of columns nobody knows by their heading, and what is
    wrong with it as a row of a sheet.
    """

    kind: str
    sheet: str
    number: int
    cells: dict[str, Cell] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    raw: tuple[str, ...] = ()
    problems: list[CellProblem] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The value in the column, "" where it is empty."""
        cell = self.cells.get(name)
        return cell.value if cell else ""

    def problem(self, code: str, name: str = "", **filled: str) -> CellProblem:
        """A problem of the cell in the column `name` (of the row where "" or where it has no such cell)."""
        cell = self.cells.get(name)
        if cell is None:
            return CellProblem(code, self.sheet, self.number, field=name, filled=filled)
        return CellProblem(code, self.sheet, self.number, cell.number, name, cell.heading, cell.value, filled)


@dataclass(slots=True)
class Table:
    """One recognised sheet: `kind` is one of SHEETS, `columns` what each heading means, None for an unknown one."""

    kind: str
    sheet: str
    heading_row: int
    headings: tuple[str, ...]
    columns: tuple[Column | None, ...]
    rows: list[Row] = field(default_factory=list)


def recognised(spreadsheet: Spreadsheet) -> tuple[list[Table], list[CellProblem]]:
    """The tables of a spreadsheet in its order, and what is wrong with sheets and columns. No tables: none is ours."""
    tables: list[Table] = []
    problems = [CellProblem(note) for note in spreadsheet.notes]
    for sheet in spreadsheet.sheets:
        if not sheet.rows:
            continue
        found = _heading(sheet)
        if found is None or sheet.hidden:
            if found is not None or not sheet.hidden:
                problems.append(CellProblem("sheet_hidden" if sheet.hidden else "sheet_unknown", sheet.name))
            continue
        kind, row = found
        columns, more = _columns(kind, sheet.name, row)
        problems += more
        table = Table(kind, sheet.name, row.number, row.cells, columns)
        table.rows = [one for one in _rows(sheet, table) if one.cells or one.others]
        tables.append(table)
    # An instruction sheet beside ours is as it should be.
    ours = any(table.kind == "datasets" for table in tables)
    return tables, [one for one in problems if not (ours and one.code == "sheet_unknown")]


def _heading(sheet: SheetCells) -> tuple[str, SheetRow] | None:
    """The kind of a sheet and its row of headings: the one that names most columns, all needed ones among them."""
    best: tuple[int, str, SheetRow] | None = None
    for row in sheet.rows[:HEADING_WITHIN]:
        for kind in SHEETS:
            names = {column.base for column in (column_of(kind, cell) for cell in row.cells if cell) if column}
            # One known word among other words is a sentence or a list of columns, not the head of a table.
            alone = sum(1 for cell in row.cells if cell.strip()) == 1
            enough = names.issuperset(_NEEDED[kind]) and (len(names) > 1 or alone)
            if enough and (best is None or len(names) > best[0]):
                best = (len(names), kind, row)
    return (best[1], best[2]) if best else None


def _columns(kind: str, sheet: str, row: SheetRow) -> tuple[tuple[Column | None, ...], list[CellProblem]]:
    problems: list[CellProblem] = []
    taken: dict[str, str] = {}
    found: list[Column | None] = []
    for number, cell in enumerate(row.cells, 1):
        heading = clean_text(cell)[0]
        column = column_of(kind, heading) if heading else None
        code = "column_unknown" if column is None else "column_repeated" if column.name in taken else ""
        if code and heading:
            filled = {"other": taken[column.name]} if column else {}
            problems.append(CellProblem(code, sheet, row.number, number, "", heading, heading, filled))
        found.append(None if code else column)
        if column and not code:
            taken[column.name] = heading
    return tuple(found), problems


def _rows(sheet: SheetCells, table: Table) -> Iterator[Row]:
    """The rows below the headings, with the cells of a merge filled in."""
    inherited = _merges(sheet, table.heading_row)
    for source in sheet.rows:
        if source.number <= table.heading_row:
            continue
        row = Row(table.kind, table.sheet, source.number, raw=source.cells)
        if source.number in sheet.hidden_rows:
            row.problems.append(row.problem("hidden_row"))
        for number, column in enumerate(table.columns, 1):
            heading = clean_text(table.headings[number - 1])[0]
            given = source.cells[number - 1] if number <= len(source.cells) else ""
            value = given or inherited.get((source.number, number), "")
            _take(row, Cell(column, number, heading, _clean(value)) if column else None, heading, value)
            if column is None:
                continue
            if (source.number, number) in sheet.uncomputed:
                row.cells[column.name] = Cell(column, number, heading, "")
                row.problems.append(row.problem("formula_without_value", column.name))
            elif value and not given:
                row.problems.append(row.problem("merged", column.name))
        yield row


def _take(row: Row, cell: Cell | None, heading: str, value: str) -> None:
    """Put a cell where it belongs; what a formula could not compute is no value."""
    if cell is None:
        if heading and (text := _clean(value)):
            row.others[heading] = text
    elif cell.column.kind != "ignored" and cell.value:
        row.cells[cell.column.name] = cell
        if cell.value in FORMULA_ERRORS:
            row.problems.append(row.problem("formula_error", cell.column.name))


def _clean(value: str) -> str:
    """Without spaces around it, NBSP and zero-width signs among them; lines are kept."""
    return clean_text(value, lines=True)[0]


def _merges(sheet: SheetCells, heading_row: int) -> Mapping[tuple[int, int], str]:
    """What the cells below the first of a merge say: only downwards, since a row is a record."""
    rows = {row.number: row.cells for row in sheet.rows}
    found: dict[tuple[int, int], str] = {}
    for top, left, bottom, _ in sheet.merged:
        first: Sequence[str] = rows.get(top, ())
        if top <= heading_row or bottom == top or left > len(first):
            continue
        for number in range(top + 1, bottom + 1):
            if number in rows:
                found[number, left] = first[left - 1]
    return found
