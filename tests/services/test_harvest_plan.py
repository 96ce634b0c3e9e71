"""Places and marks that are kept between runs, and limits of time."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest

from opendata.services.harvest_plan import Bookmark, raw_hash
from opendata.services.timelimit import Limiter, TooSlow

NOW = dt.datetime(2026, 6, 1, 6, 30, 15, 123456, tzinfo=dt.UTC)


def test_a_bookmark_comes_back_as_it_was() -> None:
    mark = Bookmark('{"token": "t\u044f"}', 7, "abc", False, NOW, None, NOW)
    assert Bookmark.load(mark.dump()) == mark


@pytest.mark.parametrize("text", [None, "", "t100", "[]", "null", '{"token": "x"}', '{"token": 1, "at": "yesterday"}'])
def test_what_is_no_bookmark_is_none(text: str | None) -> None:
    assert Bookmark.load(text) is None


def test_the_mark_of_an_original_holds_its_bytes_type_and_mapping() -> None:
    marks = {raw_hash("m", "text/xml", b"x"), raw_hash("n", "text/xml", b"x"), raw_hash("m", "text/x", b"x")}
    marks |= {raw_hash("m", "text/xml", b"y"), raw_hash("m", "text/xml", b"")}
    assert len(marks) == 5
    assert {len(mark) for mark in marks} == {64}


def endless() -> None:
    while True:
        time.sleep(0.001)


def test_work_over_its_time_is_broken_off_and_the_next_is_not() -> None:
    limiter = Limiter(60)
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            limiter.look()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(3):
            with pytest.raises(TooSlow), limiter.within(0.03):
                endless()
            with limiter.within(10):
                time.sleep(0.03)
        assert not limiter.is_over
    finally:
        over.set()
        thread.join()
        limiter.close()


def test_work_that_ends_at_the_last_moment_is_not_broken_off_later() -> None:
    limiter = Limiter(60)
    for _ in range(200):
        try:
            with limiter.within(0):
                limiter.look()
        except TooSlow:
            pass
        time.sleep(0)
    limiter.close()
