"""What becomes of records that their source no longer has: never a catalogue emptied by a bad day of its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from opendata.errors import Conflict, NotAllowed, SourceError
from opendata.harvesting.contract import Complete, Event, Failed, Gone, Incomplete, Position, Run
from opendata.services import desk, harvest
from opendata.services.actors import PUBLIC, SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestJob
from opendata.store.operations import DatasetEvent
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.services.scripted import Killed, Scripted, counted, refused


@pytest.fixture
def source(catalogue: Catalogue) -> Scripted:
    """A source of ten records, listed a day ago."""
    made = Scripted(catalogue)
    made.script.lists(range(10))
    made.run()
    return made


def missing(source: Scripted, numbers: range, clock: Clock, days: int = 8) -> HarvestJob:
    """The job of a run that lists only `numbers`, some days after another that did so, too."""
    source.script.lists(numbers)
    source.run()
    clock.advance(days=days)
    return source.run()


def test_a_missing_record_is_withdrawn_after_its_grace_period_and_comes_back(source: Scripted, clock: Clock) -> None:
    source.script.lists(range(9))
    first = source.run()
    assert (first.status, counted(first), first.missing_count) == (JobStatus.COMPLETE, {"unchanged": 9}, 1)
    assert source.states() == {"published": 10}
    clock.advance(days=8)
    second = source.run()
    assert (second.status, counted(second)) == (JobStatus.COMPLETE, {"unchanged": 9, "withdrawn": 1})
    with source.catalogue.sessions.read() as session:
        gone = session.scalars(select(Dataset).where(Dataset.withdrawn_at.is_not(None))).one()
    assert gone.withdrawn_reason == "No longer listed by its source."
    assert counted(source.run()) == {"unchanged": 9}, "it goes once"
    source.script.lists(range(10))
    assert counted(source.run()) == {"unchanged": 9, "restored": 1}
    with source.catalogue.sessions.read() as session:
        events = session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == gone.id))
        assert list(events) == ["created", "withdrawn", "restored"]
        assert session.get_one(Dataset, gone.id).slug == gone.slug


def test_a_record_that_was_missing_for_a_while_keeps_its_whole_grace_period(source: Scripted, clock: Clock) -> None:
    missing(source, range(9), clock, days=5)
    source.script.lists(range(10))
    source.run()
    clock.advance(days=5)
    assert missing(source, range(9), clock, days=5).withdrawn_count == 0


def test_more_than_the_share_waits_for_a_person_who_confirms(source: Scripted, clock: Clock) -> None:
    job = missing(source, range(5), clock)
    assert (job.status, job.pending_count, counted(job)) == (JobStatus.WAITING, 5, {"unchanged": 5})
    assert "A person must say so" in job.message
    assert source.states() == {"published": 10}
    with pytest.raises(NotAllowed):
        harvest.confirm(source.catalogue, PUBLIC, job.id)
    assert harvest.confirm(source.catalogue, SYSTEM, job.id) == 5
    done = source.job(job.id)
    assert (done.status, done.pending_count, done.withdrawn_count) == (JobStatus.COMPLETE, 0, 5)
    assert done.decided == clock.now
    assert done.message.endswith("A person withdrew them.")
    assert source.states() == {"published": 5, "withdrawn": 5}
    with pytest.raises(Conflict, match="waits for nobody"):
        harvest.confirm(source.catalogue, SYSTEM, job.id)


def test_what_came_back_meanwhile_is_not_withdrawn_by_a_late_confirmation(source: Scripted, clock: Clock) -> None:
    job = missing(source, range(5), clock)
    source.script.listing = lambda _run: [*source.script.items(range(8)), Incomplete("cut short")]
    source.run()
    assert harvest.confirm(source.catalogue, SYSTEM, job.id) == 2


def test_a_source_has_the_records_that_stand_and_apart_those_withdrawn(source: Scripted, clock: Clock) -> None:
    job = missing(source, range(5), clock)
    harvest.confirm(source.catalogue, SYSTEM, job.id)
    line = desk.source(source.catalogue, SYSTEM, "scripted").line
    assert (line.records, line.withdrawn) == (5, 5)
    assert desk.sources(source.catalogue, SYSTEM) == (line,)


def test_a_person_may_keep_what_is_missing(source: Scripted, clock: Clock) -> None:
    job = missing(source, range(5), clock)
    assert harvest.refuse(source.catalogue, SYSTEM, job.id) == 5
    assert source.job(job.id).status == JobStatus.COMPLETE
    assert source.job(job.id).message.endswith("A person kept them.")
    again = source.run()
    assert (again.status, again.missing_count, again.withdrawn_count) == (JobStatus.COMPLETE, 5, 0)


@pytest.mark.parametrize("decide", [harvest.confirm, harvest.refuse])
@pytest.mark.parametrize("days", [0, 300])
def test_a_decision_is_about_the_records_that_the_run_counted(
    source: Scripted, clock: Clock, decide: Callable[[Catalogue, Actor, int], int], days: int
) -> None:
    missing(source, range(5), clock, days=6)
    source.script.lists(range(4))
    source.run()
    clock.advance(days=2)
    job = source.run()
    assert (job.pending_count, job.missing_count) == (5, 1)
    source.change(grace_days=days)
    assert decide(source.catalogue, SYSTEM, job.id) == 5


def test_a_later_complete_listing_overtakes_a_job_that_waits(source: Scripted, clock: Clock) -> None:
    job = missing(source, range(5), clock)
    later = source.run()
    assert later.status == JobStatus.WAITING
    assert source.job(job.id).status == JobStatus.INCOMPLETE
    assert f"job {later.id}" in source.job(job.id).message


def test_share_and_grace_may_be_the_sources_own(source: Scripted) -> None:
    source.change(withdraw_share=0.5, grace_days=0)
    source.script.lists(range(5))
    assert counted(source.run()) == {"unchanged": 5, "withdrawn": 5}


def test_an_empty_listing_withdraws_nothing_however_often_it_comes(source: Scripted, clock: Clock) -> None:
    source.change(withdraw_share=1.0, grace_days=0)
    for _ in range(2):
        job = missing(source, range(0), clock)
        assert (job.status, counted(job)) == (JobStatus.INCOMPLETE, {})
        assert "none of its 10 records" in job.message
    assert source.states() == {"published": 10}


@pytest.mark.parametrize("ending", [Incomplete("short of its count"), None])
def test_a_listing_that_is_not_complete_takes_nothing_for_missing(source: Scripted, ending: Event | None) -> None:
    source.change(grace_days=0)
    source.script.listing = lambda _run: [*source.script.items(range(9)), *([ending] if ending else [])]
    assert source.run().status == JobStatus.INCOMPLETE
    assert source.states() == {"published": 10}
    assert all(row.missing_since is None for row in source.records().values())


def test_a_capped_listing_takes_nothing_for_missing(source: Scripted) -> None:
    source.change(grace_days=0, withdraw_share=1.0)
    source.run(limit=3)
    assert source.states() == {"published": 10}


def test_what_is_listed_but_refused_is_not_missing(source: Scripted) -> None:
    source.change(grace_days=0, withdraw_share=1.0)
    source.script.lists(range(9), refused(9))
    job = source.run()
    assert (job.status, counted(job)) == (JobStatus.INCOMPLETE, {"unchanged": 9, "rejected": 1})
    assert source.states() == {"published": 10}


def test_with_an_item_that_does_not_tell_its_name_nothing_is_missing(source: Scripted) -> None:
    source.change(grace_days=0, withdraw_share=1.0)
    source.script.lists(range(9), Failed("", refused(9).problems, b"?"))
    assert "did not tell" in source.run().message
    assert source.states() == {"published": 10}


def test_a_few_that_the_source_calls_deleted_go_at_once(source: Scripted) -> None:
    source.script.lists(range(7), Gone("item-7"), Gone("item-8"), Gone("unknown"))
    job = source.run()
    assert (counted(job), job.missing_count) == ({"unchanged": 7, "withdrawn": 2}, 1)
    with source.catalogue.sessions.read() as session:
        reasons = set(session.scalars(select(Dataset.withdrawn_reason).where(Dataset.withdrawn_at.is_not(None))))
    assert reasons == {"Deleted at its source."}


def test_a_source_that_calls_most_of_its_records_deleted_is_not_believed_at_once(catalogue: Catalogue) -> None:
    source = Scripted(catalogue)
    source.script.lists(range(30))
    source.run()
    source.script.lists(range(10), *(Gone(f"item-{number}") for number in range(10, 30)))
    job = source.run()
    assert (job.status, job.pending_count, counted(job)) == (JobStatus.WAITING, 20, {"unchanged": 10})
    assert source.states() == {"published": 30}
    assert harvest.confirm(catalogue, SYSTEM, job.id) == 20


def test_a_listing_over_two_jobs_counts_as_one(source: Scripted) -> None:
    source.change(grace_days=0)

    def listing(run: Run) -> Iterator[Event]:
        if not run.position:
            yield from source.script.items(range(5))
            yield Position("5")
            raise SourceError("away")
        yield from source.script.items(range(5, 9))
        yield Complete()

    source.script.listing = listing
    source.run()
    assert counted(source.run()) == {"unchanged": 4, "withdrawn": 1}
    assert source.states() == {"published": 9, "withdrawn": 1}


def test_the_engine_does_the_same_on_postgresql(large: Catalogue, clock: Clock) -> None:
    source = Scripted(large)
    items = source.script.items(range(120))

    def dying(_run: object) -> Iterator[Event]:
        yield from items[:110]
        raise Killed

    source.script.listing = dying
    source.killed()
    source.script.lists(range(120))
    assert counted(source.run()) == {"created": 120}
    source.script.mapped.clear()
    job = missing(source, range(60), clock)
    assert source.script.mapped == []
    assert (job.status, job.pending_count) == (JobStatus.WAITING, 60)
    assert harvest.confirm(large, SYSTEM, job.id) == 60
    source.script.lists((), *source.script.items(range(60)), source.script.item(100, title="Другое название"))
    assert counted(source.run()) == {"unchanged": 60, "restored": 1}
    assert source.run(dry_run=True).status == JobStatus.COMPLETE
    with large.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(HarvestJob)) == 5
