"""Dates as people and machines write them, read into civil dates with their precision, or into a period.

Nothing here raises for bad input: what cannot be read comes back as a problem in words.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from opendata.catalog.values import PartialDate, Period

FIRST_YEAR, LAST_YEAR = 1500, 2200
"""Years outside are taken for typing errors."""
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class DateParse:
    """What a text says: one date, or a period, or a problem; all empty where it says "no date"."""

    date: PartialDate | None = None
    period: Period | None = None
    problem: str = ""


# Month names with the endings of cases: January in English, Russian and Kazakh (and its older Latin-free forms).
_MONTH_STEMS = (
    ("jan", "янв", "қаңтар", "кантар"),
    ("feb", "фев", "ақпан", "акпан"),
    ("mar", "мар", "наурыз"),
    ("apr", "апр", "сәуір", "сауир"),
    ("may", "май", "мая", "мае", "мамыр"),
    ("jun", "июн", "маусым"),
    ("jul", "июл", "шілде", "шилде"),
    ("aug", "авг", "тамыз"),
    ("sep", "сен", "қыркүйек", "кыркуйек"),
    ("oct", "окт", "қазан", "казан"),
    ("nov", "ноя", "қараша", "караша"),
    ("dec", "дек", "желтоқсан", "желтоксан"),
)
_MONTHS = {stem: number for number, stems in enumerate(_MONTH_STEMS, 1) for stem in stems}
_MONTH_WORD = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")[^\W\d_]{0,9}\.?"
_NONE = re.compile(
    r"(?:б\.?\s*г\.?|без даты|ж\.?\s*ж\.?|n\.?\s*d\.?|no date|s\.?\s*[ad]\.?|-+|—|n/a|none|null|unknown)\Z"
)
_YEAR_WORD = r"(?:\s*(?:г\.?\s?г\.?|г\.?|год[ауы]?|годы|г-г|ж\.?\s?ж\.?|ж\.?|жыл\w*))?"
_TIME = r"(?:[t\s]\s*\d{1,2}(?::?\d{2})?(?::?\d{2}(?:[.,]\d+)?)?\s*(?:z|utc|gmt|[+-]\d{2}:?\d{0,2})?)?"
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})" + _TIME + r")?)?\Z")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:t?\d{4,6}z?)?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[.\-](\d{1,2})[.\-](\d{4})" + _YEAR_WORD + _TIME + r"\Z")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})" + _TIME + r"\Z")
_MONTH_YEAR = re.compile(r"(\d{1,2})[./](\d{4})" + _YEAR_WORD + r"\Z")
_YEAR = re.compile(r"(?:c|ca|circa|©|около|шамамен)?\.?\s*\[?(\d{4})\]?\??" + _YEAR_WORD + r"\Z")
_NAMED = re.compile(
    r"(?:[a-zа-я]{2,12}\.?,\s*)?(?:(\d{1,2})(?:st|nd|rd|th|-?го|-?е)?\.?\s*(?:of\s+)?)?"
    + _MONTH_WORD + r",?\s*(\d{4})" + _YEAR_WORD + r"(?:,?\s*\d{1,2}:\d{2}(?::\d{2})?\s*(?:[a-z]{1,4}|[+-]\d{4})?)?\Z"
)  # fmt: skip
_NAMED_DAY_AFTER = re.compile(_MONTH_WORD + r"\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})" + _TIME + r"\Z")
_KAZAKH = re.compile(r"(\d{4})" + _YEAR_WORD + r"(?:ғы|гы)?\s*(?:(\d{1,2})\s+)?" + _MONTH_WORD + r"(?:\s*(\d{1,2}))?\Z")
_EXCEL = re.compile(r"([2-7]\d{4})(?:\.\d+)?\Z")
_BETWEEN = tuple(
    re.compile(separator)
    for separator in (r"\s[-–—]\s", r"[–—]", r"/", r"\.\.+", r";", r"\s(?:по|to|until|till)\s", r"\s*-\s*")
)
"""What stands between the two ends of a period, the least ambiguous first."""
_FROM = re.compile(r"(?:с|from|between|между)\s+")
_YEARS = re.compile(r"(\d{4})\s*[-–—/]\s*(\d{4}|\d{2})" + _YEAR_WORD + r"\Z")
_DCMI_PERIOD = re.compile(r"(start|end)\s*=\s*([^;]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]")


def parse(text: str) -> DateParse:
    """The date or period that `text` gives. Never raises; "" and "б.г." are no date and no problem."""
    if len(text) > MAX_LENGTH:
        return DateParse(problem=f"a date of {len(text)} characters is not read")
    return _parse(" ".join(_CONTROL.sub(" ", text).split()))


@lru_cache(maxsize=8192)
def _parse(text: str) -> DateParse:
    lower = text.casefold().strip(" ,;()").removeprefix("info:eu-repo/date/embargoend/")
    if not lower or _NONE.match(lower):
        return DateParse()
    years = _YEARS.match(lower)
    if years and _is_range(years[1], years[2]):
        end = years[2] if len(years[2]) == 4 else years[1][:2] + years[2]
        return _period(years[1], end, text)
    one = _single(lower, text)
    if one is not None:
        return one
    if "start=" in lower or "end=" in lower:
        ends = dict(_DCMI_PERIOD.findall(lower))
        return _period(ends.get("start", ""), ends.get("end", ""), text)
    for separator in _BETWEEN:
        ends_at = separator.split(_FROM.sub("", lower, count=1) if _FROM.match(lower) else lower)
        if len(ends_at) == 2:
            return _period(ends_at[0].strip(), ends_at[1].strip(), text)
    return DateParse(problem=f"{text[:60]!r} is not a date that can be read")


def _is_range(first: str, second: str) -> bool:
    """Whether "2017-19" is a pair of years: "2019-03" is a month, "2017-19" cannot be one."""
    return len(second) == 4 or (int(second) > 12 and int(second) > int(first[2:]))


def _period(start: str, end: str, text: str) -> DateParse:
    open_end = end in ("", "..", "present", "н.в.", "н. в.", "настоящее время", "қазіргі уақыт")
    unreadable = DateParse(problem=f"{text[:60]!r} is not a period that can be read")
    first, last = _end_of_period(start.strip(". ")), None if open_end else _end_of_period(end)
    if (first is None and (start.strip(". ") or last is None)) or (last is None and not open_end):
        return unreadable
    if first and last and first.first_day() > last.first_day():
        return DateParse(problem=f"the period {text[:60]!r} ends before it begins")
    return DateParse(period=Period(first, last))


def _end_of_period(text: str) -> PartialDate | None:
    found = _single(text, text) if text else None
    return found.date if found else None


def _single(lower: str, text: str) -> DateParse | None:
    """The one date of `lower`, a problem where it has the shape of a date and is none; None for another shape."""
    for pattern, order in _PATTERNS:
        found = pattern.match(lower)
        if found:
            return _checked(*order(found), text)
    return None


def _checked(year: int, month: int, day: int, text: str) -> DateParse:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return DateParse(problem=f"the year of {text[:60]!r} is outside {FIRST_YEAR}..{LAST_YEAR}")
    try:
        return DateParse(date=PartialDate(year, month, day))
    except ValueError:
        return DateParse(problem=f"{text[:60]!r} names a month or a day that does not exist")


def _iso(found: re.Match[str]) -> tuple[int, int, int]:
    # A month of 0 is given on purpose ("2019-00-00" of databases): the year is what is known.
    month, day = int(found[2] or 0), int(found[3] or 0)
    return int(found[1]), month, day if month else 0


def _slashed(found: re.Match[str]) -> tuple[int, int, int]:
    # Day first, as here and in most of the world, unless only the American order can be meant.
    first, second = int(found[1]), int(found[2])
    month, day = (first, second) if second > 12 >= first else (second, first)
    return int(found[3]), month, day


def _excel(found: re.Match[str]) -> tuple[int, int, int]:
    """Days since 1899-12-30, as Excel and LibreOffice count them (for dates after February 1900)."""
    day = dt.date(1899, 12, 30) + dt.timedelta(days=int(found[1]))
    return day.year, day.month, day.day


_Order = Callable[[re.Match[str]], tuple[int, int, int]]
_PATTERNS: tuple[tuple[re.Pattern[str], _Order], ...] = (
    (_ISO, _iso),
    (_DAY_FIRST, lambda m: (int(m[3]), int(m[2]), int(m[1]))),
    (_YEAR, lambda m: (int(m[1]), 0, 0)),
    (_COMPACT, lambda m: (int(m[1]), int(m[2]), int(m[3]))),
    (_SLASHED, _slashed),
    (_MONTH_YEAR, lambda m: (int(m[2]), int(m[1]), 0)),
    (_NAMED, lambda m: (int(m[3]), _MONTHS[m[2]], int(m[1] or 0))),
    (_NAMED_DAY_AFTER, lambda m: (int(m[3]), _MONTHS[m[1]], int(m[2]))),
    (_KAZAKH, lambda m: (int(m[1]), _MONTHS[m[3]], int(m[2] or m[4] or 0))),
    (_EXCEL, _excel),
)
