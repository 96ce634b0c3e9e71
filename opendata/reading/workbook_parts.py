"""What the XML of a workbook says and its values do not: hidden rows, formulas nobody has computed, macros, size.

It is read as a stream before any library sees the sheet, since libraries set aside a whole rectangle for two cells in
opposite corners.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lxml import etree

from opendata.catalog.cell_names import column_number
from opendata.reading.outcome import failed, too_large, too_long
from opendata.reading.zips import UNKNOWN_COMPRESSION

MOST_COLUMNS = 500
"""Columns to the right of this one are an error of the sheet's maker: no table of records is as wide."""
MOST_GAPS = 200_000
"""Rows that a sheet may span, filled or empty, beyond the filled ones that are allowed."""
MOST_CELLS = 20_000_000
"""Cells of the rectangle from the first to the last filled row that a library sets memory aside for."""
MOST_NOTED = 10_000
"""Cells and rows that are noted of one sheet, at most."""
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")
_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REL_ID_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(slots=True)
class SheetParts:
    """Of one sheet, numbered from 1: the hidden rows, cells (row, column) whose formula has no stored value, and by row
    the columns and words of stored errors ("#REF!"), which libraries give as empty.
    """

    hidden_rows: set[int] = field(default_factory=set)
    uncomputed: list[tuple[int, int]] = field(default_factory=list)
    errors: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    rows: int = 0
    """Rows that hold anything."""
    first: int = 0
    """The first of these."""
    width: int = 0
    """The column furthest to the right."""

    def reach(self, row: int, column: int) -> None:
        """A filled cell stands there. Stop where that is further than a table of records reaches."""
        if column > MOST_COLUMNS:
            raise too_large(f"a cell in row {row} is beyond column {MOST_COLUMNS}, the last that is read")
        self.first = self.first or row
        self.width = max(self.width, column)

    def grow(self, row: int, name: str, most_rows: int, by: int = 1) -> None:
        """`by` more filled rows, the last of them `row`. Stop where that is more than `most_rows`, or where so many
        rows lie between that a library would need memory by the gigabyte for nothing.
        """
        self.rows += by
        if self.rows > most_rows:
            raise too_long(name, most_rows)
        if row - self.first > most_rows + MOST_GAPS or (row - self.first) * self.width > MOST_CELLS:
            raise too_large(f"the sheet {name!r} spans {row - self.first + 1} rows and {self.width} columns")


@dataclass(frozen=True, slots=True)
class Parts:
    """Of a workbook: its sheets by name, whether there are macros, whether it takes values from other files."""

    sheets: dict[str, SheetParts]
    macros: bool
    links: bool


def xlsx_parts(path: Path, most_rows: int) -> Parts:
    """What the parts of an XLSX say. Stop (too large) for a sheet with more than `most_rows` filled rows."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            sheets = {
                name: _scan(archive.open(part), name, most_rows) for name, part in _sheet_parts(archive, names).items()
            }
    except (etree.LxmlError, KeyError, zipfile.BadZipFile, UNKNOWN_COMPRESSION, OSError, EOFError) as error:
        raise failed(f"broken: {error}") from error
    macros = any(name.endswith("vbaProject.bin") for name in names)
    return Parts(sheets, macros, any("externalLinks/" in name for name in names))


def parse(stream: IO[bytes], events: tuple[str, ...], tags: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The elements as they come; no entity is expanded and nothing outside is read."""
    yield from etree.iterparse(
        stream, events=events, tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, str]:
    """The part of every sheet, by the sheet's name."""
    book = next((name for name in ("xl/workbook.xml", "xl/Workbook.xml") if name in names), "")
    relations = f"{posixpath.dirname(book)}/_rels/{posixpath.basename(book)}.rels"
    if not book or relations not in names:
        return {}
    with archive.open(relations) as stream:
        targets = {one.get("Id"): one.get("Target", "") for _, one in parse(stream, ("end",), ("{*}Relationship",))}
    found = {}
    with archive.open(book) as stream:
        for _, sheet in parse(stream, ("end",), ("{*}sheet",)):
            target = targets.get(sheet.get(_REL_ID) or sheet.get(_REL_ID_STRICT), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            if part in names:
                found[sheet.get("name", "")] = part
    return found


def _scan(stream: IO[bytes], name: str, most_rows: int) -> SheetParts:
    parts = SheetParts()
    row, filled = 0, False
    with stream:
        for event, element in parse(stream, ("start", "end"), ("{*}row", "{*}c")):
            is_row = element.tag.endswith("}row") or element.tag == "row"
            if event == "start":
                if is_row:
                    row, filled = int(element.get("r") or row + 1), False
                continue
            if is_row:
                if filled:
                    parts.grow(row, name, most_rows)
                    if element.get("hidden") in ("1", "true") and len(parts.hidden_rows) < MOST_NOTED:
                        parts.hidden_rows.add(row)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
            elif len(element):
                filled = _note_cell(element, row, parts) or filled
    return parts


def _note_cell(cell: Any, row: int, parts: SheetParts) -> bool:
    """Whether the cell holds anything; where it does, it must stand where a table may reach."""
    tags = {etree.QName(child).localname: child for child in cell if isinstance(child.tag, str)}
    formula = tags.get("f")
    value = tags.get("v")
    filled = formula is not None or "is" in tags or (value is not None and bool(value.text))
    if not filled:
        return False
    place = _REFERENCE.match(cell.get("r") or "")
    if place is None:
        parts.reach(row, 1)
        return True
    column = column_number(place[1])
    if int(place[2]) > 1_048_576:
        raise failed(f"broken: there is no cell {cell.get('r')}")
    parts.reach(int(place[2]), column)
    if cell.get("t") == "e" and value is not None and len(parts.errors) < MOST_NOTED:
        parts.errors.setdefault(row, []).append((column, (value.text or "")[:20]))
    if formula is not None and (value is None or not value.text) and len(parts.uncomputed) < MOST_NOTED:
        parts.uncomputed.append((row, column))
    return True
