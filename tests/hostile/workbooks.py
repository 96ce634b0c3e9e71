"""Workbooks written by hand, byte by byte where need be: as no program writes them, or as only old programs do."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(path: Path, rows: str | Iterable[str], *, doctype: str = "", parts: Mapping[str, bytes] | None = None) -> Path:
    """A workbook of one sheet with `rows` as its XML, and further parts."""
    book = f'<sheets><sheet name="1" sheetId="1" xmlns:r="{_OFFICE}" r:id="r1"/></sheets>'
    contents: dict[str, str] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}">{book}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream:
            stream.write(f'{doctype}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for some in [rows] if isinstance(rows, str) else rows:
                stream.write(some.encode())
            stream.write(b"</sheetData></worksheet>")
        for name, content_ in (parts or {}).items():
            archive.writestr(name, content_)
    return path


def xlsx_row(number: int, cells: Sequence[str], attributes: str = "") -> str:
    """The XML of a row of texts."""
    said = "".join(f'<c t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>' for cell in cells)
    return f'<row r="{number}" {attributes}>{said}</row>'


def ods(path: Path, rows: str, doctype: str = "") -> Path:
    """An OpenDocument table with `rows` as its XML."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = "".join(f' xmlns:{name}="{office}{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'{doctype}<office:document-content{spaces} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", _ODS)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def ods_row(cells: Sequence[str], attributes: str = "", cell_attributes: str = "") -> str:
    """The XML of a row of texts."""
    begin = f'<table:table-cell office:value-type="string" {cell_attributes}><text:p>'
    said = "".join(f"{begin}{escape(cell)}</text:p></table:table-cell>" for cell in cells)
    return f"<table:table-row {attributes}>{said}</table:table-row>"


def xls(
    path: Path,
    rows: Sequence[Sequence[str]],
    hidden: Sequence[int] = (),
    errors: Mapping[tuple[int, int], int] | None = None,
) -> Path:
    """A workbook of Excel 97: texts, the rows (from 1) that are hidden, cells (from 1) that hold an error code."""
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, 20, 0))
    for number, cells in enumerate(rows):
        options = 0x20 if number + 1 in hidden else 0
        sheet += _record(0x208, struct.pack("<HHHHHHI", number, 0, len(cells), 255, 0, 0, options))
    for number, cells in enumerate(rows):
        for column, text in enumerate(cells):
            code = (errors or {}).get((number + 1, column + 1))
            if code is not None:
                sheet += _record(0x205, struct.pack("<HHHBB", number, column, 0, code, 1))
            elif text:
                place = struct.pack("<HHHHB", number, column, 0, len(text), 1)
                sheet += _record(0x204, place + text.encode("utf-16-le"))
    sheet += _record(0x0A, b"")
    begin = _record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0))
    name = struct.pack("<IBBBB", len(begin) + 4 + 9 + 4, 0, 0, 1, 0) + b"1"
    path.write_bytes(ole2({"Workbook": begin + _record(0x85, name) + _record(0x0A, b"") + sheet}))
    return path


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def ole2(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of streams, each brought to the length from which no small sectors are used."""
    end, free, in_table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    table, body, entries = [in_table], b"", [_entry("Root Entry", 5, end, 0, child=1)]
    for number, (name, content) in enumerate(streams.items(), 1):
        padded = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
        first, count = len(table), len(padded) // 512
        table += [*range(first + 1, first + count), end]
        body += padded
        entries.append(_entry(name, 2, first, len(padded), right=number + 1 if number < len(streams) else None))
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * 512, b"\0")
    start, count = len(table), len(directory) // 512
    table += [*range(start + 1, start + count), end]
    assert len(table) <= 128, "one sector of the table is enough for what tests write"
    table += [free] * (128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, start, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    return header + struct.pack("<128I", *table) + body + directory


def _entry(name: str, kind: int, start: int, size: int, *, child: int | None = None, right: int | None = None) -> bytes:
    raw = name.encode("utf-16-le")
    none = 0xFFFFFFFF
    links = struct.pack("<III", none, none if right is None else right, none if child is None else child)
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBB", len(raw) + 2, kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def overlapping(table: bytes, name: str, copies: int) -> bytes:
    """A zip of a table and one packed file that many entries share, as bombs without nesting do."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", table)
        archive.writestr(name, b"0" * 100_000)
        info = archive.infolist()[-1]
        for number in range(copies):
            other = zipfile.ZipInfo(f"{number}-{name}")
            other.header_offset, other.CRC, other.compress_type = info.header_offset, info.CRC, info.compress_type
            other.compress_size, other.file_size = info.compress_size, info.file_size
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other
    return made.getvalue()
