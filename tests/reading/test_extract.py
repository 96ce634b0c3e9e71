"""Reading valid files of each type, and the hold on the child process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from opendata.catalog.records import TextStatus
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from tests.reading.conftest import (
    ENGLISH,
    KAZAKH,
    RUSSIAN,
    MakePackage,
    docx_body,
    docx_parts,
    odt_parts,
    pdf_bytes,
    xlsx_bytes,
)


def child_pid(reader: Reader) -> int:
    child = reader._child
    assert child is not None
    return child._process.pid


def test_pdf_is_read_page_by_page_with_its_properties(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_bytes([ENGLISH, "", "The third page."], title="Groundwater levels"))
    read = reader.read(path)
    assert (read.status, read.format, read.media_type) == (TextStatus.TEXT, "PDF", "application/pdf")
    assert [page.strip() for page in read.pages] == [ENGLISH, "", "The third page."]
    assert (read.pages_total, read.pages_read) == (3, 2)
    assert read.properties.title == "Groundwater levels"
    assert read.properties.created[:2] == "20"


def test_docx_is_read(reader: Reader, package: MakePackage) -> None:
    read = reader.read(package("отчёт.docx", docx_parts(docx_body(RUSSIAN, KAZAKH))))
    assert read.status is TextStatus.TEXT
    assert RUSSIAN in read.pages[0]
    assert KAZAKH in read.pages[0]


def test_docx_whose_main_part_has_another_name_is_read(reader: Reader, package: MakePackage) -> None:
    read = reader.read(package("office365.docx", docx_parts(docx_body(RUSSIAN), main="word/document2.xml")))
    assert (read.status, read.pages[0].strip()) == (TextStatus.TEXT, RUSSIAN)


def test_odt_is_read_whatever_its_extension(reader: Reader, package: MakePackage) -> None:
    read = reader.read(package("misnamed.doc", odt_parts(KAZAKH)))
    assert (read.status, read.format) == (TextStatus.TEXT, "ODT")
    assert KAZAKH in read.pages[0]


def test_workbook_is_read(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "wells.xlsx"
    path.write_bytes(xlsx_bytes([["скважина", "уровень"], ["Кызылорда-1", 12.5]]))
    read = reader.read(path)
    assert read.format == "XLSX"
    assert "Кызылорда-1" in read.pages[0]


def test_rtf_is_read(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "note.rtf"
    escaped = "".join(f"\\u{ord(letter)}?" for letter in "Заметка о воде")
    path.write_text("{\\rtf1\\ansi " + escaped + "}")
    assert "Заметка о воде" in reader.read(path).pages[0]


def test_html_gives_what_a_browser_shows(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<html><head><title>Воды</title><style>p{}</style></head><body><script>alert(1)</script>"
        "<h1>Подземные воды</h1><p>Раз<b>делы</b></p><table><tr><td>один</td><td>два</td></tr></table></body></html>",
        encoding="cp1251",
    )
    read = reader.read(path)
    assert read.pages == ("Подземные воды\nРазделы\nодин\tдва",)
    assert read.properties.title == "Воды"


@pytest.mark.parametrize(
    ("stated", "heading", "title"),
    [
        ("О воинской службе - ИПС «Әділет»", "О воинской службе", "О воинской службе"),
        ("О воинской службе — Портал", "О <b>воинской</b>\nслужбе", "О воинской службе"),
        ("О воинской службе и о другом", "О воинской службе", "О воинской службе и о другом"),
        ("О воинской службе - Портал", "Главная", "О воинской службе - Портал"),
        ("О воинской службе - Портал", "", "О воинской службе - Портал"),
    ],
)
def test_the_title_of_a_page_is_without_its_site(
    reader: Reader, tmp_path: Path, stated: str, heading: str, title: str
) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<html><head><title>{stated}</title></head><body><h1>{heading}</h1><p>Текст</p></body></html>")
    assert reader.read(path).properties.title == title


def test_epub_is_read(reader: Reader, package: MakePackage) -> None:
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        'full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest><item id="a" href="a.xhtml" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{RUSSIAN}</p></body></html>'
    parts = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": container.encode(),
        "book.opf": book.encode(),
        "a.xhtml": page.encode(),
    }
    read = reader.read(package("book.epub", parts))
    assert (read.status, read.format) == (TextStatus.TEXT, "EPUB")
    assert RUSSIAN in read.pages[0]


@pytest.mark.parametrize(
    ("name", "kind"), [("a.csv", "CSV"), ("a.json", "JSON"), ("a.geojson", "GeoJSON"), ("a.txt", "TXT"), ("a", "TXT")]
)
def test_plain_text_is_kept_as_it_is(reader: Reader, tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes("{\r\n  'скважина;12'\r\n}".encode("koi8-r"))
    read = reader.read(path)
    assert (read.format, read.pages) == (kind, ("{\n  'скважина;12'\n}",))


def test_xml_gives_its_text_without_tags(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<?xml version='1.0'?><a x='no'><!-- no --><b>Тараз &amp; Шу</b><c><![CDATA[1 < 2]]></c></a>")
    assert reader.read(path).pages == ("Тараз & Шу\n1 < 2",)


def test_an_image_waits_for_recognition(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "scan.bin"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    read = reader.read(path)
    assert (read.status, read.media_type, read.reason) == (TextStatus.SCANNED, "image/png", "it is an image")


def test_stored_files_without_a_name_are_told_by_the_given_one(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "8f14e45fceea167a5a36dedd4bea2543"
    path.write_text("a,b\n1,2\n")
    assert reader.read(path, "уровни.csv").format == "CSV"


def test_one_child_reads_many_files_and_is_replaced_after_two_hundred(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(ENGLISH)
    reader.read(path)
    first = child_pid(reader)
    reader.read(path)
    assert child_pid(reader) == first
    monkeypatch.setattr("opendata.reading.extract.FILES_PER_CHILD", 2)
    assert reader.read(path).status is TextStatus.TEXT
    assert child_pid(reader) != first


def test_a_child_that_was_killed_is_replaced(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(ENGLISH)
    reader.read(path)
    os.kill(child_pid(reader), signal.SIGKILL)
    assert ENGLISH in reader.read(path).pages[0]


def test_child_has_no_secrets_and_no_open_files_of_its_parent(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENDATA_SECRET_KEY", "not for the child")
    path = tmp_path / "a.txt"
    path.write_text(ENGLISH)
    with path.open("rb") as held, Reader() as own:
        os.set_inheritable(held.fileno(), True)
        own.read(path)
        process = Path(f"/proc/{child_pid(own)}")
        assert b"OPENDATA" not in (process / "environ").read_bytes()
        opened = {str(each.readlink()) for each in (process / "fd").iterdir()}
        assert str(path) not in opened


def test_closed_reader_leaves_no_process_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(ENGLISH)
    with Reader() as own:
        own.read(path)
        pid = child_pid(own)
    gc.collect()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(RuntimeError, match="closed"):
        own.read(path)


def test_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(ENGLISH)
    code = (
        "import sys, time; from pathlib import Path; from opendata.reading.extract import Reader\n"
        "reader = Reader(); reader.read(Path(sys.argv[1]))\n"
        "print(reader._child._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and is_running(pid):
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended (an ended one may wait to be collected by init)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_limit_of_pages_keeps_the_pages_before_it(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf_bytes([f"{ENGLISH} {number}" for number in range(6)]))
    read = reader.read(path, limits=Limits(pages=4))
    assert (read.status, len(read.pages), read.pages_total) == (TextStatus.TOO_LARGE, 4, 6)
    assert read.truncated
    assert "4 of 6 pages" in read.reason


def test_limit_of_characters_cuts_the_text(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("слово " * 10_000)
    read = reader.read(path, limits=Limits(characters=100))
    assert (read.status, len(read.pages[0]), read.truncated) == (TextStatus.TOO_LARGE, 100, True)


def test_limit_of_bytes_is_checked_before_reading(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    path.write_text("a" * 2000)
    read = reader.read(path, limits=Limits(input_bytes=1000))
    assert (read.status, read.pages) == (TextStatus.TOO_LARGE, ())


def test_limit_of_time_ends_the_child_and_keeps_what_was_read(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(pdf_bytes([ENGLISH] * 1500))
    reader.read(path, limits=Limits(pages=1))
    before = child_pid(reader)
    read = reader.read(path, limits=Limits(seconds=0.01))
    assert (read.status, read.reason) == (TextStatus.TOO_LARGE, "it took longer than the limit of time")
    assert len(read.pages) < 1500
    assert reader.read(path, limits=Limits(pages=1)).pages[0].strip() == ENGLISH
    assert child_pid(reader) != before
