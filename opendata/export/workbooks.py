"""Writes XLSX that people fill in or mend: coloured cells, notes, drop-downs. Nothing in a cell is ever a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from opendata.catalog.xmltext import clean

MOST_NOTE = 1_000
"""Characters of a note beside a cell."""
MOST_CELL = 32_767
"""Characters that Excel takes in a cell."""


class Look(StrEnum):
    """How a cell looks."""

    PLAIN = "plain"
    HEADING = "heading"
    REQUIRED = "required"
    EXAMPLE = "example"
    WRONG = "wrong"
    DOUBTFUL = "doubtful"


_FILLS = {
    Look.HEADING: "D9E2F3",
    Look.REQUIRED: "B4C6E7",
    Look.WRONG: "F8CBAD",
    Look.DOUBTFUL: "FFF2CC",
}


@dataclass(frozen=True, slots=True)
class OutCell:
    """A cell to write; `note` is shown when the pointer rests on it."""

    text: str
    look: Look = Look.PLAIN
    note: str = ""


@dataclass(slots=True)
class OutSheet:
    """A sheet to write. `choices` says, by column number from 1, which column of the sheet of lists offers its values:
    (letter, number of values); `heading` is the number of its row of headings, which stays in view (0: none).
    """

    name: str
    rows: list[Sequence[OutCell]] = field(default_factory=list)
    choices: dict[int, tuple[str, int]] = field(default_factory=dict)
    heading: int = 1
    hidden: bool = False
    width: int = 24


LISTS = "lists"
"""The name of the hidden sheet that drop-downs take their values from."""


def write_workbook(path: Path, sheets: Sequence[OutSheet]) -> None:
    """Write the sheets to `path`."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _write(book.create_sheet(_title(sheet.name)), sheet)
    book.save(path)
    book.close()


def _title(name: str) -> str:
    """A name that Excel takes for a sheet."""
    return re.sub(r"[\[\]:*?/\\]", " ", clean(name)).strip("' ")[:31] or "1"


def _write(target: Any, sheet: OutSheet) -> None:
    for number, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row, 1):
            if cell.text or cell.look is not Look.PLAIN or cell.note:
                _put(target.cell(number, column), cell)
    for column in range(1, max((len(row) for row in sheet.rows), default=0) + 1):
        target.column_dimensions[get_column_letter(column)].width = sheet.width
    if sheet.heading:
        target.freeze_panes = f"A{sheet.heading + 1}"
    for column, (letter, count) in sheet.choices.items():
        offered = DataValidation("list", formula1=f"={LISTS}!${letter}$1:${letter}${count}", allow_blank=True)
        offered.errorStyle = "warning"
        target.add_data_validation(offered)
        letters = get_column_letter(column)
        offered.add(f"{letters}{sheet.heading + 1}:{letters}{sheet.heading + 2000}")
    if sheet.hidden:
        target.sheet_state = "hidden"


def _put(target: Any, cell: OutCell) -> None:
    target.value = clean(cell.text)[:MOST_CELL]
    # openpyxl takes text that begins with "=" for a formula; so would Excel, once somebody edits the cell.
    target.data_type = "s"
    target.quotePrefix = cell.text.startswith(("=", "+", "-", "@"))
    # Cells that are filled in are text, so that Excel turns no number of a contract into a date.
    target.number_format = "@"
    target.alignment = Alignment(wrap_text=True, vertical="top")
    if fill := _FILLS.get(cell.look):
        target.fill = PatternFill("solid", start_color=fill)
    if cell.look in (Look.HEADING, Look.REQUIRED):
        target.font = Font(bold=True)
    elif cell.look is Look.EXAMPLE:
        target.font = Font(italic=True, color="808080")
    if cell.note:
        target.comment = Comment(clean(cell.note)[:MOST_NOTE], "Open Data.kz", width=320, height=120)
