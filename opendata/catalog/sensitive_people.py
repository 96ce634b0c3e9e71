"""Numbers and lists that name persons: ИИН, papers of identity, phones and e-mails of many, columns of a table."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence

from opendata.catalog.identifiers import is_personal_number

MANY_PHONES = 6
"""Different phones on one page or in one column from which it is a list; an office, and a title page, name fewer."""
MANY_EMAILS = 10
MANY_PAPERS = 3
"""Numbers of papers without the word for them, from which they are believed."""
COLUMN_ROWS = 3
"""Filled cells below a heading from which its column counts."""

_TWELVE = re.compile(r"(?<![\d.,/–-])\d{12}(?![\d/–-]|[.,]\d)")
_LABELLED = re.compile(r"(?:\bИИН|\bЖСН|\bIIN)[^\d\n]{0,12}((?:\d[ \u00a0-]?){11}\d)(?!\d)", re.IGNORECASE)
# Kazakhstan: +7 or 8, a code of three digits beginning with 7, seven digits.
_PHONE = re.compile(
    r"(?<![\d.,№/])(?:\+\s?7|8)[\s\u00a0(-]{0,3}(7\d{2})[\s\u00a0)-]{0,3}(\d{3})[\s-]?(\d{2})[\s-]?(\d{2})(?!\d)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.ASCII)
_PAPER = re.compile(
    r"(?:удостоверени\w+\s+личности|жеке\s+(?:басын\s+)?куәлі\w+|паспорт\w*|төлқұжат\w*|identity\s+card)"
    r"[^\d\n]{0,30}?((?<!\d)\d{9}(?!\d)|\bN\s?\d{8}(?!\d))",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"(?<![\w-])N\s?\d{8}(?!\d)")

_HEADINGS: tuple[tuple[str, str], ...] = (
    ("personal_numbers", r"^(?:.*\W)?(?:иин|жсн|iin)(?:\W.*)?$|индивидуальн\w+ идентификационн|жеке сәйкестендіру нөм"),
    ("personal_numbers", r"паспорт|удостоверени\w+ личности|№ ?удост|жеке куәлік|төлқұжат|passport|identity card"),
    ("contact_list", r"^(?:.*\W)?(?:тел|телефон\w*|моб\w*|phones?|mobile)(?:\W.*)?$|ұялы"),
    ("contact_list", r"e-?mail|электронн\w+ (?:почт|адрес)|эл\.? ?почт|электрондық пошта|эл\. пошта"),
    (
        "contact_list",
        r"домашн\w+ адрес|адрес (?:прожив|регистрац|жительств|прописк)|место жительства|тұрғылықты|мекенжайы?$",
    ),
)
_NAMES = re.compile(r"\bф\.? ?и\.? ?о\b|фамилия|тегі|аты-жөні|тәаж|\bт\.? ?а\.? ?ә\b|full name|surname", re.IGNORECASE)
_BORN = re.compile(r"дата рожд|год рожд|туған (?:күні|жылы)|date of birth|birth ?date", re.IGNORECASE)
_VALUES = {
    "personal_numbers": re.compile(r"^\W*(?:\d{12}|\d{9}|N\s?\d{8})\W*$", re.IGNORECASE),
    "contact_list": re.compile(
        r"@|^\d{1,2}[./]\d{1,2}[./]\d{4}|^\d{4}-\d\d-\d\d|\d{2}[\d\s()-]{4,}\d|\bул\b|\bкөш|мкр|дом|\bүй\b|,",
        re.IGNORECASE,
    ),
}
Seen = tuple[str, str]
"""A code and a masked excerpt."""


def personal_numbers(text: str) -> Iterator[str]:
    """Every ИИН in `text`, each once: digits that are no part of a longer number, with a possible day of birth.

    Its make-up: day of birth (six digits), century and sex, four digits of a number, a check digit (weights 1 to 11,
    and again 3 to 11, 1, 2 where the rest is 10): Law of Kazakhstan «О национальных реестрах идентификационных номеров»
    of 12 January 2007 and its rules. Of twelve digits by chance about one in 700 looks like one.
    """
    found = [match[1] for match in _LABELLED.finditer(text)] + _TWELVE.findall(text)
    for given in dict.fromkeys(re.sub(r"\D", "", one) for one in found):
        if is_person(given):
            yield given


def is_person(digits: str) -> bool:
    """Whether the twelve digits are an ИИН of somebody born from 1900 on, on a day that there was."""
    if not is_personal_number(digits) or digits[6] not in "3456":
        return False
    century = 1900 if digits[6] in "34" else 2000
    try:
        dt.date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True


def in_text(text: str) -> list[Seen]:
    """What a page tells of persons: one finding a kind, with how many there are."""
    found: list[Seen] = []
    numbers = list(personal_numbers(text))
    papers = list(dict.fromkeys(match[1] for match in _PAPER.finditer(text)))
    passports = set(_PASSPORT.findall(text))
    papers += sorted(passports - set(papers)) if len(passports) >= MANY_PAPERS else []
    if numbers or papers:
        found.append(("personal_numbers", _counted([*numbers, *papers])))
    if contacts := _contacts(text):
        found.append(("contact_list", contacts))
    return found


def _contacts(text: str) -> str:
    """The list of phones or e-mails, masked; "" where there are but few."""
    phones = list(dict.fromkeys("7" + "".join(match.groups()) for match in _PHONE.finditer(text)))
    if len(phones) >= MANY_PHONES:
        return _counted(phones)
    emails = list(dict.fromkeys(one.lower() for one in _EMAIL.findall(text)))
    return _counted(emails) if len(emails) >= MANY_EMAILS else ""


def headings(row: Sequence[str]) -> dict[int, str]:
    """Of a row of headings: the columns (from 0) that name persons, with the code of each."""
    found = {}
    for column, cell in enumerate(row):
        words = " ".join(cell.casefold().split())
        if 0 < len(words) <= 80:
            code = next((code for code, pattern in _COLUMNS if pattern.search(words)), "")
            if code:
                found[column] = code
    born = next((column for column, cell in enumerate(row) if _BORN.search(cell)), None)
    if born is not None and any(_NAMES.search(cell) for cell in row):
        found[born] = "contact_list"
    return found


_COLUMNS = tuple((code, re.compile(pattern)) for code, pattern in _HEADINGS)


def column(code: str, cells: Iterable[str]) -> str:
    """The excerpt of a column under such a heading; "" where its cells are too few, or are something else."""
    values = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
    like = [value for value in values if _VALUES[code].search(value)] if code in _VALUES else values
    enough = len(like) >= COLUMN_ROWS and len(like) * 2 >= len(values)
    return _counted(like) if enough else ""


def _counted(values: Sequence[str]) -> str:
    """The first value, masked, and how many there are."""
    return masked(values[0]) + (f" (+{len(values) - 1})" if len(values) > 1 else "")


def masked(value: str) -> str:
    """The first four signs of it (of an address of e-mail the first one, and its domain); dots for the rest."""
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}…@{domain}"[:60]
    return value[:4] + "…" * (len(value) > 4)
