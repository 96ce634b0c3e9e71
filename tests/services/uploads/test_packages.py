"""What agencies really send: cells as people fill them, archives as people pack them, and archives that mean harm."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from opendata.catalog.upload_refusals import NotTaken
from opendata.catalog.values import PartialDate
from opendata.errors import CatalogueError, Invalid
from opendata.reading.sheets import package
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.publishing import Done
from opendata.store.datasets import Dataset
from tests.services.uploads.conftest import HEADINGS, codes


@pytest.mark.parametrize(
    "said",
    [
        "31.12.2023",
        "2023-12-31",
        "31/12/2023",
        "31 декабря 2023 г.",
        "2023 жылғы 31 желтоқсан",
        45291,
        "45291",
        "\xa031.12.2023 ",
    ],
)
def test_dates_in_all_usual_spellings(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path], said: object
) -> None:
    report = upload(workbook([HEADINGS, ("A-1", "Вода", "", said, "")])).report
    assert not report.problems
    with catalogue.sessions.read() as session:
        assert session.scalar(select(Dataset.issued)) == PartialDate(2023, 12, 31)


def test_hidden_rows_are_not_published_by_mistake(upload: Callable[..., Done], workbook: Callable[..., Path]) -> None:
    path = workbook([HEADINGS, ("A-1", "Вода", "", "", ""), ("A-2", "Скрытая", "", "", "")])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].row_dimensions[3].hidden = True
    book.save(path)
    report = upload(path).report
    assert codes(report) == ["hidden_row"]
    assert report.counts["created"] == 1


def test_merged_cells_speak_for_all_of_their_rows(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    path = workbook([HEADINGS, ("A-1", "Вода", "Отчёт", "2021", ""), ("A-2", "Почва", "", "", "")])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("C2:C3")
    book.save(path)
    report = upload(path).report
    assert codes(report) == ["merged"]
    with catalogue.sessions.read() as session:
        assert set(session.scalars(select(Dataset.type))) == {"report"}


def test_formulas_without_a_value_and_with_an_error_keep_the_row_back(
    upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    path = workbook([HEADINGS, ("A-1", "=B1", "", "", ""), ("A-2", "Вода", "", "#REF!", "")])
    assert codes(upload(path).report)[:1] == ["formula_without_value"]
    assert "formula_error" in codes(upload(path).report, 3)


def test_title_above_the_table_and_columns_of_ones_own(
    catalogue: Catalogue, upload: Callable[..., Done], workbook: Callable[..., Path]
) -> None:
    headings = ("№ п/п", "Наименование темы", "Рег. №", "Шкаф")
    rows = [("Реестр отчётов за 2023 год",), (), headings, (1, "Вода", "AP09259734", 7)]
    report = upload(workbook(rows)).report
    assert report.counts["created"] == 1
    assert codes(report, 3) == ["column_unknown"]
    with catalogue.sessions.read() as session:
        (row,) = session.scalars(select(Dataset))
        assert row.register_number == "AP09259734"
        assert [(e.key, e.value) for e in row.extras] == [("Шкаф", "7")]


@pytest.mark.parametrize("code_page", ["cp866", "cp1251"])
def test_file_names_in_the_code_pages_of_windows(upload: Callable[..., Done], tmp_path: Path, code_page: str) -> None:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "Идентификатор;Название;Файлы\nA-1;Вода;отчёт.txt\n")
        archive.writestr("XXXXX.txt", "x")
    path.write_bytes(path.read_bytes().replace(b"XXXXX.txt", "отчёт.txt".encode(code_page)))
    assert not codes(upload(path).report)


def test_names_that_lead_out_are_refused_and_named(upload: Callable[..., Done], tmp_path: Path) -> None:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("table.csv", "Идентификатор;Название;Файлы\nA-1;Вода;../evil.txt\n")
        archive.writestr("../evil.txt", "x")
    report = upload(path).report
    assert report.rejected == 1
    assert set(codes(report)) == {"file_refused"}
    assert not (tmp_path.parent / "evil.txt").exists()


def test_two_tables_of_records_in_one_zip_are_refused(upload: Callable[..., Done], tmp_path: Path) -> None:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.writestr(name, "Идентификатор;Название\nA-1;Вода\n")
    with pytest.raises(Invalid, match="several tables"):
        upload(path)


def test_a_zip_without_a_table_is_told_that_it_has_none(tmp_path: Path) -> None:
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("report.pdf", b"%PDF-1.4 nothing")
    with pytest.raises(NotTaken) as refused, package.opened(path, "upload.zip", 10):
        pass
    assert refused.value.problem.code == "no_spreadsheet"


@pytest.mark.parametrize("folder", ["hostile/zip", "hostile/zip-fuzz", "hostile/zip-yauzl"])
def test_hostile_archives_are_read_or_refused(realdata: Path, folder: str) -> None:
    files = sorted((realdata / folder).glob("*.zip"))
    assert files
    for path in files:
        with contextlib.suppress(CatalogueError), package.opened(path, path.name, 1000):
            pass
