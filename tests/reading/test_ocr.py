"""Text recognised from page images, page by page. Needs Tesseract's data; each test says so where it is absent."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from opendata.catalog.records import TextStatus
from opendata.reading import ocr, pdf
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from tests.reading.conftest import pdf_bytes

LINES = ["GROUNDWATER LEVELS OF THE BASIN", "MEASURED EVERY MONTH"]

needs_tesseract = pytest.mark.skipif(
    not ocr.available(), reason="no Tesseract data: install tesseract-ocr-kaz, -rus and -eng to run this test"
)


def scanned_pdf(tmp_path: Path, lines: list[str]) -> Path:
    """A PDF of one image a page, each showing a line."""
    written = tmp_path / "written.pdf"
    written.write_bytes(pdf_bytes(lines))
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    with pdf.opened(written) as document:
        for number in range(len(lines)):
            canvas.drawImage(ImageReader(io.BytesIO(pdf.page_image(document, number, 200))), 0, 0, 595, 842)
            canvas.showPage()
    canvas.save()
    path = tmp_path / "scan.pdf"
    path.write_bytes(buffer.getvalue())
    return path


def test_scan_waits_for_recognition(reader: Reader, tmp_path: Path) -> None:
    read = reader.read(scanned_pdf(tmp_path, LINES))
    assert (read.status, read.pages_read, read.pages_total) == (TextStatus.SCANNED, 0, 2)


@needs_tesseract
def test_pages_are_handed_over_as_they_are_read(reader: Reader, tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    path = scanned_pdf(tmp_path, LINES)
    read = ocr.read_pages(
        path, "application/pdf", on_page=lambda number, text: seen.append((number, text)), reader=reader
    )
    assert (read.status, read.pages_total, read.reason) == (TextStatus.OCR, 2, "")
    assert [text for _, text in seen] == list(read.pages)
    assert [number for number, _ in seen] == [1, 2]
    assert "GROUNDWATER" in read.pages[0]
    assert "MONTH" in read.pages[1]


@needs_tesseract
def test_pages_read_by_an_earlier_job_are_passed_over(reader: Reader, tmp_path: Path) -> None:
    seen: list[int] = []
    path = scanned_pdf(tmp_path, LINES)
    read = ocr.read_pages(
        path, "application/pdf", on_page=lambda number, _text: seen.append(number), done=[1], reader=reader
    )
    assert (seen, read.pages[0], read.status) == ([2], "", TextStatus.OCR)


@needs_tesseract
def test_page_over_its_time_is_left_out_with_the_reason(reader: Reader, tmp_path: Path) -> None:
    path = scanned_pdf(tmp_path, LINES[:1])
    read = ocr.read_pages(path, "application/pdf", Limits(seconds=0.05), reader=reader)
    assert (read.status, read.pages) == (TextStatus.FAILED, ("",))
    assert read.reason == "page 1: it took longer than the limit of time"


@needs_tesseract
def test_limit_of_pages_is_said(reader: Reader, tmp_path: Path) -> None:
    path = scanned_pdf(tmp_path, LINES)
    read = ocr.read_pages(path, "application/pdf", Limits(seconds=60, pages=1), reader=reader)
    assert (len(read.pages), read.pages_total, read.truncated) == (1, 2, True)
    assert "1 of 2 pages" in read.reason


@needs_tesseract
def test_an_image_is_one_page(reader: Reader, tmp_path: Path) -> None:
    written = tmp_path / "written.pdf"
    written.write_bytes(pdf_bytes(LINES[:1]))
    path = tmp_path / "scan.png"
    with pdf.opened(written) as document:
        path.write_bytes(pdf.page_image(document, 0, 200))
    read = ocr.read_pages(path, "image/png", reader=reader)
    assert (read.status, read.pages_total) == (TextStatus.OCR, 1)
    assert "BASIN" in read.pages[0]


@needs_tesseract
def test_broken_image_fails_with_a_reason(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    read = ocr.read_pages(path, "image/png", reader=reader)
    assert read.status is TextStatus.FAILED
    assert read.reason


def test_without_data_the_file_stays_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert not ocr.available()
    path = scanned_pdf(tmp_path, LINES[:1])
    read = ocr.read_pages(path, "application/pdf")
    assert read.status is TextStatus.SCANNED
    assert "not installed" in read.reason


def test_huge_pages_are_drawn_coarser(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(14_400, 14_400))
    canvas.drawString(10, 10, "corner")
    canvas.save()
    path = tmp_path / "huge.pdf"
    path.write_bytes(buffer.getvalue())
    with pdf.opened(path) as document:
        image = pdf.page_image(document, 0, 300)
    width, height = (int.from_bytes(image[start : start + 4], "big") for start in (16, 20))
    assert width * height <= 16_100_000
