"""Moments are written as each language writes them, in the site's time zone."""

from __future__ import annotations

import datetime as dt

import pytest

from opendata.catalog.moments import in_words

AT = dt.datetime(2026, 6, 5, 20, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "2026 ж. 6 маусым, 01:30 (UTC+5)"),
        ("ru", "6 июня 2026 г., 01:30 (UTC+5)"),
        ("en", "6 June 2026, 01:30 (UTC+5)"),
    ],
)
def test_a_moment_is_in_the_words_of_its_language(language: str, said: str) -> None:
    assert in_words(AT, language, "Asia/Almaty") == said


@pytest.mark.parametrize(
    ("timezone", "named"), [("UTC", "(UTC)"), ("Asia/Kolkata", "(UTC+5:30)"), ("America/St_Johns", "(UTC-2:30)")]
)
def test_the_time_zone_is_named_by_its_distance(timezone: str, named: str) -> None:
    assert in_words(AT, "en", timezone).endswith(named)
