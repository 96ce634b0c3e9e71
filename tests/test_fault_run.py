"""The fault run at a small size: a bad line and killed workers change nothing of what a harvest comes to."""

from __future__ import annotations

from pathlib import Path

from benchmarks import faults


def test_killed_workers_and_a_bad_line_lose_and_double_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    differences = faults.compare(tmp_path, records=15, kills=2, faults=0.2, seed=2, say=said.append)
    assert differences == []
    assert len([line for line in said if "kill" in line]) == 2


def test_what_is_lost_doubled_or_changed_is_told() -> None:
    wanted, have = {"a": {"title": "x", "n": 1}, "b": 1}, {"a": {"title": "y", "n": 1}, "c": 2}
    assert faults.differences("record", wanted, have) == [
        "record a: title: 'y' instead of 'x'",
        "record b: 'nothing' instead of 1",
        "record c: 2 instead of 'nothing'",
    ]
