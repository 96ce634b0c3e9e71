"""Dates as sources write them."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from opendata.catalog import dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", "2019"),
        ("2019-03", "2019-03"),
        ("2019-03-01", "2019-03-01"),
        ("2019-3-1", "2019-03-01"),
        ("2019/03/01", "2019-03-01"),
        ("2019-03-01T10:00:00Z", "2019-03-01"),
        ("2019-03-01T10:00:00.123+06:00", "2019-03-01"),
        ("2019-03-01 10:00", "2019-03-01"),
        ("20190301", "2019-03-01"),
        ("2019-00-00", "2019"),
        ("01.03.2019", "2019-03-01"),
        ("1.3.2019 г.", "2019-03-01"),
        ("01.03.2019 10:00:05", "2019-03-01"),
        ("31/12/2019", "2019-12-31"),
        ("12/31/2019", "2019-12-31"),
        ("03/2019", "2019-03"),
        ("март 2019", "2019-03"),
        ("МАРТ 2019 г.", "2019-03"),
        ("15 марта 2019 года", "2019-03-15"),
        ("1 мая 2020", "2020-05-01"),
        ("наурыз 2019", "2019-03"),
        ("2019 жылғы 15 наурыз", "2019-03-15"),
        ("2019 ж. 15 наурызда", "2019-03-15"),
        ("1 қыркүйек 2020 ж.", "2020-09-01"),
        ("January 2004", "2004-01"),
        ("Jan 5, 2004", "2004-01-05"),
        ("5 January 2004", "2004-01-05"),
        ("Fri, 15 Mar 2019 10:00:00 GMT", "2019-03-15"),
        ("Fri, 15 Mar 2019 10:00:00 +0600", "2019-03-15"),
        ("2019 г.", "2019"),
        ("2019 год", "2019"),
        ("2019 ж.", "2019"),
        ("c2019", "2019"),
        ("[2019]", "2019"),
        ("43525", "2019-03-01"),
        ("43525.75", "2019-03-01"),
        ("\x002019\ufeff", "2019"),
        ("info:eu-repo/date/embargoEnd/2026-11-01", "2026-11-01"),
    ],
)
def test_date_is_read_with_its_precision(text: str, expected: str) -> None:
    found = dates.parse(text)
    assert str(found.date) == expected
    assert found.period is None
    assert not found.problem


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2017–2019 гг.", "2017", "2019"),
        ("2017-2019", "2017", "2019"),
        ("2017-19", "2017", "2019"),
        ("2018/2019", "2018", "2019"),
        ("2017 - н.в.", "2017", "None"),
        ("2025-07-13/2025-07-16", "2025-07-13", "2025-07-16"),
        ("2017/..", "2017", "None"),
        ("../2017", "None", "2017"),
        ("с 01.01.2017 по 31.12.2019", "2017-01-01", "2019-12-31"),
        ("5 мая 2020 г. - 7 мая 2020 г.", "2020-05-05", "2020-05-07"),
        ("start=2001; end=2005;", "2001", "2005"),
    ],
)
def test_period_is_read_with_both_ends(text: str, start: str, end: str) -> None:
    found = dates.parse(text)
    assert found.period is not None, found.problem
    assert (str(found.period.start), str(found.period.end)) == (start, end)


@pytest.mark.parametrize("text", ["", "  ", "б.г.", "Б. г.", "без даты", "n.d.", "-", "unknown", "\x00", "\ud800"])
def test_no_date_is_no_problem(text: str) -> None:
    assert dates.parse(text) == dates.DateParse()


@pytest.mark.parametrize(
    "text",
    [
        "2019-13-45",
        "2019-02-30",
        "30.02.2019",
        "0001-01-01",
        "9999",
        "hello",
        "2019/2018",
        "20.05.19",
        "x" * 500,
        "32 марта 2019",
        "2019-2018 гг.",
        "/",
        "..",
    ],
)
def test_what_cannot_be_read_is_a_problem_in_words(text: str) -> None:
    found = dates.parse(text)
    assert found.date is None
    assert found.period is None
    assert found.problem


def test_no_text_makes_it_raise() -> None:
    pieces = ["2019", "-", "/", ".", " ", "13", "45", "марта", "г.", "T10", "Z", "қазан", "00", "start=", "٣", "²", "0"]
    source = random.Random(7)
    for _ in range(3000):
        dates.parse("".join(source.choices(pieces, k=source.randint(1, 9))))


@pytest.mark.realdata
def test_dates_of_real_repositories_are_read() -> None:
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: captured OAI answers are not at hand")
    given: list[str] = []
    for path in (Path(folder) / "oai").rglob("*"):
        if path.is_file():
            given += re.findall(r"<dc:date>([^<]*)</dc:date>", path.read_text("utf-8", "replace"))
    unread = {one for one in given if dates.parse(one).problem}
    assert len(given) > 300
    assert len(unread) <= 2, unread
