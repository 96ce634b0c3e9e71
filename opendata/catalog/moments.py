"""How a moment is written for people in each language of the site."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

PATTERNS = {"kk": "y 'ж'. d MMMM, HH:mm", "ru": "d MMMM y 'г'., HH:mm", "en": "d MMMM y, HH:mm"}
"""Moments in the order in which each language has its dates (CLDR, with 24 hours everywhere)."""


def in_words(at: dt.datetime, language: str, timezone: str) -> str:
    """The moment in that time zone, which is named by how far it is from UTC: "5 June 2026, 11:00 (UTC+5)"."""
    local = at.astimezone(ZoneInfo(timezone))
    said = format_datetime(local, PATTERNS.get(language, PATTERNS["en"]), locale=language)
    return f"{said} ({_zone(local)})"


def _zone(local: dt.datetime) -> str:
    minutes = int((local.utcoffset() or dt.timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
