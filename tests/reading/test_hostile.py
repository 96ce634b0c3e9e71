"""Broken, encrypted and hostile files: each ends by itself with a status and a reason, and the next file is read."""

from __future__ import annotations

import gzip
import logging
import struct
from pathlib import Path

import pytest
from openpyxl import load_workbook

from opendata.catalog.records import TextStatus
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from tests.reading.conftest import ENGLISH, MakePackage, docx_body, docx_parts, odt_parts, pdf_bytes, xlsx_bytes


def test_empty_file_has_no_text(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "empty.pdf"
    path.touch()
    read = reader.read(path)
    assert (read.status, read.reason) == (TextStatus.NO_TEXT, "the file is empty")


def test_encrypted_pdf_says_so(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "secret.pdf"
    path.write_bytes(pdf_bytes([ENGLISH], password="swordfish"))
    read = reader.read(path)
    assert (read.status, read.reason) == (TextStatus.FAILED, "encrypted: it needs a password")


def test_encrypted_odt_says_so(reader: Reader, package: MakePackage) -> None:
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    read = reader.read(package("secret.odt", odt_parts("x", manifest=manifest)))
    assert (read.status, read.reason) == (TextStatus.FAILED, "encrypted: it needs a password")


@pytest.mark.parametrize("name", ["cut.pdf", "cut.docx", "cut.xlsx"])
def test_broken_file_says_so(reader: Reader, tmp_path: Path, package: MakePackage, name: str) -> None:
    whole = {
        "cut.pdf": lambda: pdf_bytes([ENGLISH] * 3)[:300],
        "cut.docx": lambda: package("whole.docx", docx_parts(docx_body(ENGLISH))).read_bytes()[:-40],
        "cut.xlsx": lambda: xlsx_bytes([["a"], [1]])[:-40],
    }
    path = tmp_path / name
    path.write_bytes(whole[name]())
    read = reader.read(path)
    assert read.status is TextStatus.FAILED
    assert read.reason.startswith("broken: ")
    assert read.format == name[4:].upper()


def test_docx_of_malformed_xml_is_broken(reader: Reader, package: MakePackage) -> None:
    read = reader.read(package("bad.docx", docx_parts("<w:document><w:body><w:p></w:body>")))
    assert read.status in (TextStatus.FAILED, TextStatus.NO_TEXT)


def test_zip_and_gzip_are_never_unpacked(reader: Reader, tmp_path: Path, package: MakePackage) -> None:
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(bytes(50_000_000)))
    for path in (package("papers.zip", {"report.txt": ENGLISH.encode()}), bomb):
        read = reader.read(path)
        assert (read.status, read.pages) == (TextStatus.UNSUPPORTED, ())


def test_package_that_unpacks_to_hundreds_of_times_its_size_is_refused(reader: Reader, package: MakePackage) -> None:
    parts = {**docx_parts(docx_body(ENGLISH)), "word/media/a.xml": bytes(80_000_000)}
    read = reader.read(package("bomb.docx", parts))
    assert read.status is TextStatus.TOO_LARGE
    assert "times its size" in read.reason


def test_package_that_lies_about_its_size_is_refused(reader: Reader, package: MakePackage) -> None:
    path = package("liar.docx", docx_parts(docx_body("x" * 120_000_000)))
    data = path.read_bytes()
    true = struct.pack("<I", len(docx_parts(docx_body("x" * 120_000_000))["word/document.xml"]))
    assert data.count(true) == 2
    path.write_bytes(data.replace(true, struct.pack("<I", 20)))
    read = reader.read(path)
    assert (read.status, read.pages) == (TextStatus.TOO_LARGE, ())


def test_entities_of_xml_are_not_expanded(reader: Reader, tmp_path: Path, package: MakePackage) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{levels}]>'
    path = tmp_path / "laughs.xml"
    path.write_text(f'<?xml version="1.0"?>{bomb}<a>&e9; end</a>')
    assert len("".join(reader.read(path).pages)) < 100
    body = docx_body("&e9;")
    read = reader.read(package("laughs.docx", docx_parts(bomb + body)))
    assert len("".join(read.pages)) < 1000


def test_files_named_in_xml_are_not_opened(reader: Reader, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret words")
    path = tmp_path / "outside.xml"
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>')
    assert "secret words" not in "".join(reader.read(path).pages)


def test_sheet_with_a_cell_in_its_last_corner_does_not_eat_the_memory(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "corner.xlsx"
    path.write_bytes(xlsx_bytes([["a"]]))
    workbook = load_workbook(path)
    sheet = workbook.active
    assert sheet is not None
    sheet["XFD1048576"] = 1
    workbook.save(path)
    assert reader.read(path, limits=Limits(seconds=20)).status in (TextStatus.TOO_LARGE, TextStatus.TEXT)
    assert reader.preview(path, limits=Limits(seconds=20)).problem


def test_too_little_memory_is_a_status_and_the_next_file_is_read(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("слово " * 3_000_000)
    read = reader.read(path, limits=Limits(memory_bytes=160_000_000))
    assert (read.status, read.reason) == (TextStatus.TOO_LARGE, "it needs more memory than the limit")
    assert reader.read(path).status is TextStatus.TEXT


def test_nul_control_characters_and_lone_surrogates_do_not_come_through(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    noise = "<p>до&#0;ма&#x1F;</p><p>&#xD800;&#xFFFE;вода\x07</p>"
    path.write_text(f"<html><body>{noise}{'<p>' + ENGLISH + '</p>'}{'<p>' + ENGLISH + '</p>'}</body></html>")
    text = "".join(reader.read(path).pages)
    assert "вода" in text
    text.encode("utf-8")
    assert not [char for char in text if char < " " and char not in "\n\t"]


def test_html_nested_a_hundred_thousand_deep_is_read_or_refused(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "deep.html"
    path.write_text("<html><body>" + "<div>" * 100_000 + "вода" + "</div>" * 100_000 + "</body></html>")
    assert reader.read(path).status in (TextStatus.TEXT, TextStatus.FAILED, TextStatus.NO_TEXT, TextStatus.TOO_LARGE)


def test_noise_is_refused(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "noise.txt"
    path.write_bytes(bytes(range(256)) * 50)
    assert reader.read(path).status is TextStatus.UNSUPPORTED


def test_what_libraries_print_does_not_reach_the_log(
    reader: Reader, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bad.docx"
    path.write_bytes(b"PK\x03\x04 nothing of the kind")
    with caplog.at_level(logging.DEBUG):
        reader.read(path)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
