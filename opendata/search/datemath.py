"""Instants as Solr's clients write them: ISO 8601 in UTC, NOW, and arithmetic after either (NOW/DAY-1MONTH)."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from opendata.search.boolean import SearchQueryError

_INSTANT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?)?)?)?Z?"
)
_STEP = re.compile(r"(?P<sign>[+-])(?P<count>\d{1,6})(?P<unit>[A-Z]+)|/(?P<floor>[A-Z]+)")
_UNITS = {
    "MILLISECOND": dt.timedelta(milliseconds=1), "MILLI": dt.timedelta(milliseconds=1),
    "SECOND": dt.timedelta(seconds=1), "MINUTE": dt.timedelta(minutes=1), "HOUR": dt.timedelta(hours=1),
    "DAY": dt.timedelta(days=1), "DATE": dt.timedelta(days=1),
}  # fmt: skip
_MONTHS = {"MONTH": 1, "YEAR": 12}
_ORDER = ("microsecond", "second", "minute", "hour", "day", "month", "year")
_FLOORS = {
    "MILLISECOND": 0,
    "MILLI": 0,
    "SECOND": 1,
    "MINUTE": 2,
    "HOUR": 3,
    "DAY": 4,
    "DATE": 4,
    "MONTH": 5,
    "YEAR": 6,
}
MAX_STEPS = 10


def microseconds(text: str, now: dt.datetime) -> int:
    """Microseconds since 1970 of what is written; `now` is what NOW means. SearchQueryError for what is no date."""
    base, steps = _base(text.strip(), now)
    found, at = base, 0
    for _number in range(MAX_STEPS):
        if at == len(steps):
            return _since_1970(found)
        step = _STEP.match(steps, at)
        if step is None:
            break
        found, at = _stepped(found, step, text), step.end()
    raise _bad(text)


def _base(text: str, now: dt.datetime) -> tuple[dt.datetime, str]:
    if text.startswith("NOW"):
        return now.astimezone(dt.UTC), text[3:]
    match = _INSTANT.match(text)
    if match is None:
        raise _bad(text)
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    try:
        made = dt.datetime(
            int(match["year"]),
            int(match["month"] or 1),
            int(match["day"] or 1),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int(fraction),
            dt.UTC,
        )
    except ValueError:
        raise _bad(text) from None
    return made, text[match.end() :]


def _stepped(at: dt.datetime, step: re.Match[str], text: str) -> dt.datetime:
    unit = (step["unit"] or step["floor"]).removesuffix("S")
    try:
        if step["floor"]:
            return _floored(at, _FLOORS[unit])
        count = int(step["count"]) * (1 if step["sign"] == "+" else -1)
        if unit in _MONTHS:
            return _months_later(at, count * _MONTHS[unit])
        return at + _UNITS[unit] * count
    except (KeyError, OverflowError, ValueError):
        raise _bad(text) from None


def _floored(at: dt.datetime, level: int) -> dt.datetime:
    if level == 0:
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
    least = {name: 1 if name in ("day", "month") else 0 for name in _ORDER[:level]}
    return at.replace(**least)  # type: ignore[arg-type]


def _months_later(at: dt.datetime, count: int) -> dt.datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, last))


def _since_1970(at: dt.datetime) -> int:
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _bad(text: str) -> SearchQueryError:
    return SearchQueryError(f"{text[:60]!r} is no instant: write 2026-03-01T12:00:00Z, NOW or NOW-7DAYS.", "fq")
