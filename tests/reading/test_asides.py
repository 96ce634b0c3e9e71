"""What stands beside the text of a document is read too: stamps stand there."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from opendata.reading.extract import Reader

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/{part}" ContentType="{type}"/></Types>'
)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT = "application/vnd.oasis.opendocument.text"


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def packed(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def word(path: Path, body: str, header: str = "", footer: str = "") -> Path:
    return packed(
        path,
        {
            "[Content_Types].xml": TYPES.format(part="word/document.xml", type=DOCX),
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/header1.xml": f"<w:hdr {W}>{header}</w:hdr>",
            "word/footer1.xml": f"<w:ftr {W}>{footer}</w:ftr>",
        },
    )


def test_headers_frames_and_footers_of_a_word_document_are_read(tmp_path: Path, reader: Reader) -> None:
    frame = f"<w:p><w:r><w:pict><w:txbxContent>{paragraph('Экз. № 3')}</w:txbxContent></w:pict></w:r></w:p>"
    path = word(tmp_path / "a.docx", paragraph("Отчёт") + frame, paragraph("Секретно"), paragraph("стр. 1"))
    assert reader.asides(path, "a.docx") == "Секретно\nЭкз. № 3\nстр. 1"


def test_what_is_said_on_every_page_is_said_once(tmp_path: Path, reader: Reader) -> None:
    path = word(tmp_path / "a.docx", paragraph("Отчёт"), paragraph("Секретно"), paragraph("Секретно"))
    assert reader.asides(path, "a.docx") == "Секретно"


def test_headers_of_an_open_document_are_read(tmp_path: Path, reader: Reader) -> None:
    spaces = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    spaces += 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    styles = f"<a {spaces}><style:header><text:p>Құ<text:span>пия</text:span></text:p></style:header></a>"
    path = packed(tmp_path / "a.odt", {"mimetype": ODT, "content.xml": "<a/>", "styles.xml": styles})
    assert reader.asides(path, "a.odt") == "Құпия"


def test_headers_of_a_workbook_are_read_without_their_looks(tmp_path: Path, reader: Reader) -> None:
    type_ = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    header = '&amp;LОтчёт&amp;R&amp;"Arial,Bold"&amp;12ДСП'
    sheet = f"<worksheet><headerFooter><oddHeader>{header}</oddHeader></headerFooter></worksheet>"
    members = {
        "[Content_Types].xml": TYPES.format(part="xl/workbook.xml", type=type_),
        "xl/workbook.xml": "<workbook/>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    assert reader.asides(packed(tmp_path / "a.xlsx", members), "a.xlsx").splitlines() == ["Отчёт", "ДСП"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", b"\x00\x01\x02"])
def test_what_cannot_be_read_has_none(tmp_path: Path, reader: Reader, data: bytes) -> None:
    (tmp_path / "a.docx").write_bytes(data)
    assert reader.asides(tmp_path / "a.docx", "a.docx") == ""
    assert reader.sheets(tmp_path / "a.docx", "a.docx", 10) == []


def test_broken_header_leaves_the_others(tmp_path: Path, reader: Reader) -> None:
    path = word(tmp_path / "a.docx", paragraph("Отчёт"), "<w:p>", paragraph("Құпия"))
    assert reader.asides(path, "a.docx") == "Құпия"


def test_sheets_come_with_their_rows(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "a.csv").write_text("Имя;Число\n\nа;1\n", encoding="utf-8")
    (sheet,) = reader.sheets(tmp_path / "a.csv", "a.csv", 10)
    assert [(row.number, row.cells) for row in sheet.rows] == [(1, ("Имя", "Число")), (3, ("а", "1"))]
