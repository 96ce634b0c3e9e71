"""Strings beyond memory come back in order, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

from opendata.search import runs
from opendata.search.runs import Runs, merged


def test_strings_of_several_runs_come_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_HELD", 3)
    one, other = Runs(tmp_path, "one"), Runs(tmp_path, "other")
    for word in "дақ бал аң бал жол үй бал":
        one.add((word,))
    one.add(["үй", "дақ", "аң", "бал", "жол"])
    other.add(["бал", "су\u2028", "аң"])
    files = (*one.close(), *other.close())
    assert len(files) > 2
    found = list(merged(files))
    assert found == sorted(set(found))
    assert {"аң", "бал", "дақ", "жол", "үй", "су\u2028"} <= set(found)


def test_nothing_gives_nothing(tmp_path: Path) -> None:
    assert Runs(tmp_path, "none").close() == ()
    assert list(merged(())) == []
