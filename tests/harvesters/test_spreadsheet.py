"""Tables by path and by address: what makes a record, what is wrong with a cell, and what has not changed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from opendata.catalog.records import DatasetType
from opendata.catalog.values import ContributorRole, Extra, Identifier, PartialDate
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Raw, Unchanged, Validators
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, reason
from tests.servers.local import Asked, Reply, serve

Rows = Sequence[Sequence[object]]
HEADINGS = ("Идентификатор", "Название", "Атауы (қазақша)", "Авторы", "Дата публикации", "Лицензия", "Файлы", "Цвет")
ROW = ("w-1", "Сток рек", "Өзен ағыны", "Касымова А.; Иванов И.", "2021", "CC BY 4.0", "flow.csv", "синий")


def workbook(path: Path, **sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def csv(path: Path, *rows: Sequence[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(";".join(f'"{cell}"' for cell in row) for row in rows).encode(encoding))
    return path


def serving(content: bytes, *, etag: str = "") -> Callable[[Asked], Reply]:
    headers = {"ETag": etag} if etag else {}

    def answer(asked: Asked) -> Reply:
        if asked.path != "/t/table.xlsx":
            return Reply(b"", 404)
        if etag and asked.headers.get("if-none-match") == etag:
            return Reply(status=304, headers=headers)
        return Reply(content, media_type="application/octet-stream", headers=headers)

    return answer


def test_rows_are_records_by_the_columns_of_a_bulk_upload(harvest: Harvest, tmp_path: Path) -> None:
    (tmp_path / "flow.csv").write_text("a,b\n1,2\n")
    events = harvest("spreadsheet", workbook(tmp_path / "table.xlsx", Лист1=[HEADINGS, ROW]))
    (event,) = found(events)
    record = event.record
    assert event.identifier == "w-1"
    assert (record.title.ru, record.title.kk) == ("Сток рек", "Өзен ағыны")
    assert [one.name for one in record.contributors] == ["Касымова А.", "Иванов И."]
    assert (record.issued, record.license_id, record.type) == (PartialDate(2021), "CC-BY-4.0", DatasetType.DATASET)
    assert record.extras == (Extra("Цвет", "синий"),)
    with event.files["flow.csv"]() as stream:
        assert stream.read() == b"a,b\n1,2\n"
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_csv_is_read(encoding: str, harvest: Harvest, tmp_path: Path) -> None:
    rows = [("Identifier", "Title", "DOI"), ("a", "Отчёт о воде", "10.5555/x")]
    (event,) = found(harvest("spreadsheet", csv(tmp_path / "t.csv", *rows, encoding=encoding)))
    assert event.record.title.ru == "Отчёт о воде"
    assert event.record.identifiers == (Identifier("doi", "10.5555/x"),)


def test_rows_of_other_sheets_belong_to_their_dataset(harvest: Harvest, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx",
        Datasets=[("identifier", "title"), ("a", "Сток рек"), ("b", "Второй отчёт")],
        Files=[("dataset", "file"), ("a", "https://x.example/1.csv"), ("a", "https://x.example/2.pdf")],
        People=[("dataset", "person", "role", "orcid"), ("b", "Касымова А.", "leader", "0000-0002-1825-0097")],
    )  # fmt: skip
    first, second = found(harvest("spreadsheet", path))
    assert [one.download_url for one in first.record.resources] == [
        "https://x.example/1.csv",
        "https://x.example/2.pdf",
    ]
    assert [(one.role, one.orcid) for one in second.record.contributors] == [
        (ContributorRole.LEADER, "0000-0002-1825-0097")
    ]


def test_bad_cells_name_sheet_cell_and_value(harvest: Harvest, tmp_path: Path) -> None:
    rows = [HEADINGS, (*ROW[:4], "вчера", *ROW[5:6], "", ""), ("w-2", "", "", "", "", "", "", "")]
    events = harvest("spreadsheet", workbook(tmp_path / "t.xlsx", Отчёты=rows))
    problems = [problem for event in failed(events) for problem in event.problems if problem.severity == "error"]
    assert [(one.code, one.row, one.value) for one in problems] == [
        ("bad_date", "Отчёты!E2", "вчера"),
        ("no_title", "Отчёты!3", ""),
    ]
    assert all(problem.hint for problem in problems)


def test_two_rows_of_one_identifier_both_fail(harvest: Harvest, tmp_path: Path) -> None:
    path = csv(tmp_path / "t.csv", ("identifier", "title"), ("a", "Один"), ("a", "Другой"), ("b", "Третий"))
    events = harvest("spreadsheet", path)
    assert [event.identifier for event in found(events)] == ["b"]
    assert [codes(event) >= {"repeated"} for event in failed(events)] == [True, True]


def test_options_say_what_headings_and_sheets_mean(harvest: Harvest, tmp_path: Path) -> None:
    rows = [("Шифр", "Что исследуем", "Заметка", "Цвет"), ("a", "Сток рек", "не для всех", "синий")]
    path = workbook(tmp_path / "t.xlsx", Прочее=[("identifier", "title"), ("x", "Не то")], Список=rows)
    said = "Шифр=identifier; Что исследуем=title_ru; Заметка="
    (event,) = found(harvest("spreadsheet", path, columns=said, sheet="Список"))
    assert (event.identifier, event.record.title.ru) == ("a", "Сток рек")
    assert event.record.extras == (Extra("Цвет", "синий"),)
    with pytest.raises(SourceError, match="no sheet 'Нет'"):
        harvest("spreadsheet", path, sheet="Нет")
    with pytest.raises(SourceError, match="nonsense"):
        harvest("spreadsheet", path, columns="Шифр=nonsense")


def test_table_without_our_headings_says_what_it_begins_with(harvest: Harvest, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"colour \| size"):
        harvest("spreadsheet", csv(tmp_path / "t.csv", ("colour", "size"), ("red", "1")))


def test_unchanged_file_is_not_read_again(harvest: Harvest, tmp_path: Path) -> None:
    path = csv(tmp_path / "t.csv", ("identifier", "title"), ("a", "Один"))
    events = harvest("spreadsheet", path)
    (marks,) = [event for event in events if isinstance(event, Validators)]
    (again,) = harvest("spreadsheet", path, validators=marks.values)
    assert isinstance(again, Unchanged)
    assert found(harvest("spreadsheet", path, validators=marks.values, rows="5"))
    csv(path, ("identifier", "title"), ("a", "Иначе"))
    assert found(harvest("spreadsheet", path, validators=marks.values))


def test_table_at_an_address_is_asked_for_by_its_mark(harvest: Harvest, tmp_path: Path) -> None:
    content = workbook(tmp_path / "t.xlsx", T=[HEADINGS, ROW]).read_bytes()
    with serve(serving(content, etag='"v1"')) as server:
        events = harvest("spreadsheet", f"{server.url}/t/table.xlsx")
        (event,) = found(events)
        assert event.record.resources[0].download_url == f"{server.url}/t/flow.csv"
        (marks,) = [one for one in events if isinstance(one, Validators)]
        (again,) = harvest("spreadsheet", f"{server.url}/t/table.xlsx", validators=marks.values)
        assert isinstance(again, Unchanged)
        assert server.asked[-1].headers["if-none-match"] == '"v1"'
        with pytest.raises(SourceError, match="404"):
            harvest("spreadsheet", f"{server.url}/other.xlsx")


def test_zip_with_a_table_brings_its_files(harvest: Harvest, tmp_path: Path) -> None:
    table = workbook(tmp_path / "t.xlsx", T=[HEADINGS, ROW]).read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("table.xlsx", table)
        archive.writestr("flow.csv", b"1")
    with serve(serving(packed.getvalue())) as server:
        (event,) = found(harvest("spreadsheet", f"{server.url}/t/table.xlsx"))
    assert set(event.files) == {"flow.csv"}


def test_same_row_gives_the_same_raw_and_identifier(harvest: Harvest, tmp_path: Path) -> None:
    path = csv(tmp_path / "t.csv", ("title", "register_number"), ("Отчёт о воде", "AP05131234"))
    first, second = (harvest("spreadsheet", path, mapped=False)[0] for _ in range(2))
    assert isinstance(first, Raw)
    assert isinstance(second, Raw)
    assert (first.identifier, first.raw) == (second.identifier, second.raw)


def test_one_heading_told_to_be_the_title_is_enough(harvest: Harvest, tmp_path: Path) -> None:
    path = csv(tmp_path / "t.csv", ("country", "spi", "win"), ("Қазақстан", "1", "2"))
    with pytest.raises(SourceError, match="option columns"):
        harvest("spreadsheet", path)
    assert [event.record.title.ru for event in found(harvest("spreadsheet", path, columns="country=title_ru"))] == [
        "Қазақстан"
    ]


def test_limit_ends_the_listing(harvest: Harvest, tmp_path: Path) -> None:
    path = csv(tmp_path / "t.csv", ("identifier", "title"), *((str(n), f"Отчёт {n}") for n in range(5)))
    events = harvest("spreadsheet", path, limit=2)
    assert len(found(events)) == 2
    assert "stopped after 2" in reason(events)


def test_real_tables_end_in_records_or_a_clear_problem(realdata: Path, harvest: Harvest) -> None:
    files = sorted(one for one in (realdata / "tables").rglob("*") if one.is_file())
    told = 0
    for path in files[::30]:
        with suppress(SourceError):
            events = harvest("spreadsheet", path)
            assert found(events) or failed(events)
        told += 1
    assert told
