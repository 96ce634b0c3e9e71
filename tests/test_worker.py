"""The worker: nothing that a job does stops it, and nothing that it held is lost."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from opendata.errors import SearchUnavailable
from opendata.search import whoosh_writer
from opendata.search.query import SearchQuery
from opendata.search.whoosh_area import Area
from opendata.services import care, discovery, index_check, indexing, processes
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store.operations import Job
from opendata.store.queue import enqueue
from opendata.store.states import JobStatus
from opendata.worker import Worker
from tests.conftest import Clock
from tests.factories import feed, found, record, work
from tests.store.conftest import Selects


def put(catalogue: Catalogue, kind: str, payload: dict[str, object], lane: str, **more: object) -> int:
    with catalogue.sessions.write.begin() as session:
        number = enqueue(session, kind, payload, catalogue.now(), lane=lane, **more)  # type: ignore[arg-type]
    assert number is not None
    return number


def job(catalogue: Catalogue, number: int) -> Job:
    with catalogue.sessions.read() as session:
        return session.get_one(Job, number)


def test_a_job_that_raises_is_tried_again_and_ends_in_error(catalogue: Catalogue, clock: Clock) -> None:
    bad = put(catalogue, "read", {"resource": "no uuid"}, Lane.READ, max_attempts=3)
    waits = []
    for _ in range(3):
        work(catalogue)
        tried = job(catalogue, bad)
        waits.append((tried.not_before or clock.now) - clock.now)
        clock.advance(hours=1)
    assert waits[:2] == [dt.timedelta(seconds=20), dt.timedelta(seconds=40)]
    ended = job(catalogue, bad)
    assert (ended.status, ended.attempts) == (JobStatus.ERROR, 3)
    assert "ValueError" in ended.error


def test_lanes_in_which_nothing_is_due_ask_nothing(catalogue: Catalogue) -> None:
    work(catalogue)  # what is due by date
    with Selects(catalogue.engine) as asked:
        work(catalogue)
    assert len([one for one in asked.statements if " jobs" in one]) <= 10  # seven of them by the care


def test_a_job_of_an_unknown_kind_harms_no_other(catalogue: Catalogue) -> None:
    strange = put(catalogue, "conjure", {}, Lane.CARE, max_attempts=1)
    feed(catalogue).take(found("a", record("Вода")))
    work(catalogue)
    assert job(catalogue, strange).status is JobStatus.ERROR
    assert discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total == 1


def test_a_bad_index_job_fails_alone_in_its_batch(catalogue: Catalogue) -> None:
    bad = put(catalogue, "index", {"datasets": ["no uuid"]}, Lane.INDEX, max_attempts=1)
    for number in range(5):
        feed(catalogue).take(found(str(number), record(f"Вода {number}")))
    work(catalogue)
    assert discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total == 5
    assert job(catalogue, bad).status is JobStatus.ERROR
    with catalogue.sessions.read() as session:
        others = session.scalars(select(Job.status).where(Job.id != bad, Job.kind == "index")).all()
    assert set(others) == {JobStatus.COMPLETE}


def test_an_index_that_cannot_be_written_uses_up_no_attempts(
    catalogue: Catalogue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_writer, "LOCK_SECONDS", 0.05)
    feed(catalogue).take(found("a", record("Вода")))
    with Area(catalogue.config.below_home("index") / "public").locked(1):
        for _ in range(7):
            work(catalogue)
            clock.advance(minutes=1)
    with catalogue.sessions.read() as session:
        waiting = session.scalars(select(Job).where(Job.kind == "index")).one()
        assert (waiting.status, waiting.attempts) == (JobStatus.NEW, 0)
        assert "index" in waiting.error
    work(catalogue)
    assert discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total == 1


def test_an_index_that_is_gone_is_unavailable_until_the_worker_has_rebuilt_it(catalogue: Catalogue) -> None:
    feed(catalogue).take(found("a", record("Вода")))
    work(catalogue)
    (catalogue.config.below_home("index") / "public" / "CURRENT").unlink()
    with pytest.raises(SearchUnavailable):
        discovery.find(catalogue, PUBLIC, SearchQuery("вода"))
    work(catalogue)
    assert discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total == 1


def held_by(catalogue: Catalogue, owner: str, number: int) -> None:
    """The job as if that worker had claimed it."""
    with catalogue.sessions.write.begin() as session:
        row = session.get_one(Job, number)
        row.status, row.lease_owner, row.attempts = JobStatus.IN_PROGRESS, owner, 1
        row.lease_until = catalogue.now() + dt.timedelta(minutes=1)


def test_what_was_left_unfinished_in_the_store_is_removed_once_a_day(catalogue: Catalogue, clock: Clock) -> None:
    incoming = catalogue.config.home / "files" / "incoming"
    left = [incoming / name for name in ("old", "young")]
    for path, days in zip(left, (2, 0), strict=True):
        path.write_bytes(b"half")
        since = (clock() - dt.timedelta(days=days)).timestamp()
        os.utime(path, (since, since))
    working = catalogue.config.home / "incoming" / "opendata-abc"
    (working / "inner").mkdir(parents=True)
    os.utime(working, (clock().timestamp() - 2 * 24 * 3600,) * 2)
    for _ in range(3):
        care.tend(catalogue)
        work(catalogue)
    assert [path.exists() for path in (*left, working)] == [False, True, False]
    clock.advance(days=2)
    care.tend(catalogue)
    work(catalogue)
    assert not left[1].exists()
    with catalogue.sessions.read() as session:
        assert len(session.scalars(select(Job).where(Job.kind == "tidy")).all()) == 2


def test_jobs_of_a_dead_worker_are_taken_back_at_once(catalogue: Catalogue) -> None:
    number = put(catalogue, "index", {"datasets": [str(uuid4())]}, Lane.INDEX)
    held_by(catalogue, f"{processes.owner().rpartition(':')[0]}:{2**22 - 1}", number)
    work(catalogue)
    assert job(catalogue, number).status is JobStatus.COMPLETE


def test_jobs_of_a_silent_worker_elsewhere_are_taken_when_their_lease_ends(catalogue: Catalogue, clock: Clock) -> None:
    number = put(catalogue, "index", {"datasets": [str(uuid4())]}, Lane.INDEX)
    held_by(catalogue, "elsewhere:7", number)
    work(catalogue)
    assert job(catalogue, number).lease_owner == "elsewhere:7"
    clock.advance(minutes=2)
    work(catalogue)
    assert job(catalogue, number).status is JobStatus.COMPLETE


def test_a_worker_that_cannot_reach_its_store_for_a_while_lives(catalogue: Catalogue) -> None:
    worker = Worker(catalogue)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        time.sleep(0.2)
        with catalogue.sessions.write.begin() as session:
            session.execute(text("ALTER TABLE jobs RENAME TO hidden"))
        time.sleep(0.8)
        with catalogue.sessions.write.begin() as session:
            session.execute(text("ALTER TABLE hidden RENAME TO jobs"))
        number = put(catalogue, "index", {"datasets": [str(uuid4())]}, Lane.INDEX)
        end = time.monotonic() + 10
        while job(catalogue, number).status is not JobStatus.COMPLETE:
            assert time.monotonic() < end, "the worker is dead"
            time.sleep(0.05)
    finally:
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_two_workers_share_the_work_and_do_nothing_twice(catalogue: Catalogue) -> None:
    for number in range(30):
        feed(catalogue).take(found(str(number), record(f"Вода {number}")))
    workers = [Worker(catalogue, owner=f"elsewhere:{n}") for n in range(2)]
    threads = [threading.Thread(target=worker.work, kwargs={"until_idle": True}) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with catalogue.sessions.read() as session:
        # Lists that help to search may wait for their rest; that is not work which an idle worker has to do.
        rows = session.scalars(select(Job).where(Job.kind == "index")).all()
    assert {(row.status, row.attempts) for row in rows} == {(JobStatus.COMPLETE, 1)}
    assert discovery.find(catalogue, PUBLIC, SearchQuery("вода")).total == 30


def test_jobs_for_later_do_not_keep_an_idle_worker_waiting(catalogue: Catalogue) -> None:
    later = catalogue.now() + dt.timedelta(hours=1)
    number = put(catalogue, "index", {"datasets": []}, Lane.INDEX, not_before=later)
    work(catalogue)
    assert job(catalogue, number).status is JobStatus.NEW


def test_a_worker_without_its_parent_stops(catalogue: Catalogue) -> None:
    thread = threading.Thread(target=Worker(catalogue, parent=2**22 - 1).work)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_an_index_rebuilt_while_jobs_come_in_loses_nothing(catalogue: Catalogue) -> None:
    source = feed(catalogue)
    source.take(*(found(str(number), record(f"Вода {number}")) for number in range(40)))
    over = threading.Event()

    def harvest() -> None:
        for number in range(40, 60):
            source.take(found(str(number), record(f"Вода {number}")))
            source.take(found(str(number - 40), record(f"Вода новая {number}")))
        over.set()

    worker = Worker(catalogue)
    threads = [threading.Thread(target=harvest), threading.Thread(target=worker.work)]
    for thread in threads:
        thread.start()
    while not over.is_set():
        indexing.rebuild(catalogue)
    threads[0].join(60)
    worker.stop()
    threads[1].join(60)
    work(replace(catalogue, clock=lambda: dt.datetime.now(dt.UTC)))
    assert index_check.compare(catalogue, repair=False) == index_check.Comparison(indexed=60)
    assert discovery.find(catalogue, PUBLIC, SearchQuery("новая")).total == 20
