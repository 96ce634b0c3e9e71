"""What the columnar copies of the tables in a file are: their columns, and the cells that are not of their type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from opendata.reading.outcome import clean_line

MOST_ROWS = 1_000_000
"""Filled rows below the heading of a table that is copied; of a longer one there is no copy."""
MOST_CELLS = 5_000_000
"""Cells of all tables of a file below their first rows, at most: this many are in memory at once."""
MOST_COLUMNS = 2_000
MOST_TABLES = 50
MOST_PROBLEMS = 100
"""Cells that are named of one table; the columns count all."""
NAME_LENGTH = 200
ORIGINAL_LENGTH = 200
"""Characters of a cell that is named."""


class FieldType(StrEnum):
    """The type of a column, by PostgreSQL's name, which CKAN's clients know."""

    TEXT = "text"
    INTEGER = "int8"
    NUMBER = "float8"
    BOOLEAN = "bool"
    DATE = "date"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: `name` is its own among those of its table; `unfit` cells are not of its type."""

    name: str
    type: FieldType
    unfit: int = 0


@dataclass(frozen=True, slots=True)
class Unfit:
    """A cell that is not of its column's type, or has all that follows a quote that never closes: the row as a
    spreadsheet counts it, from 1, and what stands there.
    """

    row: int
    column: str
    original: str


@dataclass(frozen=True, slots=True)
class TableData:
    """One table of a file. `number` is its place there, `rows` leave the header out; `status` is ready or no_table."""

    number: int
    name: str
    status: str
    fields: tuple[Field, ...] = ()
    rows: int = 0
    problems: tuple[Unfit, ...] = ()


@dataclass(frozen=True, slots=True)
class TablesRead:
    """The tables of a file; `status` is ready, no_table, failed or too_large, `reason` says why it is not ready."""

    status: str
    tables: tuple[TableData, ...] = ()
    reason: str = ""


def table_to(table: TableData) -> dict[str, Any]:
    """As it crosses the pipe."""
    return {
        "number": table.number,
        "name": table.name,
        "status": table.status,
        "fields": [[one.name, str(one.type), one.unfit] for one in table.fields],
        "rows": table.rows,
        "problems": [[one.row, one.column, one.original] for one in table.problems],
    }


def table_from(said: Mapping[str, Any]) -> TableData:
    """What the child said, in bounds. KeyError, TypeError or ValueError where it is no table."""
    status = str(said["status"])
    if status not in ("ready", "no_table"):
        raise ValueError(f"{status!r} is no status of a table")
    fields = tuple(
        Field(clean_line(str(name), NAME_LENGTH), FieldType(kind), max(0, int(unfit)))
        for name, kind, unfit in said["fields"][:MOST_COLUMNS]
    )
    if len({one.name for one in fields}) != len(fields):
        raise ValueError("two columns of one name")
    problems = tuple(
        Unfit(int(row), clean_line(str(column), NAME_LENGTH), clean_line(str(original), ORIGINAL_LENGTH))
        for row, column, original in said["problems"][:MOST_PROBLEMS]
    )
    name = clean_line(str(said["name"]), 100)
    return TableData(int(said["number"]), name, status, fields, max(0, int(said["rows"])), problems)
