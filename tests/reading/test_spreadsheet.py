"""Spreadsheets that people fill in: every cell with its place, in every format, within limits."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from opendata.catalog.upload_refusals import NotTaken
from opendata.errors import CatalogueError, Invalid, TooLarge
from opendata.reading.spreadsheet import Spreadsheet, read_spreadsheet

MOST = 1000


def read(path: Path, most: int = MOST) -> Spreadsheet:
    return read_spreadsheet(path, path.name, most)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_any_charset_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [["Название", "Год"], ["Отчёт о водных ресурсах", "2023"], ["Доклад о почвах", "2022"]]
    path = tmp_path / "table.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    (sheet,) = read(path).sheets
    assert [list(row.cells) for row in sheet.rows] == rows


def test_rows_of_csv_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('a;b\n\n\n\n"x\ny";1\n;\nz;2\n', "utf-8")
    (sheet,) = read(path).sheets
    assert [(row.number, row.cells[0]) for row in sheet.rows] == [(1, "a"), (5, "x\ny"), (7, "z")]


def test_cells_keep_their_places_and_kinds(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["B3"], sheet["C3"], sheet["D3"], sheet["E3"] = "текст\xa0", 45292, dt.date(2024, 1, 2), 1.5
    sheet["B5"], sheet["C5"] = "00123", True
    sheet.merge_cells("B5:B7")
    sheet["C7"] = "=1/0"
    sheet.row_dimensions[5].hidden = True
    book.create_sheet("спрятан").sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    first, second = read(tmp_path / "book.xlsx").sheets
    assert [(row.number, row.cells) for row in first.rows] == [
        (3, ("", "текст\xa0", "45292", "2024-01-02", "1.5")),
        (5, ("", "00123", "true")),
    ]
    assert first.merged == ((5, 2, 7, 2),)
    assert first.hidden_rows == {5}
    assert first.uncomputed == {(7, 3)}
    assert second.hidden
    assert not second.rows


def test_million_empty_styled_rows_cost_nothing(tmp_path: Path) -> None:
    path = with_sheet(tmp_path, "".join(f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/></row>'
                                        for n in range(2, 1_000_000)))  # fmt: skip
    started = time.monotonic()
    (sheet,) = read(path).sheets
    assert len(sheet.rows) == 1
    assert time.monotonic() - started < 20


def test_cell_in_the_far_corner_is_refused_before_room_is_made_for_it(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    with pytest.raises(TooLarge, match="beyond column"):
        read(with_sheet(tmp_path, far))
    low = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    with pytest.raises(TooLarge, match="spans"):
        read(with_sheet(tmp_path, low))


def test_a_quote_that_never_closes_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,"x\n2,y\n', "utf-8")
    with pytest.raises(NotTaken, match="row 2 is never closed") as refused:
        read(path)
    assert refused.value.problem.code == "unclosed_quote"


def test_more_rows_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a;b\n" + "x;y\n" * MOST, "utf-8")
    with pytest.raises(TooLarge, match="more than 1000"):
        read(path)


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(Invalid):
        read(with_sheet(tmp_path, '<row r="2"><c r="A2" t="inlineStr"><is><t>&b;</t></is></c></row>', laughs))


def test_macros_and_links_are_told(tmp_path: Path) -> None:
    path = with_sheet(tmp_path, "")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
        archive.writestr("xl/externalLinks/externalLink1.xml", b"<x/>")
    assert read(path).notes == ("macros", "external_links")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 70])
def test_what_is_no_spreadsheet_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"“table\.xlsx” is"):
        read(path)


@pytest.mark.parametrize("folder", ["tables", "hostile/xlsx", "hostile/csv"])
def test_real_and_hostile_files_are_read_or_refused(realdata: Path, folder: str) -> None:
    files = [path for path in sorted((realdata / folder).rglob("*")) if path.is_file()]
    assert files
    # Every third of the many tables; all of them with OPENDATA_TEST_FULL.
    files = files if os.environ.get("OPENDATA_TEST_FULL") or len(files) < 100 else files[::3]
    for path in files:
        with contextlib.suppress(CatalogueError):
            read(path, 50_000)


def with_sheet(folder: Path, rows: str, doctype: str = "") -> Path:
    """A workbook whose only sheet holds one cell and `rows`."""
    plain = folder / "plain.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = 1
    book.save(plain)
    path = folder / "book.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = content.decode()
                content = (doctype + text.replace("</sheetData>", f"{rows}</sheetData>")).encode()
            target.writestr(name, content)
    return path
