"""kill -9 of whatever writes the index, at any moment: it opens, a check mends it, and no search notices anything."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.search import whoosh_rebuild
from opendata.search.query import SearchQuery
from opendata.services import index_check, indexing
from opendata.services.catalogue import Catalogue
from opendata.services.index_check import Comparison
from opendata.store import queries
from opendata.store.datasets import Dataset
from tests.conftest import settings
from tests.factories import feed, found, record, work

ROUNDS = 30 if os.environ.get("OPENDATA_TEST_FULL") else 4
SIZE = 120
SEED = int(os.environ.get("OPENDATA_TEST_SEED", "1"))
processes = multiprocessing.get_context("spawn")


def opened(home: Path) -> Catalogue:
    return open_catalogue(load_config(environ=settings(home)))


@pytest.fixture
def live(prepared: Path, tmp_path: Path) -> Iterator[Catalogue]:
    """A catalogue of SIZE indexed records, with the clock of the processes that are started on it."""
    shutil.copytree(prepared, tmp_path / "home")
    catalogue = opened(tmp_path / "home")
    feed(catalogue).take(*(found(str(n), record(f"Вода {n}", private=n % 10 == 0)) for n in range(SIZE)))
    work(catalogue)
    yield catalogue
    catalogue.close()


def commit_for_ever(home: Path, ready: Event, seed: int) -> None:
    """Change a few records and index them, over and over: commits and merges, with changes not yet indexed between."""
    catalogue, chance = opened(home), random.Random(seed)
    with catalogue.sessions.read() as session:
        ids = list(queries.dataset_ids_after(session))
    ready.set()
    while True:
        some = chance.sample(ids, chance.randint(1, 20))
        with catalogue.sessions.write.begin() as session:
            for key in some:
                session.get_one(Dataset, key).title_ru = f"Вода {chance.random()}"  # type: ignore[attr-defined]
        indexing.index_records(catalogue, some, ())


def rebuild_for_ever(home: Path, ready: Event, seed: int) -> None:
    """Rebuild over and over, in several processes however little there is."""
    whoosh_rebuild.FEW, whoosh_rebuild.BATCH = 2, 10
    catalogue = opened(home)
    del seed
    ready.set()
    while True:
        indexing.rebuild(catalogue)


def search_for_ever(home: Path, ready: Event, stop: Event, told: Any) -> None:
    """Search all the time; at the end tell how often, and everything that was not as it must be."""
    catalogue, count, wrong = opened(home), 0, []
    while not stop.is_set() and len(wrong) < 10:
        try:
            total = catalogue.index.search(SearchQuery("вода"), facets=["organization"]).total
            wrong += [] if total == SIZE * 9 // 10 else [total]
        except Exception as error:
            wrong.append(repr(error))
        count += 1
        ready.set()
    told.put((count, wrong))


def started(target: Any, *arguments: Any) -> BaseProcess:
    # Not a daemon: those may have no processes of their own, and a rebuild does.
    process = processes.Process(target=target, args=arguments)
    process.start()
    return process


def killed(target: Any, home: Path, chance: random.Random) -> None:
    """Let it work for a random while, then kill it."""
    ready = processes.Event()
    process = started(target, home, ready, chance.getrandbits(32))
    assert ready.wait(60)
    time.sleep(chance.uniform(0, 1.5 if target is commit_for_ever else 5))
    assert process.is_alive()
    process.kill()
    process.join()


def check_and_mend(home: Path) -> None:
    """The index opens, lacks nothing but the last changes, and a check brings those."""
    fresh = opened(home)
    fresh.index.check()
    found = index_check.compare(fresh, repair=True)
    assert (found.missing, found.surplus, found.misplaced, found.unusable) == (0, 0, 0, "")
    work(fresh)
    assert index_check.compare(fresh, repair=False) == Comparison(indexed=SIZE)
    fresh.close()


@pytest.mark.timeout(60 * ROUNDS)
def test_a_killed_writer_does_no_harm(live: Catalogue) -> None:
    home, chance = live.config.home, random.Random(SEED)
    ready, stop, told = processes.Event(), processes.Event(), processes.Queue()
    reader = started(search_for_ever, home, ready, stop, told)
    assert ready.wait(60)
    try:
        for number in range(ROUNDS):
            killed((commit_for_ever, rebuild_for_ever)[number % 2], home, chance)
            check_and_mend(home)
    finally:
        stop.set()
        searches, wrong = told.get(timeout=60)
        reader.join()
    assert wrong == []
    assert searches > ROUNDS


def test_a_rebuild_after_killed_ones_leaves_nothing_behind(live: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(rebuild_for_ever, live.config.home, random.Random(SEED))
    area = live.config.home / "index" / "public"
    assert indexing.rebuild(live) == SIZE
    monkeypatch.setattr("opendata.search.whoosh_area.OLD_BUILD_SECONDS", 0)
    live.index.update([], list(live.index.fingerprints())[:1])
    assert len(list(area.glob("build-*"))) == 1
    assert not (area / "BUILDING").exists()


def wait_for_words(home: Path, words: list[str], seen: Any) -> None:
    """Search for each word in turn until it is found; tell when. At first tell that this process is ready."""
    catalogue = opened(home)
    for word in ["", *words]:
        end = time.time() + 60
        while time.time() < end and not catalogue.index.search(SearchQuery(word)).total:
            time.sleep(0.02)
        seen.put(time.time())


def test_a_reading_process_sees_a_commit_within_two_seconds(live: Catalogue) -> None:
    words = ["горностай", "выхухоль", "росомаха"]
    seen = [processes.Queue(), processes.Queue()]
    readers = [started(wait_for_words, live.config.home, words, each) for each in seen]
    waited = []
    for told in seen:
        told.get(timeout=90)
    for key, word in zip(live.index.fingerprints(), words, strict=False):
        with live.sessions.write.begin() as session:
            session.get_one(Dataset, key).title_ru = word  # type: ignore[attr-defined]
        indexing.index_records(live, [key], ())
        committed = time.time()
        waited.append(max(told.get(timeout=90) for told in seen) - committed)
    for reader in readers:
        reader.join()
    # A machine that is busy with other things delays one of them now and then.
    assert min(waited) < 2, waited
