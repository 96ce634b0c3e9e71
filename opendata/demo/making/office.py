"""Writes DOCX and XLSX files that come out the same, byte for byte, whenever they are made."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.styles import Font

from opendata.demo.making.markup import Chart, Document, Grid
from opendata.demo.making.tables import Rows
from opendata.demo.making.words import WORDS

_MOMENT = (2023, 12, 1, 0, 0, 0)
_STAMP = "2023-12-01T04:00:00Z"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_TYPES = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="{_PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>\
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>\
</Types>"""
_RELATIONS = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>\
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>\
</Relationships>"""
_CORE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\
<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><cp:keywords>{keywords}</cp:keywords>\
<dc:language>{language}</dc:language>\
<dcterms:created xsi:type="dcterms:W3CDTF">{stamp}</dcterms:created></cp:coreProperties>"""


def write_docx(document: Document, target: Path) -> None:
    """The text of `document` as a plain Word file, the title and the mark of demonstration first."""
    head = document.head
    parts = [_paragraph(WORDS[head["language"]].mark, size=16), _paragraph(head["title"], bold=True, size=32)]
    parts += [_paragraph(head["performer"]), _paragraph(f"{head['register']} · {head['city']} {head['year']}")]
    for block in document.blocks:
        if isinstance(block, Grid):
            parts += [_paragraph(block.caption), _grid(block)]
        elif not isinstance(block, Chart):
            heading = block.kind in ("=", "#", "##")
            text = f"– {block.text}" if block.kind == "-" else block.text
            parts.append(_paragraph(text, bold=heading, size=26 if heading else 22))
    body = f'<w:document xmlns:w="{_W}"><w:body>{"".join(parts)}</w:body></w:document>'
    fields = {"title": head["title"], "author": head["performer"], "keywords": head.get("keywords", "")}
    fields = {name: escape(value) for name, value in fields.items()}
    core = _CORE.format(package=_PACKAGE, language=head["language"], stamp=f"{head['date']}T04:00:00Z", **fields)
    members = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": body}
    _zip({**members, "docProps/core.xml": core}, target)


def _paragraph(text: str, *, bold: bool = False, size: int = 22) -> str:
    look = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/></w:rPr>'
    space = '<w:pPr><w:spacing w:after="120"/></w:pPr>'
    return f'<w:p>{space}<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _grid(block: Grid) -> str:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:color="808080"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{_paragraph(cell, bold=not place)}</w:tc>' for cell in row)}</w:tr>"
        for place, row in enumerate(block.rows)
    )
    columns = "<w:gridCol/>" * len(block.rows[0])
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{sides}</w:tblBorders></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    )


def write_xlsx(sheets: dict[str, Rows], title: str, target: Path) -> None:
    """A workbook with one sheet per entry, header row in bold and frozen."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = title, "Open Data.kz demo"
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.freeze_panes = "A2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = max(12, len(str(cell.value)) + 2)
    memory = io.BytesIO()
    book.save(memory)
    with zipfile.ZipFile(memory) as made:
        members = {name: made.read(name).decode("utf-8") for name in made.namelist()}
    # openpyxl writes the moment of saving; the same content must give the same bytes.
    stamped = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _STAMP, members["docProps/core.xml"])
    _zip({**members, "docProps/core.xml": stamped}, target)


def _zip(members: dict[str, str], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
