"""Workers that are forked, and looked after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from opendata.cli import child

child.REST_SECONDS = 0.1
folder = Path(sys.argv[1])

def work(name, parent):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    (folder / f"{name}-{os.getpid()}").touch()
    while not told and os.getppid() == parent:
        time.sleep(0.02)

workers = child.Workers([lambda parent: work("one", parent), lambda parent: work("two", parent)])
(folder / "made").touch()
sys.stdin.readline()
workers.start()
sys.stdin.readline()
workers.stop()
(folder / "stopped").touch()
"""


def seen(condition: Callable[[], bool]) -> bool:
    """Whether it comes to hold within ten seconds."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Run:
    """The script, and the workers it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-c", SCRIPT, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)

    def say(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def pids(self, name: str) -> list[int]:
        return [int(path.name.partition("-")[2]) for path in self.folder.glob(f"{name}-*")]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    try:
        assert seen((tmp_path / "made").exists)
        yield made
    finally:
        made.process.kill()
        made.process.wait()
        assert made.process.stdin
        made.process.stdin.close()


def test_workers_begin_when_they_are_told_and_stop_with_it(run: Run) -> None:
    time.sleep(0.3)
    assert not run.pids("one")
    run.say()
    assert seen(lambda: bool(run.pids("one") and run.pids("two")))
    run.say()
    assert seen((run.folder / "stopped").exists)
    assert not any(lives(pid) for pid in (*run.pids("one"), *run.pids("two")))


def test_a_worker_that_dies_is_started_again(run: Run) -> None:
    run.say()
    assert seen(lambda: bool(run.pids("one") and run.pids("two")))
    os.kill(run.pids("one")[0], signal.SIGKILL)
    assert seen(lambda: len(run.pids("one")) == 2)
    assert len(run.pids("two")) == 1


def test_the_process_ends_when_the_one_that_keeps_its_workers_is_killed(run: Run) -> None:
    run.say()
    assert seen(lambda: bool(run.pids("one") and run.pids("two")))
    status = Path(f"/proc/{run.pids('one')[0]}/stat").read_text()
    os.kill(int(status.rpartition(")")[2].split()[1]), signal.SIGKILL)
    assert run.process.wait(10) == 1
    assert seen(lambda: not any(lives(pid) for pid in (*run.pids("one"), *run.pids("two"))))


def test_workers_end_with_the_process_that_made_them(run: Run) -> None:
    run.say()
    assert seen(lambda: bool(run.pids("one") and run.pids("two")))
    run.process.kill()
    run.process.wait()
    assert seen(lambda: not any(lives(pid) for pid in (*run.pids("one"), *run.pids("two"))))


def test_workers_of_a_process_that_never_said_begin_go_with_it(run: Run) -> None:
    run.process.kill()
    run.process.wait()
    time.sleep(0.3)
    assert not run.pids("one")
