"""Counting in memory: robots, threads, bounds, and the minute that hands over."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from opendata.services.counters import Counters, CountKey, Flusher, is_robot

DAY = dt.date(2024, 5, 1)
ONE = UUID(int=1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
    "Safari/537.36"
)
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
YANDEX = "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"


@pytest.mark.parametrize("user_agent", [GOOGLE, YANDEX, "curl/8.5.0", "python-requests/2.32", "", "   "])
def test_robots_and_the_nameless_are_left_out(user_agent: str) -> None:
    counters = Counters()
    counters.count("view", ONE, user_agent, DAY)
    assert counters.drain() == {}


@pytest.mark.parametrize("user_agent", [FIREFOX, PHONE])
def test_people_are_counted(user_agent: str) -> None:
    counters = Counters()
    counters.count("view", ONE, user_agent, DAY)
    assert counters.drain() == {(DAY, "view", ONE): 1}


def test_days_kinds_and_objects_are_counted_apart() -> None:
    counters = Counters()
    other, next_day = uuid4(), DAY + dt.timedelta(days=1)
    for kind, object_id, day in (("view", ONE, DAY), ("download", ONE, DAY), ("view", other, DAY), ("view", ONE, DAY)):
        counters.count(kind, object_id, FIREFOX, day)
    counters.count("view", ONE, FIREFOX, next_day)
    assert counters.drain() == {
        (DAY, "view", ONE): 2,
        (DAY, "download", ONE): 1,
        (DAY, "view", other): 1,
        (next_day, "view", ONE): 1,
    }


def test_drained_counts_are_forgotten() -> None:
    counters = Counters()
    counters.count("view", ONE, FIREFOX, DAY)
    counters.drain()
    assert counters.drain() == {}


def test_no_count_is_lost_between_threads() -> None:
    counters = Counters()
    drained: list[dict[CountKey, int]] = []

    def count_many(_: int) -> None:
        for _ in range(500):
            counters.count("view", ONE, FIREFOX, DAY)
        drained.append(counters.drain())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_many, range(8)))
    drained.append(counters.drain())
    assert sum(number for counts in drained for number in counts.values()) == 4000


def test_beyond_the_bound_known_objects_are_still_counted_and_the_loss_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counters = Counters(most_keys=2)
    for number in (1, 2, 3, 1):
        counters.count("view", UUID(int=number), FIREFOX, DAY)
    assert counters.drain() == {(DAY, "view", UUID(int=1)): 2, (DAY, "view", UUID(int=2)): 1}
    assert "counts left out number=1" in caplog.text


def test_hostile_user_agent_costs_little() -> None:
    is_robot("warm up the patterns")
    start = time.perf_counter()
    is_robot("Mozilla/5.0 " + "(a" * 1_000_000)
    assert time.perf_counter() - start < 0.5


def test_flusher_hands_over_at_its_pace_and_at_stop() -> None:
    counters, got = Counters(), []
    handed = threading.Event()

    def write(counts: dict[CountKey, int]) -> None:
        got.append(counts)
        handed.set()

    flusher = Flusher(counters, write, every_seconds=0.02)
    counters.count("view", ONE, FIREFOX, DAY)
    flusher.start()
    assert handed.wait(5)
    flusher.stop()
    counters.count("download", ONE, FIREFOX, DAY)
    last = Flusher(counters, write, every_seconds=3600)
    last.start()
    last.stop()
    assert got == [{(DAY, "view", ONE): 1}, {(DAY, "download", ONE): 1}]


def test_counts_that_could_not_be_stored_are_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    counters, got, second = Counters(), [], threading.Event()

    def write(counts: dict[CountKey, int]) -> None:
        got.append(counts)
        if len(got) == 1:
            raise OSError("the database is away")
        second.set()

    counters.count("view", ONE, FIREFOX, DAY)
    flusher = Flusher(counters, write, every_seconds=0.02)
    flusher.start()
    assert second.wait(5)
    flusher.stop()
    assert got == [{(DAY, "view", ONE): 1}] * 2
    assert counters.drain() == {}
    assert "counts not stored objects=1" in caplog.text


def test_counting_does_not_wait_while_counts_are_being_stored() -> None:
    counters, storing, release = Counters(), threading.Event(), threading.Event()

    def write(_: dict[CountKey, int]) -> None:
        storing.set()
        release.wait(5)

    counters.count("view", ONE, FIREFOX, DAY)
    flusher = Flusher(counters, write, every_seconds=0.01)
    flusher.start()
    assert storing.wait(5)
    start = time.perf_counter()
    counters.count("view", ONE, FIREFOX, DAY)
    assert time.perf_counter() - start < 0.5
    release.set()
    flusher.stop()


def test_stop_without_start_is_harmless() -> None:
    Flusher(Counters(), lambda _: None).stop()
