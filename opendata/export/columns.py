"""Columns of a table file as data packages and Croissant describe them: only what every reader will find there too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from opendata.reading.tablepreview import Column, ColumnType, TablePreview

_INTEGER = re.compile(r"[+-]?\d+")
_POINT = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+(?:,\d+)?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DOTTED_DAY = re.compile(r"\d{2}\.\d{2}\.\d{4}")
_TRUTHS = frozenset(("true", "false", "True", "False", "TRUE", "FALSE"))


class Kind(StrEnum):
    """What stands in a column, spelt so that a program needs no more than this to read it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL_COMMA = "decimal_comma"
    DATE = "date"
    DOTTED_DATE = "dotted_date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that begins with its header in the first line of a text file; `columns` are named differently, all."""

    columns: tuple[tuple[str, Kind], ...]
    delimiter: str
    encoding: str


def table_of(preview: TablePreview | None) -> Table | None:
    """The table of a CSV or TSV, None where programs would not find it as it is told here.

    That is where lines stand above the header, where a column has no name or that of another, and in workbooks.
    """
    if preview is None or preview.problem or not preview.delimiter or len(preview.sheets) != 1:
        return None
    sheet = preview.sheets[0]
    names = [column.name for column in sheet.columns]
    unnamed = any(name == f"column {number}" for number, name in enumerate(names, start=1))
    if not names or sheet.note or unnamed or len(set(names)) < len(names) or sheet.total_columns > len(names):
        return None
    cells = [[row[number].strip() for row in sheet.rows if row[number].strip()] for number in range(len(names))]
    columns = ((column.name, kind_of(column, values)) for column, values in zip(sheet.columns, cells, strict=True))
    return Table(tuple(columns), preview.delimiter, preview.encoding)


def kind_of(column: Column, values: Iterable[str]) -> Kind:
    """What a column is, whose first filled cells are `values`: text where they are spelt in more than one way."""
    shown = set(values)

    def all_are(pattern: re.Pattern[str]) -> bool:
        return bool(shown) and all(pattern.fullmatch(value) for value in shown)

    if column.type is ColumnType.INTEGER and all_are(_INTEGER):
        return Kind.INTEGER
    if column.type is ColumnType.NUMBER:
        return Kind.NUMBER if all_are(_POINT) else Kind.DECIMAL_COMMA if all_are(_COMMA) else Kind.TEXT
    if column.type is ColumnType.DATE:
        return Kind.DATE if all_are(_ISO_DAY) else Kind.DOTTED_DATE if all_are(_DOTTED_DAY) else Kind.TEXT
    if column.type is ColumnType.BOOLEAN and shown <= _TRUTHS and len(shown) == column.distinct:
        return Kind.BOOLEAN
    return Kind.TEXT
