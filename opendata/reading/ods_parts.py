"""What the XML of an ODS says and its values do not: hidden rows, errors, formulas nobody has computed, its true size.

One element stands for a million equal rows here, so that everything is counted before a library unrolls it.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

from opendata.reading.outcome import failed
from opendata.reading.workbook_parts import MOST_NOTED, Parts, SheetParts, parse

_GROUP, _ROW, _TABLE = "table-row-group", "table-row", "table"
_TAGS = tuple(f"{{*}}{name}" for name in (_TABLE, _GROUP, _ROW))
_CELLS = frozenset(("table-cell", "covered-table-cell"))


def ods_parts(path: Path, most_rows: int) -> Parts:
    """As workbook_parts.xlsx_parts. Macros are told of scripts and of Basic."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            with archive.open("content.xml") as stream:
                scan = _Scan(most_rows)
                for event, element in parse(stream, ("start", "end"), _TAGS):
                    scan.take(event, element)
    except (etree.LxmlError, KeyError, ValueError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise failed(f"broken: {error}") from error
    macros = any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names)
    return Parts(scan.sheets, macros=macros, links=False)


class _Scan:
    """Goes through the tables of a document, element by element."""

    def __init__(self, most_rows: int) -> None:
        self.sheets: dict[str, SheetParts] = {}
        self._most_rows = most_rows
        self._name = ""
        self._row = 0
        self._hidden_groups = 0

    def take(self, event: str, element: Any) -> None:
        """The beginning or the end of an element."""
        tag = etree.QName(element).localname
        starts = event == "start"
        if tag == _TABLE and starts:
            self._name, self._row = _attribute(element, "name"), 0
            self.sheets[self._name] = SheetParts()
        elif tag == _GROUP and _attribute(element, "display") == "false":
            self._hidden_groups += 1 if starts else -1
        elif tag == _ROW and not starts:
            self._take_row(element)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]

    def _take_row(self, element: Any) -> None:
        repeated = _repeated(element, "number-rows-repeated")
        first, self._row = self._row + 1, self._row + repeated
        sheet = self.sheets.get(self._name)
        if sheet is None or not _note_cells(element, sheet, first, repeated):
            return
        sheet.grow(self._row, self._name, self._most_rows, by=repeated)
        hidden = self._hidden_groups or _attribute(element, "visibility") in ("collapse", "filter")
        if hidden and len(sheet.hidden_rows) < MOST_NOTED:
            sheet.hidden_rows.update(range(first, self._row + 1))


def _note_cells(row: Any, sheet: SheetParts, number: int, repeated: int) -> bool:
    """Whether the row holds anything; what its cells cannot give as values is noted (once, if the row is repeated)."""
    column, filled = 0, False
    for cell in row:
        if not isinstance(cell.tag, str) or etree.QName(cell).localname not in _CELLS:
            continue
        width = _repeated(cell, "number-columns-repeated")
        has_value, has_formula = bool(len(cell)) or bool(_attribute(cell, "value-type")), _attribute(cell, "formula")
        if has_value or has_formula:
            filled = True
            sheet.reach(number + repeated - 1, column + width)
            if has_formula and not has_value and len(sheet.uncomputed) < MOST_NOTED:
                sheet.uncomputed.append((number, column + 1))
            elif "error" in _attributes(cell, "value-type") and len(sheet.errors) < MOST_NOTED:
                words = "".join(cell.itertext()).strip()[:20]
                sheet.errors.setdefault(number, []).append((column + 1, words if words.startswith("#") else "#VALUE!"))
        column += width
    return filled


def _repeated(element: Any, name: str) -> int:
    return max(1, int(_attribute(element, name) or 1))


def _attribute(element: Any, name: str) -> str:
    return next(iter(_attributes(element, name)), "")


def _attributes(element: Any, name: str) -> list[str]:
    """The values of the attributes of that name in any namespace: `value-type` stands in two."""
    return [str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name]
