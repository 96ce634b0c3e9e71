"""Small real files of many types, made when the tests run, and one reader for all of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook
from reportlab.pdfgen.canvas import Canvas

from opendata.reading.extract import Reader
from tests.children import fresh_children

ENGLISH = "The groundwater level in the river basin was measured every month of the year."
RUSSIAN = "Уровень подземных вод в бассейне реки измеряли каждый месяц, и результаты сведены в таблицу."
KAZAKH = "Өзен алабындағы жер асты суларының деңгейі ай сайын өлшеніп, нәтижелері кестеге енгізілді."


@pytest.fixture(scope="package", autouse=True)
def own_children() -> Iterator[None]:
    """Processes that read are the subject here: each is started and killed as by a real site."""
    with fresh_children():
        yield


MakePackage = Callable[[str, Mapping[str, bytes]], Path]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


@pytest.fixture
def package(tmp_path: Path) -> MakePackage:
    """Makes a zip of the given name out of named parts, in their order."""

    def make(name: str, parts: Mapping[str, bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return path

    return make


def pdf_bytes(pages: list[str], *, title: str = "", password: str = "") -> bytes:
    """A PDF with a line of text on each page; an empty string is a page without anything."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=password or None)
    canvas.setTitle(title)
    for text in pages:
        if text:
            canvas.drawString(72, 720, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def docx_parts(body: str, main: str = "word/document.xml") -> dict[str, bytes]:
    """The parts of the smallest DOCX whose document has `body` as its XML."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return {
        "[Content_Types].xml": (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{main}" ContentType="{kind}"/></Types>'
        ).encode(),
        "_rels/.rels": (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{relation}" Target="{main}"/></Relationships>'
        ).encode(),
        main: f'<?xml version="1.0" encoding="UTF-8"?>{body}'.replace(
            "<w:document", f'<w:document xmlns:w="{space}"'
        ).encode(),
    }


def docx_body(*paragraphs: str) -> str:
    """The XML of a Word document with those paragraphs."""
    written = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return f"<w:document><w:body>{written}</w:body></w:document>"


def odt_parts(*paragraphs: str, manifest: str = "") -> dict[str, bytes]:
    """The parts of the smallest ODT with those paragraphs."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    written = "".join(f"<text:p>{text}</text:p>" for text in paragraphs)
    return {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": (
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{names}:office:1.0" '
            f'xmlns:text="{names}:text:1.0"><office:body><office:text>{written}</office:text></office:body>'
            "</office:document-content>"
        ).encode(),
        "META-INF/manifest.xml": (manifest or "<manifest/>").encode(),
    }


def xlsx_bytes(rows: list[list[object]]) -> bytes:
    """A workbook of one sheet."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Wells"
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()
