"""The columns of a bulk upload (data/upload_columns.toml), and which of them a heading means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from opendata.catalog import licenses, vocabularies
from opendata.catalog.tables import table
from opendata.catalog.values import LANGUAGES, Text

SHEETS = ("datasets", "files", "people", "studies", "contracts", "deliverables")
"""The sheets of an upload. It holds datasets or studies, or both; the others say more of them."""

REGISTER = ("studies", "contracts", "deliverables")
"""The sheets that fill the register of commissioned studies."""

SHEET_TITLES = {
    "datasets": Text(kk="Жазбалар", ru="Записи", en="Datasets", original="en"),
    "files": Text(kk="Файлдар", ru="Файлы", en="Files", original="en"),
    "people": Text(kk="Адамдар", ru="Люди", en="People", original="en"),
    "studies": Text(kk="Зерттеулер", ru="Исследования", en="Studies", original="en"),
    "contracts": Text(kk="Шарттар", ru="Договоры", en="Contracts", original="en"),
    "deliverables": Text(kk="Міндеттемелер", ru="Обязательства", en="Deliverables", original="en"),
}

KEYS = {
    "datasets": "identifier",
    "files": "dataset",
    "people": "dataset",
    "studies": "register_number",
    "contracts": "register_number",
    "deliverables": "register_number",
}
"""The column of each sheet that names the record which a row is, or belongs to."""

_SUFFIXES = {
    "kk": ("kk", "kz", "kaz", "қаз", "каз", "қазақша", "қазақ", "қазақ тілінде", "мемлекеттік тілде", "на казахском",
           "на казахском языке", "на государственном языке", "на гос языке", "на каз", "на каз языке", "на каз яз",
           "каз яз", "казахский", "in kazakh", "kazakh"),
    "ru": ("ru", "rus", "рус", "орыс", "орысша", "орыс тілінде", "на русском", "на русском языке", "на рус",
           "на рус языке", "на рус яз", "рус яз", "русский", "in russian", "russian"),
    "en": ("en", "eng", "англ", "ағыл", "ағылшынша", "ағылшын тілінде", "на английском", "на английском языке",
           "на англ", "на англ языке", "на англ яз", "англ яз", "английский", "in english", "english"),
}  # fmt: skip
_IN_LANGUAGE = {
    "kk": {"kk": "қазақша", "ru": "орысша", "en": "ағылшынша"},
    "ru": {"kk": "на казахском", "ru": "на русском", "en": "на английском"},
    "en": {"kk": "in Kazakh", "ru": "in Russian", "en": "in English"},
}
"""What a template heading says of the column's language, by the reader's language."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` is how its cells are read, `vocabulary` the list they choose from ("" for none). `language`
    is set where the model has one such column for each language ("title_kk"); `base` is the name without it. `of` is
    "study" where a row of datasets tells of its study.
    """

    name: str
    sheet: str
    kind: str
    heading: Text
    help: Text
    base: str
    language: str = ""
    vocabulary: str = ""
    required: bool = False
    example: str = ""
    of: str = ""


def columns(sheet: str) -> tuple[Column, ...]:
    """The columns of a sheet, in the order of the template. KeyError for a sheet that is not in SHEETS."""
    return _columns()[sheet]


def named(sheet: str, name: str) -> Column:
    """The column of exactly this name. KeyError."""
    return {one.name: one for one in columns(sheet)}[name]


def column_of(sheet: str, heading: str) -> Column | None:
    """The column that a heading means, in any of our languages and by any known spelling; None for an unknown one.

    "Название" without a language means the text in whatever language it is written.
    """
    words = plain(heading)
    known = spellings(sheet)
    if words in known:
        return known[words]
    for code, suffixes in _SUFFIXES.items():
        for suffix in suffixes:
            base = known.get(words.removesuffix(f" {suffix}")) if words.endswith(f" {suffix}") else None
            if base is not None and base.name == base.base:
                return next((one for one in columns(sheet) if one.base == base.base and one.language == code), None)
    return None


def choices(vocabulary: str, language: str) -> tuple[str, ...]:
    """What a cell of such a column may hold, in the words of a reader of `language`; () for no list."""
    if not vocabulary:
        return ()
    if vocabulary == "language":
        return tuple(vocabularies.label("language", code, language) for code in LANGUAGES)
    if vocabulary == "license":
        return tuple(str(one.title.show(language)) for one in licenses.offered())
    return tuple(vocabularies.label(vocabulary, code, language) for code in vocabularies.codes(vocabulary))


def plain(heading: str) -> str:
    """A heading as it is compared: lower case, without signs and line breaks ("№" is "no")."""
    text = unicodedata.normalize("NFKC", heading.replace("#", "№")).lower().replace("ё", "е")
    return " ".join(re.sub(r"[\W_]+", " ", text).split())


@cache
def _columns() -> dict[str, tuple[Column, ...]]:
    return {
        sheet: tuple(column for entry in _entries() if entry["sheet"] in (sheet, "*") for column in _made(entry, sheet))
        for sheet in SHEETS
    }


@cache
def _entries() -> tuple[Mapping[str, Any], ...]:
    return tuple(table("upload_columns")["column"])


def _made(entry: Mapping[str, Any], sheet: str) -> Iterator[Column]:
    """The column of an entry; with `languages`, also one for each language."""
    heading = Text(**{code: entry[code] for code in LANGUAGES}, original="en")
    column = Column(
        name=entry["name"],
        sheet=sheet,
        kind=entry["kind"],
        heading=heading,
        help=Text(**{code: entry[f"help_{code}"] for code in LANGUAGES}, original="en"),
        base=entry["name"],
        vocabulary=entry.get("list", ""),
        required=entry.get("required", False),
        example=entry["example"],
        of=entry.get("of", ""),
    )
    for code in LANGUAGES if entry.get("languages") else ():
        own = {reader: f"{entry[reader]} ({_IN_LANGUAGE[reader][code]})" for reader in LANGUAGES}
        yield Column(
            name=f"{column.name}_{code}",
            sheet=column.sheet,
            kind=column.kind,
            heading=Text(**own, original="en"),
            help=column.help,
            base=column.name,
            language=code,
            required=column.required,
            example=column.example if code == "ru" else "",
        )
    yield column


@cache
def spellings(sheet: str) -> dict[str, Column]:
    """Columns by every spelling. ValueError where two columns of a sheet claim one."""
    known: dict[str, Column] = {}
    also = {entry["name"]: entry.get("also", ()) for entry in _entries() if entry["sheet"] in (sheet, "*")}
    for column in columns(sheet):
        own = also[column.base] if column.name == column.base else ()
        for spelling in {column.name, *(one.value for one in column.heading.values()), *own}:
            if known.setdefault(plain(spelling), column) != column:
                raise ValueError(f"{sheet}: {known[plain(spelling)].name} and {column.name} both claim {spelling!r}")
    return known
