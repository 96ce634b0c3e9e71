"""Runs that are fast over what they know, go on where they broke off, end by themselves, and hear people."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from opendata.errors import Conflict, SourceError, Unavailable
from opendata.harvesting.contract import (
    Complete,
    Event,
    Failed,
    Found,
    Incomplete,
    Position,
    Raw,
    Run,
    Same,
    Since,
    Unchanged,
    Validators,
)
from opendata.services import harvest, harvest_care, harvest_pausing, processes, sources
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import MOST_RUNS
from opendata.store.harvests import HarvestJob, HarvestPreview, HarvestProblem, HarvestRaw, raw_bytes
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.services.conftest import rows_of_every_table
from tests.services.scripted import Killed, Scripted, counted, refused

TOLD = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def source(catalogue: Catalogue) -> Scripted:
    return Scripted(catalogue)


def with_harvest(catalogue: Catalogue, **settings: Any) -> Catalogue:
    """The catalogue with other settings of harvesting."""
    return replace(catalogue, config=replace(catalogue.config, harvest=replace(catalogue.config.harvest, **settings)))


def test_what_came_byte_for_byte_the_same_is_not_mapped_again(source: Scripted, clock: Clock) -> None:
    source.script.lists(range(5))
    assert counted(source.run()) == {"created": 5}
    source.script.mapped.clear()
    before = rows_of_every_table(source.catalogue)
    clock.advance(hours=1)
    second = source.run()
    assert (counted(second), second.status) == ({"unchanged": 5}, JobStatus.COMPLETE)
    assert source.script.mapped == []
    assert rows_of_every_table(source.catalogue) == {**before, "harvest_jobs": 2}
    assert {row.last_seen for row in source.records().values()} == {clock.now}


def test_a_new_version_of_the_mapping_maps_everything_again(source: Scripted) -> None:
    source.script.lists(range(3))
    source.run()
    source.script.version = 2
    assert counted(source.run()) == {"unchanged": 3}
    assert len(source.script.mapped) == 6
    source.run()
    assert len(source.script.mapped) == 6


def test_the_last_original_is_kept_and_those_that_changed_something(source: Scripted) -> None:
    keeping = Scripted(with_harvest(source.catalogue, keep_raws=2), source.script)
    for number in range(5):
        source.script.lists((), source.script.item(1, title=f"Название {number}"))
        keeping.run()
    source.script.lists((), source.script.item(1, title="Название 4", raw="other bytes"))
    assert counted(keeping.run()) == {"unchanged": 1}
    with source.catalogue.sessions.read() as session:
        earlier = [raw_bytes(row.raw).decode() for row in session.scalars(select(HarvestRaw).order_by(HarvestRaw.id))]
    assert earlier == ["1: Название 2", "1: Название 3"]
    with source.catalogue.sessions.write.begin() as session:
        (last,) = (session.merge(row) for row in source.records().values())
        assert raw_bytes(last.raw) == b"other bytes"
    source.script.mapped.clear()
    keeping.run()
    assert source.script.mapped == []


def pages(source: Scripted, *, killed_in: int = -1, failing_in: int = -1, size: int = 3, of: int = 10) -> None:
    """From now on the source lists `of` items by pages, and dies or fails in the middle of one."""

    def listing(run: Run) -> Iterator[Event]:
        yield Since(TOLD)
        for start in range(int(run.position or 0), of, size):
            if start == failing_in * size:
                raise SourceError("page cannot be read")
            numbers = range(start, min(start + size, of))
            for number in numbers:
                yield source.script.item(number)
                if start == killed_in * size:
                    raise Killed
            yield Position(str(numbers.stop), total=of)
        yield Complete()

    source.script.listing = listing


def test_the_job_of_a_dead_process_goes_on_after_its_last_place(source: Scripted) -> None:
    pages(source, killed_in=2)
    left = source.killed()
    assert (left.status, left.position, left.total) == (JobStatus.IN_PROGRESS, "6", 10)
    assert counted(left) == {"created": 7}
    pages(source)
    job = source.run()
    assert (job.id, job.runs, job.status) == (left.id, 2, JobStatus.COMPLETE)
    assert source.script.asked[-1].position == "6"
    assert counted(job) == {"created": 10}, "the item that was repeated counts once"
    assert source.row().position is None
    with source.catalogue.sessions.read() as session:
        assert session.scalars(select(HarvestProblem)).all() == []


def test_what_a_dead_process_refused_is_counted_and_told_once(source: Scripted) -> None:
    events: list[Event] = [source.script.item(1), refused(2), refused(3)]

    def listing(_run: Run) -> Iterator[Event]:
        yield from events
        raise Killed

    source.script.listing = listing
    assert counted(source.killed()) == {"created": 1, "rejected": 2}
    source.script.listing = lambda _run: [*events, refused(4), Complete()]
    job = source.run()
    assert counted(job) == {"created": 1, "rejected": 3}
    assert job.status == JobStatus.INCOMPLETE
    with source.catalogue.sessions.read() as session:
        told = session.scalars(select(HarvestProblem.identifier).order_by(HarvestProblem.id)).all()
    assert told == ["item-2", "item-3", "item-4"]


def test_a_job_that_kills_every_process_is_given_up(source: Scripted) -> None:
    pages(source, killed_in=1)
    numbers = {source.killed().id for _ in range(MOST_RUNS)}
    assert len(numbers) == 1
    pages(source, failing_in=2)
    job = source.run()
    assert job.id not in numbers
    assert (source.job(numbers.pop()).status, job.status) == (JobStatus.ERROR, JobStatus.ERROR)
    assert source.row().failures == 2
    pages(source)
    assert (source.run().status, source.row().failures) == (JobStatus.COMPLETE, 0)


def test_a_process_whose_job_was_taken_over_writes_nothing_more(source: Scripted) -> None:
    def listing(_run: Run) -> Iterator[Event]:
        yield source.script.item(1)
        yield Position("1")
        with source.catalogue.sessions.write.begin() as session:
            session.execute(update(HarvestJob).values(runs=HarvestJob.runs + 1))
        yield source.script.item(2)

    source.script.listing = listing
    with pytest.raises(Conflict, match="taken over"):
        source.run()
    assert source.states() == {}


def test_a_listing_that_broke_off_goes_on_at_the_next_run(source: Scripted) -> None:
    pages(source, failing_in=2)
    first = source.run()
    assert (first.status, counted(first)) == (JobStatus.ERROR, {"created": 6})
    pages(source)
    second = source.run()
    assert (second.status, counted(second)) == (JobStatus.COMPLETE, {"created": 4})
    assert source.script.asked[-1].position == "6"
    source.run()
    assert source.script.asked[-1].position is None


def test_a_place_that_leads_nowhere_is_given_up(source: Scripted) -> None:
    pages(source, failing_in=2)
    source.run()
    source.run()
    assert source.script.asked[-1].position == "6"
    source.run()
    assert source.script.asked[-1].position is None


def test_a_run_asked_in_full_begins_at_the_begin(source: Scripted) -> None:
    pages(source, failing_in=2)
    source.run()
    pages(source)
    assert counted(source.run(full=True)) == {"created": 4, "unchanged": 6}


def test_a_place_is_no_more_when_the_mapping_is_another(source: Scripted) -> None:
    pages(source, failing_in=2)
    source.run()
    source.script.version = 2
    source.run()
    assert source.script.asked[-1].position is None


def test_changes_are_asked_for_with_overlap_and_everything_now_and_then(source: Scripted, clock: Clock) -> None:
    source.script.incremental = True
    source.script.listing = lambda run: [Since(TOLD), *source.script.items(() if run.since else range(3)), Complete()]
    assert source.run().full
    clock.advance(days=1)
    second = source.run()
    overlap = dt.timedelta(seconds=source.catalogue.config.harvest.overlap_seconds)
    assert (second.full, second.since, source.script.asked[-1].since) == (False, TOLD - overlap, TOLD - overlap)
    assert second.status == JobStatus.COMPLETE
    assert source.states() == {"published": 3}, "an incremental listing withdraws nothing"
    assert all(row.missing_since is None for row in source.records().values())
    clock.advance(days=source.catalogue.config.harvest.full_days)
    assert source.run().full
    source.change(full_days=30)
    clock.advance(days=20)
    assert not source.run().full


def test_an_incomplete_listing_does_not_move_the_begin_of_the_next(source: Scripted) -> None:
    source.script.incremental = True
    source.script.lists(range(2), Since(TOLD))
    source.run()
    source.script.listing = lambda _run: [Since(TOLD + dt.timedelta(days=1)), Incomplete("short")]
    source.run()
    assert source.row().since == TOLD


def test_a_source_that_has_not_changed_says_so_for_all(source: Scripted, clock: Clock) -> None:
    source.script.lists(range(3), Validators({"etag": "1"}))
    source.run()
    clock.advance(days=1)
    source.script.listing = lambda _run: [Unchanged()]
    job = source.run()
    assert dict(source.script.asked[-1].validators) == {"etag": "1"}
    assert (job.status, counted(job)) == (JobStatus.COMPLETE, {"unchanged": 3})
    assert {row.last_seen for row in source.records().values()} == {clock.now}
    source.run(full=True)
    assert source.script.asked[-1].validators == {}


def test_marks_of_a_source_are_not_kept_of_a_run_in_which_anything_failed(source: Scripted) -> None:
    source.script.lists(range(3), refused(4), Validators({"etag": "1"}))
    source.run()
    source.run()
    assert source.script.asked[-1].validators == {}


def test_an_item_known_to_be_unchanged_need_not_be_read(source: Scripted) -> None:
    source.script.listing = lambda _run: [source.script.item(1, validator="v1"), Complete()]
    source.run()

    def listing(run: Run) -> Iterator[Event]:
        assert (run.known("item-1"), run.known("item-2")) == ("v1", "")
        yield Same("item-1")
        yield Complete()

    source.script.listing = listing
    job = source.run()
    assert (job.status, counted(job)) == (JobStatus.COMPLETE, {"unchanged": 1})


def test_a_run_can_be_cancelled_and_keeps_what_it_has(source: Scripted) -> None:
    def listing(run: Run) -> Iterator[Event]:
        yield source.script.item(1)
        while not run.stopped():
            time.sleep(0.01)
        yield source.script.item(2)

    source.script.listing = listing

    def cancel() -> None:
        for _ in range(1000):
            with source.catalogue.sessions.read() as session:
                number = session.scalar(select(HarvestJob.id))
            if number is not None:
                harvest.cancel(source.catalogue, SYSTEM, number)
                return
            time.sleep(0.01)

    asking = threading.Thread(target=cancel)
    asking.start()
    job = source.run()
    asking.join()
    assert (job.status, job.stopping) == (JobStatus.CANCELLED, True)
    assert source.states() == {"published": 2}
    with pytest.raises(Conflict, match="not running"):
        harvest.cancel(source.catalogue, SYSTEM, job.id)


def test_cancelling_the_job_of_a_dead_process_ends_it(source: Scripted) -> None:
    pages(source, killed_in=1)
    left = source.killed()
    harvest.cancel(source.catalogue, SYSTEM, left.id)
    assert source.job(left.id).status == JobStatus.CANCELLED


def test_a_run_over_its_time_ends_and_goes_on_at_the_next(source: Scripted) -> None:
    pages(source)
    whole = source.script.listing

    def hanging(run: Run) -> Iterator[Event]:
        for event in whole(run):
            while event == Position("6", 10) and not run.stopped():
                time.sleep(0.01)
            yield event

    source.script.listing = hanging
    first = Scripted(with_harvest(source.catalogue, job_seconds=1), source.script).run()
    assert first.status == JobStatus.INCOMPLETE
    assert "goes on" in first.message
    source.script.listing = whole
    second = source.run()
    assert source.script.asked[-1].position == "6"
    assert (second.status, source.states()) == (JobStatus.COMPLETE, {"published": 10})


def test_a_record_that_takes_for_ever_fails_alone(source: Scripted) -> None:
    def endless() -> Found | Failed:
        while True:
            time.sleep(0.001)

    slow = Raw("item-9", b"slow", "text/plain", endless)
    source.script.lists(range(3), slow)
    job = Scripted(with_harvest(source.catalogue, record_seconds=0.1), source.script).run()
    assert (job.status, counted(job)) == (JobStatus.INCOMPLETE, {"created": 3, "rejected": 1})
    with source.catalogue.sessions.read() as session:
        problem = session.scalars(select(HarvestProblem)).one()
    assert (problem.identifier, problem.code) == ("item-9", "too_slow")


def test_a_rehearsal_as_a_job_keeps_the_first_records_and_their_problems(source: Scripted) -> None:
    source.script.lists(range(25), refused(30), source.script.item(1))
    before = rows_of_every_table(source.catalogue)
    job = source.run(dry_run=True)
    assert (job.status, job.dry_run, counted(job)) == (JobStatus.INCOMPLETE, True, {"created": 25, "rejected": 1})
    after = rows_of_every_table(source.catalogue)
    changed = {name: number - before[name] for name, number in after.items() if number != before[name]}
    assert changed == {"harvest_jobs": 1, "harvest_previews": 20, "harvest_problems": 2}
    with source.catalogue.sessions.read() as session:
        first = session.scalars(select(HarvestPreview).order_by(HarvestPreview.position)).all()[0]
        assert (first.position, first.identifier, first.title) == (1, "item-0", "Запись 0")
        assert first.record["license_id"] == "CC-BY-4.0"
    assert source.run().runs == 1


def test_a_rehearsal_beside_a_run_hinders_neither(source: Scripted) -> None:
    pages(source, killed_in=1)
    with source.catalogue.sessions.write.begin() as session:
        row, now = source.row(), source.catalogue.now()
        session.add(
            HarvestJob(
                source_id=row.id, status=JobStatus.IN_PROGRESS, owner=processes.owner(), created=now, heartbeat=now
            )
        )
    source.script.lists(range(2))
    assert source.run(dry_run=True).status == JobStatus.COMPLETE
    with pytest.raises(Conflict):
        source.run()


def test_a_run_whose_process_died_is_queued_once_for_the_worker(source: Scripted) -> None:
    pages(source, killed_in=1)
    source.killed()
    assert harvest_care.queue_left_behind(source.catalogue) == ("scripted",)
    assert harvest_care.queue_left_behind(source.catalogue) == ()


def test_a_queued_run_waits_for_one_that_is_alive(source: Scripted) -> None:
    now = source.catalogue.now()
    running = HarvestJob(
        source_id=source.row().id, status=JobStatus.IN_PROGRESS, owner=processes.owner(), created=now, heartbeat=now
    )
    with source.catalogue.sessions.write.begin() as session:
        session.add(running)
    assert harvest_care.queue_left_behind(source.catalogue) == ()
    with pytest.raises(Unavailable, match="still running"):
        harvest.run_queued(source.catalogue, {"source": "scripted"})


def test_a_source_that_keeps_failing_for_a_week_is_paused_by_itself_and_says_why(
    source: Scripted, clock: Clock
) -> None:
    def broken(_run: Run) -> Iterator[Event]:
        raise SourceError("no answer")
        yield

    source.script.listing = broken
    for _ in range(harvest_pausing.MOST_FAILURES + 1):
        source.run()
    assert source.row().active
    clock.advance(days=8)
    source.run()
    row = source.row()
    assert not row.active
    assert row.stopped_reason.startswith("Paused by itself: 12 runs in a row")
    assert row.stopped_reason.endswith("no answer")
    sources.resume(source.catalogue, SYSTEM, row.name)
    assert (source.row().active, source.row().failures, source.row().stopped_reason) == (True, 0, "")
