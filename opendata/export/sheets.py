"""Rows as CSV, XLSX or JSON lines, a piece at a time: what is in memory does not grow with the rows.

Nothing in a cell is ever a formula: neither in what is written nor after somebody has edited it.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from opendata.catalog.inert import inert
from opendata.catalog.xmltext import clean

Cell = str | int | tuple[str, ...] | None
"""A text, a number, several texts, or nothing."""
Row = Sequence[Cell]

SEPARATOR = "; "
"""Between several values in one cell."""
BOM = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the country."""
PIECE = 64 * 1024
"""Bytes that are gathered before they are sent, about."""
MOST_CELL = 32_767
"""Characters that Excel takes in a cell."""
MOST_ROWS = 1_048_576
"""Rows of a sheet that Excel takes, its header among them; further ones begin another sheet."""
MOST_NUMBER = 2**53
"""Beyond it Excel would change the number."""


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """A way to write rows: `pieces` takes the names of the columns and the rows."""

    suffix: str
    media_type: str
    pieces: Callable[[Sequence[str], Iterable[Row]], Iterator[bytes]]


def text(cell: Cell) -> str:
    """A cell in one text."""
    if isinstance(cell, tuple):
        return SEPARATOR.join(cell)
    return "" if cell is None else str(cell)


def csv_pieces(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """CSV (RFC 4180) in UTF-8 with a byte order mark."""

    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        for row in itertools.chain((columns,), rows):
            writer.writerow([inert(text(cell)) for cell in row])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()

    yield BOM.encode()
    yield from gathered(line.encode("utf-8", "replace") for line in lines())


def jsonl_pieces(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """JSON lines: an object a row, with numbers as numbers, several values as a list, and null for nothing."""
    objects = (dict(zip(columns, row, strict=True)) for row in rows)
    yield from gathered(json_line(one) for one in objects)


def json_line(value: object) -> bytes:
    """`value` as one line of JSON."""
    return (json.dumps(value, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of about PIECE."""
    held, size = [], 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


class _Sink(io.RawIOBase):
    """What a zip is written to: it cannot be sought in, and gives away what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self.held.append(part)
        return len(part)

    def taken(self) -> bytes:
        part = b"".join(self.held)
        self.held.clear()
        return part


def xlsx_pieces(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """An Excel workbook (ISO/IEC 29500), whose texts stand in the cells: a table of shared texts would have to be whole
    before the first byte.
    """
    sink, waiting, sheets = _Sink(), iter(rows), 0
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book:
        more = True
        while more:
            sheets += 1
            with book.open(_entry(f"xl/worksheets/sheet{sheets}.xml"), "w", force_zip64=True) as sheet:
                sheet.write(_SHEET_HEAD.encode())
                sheet.write(_row(1, columns, heading=True))
                yield sink.taken()  # who asked hears of it before the first row is read
                number = 1
                for number, row in enumerate(itertools.islice(waiting, MOST_ROWS - 1), start=2):
                    sheet.write(_row(number, row))
                    if number % 200 == 0:
                        yield sink.taken()
                sheet.write(b"</sheetData></worksheet>")
                more = number == MOST_ROWS
        for name, content in _parts(sheets):
            book.writestr(_entry(name), content)
        yield sink.taken()
    yield sink.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without the moment at which it was written: the same rows are the same bytes."""
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def _row(number: int, row: Row, *, heading: bool = False) -> bytes:
    style = 2 if heading else 1
    cells = "".join(_cell(cell, style) for cell in row)
    return f'<row r="{number}">{cells}</row>'.encode()


def _cell(cell: Cell, style: int) -> str:
    if isinstance(cell, int) and abs(cell) < MOST_NUMBER:
        return f"<c><v>{cell:d}</v></c>"
    if not (said := clean(text(cell))[:MOST_CELL]):
        return "<c/>"
    # Style 1 is text with a quote before it: it stays text when somebody edits the cell.
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(said)}</t></is></c>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/>'
    '<xf numFmtId="49" quotePrefix="1" applyNumberFormat="1" xfId="0"/><xf fontId="1" applyFont="1" xfId="0"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _parts(sheets: int) -> Iterator[tuple[str, str]]:
    """What a workbook has besides its sheets."""
    numbers = range(1, sheets + 1)
    listed = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
    )
    leads = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    leads += f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    yield "xl/_rels/workbook.xml.rels", f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{leads}</Relationships>'
    yield "xl/styles.xml", _STYLES
    lead = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    yield "_rels/.rels", f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{lead}</Relationships>'
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>' for n in numbers
    )
    types = (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{kinds}</Types>'
    )
    yield "[Content_Types].xml", types


SHEETS: tuple[SheetFormat, ...] = (
    SheetFormat("csv", "text/csv", csv_pieces),
    SheetFormat("xlsx", f"{_KIND}.sheet", xlsx_pieces),
    SheetFormat("jsonl", "application/jsonl", jsonl_pieces),
)
