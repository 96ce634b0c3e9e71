"""What every test may use: an empty catalogue of its own with a clock that the test sets."""

from __future__ import annotations

import datetime as dt
import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.config import Config, load_config
from opendata.services.catalogue import Catalogue
from tests.quick import make_quick

pytest_plugins = ["tests.browser"]
make_quick()

TOGETHER = ("tests/journeys/", "tests/realdata/")
"""Folders whose tests share what takes long to make, a site or the real sources: one process runs them all."""

LONG = (
    *TOGETHER,
    "tests/hostile/",
    "tests/test_benchmarks.py",
    "tests/test_fault_run.py",
    "tests/web/api/test_schemathesis.py",
    "tests/services/uploads/",
    "tests/services/",
    "tests/test_",
)
"""What takes long, longest first: a long file that begins last keeps one processor while the others are idle."""


class ByFile(LoadFileScheduling):
    """Gives out files, and each folder of TOGETHER as if it were one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """Who runs what, where tests are given out by files."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order of LONG, then the others: so they begin, when xdist is told not to sort them itself."""
    items.sort(key=lambda item: next((n for n, path in enumerate(LONG) if item.nodeid.startswith(path)), len(LONG)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are collected and nothing becomes garbage: looking for it would take a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(700, 10, 100)  # by itself it would look through all that is left some hundred times


class Clock:
    """An instant that stands still until the test moves it."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        """Move on by a timedelta given in its own words."""
        self.now += dt.timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    """2026-06-01 06:00 UTC, which is 11:00 in Almaty."""
    return Clock(dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Built-in defaults with a home of the test's own; loopback may be harvested."""
    return load_config(environ=settings(tmp_path / "home"))


def settings(home: Path) -> dict[str, str]:
    """The environment of a site in `home` whose worker does not wait."""
    return {
        "OPENDATA_HOME": str(home),
        "OPENDATA_HARVEST__ALLOW_ADDRESSES": "127.0.0.1",
        "OPENDATA_HARVEST__RETRIES": "0",
        "OPENDATA_JOBS__POLL_SECONDS": "0.05",
    }


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with every table and an empty index, to be copied: migrating for each test takes most of a second."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    prepare_home(load_config(environ=settings(home)))
    return home


@pytest.fixture
def catalogue(config: Config, clock: Clock, prepared: Path) -> Iterator[Catalogue]:
    """An empty catalogue: SQLite, local files, Whoosh."""
    shutil.copytree(prepared, config.home)
    opened = open_catalogue(config, clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real documents and captures; the test is skipped, and says so, where there is none."""
    folder = os.environ.get("OPENDATA_REALDATA")
    if not folder:
        pytest.skip("OPENDATA_REALDATA is not set: this test runs over real documents only")
    return Path(folder)
