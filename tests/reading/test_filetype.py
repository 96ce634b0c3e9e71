"""The type of a file comes from its bytes; the name is a hint only where bytes cannot tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from opendata.reading.filetype import detect
from tests.reading.conftest import ENGLISH, MakePackage, docx_body, docx_parts, odt_parts, pdf_bytes, xlsx_bytes


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (pdf_bytes([ENGLISH]), "report.html", "PDF"),
        (b"junk before\n" + pdf_bytes([ENGLISH]), "report.pdf", "PDF"),
        (b"The header %PDF-1.4 begins a PDF.", "notes.txt", "TXT"),
        (bytes(300) + pdf_bytes([ENGLISH]), "report.pdf", "PDF"),
        (b"<html>%PDF-1.4 is what a PDF begins with</html>", "report.pdf", "HTML"),
        (b"<html><script>alert(1)</script></html>", "picture.png", "HTML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture.png", "SVG"),
        (b"<?xml version='1.0'?><svg/>", "a.xml", "SVG"),
        (b"<?xml version='1.0'?><rows/>", "a", "XML"),
        (b"{\\rtf1 x}", "a.doc", "RTF"),
        (b"\x89PNG\r\n\x1a\n....", "a.pdf", "PNG"),
        (b"\xff\xd8\xff\xe0", "a", "JPEG"),
        (b"GIF89a", "a", "GIF"),
        (b"RIFF....WEBPVP8 ", "a", "WEBP"),
        (b"BMW was measured", "a.txt", "TXT"),
        (b"PK\x03\x04 cut short", "a.docx", "DOCX"),
        (b"PK\x03\x04 cut short", "a.bin", "ZIP"),
        (b"\x1f\x8b\x08", "a.csv", "GZIP"),
        (b"a;b\n1;2\n", "a.csv", "CSV"),
        (b"a;b\n1;2\n", "a", "TXT"),
        ("скважина;уровень".encode("utf-16"), "a.csv", "CSV"),
        ("скважина;уровень".encode("utf-16-le"), "a.csv", "CSV"),
        (b"{}", "a.geojson", "GeoJSON"),
        (b"\x00\x01\x02\x03\x04\x05", "a.txt", ""),
    ],
)
def test_type_comes_from_the_bytes(tmp_path: Path, content: bytes, name: str, kind: str) -> None:
    path = tmp_path / "stored"
    path.write_bytes(content)
    assert detect(path, name).format == kind


def test_packages_are_told_by_what_is_in_them(tmp_path: Path, package: MakePackage) -> None:
    assert detect(package("a.zip", docx_parts(docx_body(ENGLISH)))).format == "DOCX"
    assert detect(package("b.docx", odt_parts(ENGLISH))).format == "ODT"
    assert detect(package("c.docx", {"readme.txt": b"x"})).format == "ZIP"
    (tmp_path / "d.bin").write_bytes(xlsx_bytes([[1]]))
    assert detect(tmp_path / "d.bin").format == "XLSX"


def test_parent_needs_no_heavy_library() -> None:
    code = (
        "import sys, opendata.reading.filetype, opendata.reading.extract; "
        "import opendata.reading.ocr, opendata.reading.titlepage; "
        "sys.exit(any(name in sys.modules for name in ('kreuzberg', 'pandas', 'pypdfium2', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
