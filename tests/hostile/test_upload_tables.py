"""Tables that nobody should send: each is refused in words that say what, where and what to do, or is read for good.

Nothing of a refused one stays: no record, no upload, no stored file, no temporary file.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl
import pytest

from opendata.catalog.upload_refusals import NotTaken, OverLimit
from opendata.services.actors import SYSTEM
from opendata.services.uploads import publishing
from opendata.services.uploads.publishing import Done, Request
from opendata.services.uploads.results import ProblemLine
from tests.hostile.conftest import Way, uploaded
from tests.hostile.workbooks import ods, ods_row, ole2, xls, xlsx, xlsx_row

HEADINGS = ("Идентификатор", "Название", "Тип")
GOOD = ("A-1", "Вода", "Отчёт")
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ха"><!ENTITY b "{}"><!ENTITY c "{}">]>'.format("&a;" * 99, "&b;" * 99)
OUTSIDE = '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>'


def code(error: NotTaken | OverLimit) -> str:
    return error.problem.code


def said(done: Done, row: int) -> list[ProblemLine]:
    """The problems of a row."""
    return [line for line in done.report.problems if line.row == row]


def workbook() -> bytes:
    """A good one."""
    book = openpyxl.Workbook()
    for row in (HEADINGS, GOOD):
        book.worksheets[0].append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def titled(*rows: str) -> str:
    return "".join((xlsx_row(1, HEADINGS), *rows))


WHOLE = {
    "empty.xlsx": (b"", "spreadsheet_empty"),
    "paper.xlsx": (b"%PDF-1.7\n%broken", "not_a_spreadsheet"),
    "page.xls": (b"<html><table><tr><td>\xd0\x9d</td></tr></table></html>", "not_a_spreadsheet"),
    "letter.xlsx": (b"Just a letter.\n", "no_table"),
    "zeros.csv": (bytes(5000), "not_a_spreadsheet"),
    "noise.csv": (random.Random(1).randbytes(5000), "not_a_spreadsheet"),
    "locked.xlsx": (ole2({"EncryptionInfo": b"\4\0\4\0", "EncryptedPackage": bytes(5000)}), "spreadsheet_encrypted"),
    "torn.xls": (ole2({"Workbook": b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(4096)})[:4000], "spreadsheet_broken"),
    "torn.zip": (b"PK\x03\x04" + bytes(100), "archive_broken"),
    "nothing.zip": (b"PK\x05\x06" + bytes(18), "no_spreadsheet"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_table_is_refused(refused: Callable[[Path], NotTaken], tmp_path: Path, name: str) -> None:
    content, wanted = WHOLE[name]
    (tmp_path / name).write_bytes(content)
    error = refused(tmp_path / name)
    assert (code(error), name in error.message) == (wanted, True)


@pytest.mark.parametrize("seed", range(6))
def test_workbook_cut_anywhere_is_refused(refused: Callable[[Path], NotTaken], tmp_path: Path, seed: int) -> None:
    whole = workbook()
    path = tmp_path / "cut.xlsx"
    path.write_bytes(whole[: random.Random(seed).randrange(4, len(whole) - 1)])
    assert code(refused(path)) == "spreadsheet_broken"


MISNAMED = {
    "a.csv": "xlsx", "b.xls": "xlsx", "c": "xlsx", "d.xlsx": "csv", "e.ods": "csv", "f.csv": "ods", "g.ods": "xls",
    "h.xlsm": "xls",
}  # fmt: skip


@pytest.mark.parametrize(("name", "real"), MISNAMED.items())
def test_wrong_extension_does_no_harm(send: Callable[..., Done], tmp_path: Path, name: str, real: str) -> None:
    path = tmp_path / name
    if real == "xlsx":
        path.write_bytes(workbook())
    elif real == "csv":
        path.write_text("\n".join(";".join(row) for row in (HEADINGS, GOOD)), "utf-8")
    elif real == "ods":
        ods(path, ods_row(HEADINGS) + ods_row(GOOD))
    else:
        xls(path, [HEADINGS, GOOD])
    assert send(path).report.counts["created"] == 1


def test_a_million_rows_are_refused_before_work_starts(refused: Callable[[Path], OverLimit], tmp_path: Path) -> None:
    rows = (xlsx_row(number, ("x", "y")) for number in range(2, 1_000_001))
    path = xlsx(tmp_path / "long.xlsx", (xlsx_row(1, HEADINGS), *chunks(rows)))
    begun = time.monotonic()
    error = refused(path)
    assert code(error) == "sheet_too_long"
    assert "50000" in error.message
    assert time.monotonic() - begun < 30


def chunks(rows: Iterable[str]) -> Iterable[str]:
    some: list[str] = []
    for row in rows:
        some.append(row)
        if len(some) == 10_000:
            yield "".join(some)
            some.clear()
    yield "".join(some)


def test_a_million_rows_of_text_are_refused(refused: Callable[[Path], OverLimit], tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(";".join(HEADINGS) + "\n" + "x;y;z\n" * 1_000_000, "utf-8")
    assert code(refused(path)) == "sheet_too_long"


def test_one_row_repeated_a_million_times_is_a_million_rows(
    refused: Callable[[Path], OverLimit], tmp_path: Path
) -> None:
    rows = ods_row(HEADINGS) + ods_row(GOOD, 'table:number-rows-repeated="1048575"')
    assert code(refused(ods(tmp_path / "long.ods", rows))) == "sheet_too_long"


def test_one_cell_repeated_to_the_right_is_refused(refused: Callable[[Path], OverLimit], tmp_path: Path) -> None:
    rows = ods_row(HEADINGS) + ods_row(GOOD, "", 'table:number-columns-repeated="16000"')
    error = refused(ods(tmp_path / "wide.ods", rows))
    assert code(error) == "spreadsheet_over_limit"
    assert "row 2" in error.message


def test_empty_rows_by_the_million_cost_nothing(send: Callable[..., Done], tmp_path: Path) -> None:
    nothing = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    styled = nothing.replace("1048000", "500").replace(
        "<table:table-cell/>", '<table:table-cell table:number-columns-repeated="1024"/>'
    )
    assert (
        send(ods(tmp_path / "t.ods", ods_row(HEADINGS) + ods_row(GOOD) + styled + nothing)).report.counts["created"]
        == 1
    )


def test_rows_at_both_ends_of_a_sheet_are_refused_before_room_is_made(
    refused: Callable[[Path], OverLimit], tmp_path: Path
) -> None:
    nothing = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    error = refused(ods(tmp_path / "far.ods", ods_row(HEADINGS) + nothing + ods_row(GOOD)))
    assert "spans 1048002 rows" in error.message
    wide = xlsx_row(1, HEADINGS) + '<row r="200000"><c r="SF200000" t="inlineStr"><is><t>x</t></is></c></row>'
    assert "spans 200000 rows and 500 columns" in refused(xlsx(tmp_path / "far.xlsx", wide)).message


@pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE], ids=["laughs", "outside"])
def test_entities_are_never_expanded(refused: Callable[[Path], NotTaken], tmp_path: Path, doctype: str) -> None:
    said_ = '<row r="2"><c t="inlineStr"><is><t>A-1</t></is></c><c t="inlineStr"><is><t>&c;</t></is></c></row>'
    error = refused(xlsx(tmp_path / "table.xlsx", titled(said_), doctype=doctype))
    assert code(error) == "spreadsheet_broken"
    shared = f"{doctype}<sst><si><t>&c;</t></si></sst>".encode()
    text = '<row r="2"><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>'
    linked = xlsx(tmp_path / "shared.xlsx", titled(text), parts={"xl/sharedStrings.xml": shared})
    assert "root:" not in refused(linked).message
    cell = '<table:table-cell office:value-type="string"><text:p>&c;</text:p></table:table-cell>'
    rows = f"{ods_row(HEADINGS)}<table:table-row>{cell * 2}</table:table-row>"
    assert code(refused(ods(tmp_path / "table.ods", rows, doctype))) == "spreadsheet_broken"


def test_macros_are_told_and_never_run(send: Callable[..., Done], tmp_path: Path) -> None:
    path = xlsx(tmp_path / "table.xlsm", titled(xlsx_row(2, GOOD)), parts={
        "xl/vbaProject.bin": b"macro", "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
    })  # fmt: skip
    report = send(path).report
    assert {line.code for line in report.problems} == {"macros", "external_links"}
    assert "were not run" in next(line.message for line in report.problems if line.code == "macros")
    assert report.counts["created"] == 1


def test_hidden_rows_and_errors_of_xls_keep_their_rows_back(send: Callable[..., Done], tmp_path: Path) -> None:
    rows = [HEADINGS, GOOD, ("A-2", "Скрытая", ""), ("A-3", "Ошибка", "x"), ("A-4", "Верная", "")]
    done = send(xls(tmp_path / "old.xls", rows, hidden=[3], errors={(4, 2): 0x17}))
    assert [line.code for line in said(done, 3)] == ["hidden_row"]
    assert [(line.code, line.cell, line.value) for line in said(done, 4)][:1] == [("formula_error", "B4", "#REF!")]
    assert done.report.counts["created"] == 2


def test_hidden_rows_and_errors_of_ods_keep_their_rows_back(send: Callable[..., Done], tmp_path: Path) -> None:
    broken = ods_row(("A-3", "#DIV/0!")).replace('office:value-type="string"', 'x:value-type="error" xmlns:x="urn:x"')
    hidden = ods_row(("A-2", "Скрытая"), 'table:visibility="collapse"')
    group = f'<table:table-row-group table:display="false">{ods_row(("A-4", "Свёрнута"))}</table:table-row-group>'
    done = send(ods(tmp_path / "t.ods", ods_row(HEADINGS) + ods_row(GOOD) + hidden + broken + group))
    assert [[line.code for line in said(done, row)] for row in (2, 3, 5)] == [[], ["hidden_row"], ["hidden_row"]]
    assert "formula_error" in [line.code for line in said(done, 4)]
    assert done.report.counts["created"] == 1


def test_signs_that_are_no_text_are_left_out(way: Way, send: Callable[..., Done], tmp_path: Path) -> None:
    odd = "Во\ud800да\x00\x0b\ufffe".encode("utf-8", "surrogatepass")
    path = tmp_path / "t.csv"
    good = "A-2;Почва и её состояние;\n" + ";;Просто текст\n" * 200
    path.write_bytes(";".join(HEADINGS).encode() + b"\nA-1;" + odd + b";\n" + good.encode())
    done = send(path)
    assert (done.report.counts["created"], said(done, 2)) == (2, [])
    escaped = xlsx(tmp_path / "t.xlsx", titled(xlsx_row(2, ("A-3", "_xD800_Лес_x0000_", ""))))
    done = publishing.publish(way.catalogue, SYSTEM, Request(escaped, "t.xlsx", "msh", "en"))
    assert done.report.counts["created"] == 1
    for record in uploaded(way.catalogue).values():
        assert not any(
            "\ud800" <= sign <= "\udfff" or sign < " " for text in record.title.values() for sign in text.value
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_quotes_and_line_breaks_in_cells_of_csv(
    way: Way, send: Callable[..., Done], tmp_path: Path, encoding: str, delimiter: str
) -> None:
    title = f'Отчёт "Вода"{delimiter} том 1\r\nи том 2'
    rows = [HEADINGS, ("A-1", title, "Отчёт"), ("A-2", "Почва и её состояние", "Отчёт")]
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    assert send(tmp_path / "t.csv").report.counts["created"] == 2
    titles = {record.title.ru for record in uploaded(way.catalogue).values()}
    assert " ".join(title.split()) in {" ".join(one.split()) for one in titles if one}
