"""What stands out on a first page by the size of its letters: a title where it is one, else nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas

from opendata.reading.headings import Line, largest, of_pdf, of_word
from tests.reading.conftest import MakePackage, docx_body, docx_parts, pdf_bytes

TEXT = Line("The catchment was sampled at nine posts.", 11)


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ([Line("Ministry", 12), Line("Groundwater of the", 20), Line("lower Syrdarya", 19.5), TEXT, TEXT], "both"),
        ([TEXT, TEXT, TEXT], ""),
        ([Line("Atlas", 30), TEXT, TEXT], ""),
        ([Line("12.04.2021 — 14", 30), Line("Groundwater of the lower Syrdarya", 20), TEXT, TEXT], "both"),
        ([Line("word " * 100, 30), TEXT, TEXT], ""),
        ([Line("Groundwater of the lower Syrdarya", 20)], "both"),
        ([], ""),
    ],
    ids=["two lines", "all alike", "one word", "a number above", "too long", "alone", "nothing"],
)
def test_the_largest_lines_are_a_title_where_they_stand_out(lines: list[Line], title: str) -> None:
    assert largest(lines) == ("Groundwater of the lower Syrdarya" if title else "")


def test_the_first_page_of_a_pdf_is_measured_by_what_is_drawn() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for place, (size, text) in enumerate([(10, "Institute of Geology"), (22, "Groundwater of the"), (22, "Syrdarya")]):
        canvas.setFont("Helvetica", size)
        canvas.drawString(72, 700 - 40 * place, text)
    canvas.setFont("Helvetica", 10)
    for place in range(5):
        canvas.drawString(72, 400 - 20 * place, "The catchment was sampled at nine posts.")
    canvas.save()
    document = pypdfium2.PdfDocument(buffer.getvalue())
    assert of_pdf(document) == "Groundwater of the Syrdarya"
    document.close()
    for pages in ([""], ["alone"]):
        bare = pypdfium2.PdfDocument(pdf_bytes(pages))
        assert of_pdf(bare) == ""
        bare.close()


STYLES = """<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:styleId="a3"><w:name w:val="Title"/></w:style><w:style w:styleId="x"/></w:styles>"""


def test_the_title_of_a_word_file_is_the_one_that_is_set_as_such_else_the_largest(package: MakePackage) -> None:
    plain, named = "The catchment was sampled.", "Подземные воды Сырдарьи"
    styled = docx_body(plain, named).replace(
        f"<w:p><w:r><w:t>{named}", f'<w:p><w:pPr><w:pStyle w:val="a3"/></w:pPr><w:r><w:t>{named}'
    )
    with_styles = {**docx_parts(styled), "word/styles.xml": STYLES.encode()}
    assert of_word(package("a.docx", with_styles)) == named
    sized = docx_body(plain, named, plain).replace(
        f"<w:r><w:t>{named}", f'<w:r><w:rPr><w:sz w:val="36"/></w:rPr><w:t>{named}'
    )
    assert of_word(package("b.docx", docx_parts(sized))) == named
    assert of_word(package("c.docx", docx_parts(docx_body(plain, named)))) == ""


def test_a_broken_word_file_has_no_title(package: MakePackage, tmp_path: Path) -> None:
    assert of_word(package("a.docx", {"word/document.xml": b"<w:document"})) == ""
    assert of_word(package("b.docx", {"other": b""})) == ""
    other = tmp_path / "c.docx"
    other.write_bytes(b"no zip")
    assert of_word(other) == ""
    assert not zipfile.is_zipfile(other)
