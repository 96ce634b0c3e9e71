"""Which sheets of a spreadsheet are ours, where their headings stand, and what every row says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from opendata.catalog.normalise import clean_text
from opendata.catalog.upload_columns import REGISTER, Column, plain
from opendata.catalog.upload_headings import KEPT, Meaning, Why, meaning
from opendata.catalog.upload_problems import CellProblem
from opendata.reading.sheets.layout import SHEET_KINDS, Answers, Body, Head, head_of
from opendata.reading.spreadsheet import SheetCells, Spreadsheet

EXAMPLE_PREFIX = "EXAMPLE-"
"""Begins the identifier of the example rows of the template, which are never taken."""
FORMULA_ERRORS = frozenset(("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"))
MAIN = ("datasets", *REGISTER)
"""Kinds of sheets that may stand alone."""


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
    """One recognised sheet: `kind` is one of SHEETS, `meanings` what each heading is taken for, `columns` the columns
    themselves, None for a heading that is left out or whose values are kept as a further field.
    """

    kind: str
    sheet: str
    heading_row: int
    headings: tuple[str, ...]
    columns: tuple[Column | None, ...]
    meanings: tuple[Meaning, ...] = ()
    rows: list[Row] = field(default_factory=list)


def recognised(spreadsheet: Spreadsheet, headings: Answers | None = None) -> tuple[list[Table], list[CellProblem]]:
    """The tables of a spreadsheet in its order, and what is wrong with sheets and columns. No tables: none is ours.

    `headings` are what people said of headings and sheets, now or before.
    """
    answers = headings or {}
    tables: list[Table] = []
    problems = [CellProblem(note) for note in spreadsheet.notes]
    for sheet in spreadsheet.sheets:
        if not sheet.rows:
            continue
        head = head_of(sheet, answers)
        if head is None or sheet.hidden:
            if not _is_left_out(sheet, answers) and (head is not None or not sheet.hidden):
                problems.append(CellProblem("sheet_hidden" if sheet.hidden else "sheet_unknown", sheet.name))
            continue
        table, more = _table(sheet, head, answers)
        problems += more
        tables.append(table)
    # An instruction sheet beside ours is as it should be.
    ours = any(table.kind in MAIN for table in tables)
    return tables, [one for one in problems if not (ours and one.code == "sheet_unknown")]


def taken(spreadsheet: Spreadsheet, tables: Sequence[Table]) -> dict[str, dict[str, str]]:
    """What every heading and sheet is taken for, as `recognised` takes it back.

    {kind: {heading: column, "" left out, KEPT}}, and under SHEET_KINDS {sheet: kind, KEPT not recognised}.
    """
    kinds = {table.sheet: table.kind for table in tables}
    shown = [sheet.name for sheet in spreadsheet.sheets if sheet.rows and not sheet.hidden]
    found: dict[str, dict[str, str]] = {SHEET_KINDS: {name: kinds.get(name, KEPT) for name in shown}}
    for table in tables:
        pairs = zip(table.headings, table.columns, table.meanings, strict=True)
        for heading, column, meant in pairs:
            if heading:
                known = column.name if column and column.kind != "ignored" else ""
                said = known if column or meant.dropped else KEPT
                found.setdefault(table.kind, {}).setdefault(heading, said)
    return found


def _is_left_out(sheet: SheetCells, answers: Answers) -> bool:
    return answers.get(SHEET_KINDS, {}).get(plain(sheet.name)) == ""


def _table(sheet: SheetCells, head: Head, answers: Answers) -> tuple[Table, list[CellProblem]]:
    meanings = tuple(meaning(head.kind, heading, answers.get(head.kind)) for heading in head.headings)
    columns, problems = _columns(head, sheet.name, meanings)
    table = Table(head.kind, sheet.name, head.row, head.headings, columns, meanings)
    body = Body(sheet, head, columns)
    for row in _rows(sheet, table):
        verdict = body.verdict(row.number, row.raw)
        if verdict == "note_row" and any(problem.code == "merged" for problem in row.problems):
            verdict = ""  # the merged cells above say the rest of the record
        if verdict in ("total_row", "note_row"):
            problems.append(CellProblem(verdict, sheet.name, row.number, value=" ".join(filter(None, row.raw))))
        elif not verdict and (row.cells or row.others):
            table.rows.append(row)
    return table, problems


def _columns(
    head: Head, sheet: str, meanings: Sequence[Meaning]
) -> tuple[tuple[Column | None, ...], list[CellProblem]]:
    """One column for each heading, no column twice: what is known goes before what is guessed."""
    problems: list[CellProblem] = []
    holders: dict[str, int] = {}
    for number in sorted(range(len(meanings)), key=lambda n: meanings[n].why is Why.GUESS):
        column = meanings[number].column
        if column:
            holders.setdefault(column.name, number)
    found: list[Column | None] = []
    for number, (heading, meant) in enumerate(zip(head.headings, meanings, strict=True)):
        column = meant.column
        first = holders[column.name] if column else number
        found.append(column if first == number else None)
        code, filled = _doubt(meant, head.headings[first] if first != number else "")
        if code:
            problems.append(CellProblem(code, sheet, head.row, number + 1, "", heading, heading, filled))
    return tuple(found), problems


def _doubt(meant: Meaning, other: str) -> tuple[str, dict[str, str]]:
    """What to say of a heading: the code of a problem and its words; "" where all is well."""
    if other:
        return "column_repeated", {"other": other}
    if meant.why is Why.GUESS and meant.column:
        return "column_guessed", _in_languages([meant.column])
    if meant.column or meant.dropped or meant.why is Why.TOLD:
        return "", {}
    return ("column_like", _in_languages(meant.like)) if meant.like else ("column_unknown", {})


def _in_languages(columns: Sequence[Column]) -> dict[str, str]:
    return {f"names_{code}": ", ".join(f"«{one.heading.show(code)}»" for one in columns) for code in ("kk", "ru", "en")}


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
            heading = table.headings[number - 1]
            given = source.cells[number - 1] if number <= len(source.cells) else ""
            value = given or inherited.get((source.number, number), "")
            if column is None:
                if heading and not table.meanings[number - 1].dropped and (text := _clean(value)):
                    row.others[heading] = text
                continue
            _take(row, Cell(column, number, heading, _clean(value)))
            if (source.number, number) in sheet.uncomputed:
                row.cells[column.name] = Cell(column, number, heading, "")
                row.problems.append(row.problem("formula_without_value", column.name))
            elif value and not given:
                row.problems.append(row.problem("merged", column.name))
        yield row


def _take(row: Row, cell: Cell) -> None:
    """Put a cell where it belongs; what a formula could not compute is no value."""
    if cell.column.kind != "ignored" and cell.value:
        row.cells[cell.column.name] = cell
        if cell.value in FORMULA_ERRORS:
            row.problems.append(row.problem("formula_error", cell.column.name))


def _clean(value: str) -> str:
    """Without spaces around it, NBSP and zero-width signs among them; lines are kept. What is clean is not copied."""
    text = clean_text(value, lines=True)[0]
    return value if text == value else text


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
