"""The metadata sheet of a folder: `metadata.csv` or `metadata.xlsx` at its root, headed in Kazakh, Russian or English.

One row says what one file is, or one folder (all files below it), or a further file of the record whose `identifier`
an earlier row gave. Headings are those of a bulk upload; columns that are not known here are kept as extras.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from opendata.catalog.upload_columns import plain
from opendata.catalog.upload_headings import sure
from opendata.errors import SourceError
from opendata.reading.archive import Entry

MAX_BYTES = 20 * 1024**2
MAX_UNPACKED = 200 * 1024**2
MAX_ROWS = 100_000
_NAMES = ("metadata.csv", "metadata.xlsx")
COLUMNS = frozenset(
    (
        "files", "title", "description", "organization", "performer", "license", "issued", "keywords", "type", "role",
        "language", "identifier", "doi", "register_number", "report_number", "contract_number", "creators", "leader",
        "grnti", "udc", "theme", "frequency", "spatial", "disclosure", "embargo_until", "contact_name", "contact_email",
        "landing_page", "version",
    )
)  # fmt: skip
"""The columns of a bulk upload that records of a folder are made of; what the others say is kept as extras."""
_OF_FILES = frozenset(("role",))
"""Columns that a bulk upload has in its sheet of files, and this sheet in its only one."""
_FOLDERS = frozenset(("folder", "path", "папка", "путь", "қалта", "жол"))
"""What the column of files is called where it names folders: no heading of a bulk upload, which has none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the sheet (the heading is 1), values by column, and the columns nobody knows."""

    number: int
    values: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def get(self, column: str) -> str:
        """The value of a column of COLUMNS (with _kk, _ru, _en where it has languages), "" where empty."""
        return self.values.get(column, "")


def is_sheet(path: str) -> bool:
    """Whether the file at `path` is the metadata sheet."""
    return path.lower() in _NAMES


def read_sheet(entry: Entry) -> list[Row]:
    """The rows of a metadata sheet. SourceError where it cannot be read: its records must not come in without it."""
    if entry.open is None:
        raise SourceError(f"the metadata sheet {entry.path} is refused: {entry.refused}")
    with entry.open() as stream:
        content = _bounded(stream, entry.path)
    cells = _csv_cells(content) if entry.path.lower().endswith(".csv") else _xlsx_cells(content, entry.path)
    return list(_rows(cells, entry.path))


def column_of(heading: str) -> str:
    """The column of COLUMNS that `heading` names, with its language ("title_kk"); "" for one that is not known."""
    if plain(heading) in _FOLDERS:
        return "files"
    column = sure("datasets", heading)
    if column is None:
        column = sure("files", heading)
        return column.name if column and column.base in _OF_FILES else ""
    return column.name if column.base in COLUMNS else ""


def _bounded(stream: BinaryIO, path: str) -> bytes:
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise SourceError(f"the metadata sheet {path} is larger than {MAX_BYTES} bytes")
    return content


def _csv_cells(content: bytes) -> Iterator[list[str]]:
    text = _csv_text(content)
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    csv.field_size_limit(1024**2)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise SourceError(f"the metadata sheet cannot be read as CSV: {error}") from error


def _csv_text(content: bytes) -> str:
    """UTF-8 (with or without mark), UTF-16 with a mark, else CP1251, which is what Russian spreadsheets write."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace").replace("\x00", "")
    try:
        return content.decode("utf-8-sig").replace("\x00", "")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace").replace("\x00", "")


def _xlsx_cells(content: bytes, path: str) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise SourceError(f"the metadata sheet {path} unpacks to {unpacked} bytes; the cap is {MAX_UNPACKED}")
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python()
    except (CalamineError, zipfile.BadZipFile, IndexError, ValueError) as error:
        raise SourceError(f"the metadata sheet {path} cannot be read as XLSX: {error}") from error
    return ([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    return str(value)


def _rows(cells: Iterator[list[str]], path: str) -> Iterator[Row]:
    headings = [heading.strip() for heading in next(cells, [])]
    columns = [column_of(heading) for heading in headings]
    if "files" not in columns and not any(column.startswith("title") for column in columns):
        raise SourceError(f"the metadata sheet {path} has neither a column for the file nor one for the title")
    for number, row in enumerate(cells, start=2):
        if number > MAX_ROWS:
            raise SourceError(f"the metadata sheet {path} has more than {MAX_ROWS} rows")
        values: dict[str, str] = {}
        others: dict[str, str] = {}
        for column, heading, cell in zip(columns, headings, row, strict=False):
            if text := unicodedata.normalize("NFC", cell).strip():
                (values if column else others).setdefault(column or heading, text)
        others.pop("", None)
        if values:
            yield Row(number, values, others)
