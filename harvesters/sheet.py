"""The metadata sheet of a folder: `metadata.csv` or `metadata.xlsx` at its root, headed in Kazakh, Russian or English.

One row says what one file is, or one folder (all files below it), or a further file of the record whose `identifier`
an earlier row gave. Columns with headings that are not known here are kept as extras.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from opendata.errors import SourceError
from opendata.reading.archive import Entry

MAX_BYTES = 20 * 1024**2
MAX_UNPACKED = 200 * 1024**2
MAX_ROWS = 100_000
_NAMES = ("metadata.csv", "metadata.xlsx")
_LANGUAGES = {
    "kk": ("kk", "kz", "kaz", "қаз", "каз", "қазақша", "қазақ", "қазақ тілінде", "на казахском", "казахский"),
    "ru": ("ru", "rus", "рус", "орыс", "орысша", "орыс тілінде", "на русском", "русский"),
    "en": ("en", "eng", "англ", "ағыл", "ағылшынша", "ағылшын тілінде", "на английском", "английский"),
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "file": ("file", "folder", "path", "filename", "file name", "файл", "папка", "путь", "имя файла", "қалта", "жол"),
    "title": ("title", "name", "название", "наименование", "заголовок", "тема", "атауы", "тақырыбы", "тақырып"),
    "description": ("description", "abstract", "summary", "описание", "аннотация", "реферат", "сипаттамасы", "аңдатпа"),
    "organization": ("organization", "organisation", "agency", "customer", "организация", "ведомство", "заказчик",
                     "ұйым", "мекеме", "тапсырыс беруші"),
    "performer": ("performer", "contractor", "исполнитель", "организация исполнитель", "орындаушы"),
    "license": ("license", "licence", "rights", "лицензия", "лицензиясы"),
    "issued": ("issued", "date", "published", "year", "дата", "дата публикации", "год", "жылы", "жыл", "күні"),
    "keywords": ("keywords", "keyword", "tags", "subject", "ключевые слова", "теги", "кілт сөздер", "түйінді сөздер"),
    "type": ("type", "kind", "тип", "вид", "түрі"),
    "role": ("role", "file role", "роль", "роль файла", "файл рөлі", "рөлі"),
    "language": ("language", "lang", "язык", "тіл", "тілі"),
    "identifier": ("identifier", "id", "идентификатор", "сәйкестендіргіш", "идентификаторы"),
    "doi": ("doi",),
    "register_number": ("register number", "registration number", "регистрационный номер", "рег номер", "рег №",
                        "номер госрегистрации", "№ госрегистрации", "тіркеу нөмірі", "мемлекеттік тіркеу нөмірі"),
    "contract_number": ("contract number", "contract", "номер договора", "договор", "шарт нөмірі"),
    "creators": ("creators", "creator", "authors", "author", "авторы", "автор", "авторлар", "авторы отчета"),
    "leader": ("leader", "principal investigator", "руководитель", "научный руководитель", "жетекшісі", "жетекші"),
    "grnti": ("grnti", "mrnti", "грнти", "мрнти", "рубрика", "ғтамр", "хғтар"),
    "udc": ("udc", "удк", "әож"),
    "theme": ("theme", "тематика", "сала"),
    "frequency": ("frequency", "периодичность", "жиілігі"),
    "spatial": ("spatial", "place", "region", "территория", "регион", "аймақ", "аумақ"),
    "access": ("access", "disclosure", "доступ", "қолжетімділік"),
    "embargo_until": ("embargo until", "open from", "эмбарго до", "открыть с", "эмбарго мерзімі"),
    "contact_name": ("contact", "contact name", "контакт", "контактное лицо", "байланыс"),
    "contact_email": ("contact email", "email", "e mail", "почта", "электронная почта", "электрондық пошта"),
    "url": ("url", "landing page", "link", "ссылка", "сайт", "сілтеме"),
    "version": ("version", "версия", "нұсқа"),
}  # fmt: skip
LOCALIZED = ("title", "description")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the sheet (the heading is 1), values by column, and the columns nobody knows."""

    number: int
    values: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def get(self, column: str) -> str:
        """The value of a column of COLUMNS (with _kk, _ru, _en for LOCALIZED ones), "" where empty."""
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
    """The column that `heading` names, with its language ("title_kk"); "" for one that is not known."""
    words = _plain(heading)
    base, language = words, ""
    for code, spellings in _LANGUAGES.items():
        for spelling in sorted(spellings, key=len, reverse=True):
            if words.endswith(" " + spelling):
                base, language = words[: -len(spelling) - 1], code
                break
        if language:
            break
    for name, spellings in COLUMNS.items():
        if words in (*spellings, _plain(name)):
            return name
        if language and name in LOCALIZED and base in (*spellings, name):
            return f"{name}_{language}"
    return ""


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFC", heading).lower().replace("ё", "е")
    return " ".join(re.sub(r"[_\-.:;,()\[\]*/]+", " ", text).split())


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
    if "file" not in columns and not any(column.startswith("title") for column in columns):
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
