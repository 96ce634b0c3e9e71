"""When sources are due."""

from __future__ import annotations

import datetime as dt

import pytest

from opendata.services import schedule

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("frequency", ["", "manual"])
def test_what_is_run_by_hand_is_never_due(frequency: str) -> None:
    assert schedule.next_run(frequency, NOON) is None
    assert schedule.check(frequency) == []


@pytest.mark.parametrize(("frequency", "hours"), [("hourly", 1), ("daily", 24), ("weekly", 168), ("monthly", 720)])
def test_an_interval_counts_from_the_last_run(frequency: str, hours: int) -> None:
    assert schedule.next_run(frequency, NOON) == NOON + dt.timedelta(hours=hours)


def test_a_cron_line_is_read_in_the_time_zone_of_the_site() -> None:
    due = schedule.next_run("30 3 * * *", NOON, timezone="Asia/Almaty")
    assert due == dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)


def test_a_cron_line_comes_once_when_clocks_are_put_back() -> None:
    before = dt.datetime(2026, 10, 25, 0, 0, tzinfo=dt.UTC)
    first = schedule.next_run("30 2 * * *", before, timezone="Europe/Berlin")
    assert first is not None
    second = schedule.next_run("30 2 * * *", first, timezone="Europe/Berlin")
    assert second is not None
    assert second.date() == dt.date(2026, 10, 26)


def test_sources_of_one_interval_do_not_come_all_at_once() -> None:
    due = {schedule.next_run("daily", NOON, name=f"s{n}", jitter=0.1) for n in range(50)}
    assert len(due) == 50
    assert all(one and NOON + dt.timedelta(days=1) <= one <= NOON + dt.timedelta(days=1.1) for one in due)
    assert schedule.next_run("daily", NOON, name="a", jitter=0.1) == schedule.next_run(
        "daily", NOON, name="a", jitter=0.1
    )


def test_a_chosen_time_is_put_off_by_minutes_only() -> None:
    exact = schedule.next_run("0 4 1 * *", NOON)
    put_off = [schedule.next_run("0 4 1 * *", NOON, name=f"s{n}", jitter=0.5) for n in range(20)]
    assert exact is not None
    assert all(one and exact <= one <= exact + schedule.LATEST for one in put_off)


@pytest.mark.parametrize(
    ("frequency", "said"),
    [
        ("sometimes", "Unknown frequency"),
        ("* * * *", "Unknown frequency"),
        ("* * * * *", "more often"),
        ("0,5 * * * *", "more often"),
        ("61 * * * *", "no cron line"),
        ("0 0 31 2 *", "cron line|never comes"),
        ("0 0 " + "1," * 200 + "1 * *", "Unknown frequency"),
    ],
)
def test_a_frequency_that_cannot_be_kept_is_told(frequency: str, said: str) -> None:
    (problem,) = schedule.check(frequency)
    assert problem.field == "frequency"
    assert any(part in problem.message for part in said.split("|"))
    assert "30 3 * * 1-5" in problem.hint
    assert schedule.next_run(frequency, NOON) is None


def test_a_cron_line_that_can_be_kept_is_taken() -> None:
    for line in ("30 3 * * 1-5", "0 */2 * * *", "0 4 1 1 *", "0 0 29 2 *"):
        assert schedule.check(line) == [], line
