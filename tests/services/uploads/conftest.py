"""An agency, and uploads written by hand in every format that people send."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest

from opendata.services import organizations
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import jobs, publishing
from opendata.services.uploads.publishing import Done, Request
from opendata.services.uploads.receiving import receive
from opendata.services.uploads.results import UploadReport

Rows = Sequence[Sequence[object]]
HEADINGS = ("Идентификатор", "Название", "Тип", "Дата публикации", "Файлы")


@pytest.fixture
def agency(catalogue: Catalogue) -> str:
    """The slug of the agency that uploads."""
    organizations.add(catalogue, SYSTEM, "msh", "Министерство сельского хозяйства")
    return "msh"


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Writes an XLSX: the rows of its first sheet, and of others by name."""

    def write(rows: Rows, name: str = "table.xlsx", **others: Rows) -> Path:
        book = openpyxl.Workbook()
        for title, content in {"Записи": rows, **others}.items():
            sheet = book.create_sheet(title)
            for row in content:
                sheet.append(list(row))
        book.remove(book.worksheets[0])
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def packed(tmp_path: Path) -> Callable[[Path, Mapping[str, bytes]], Path]:
    """Writes a zip of a table and files."""

    def write(table: Path, files: Mapping[str, bytes], folder: str = "") -> Path:
        path = tmp_path / "upload.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(table, folder + table.name)
            for name, content in files.items():
                archive.writestr(folder + name, content)
        return path

    return write


@pytest.fixture
def upload(catalogue: Catalogue, agency: str) -> Callable[..., Done]:
    """Publishes a file for the agency (or rehearses it)."""

    def run(path: Path, *, dry_run: bool = False, language: str = "en") -> Done:
        request = Request(path, path.name, agency, language)
        return (publishing.rehearse if dry_run else publishing.publish)(catalogue, SYSTEM, request)

    return run


@pytest.fixture
def sent(catalogue: Catalogue, agency: str) -> Callable[..., UUID]:
    """Receives a file and lets the worker check it."""

    def send(path: Path, *, check: bool = True) -> UUID:
        upload_id = receive(catalogue, SYSTEM, agency, path.name, path, "en")
        if check:
            jobs.check(catalogue, upload_id)
        return upload_id

    return send


def codes(report: UploadReport, row: int | None = None) -> list[str]:
    """The codes of the problems, of one row where it is given."""
    return [line.code for line in report.problems if row is None or line.row == row]
