"""Requests of one process in turns: one computes at a time, and nobody waits for what waits itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from opendata.cli import turns
from opendata.cli.turns import Turns

SECONDS = 20.0
"""After which a test that hangs fails."""


def started(_status: str, _headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
    return lambda _data: None


def ask(app: Turns, **environ: object) -> Iterable[bytes]:
    return app({"REQUEST_METHOD": "GET", **environ}, started)


def test_one_request_computes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", SECONDS)
    together, most = 0, 0
    pause = threading.Event()

    def app(_environ: object, _start: object) -> Iterable[bytes]:
        nonlocal together, most
        together += 1
        most = max(most, together)
        pause.wait(0.002)
        together -= 1
        return [b"answer"]

    gated = Turns(app)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: ask(gated), range(40))) == [[b"answer"]] * 40
    assert most == 1


def test_nobody_waits_for_a_request_that_waits_itself() -> None:
    begun, done = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        if "slow" not in environ:
            return [b"quick"]
        begun.set()
        return [b"waited" if done.wait(SECONDS) else b"late"]

    gated = Turns(app)
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(ask, gated, slow=True)
        assert begun.wait(SECONDS)
        assert [ask(gated) for _ in range(3)] == [[b"quick"]] * 3
        done.set()
        assert slow.result() == [b"waited"]
    assert ask(gated) == [b"quick"]


def test_who_sends_something_keeps_nobody_waiting_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", SECONDS)
    sending, done = threading.Barrier(3), threading.Event()

    def app(environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            sending.wait(SECONDS / 2)
            done.wait(SECONDS / 2)
        return [environ["REQUEST_METHOD"].encode()]

    gated = Turns(app)
    with ThreadPoolExecutor(2) as threads:
        sent = [threads.submit(ask, gated, REQUEST_METHOD="POST") for _ in range(2)]
        sending.wait(SECONDS / 2)
        assert ask(gated) == [b"GET"]
        done.set()
        assert [one.result() for one in sent] == [[b"POST"]] * 2


def test_answers_are_made_in_the_order_of_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", SECONDS)
    made, first = list[int](), threading.Event()

    def app(environ: dict[str, Any], _start: object) -> Iterable[bytes]:
        first.wait(SECONDS / 2)
        made.append(environ["number"])
        return []

    gated = Turns(app)
    with ThreadPoolExecutor(6) as threads:
        for number in range(6):
            threads.submit(ask, gated, number=number)
            while len(gated._queue) <= number:
                first.wait(0.001)
        first.set()
    assert made == list(range(6))


def test_an_error_gives_the_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", SECONDS)
    answers = iter([ValueError("broken"), [b"answer"]])

    def app(_environ: object, _start: object) -> Iterable[bytes]:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    gated = Turns(app)
    with pytest.raises(ValueError, match="broken"):
        ask(gated)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(ask, gated).result(SECONDS / 2) == [b"answer"]
