"""How a cell is read: one reader for each kind of column, giving the value or the codes of what is wrong with it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opendata.catalog import amounts, dates, identifiers, licenses, normalise, vocabularies
from opendata.catalog.cleaner import LINE, LONG, is_email
from opendata.catalog.people import split_list
from opendata.catalog.records import DatasetType
from opendata.catalog.subjects import grnti_codes, subject
from opendata.catalog.validation import MAX_TITLE
from opendata.catalog.values import DisclosureStatus, PartialDate, Period, Text
from opendata.reading.sheets.tables import Row

TABULAR = frozenset(("CSV", "TSV", "XLSX", "XLS", "ODS", "JSON", "GeoJSON", "XML", "Parquet", "SHP", "DTA", "SAV"))
_LENGTHS = {"title": MAX_TITLE, "long": LONG}
_YES = frozenset(("да", "иә", "ия", "yes", "y", "true", "1", "+", "x", "х", "v", "✓"))
_NO = frozenset(("нет", "жоқ", "no", "n", "false", "0", "-", "–", "—"))
_IN_LISTS = re.compile(r"\s*[;\n]\s*")


@dataclass(slots=True)
class Values:
    """What the cells of one row say, by the name of the column. Problems go to the row."""

    row: Row
    today: dt.date
    found: dict[str, Any] = field(default_factory=dict)

    def read(self) -> dict[str, Any]:
        """The values of every filled cell that can be read."""
        broken = {one.field for one in self.row.problems if one.code == "formula_error"}
        for name, cell in self.row.cells.items():
            if not cell.value or name in broken:
                continue
            most = _LENGTHS.get(cell.column.kind, LINE * 10)
            if len(cell.value) > most:
                self.wrong("too_long", name, length=str(len(cell.value)), most=str(most))
                continue
            value = KINDS[cell.column.kind](self, name, cell.value)
            if value is not None:
                self.found[name] = value
        return self.found

    def wrong(self, code: str, name: str, **filled: str) -> None:
        """Note a problem of the cell."""
        self.row.problems.append(self.row.problem(code, name, **filled))

    def text(self, name: str) -> Text:
        """The texts of a column with languages; the one without goes to the language that it is written in."""
        texts = {code: self.found.get(f"{name}_{code}", "") for code in ("kk", "ru", "en")}
        plain = self.found.get(name, "")
        language = normalise.detect_language(plain) if plain else ""
        slot = language if language in texts else "other"
        if plain and not texts.get(slot):
            texts[slot] = plain
        stated = next(iter(self.found.get("language", ())), "")
        there = [code for code in ("kk", "ru", "en") if texts[code]]
        original = stated if stated in there else language if plain else there[0] if there else ""
        return Text(**texts, original=original) if any(texts.values()) else Text()


def _line(_: Values, __: str, value: str) -> str:
    return normalise.clean_text(value)[0]


def _long(_: Values, __: str, value: str) -> str:
    return value


def _choice(values: Values, name: str, value: str) -> str | None:
    vocabulary = values.row.cells[name].column.vocabulary
    code = vocabularies.code_of(vocabulary, value)
    if code is None:
        values.wrong("not_in_list", name, vocabulary=vocabulary)
    return code


def _type(values: Values, name: str, value: str) -> DatasetType | None:
    found = vocabularies.type_of(value)
    if found is None:
        values.wrong("not_in_list", name, vocabulary="dataset_type")
    return found


def _disclosure(values: Values, name: str, value: str) -> DisclosureStatus | None:
    code = _choice(values, name, value)
    return DisclosureStatus(code) if code else None


def _date(values: Values, name: str, value: str) -> PartialDate | None:
    parsed = dates.parse(value)
    if parsed.date is None:
        if parsed.problem or parsed.period:
            values.wrong("bad_date", name)
        return None
    if name == "issued" and parsed.date.first_day() > values.today:
        values.wrong("future_date", name)
    return parsed.date


def _day(values: Values, name: str, value: str) -> dt.date | None:
    found = _date(values, name, value)
    if found is None:
        return None
    if not found.day:
        values.wrong("needs_day", name)
        return None
    return found.first_day()


def _period(values: Values, name: str, value: str) -> Period | None:
    parsed = dates.parse(value)
    if parsed.problem:
        values.wrong("bad_period", name)
    return parsed.period or (Period(parsed.date, parsed.date) if parsed.date else None)


def _register_number(values: Values, name: str, value: str) -> str:
    found = identifiers.register_number(value) or identifiers.registration_number(value)
    if not found:
        values.wrong("bad_register_number", name)
    return found or _line(values, name, value)


def _checked(code: str, read: Callable[[str], str]) -> Reader:
    def reader(values: Values, name: str, value: str) -> str | None:
        found = read(value)
        if not found:
            values.wrong(code, name)
        return found or None

    return reader


def _open_choice(values: Values, name: str, value: str) -> str:
    """The code of a list, else the words."""
    vocabulary = values.row.cells[name].column.vocabulary
    return vocabularies.code_of(vocabulary, value) or _line(values, name, value)


def _amount(values: Values, name: str, value: str) -> amounts.Amount | None:
    found = amounts.parse(value, values.row.cells[name].heading)
    if found is None:
        values.wrong("bad_amount", name)
    return found


def _count(values: Values, name: str, value: str) -> int | None:
    if value.isascii() and value.isdigit() and len(value) < 4:
        return int(value)
    values.wrong("bad_count", name)
    return None


def _yes_no(values: Values, name: str, value: str) -> bool | None:
    said = value.casefold().strip(" .!")
    if said in _YES or said in _NO:
        return said in _YES
    values.wrong("not_yes_no", name)
    return None


def _udc(_: Values, __: str, value: str) -> tuple[Any, ...]:
    return tuple(subject("udc", code) for code in split_list(value))


def _email(value: str) -> str:
    bare = value.removeprefix("mailto:").strip(" <>")
    return bare if is_email(bare) else ""


def _people(_: Values, __: str, value: str) -> list[str]:
    return split_list(value, people=True)


def _grnti(values: Values, name: str, value: str) -> tuple[Any, ...]:
    codes = grnti_codes(value)
    if not codes:
        values.wrong("bad_grnti", name)
    return tuple(subject("grnti", code) for code in codes)


def _themes(values: Values, name: str, value: str) -> tuple[str, ...]:
    found = [(part, vocabularies.theme_of(part)) for part in _IN_LISTS.split(value) if part]
    if any(theme is None for _, theme in found):
        values.wrong("not_in_list", name, vocabulary="theme")
    return tuple(dict.fromkeys(theme for _, theme in found if theme))


def _languages(values: Values, name: str, value: str) -> tuple[str, ...]:
    found = [vocabularies.language_code(part) for part in split_list(value)]
    if not all(found):
        values.wrong("not_in_list", name, vocabulary="language")
    return tuple(dict.fromkeys(filter(None, found)))


def _frequency(values: Values, name: str, value: str) -> str | None:
    found = vocabularies.frequency_of(value)
    if not found:
        values.wrong("not_in_list", name, vocabulary="frequency")
    return found or None


def _license(values: Values, name: str, value: str) -> tuple[str, str]:
    """The id, "" where unknown, and the words."""
    found = licenses.match(value)
    if found is None:
        values.wrong("license_unknown", name, vocabulary="license")
    return (found.id if found else "", value)


def _files(_: Values, __: str, value: str) -> list[str]:
    """Names and links. Commas stand in names, so they part only links."""
    parts = _IN_LISTS.split(value)
    found = []
    for part in parts:
        links = re.split(r"\s*,\s*(?=https?://)", part) if part.startswith(("http://", "https://")) else [part]
        found += [link.strip() for link in links if link.strip()]
    return found


Reader = Callable[[Values, str, str], Any]
KINDS: Mapping[str, Reader] = {
    "line": _line,
    "title": _line,
    "long": _long,
    "choice": _choice,
    "type": _type,
    "disclosure": _disclosure,
    "date": _date,
    "day": _day,
    "period": _period,
    "register_number": _register_number,
    "doi": _checked("bad_doi", identifiers.doi),
    "orcid": _checked("bad_orcid", identifiers.orcid),
    "email": _checked("bad_email", _email),
    "url": _checked("bad_url", normalise.url),
    "people": _people,
    "keywords": lambda _, __, value: normalise.keywords(value),
    "grnti": _grnti,
    "themes": _themes,
    "languages": _languages,
    "frequency": _frequency,
    "license": _license,
    "udc": _udc,
    "organization": _line,
    "open_choice": _open_choice,
    "study_status": _choice,
    "deliverable_kind": _choice,
    "amount": _amount,
    "currency": _checked("bad_currency", amounts.currency),
    "bin": _checked("bad_bin", identifiers.bin_number),
    "count": _count,
    "yes_no": _yes_no,
    "files": _files,
}
