"""What the first look at a table gives: columns with types and counts, and its first rows. Plain values, no pandas."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ColumnType(StrEnum):
    """What the filled cells of a column are, every one of them."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `filled` cells and `distinct` values among the rows that were counted."""

    name: str
    type: ColumnType
    filled: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `total_rows` leaves out the header, and is None where the counting stopped before the end;
    `counted_rows` is how many rows types and counts were made of, `note` what stands above the header."""

    name: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total_rows: int | None = None
    counted_rows: int = 0
    total_columns: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The sheets of a file (one of a CSV). `delimiter` and `encoding` are "" for workbooks; `truncated` says that
    rows, columns, cells or sheets were left out; `problem` is why there is no table, or where it is broken, or "".
    """

    sheets: tuple[Sheet, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    truncated: bool = False
    problem: str = ""

    def to_json(self) -> str:
        """As one JSON object."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> TablePreview:
        """What `to_json` gave. KeyError, TypeError or ValueError for anything else."""
        stated = json.loads(text)
        return cls(
            sheets=tuple(_sheet(sheet) for sheet in stated["sheets"]),
            delimiter=str(stated["delimiter"]),
            encoding=str(stated["encoding"]),
            truncated=bool(stated["truncated"]),
            problem=str(stated["problem"]),
        )


def _sheet(stated: dict[str, Any]) -> Sheet:
    total = stated["total_rows"]
    return Sheet(
        name=str(stated["name"]),
        columns=tuple(
            Column(str(each["name"]), ColumnType(each["type"]), int(each["filled"]), int(each["distinct"]))
            for each in stated["columns"]
        ),
        rows=tuple(tuple(str(cell) for cell in row) for row in stated["rows"]),
        total_rows=None if total is None else int(total),
        counted_rows=int(stated["counted_rows"]),
        total_columns=int(stated["total_columns"]),
        note=str(stated["note"]),
    )
