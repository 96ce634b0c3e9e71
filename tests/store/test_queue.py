"""Jobs are claimed once, by lease, in order."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.store import queue
from opendata.store.base import Sessions
from opendata.store.links import RestingHost
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.store.conftest import NOW

LEASE = dt.timedelta(minutes=1)


def queued(session: Session, kind: str = "read", **options: object) -> int:
    job = queue.enqueue(session, kind, {"слово": "су"}, NOW, **options)  # type: ignore[arg-type]
    session.commit()
    assert job is not None
    return job


def claimed(session: Session, owner: str = "w1", now: dt.datetime = NOW, **options: object) -> list[int]:
    jobs = queue.claim(session, owner, now, LEASE, **options)  # type: ignore[arg-type]
    session.commit()
    return [job.id for job in jobs]


def test_higher_priority_then_older_comes_first(session: Session) -> None:
    old, new, urgent = queued(session), queued(session), queued(session, priority=5)
    assert claimed(session) == [urgent]
    assert claimed(session, limit=5) == [old, new]
    assert claimed(session) == []


def test_a_claimed_job_carries_what_was_queued(session: Session) -> None:
    queued(session)
    (job,) = queue.claim(session, "w1", NOW, LEASE)
    assert job.payload == {"слово": "су"}
    assert (job.status, job.attempts, job.lease_owner) == (JobStatus.IN_PROGRESS, 1, "w1")
    assert job.lease_until == NOW + LEASE


def test_a_job_that_is_rolled_back_was_never_queued(session: Session) -> None:
    queue.enqueue(session, "read", {}, NOW)
    session.rollback()
    assert claimed(session) == []


def test_the_same_job_is_queued_once_while_it_is_new(session: Session) -> None:
    first = queued(session, dedupe="d1")
    assert queue.enqueue(session, "read", {}, NOW, dedupe="d1") is None
    assert queue.enqueue(session, "ocr", {}, NOW, dedupe="d1") is not None
    session.commit()
    assert first in claimed(session, limit=9)
    assert queue.enqueue(session, "read", {}, NOW, dedupe="d1") is not None


def test_a_job_waits_for_its_time(session: Session) -> None:
    job = queued(session, not_before=NOW + LEASE)
    assert claimed(session) == []
    assert claimed(session, now=NOW + LEASE) == [job]


def test_only_the_lanes_asked_for_are_claimed(session: Session) -> None:
    queued(session)
    ocr = queued(session, lane="ocr")
    assert claimed(session, lanes=("ocr",), limit=5) == [ocr]


def test_the_index_lane_has_one_owner_at_a_time(session: Session) -> None:
    first = queued(session, lane="index")
    queued(session, lane="index")
    assert claimed(session, lanes=("index",)) == [first]
    assert claimed(session, "w2", lanes=("index",)) == []
    queue.finish(session, "w1", [first], NOW)
    session.commit()
    assert len(claimed(session, "w2", lanes=("index",))) == 1


def test_a_lost_lease_is_claimed_again_and_its_old_owner_can_do_nothing(session: Session) -> None:
    job = queued(session, lane="index")
    claimed(session)
    late = NOW + 2 * LEASE
    assert claimed(session, "w2", now=late) == [job]
    assert queue.renew(session, "w1", [job], late + LEASE) == 0
    assert queue.finish(session, "w1", [job], late) == 0
    assert queue.finish(session, "w2", [job], late) == 1


def test_a_renewed_lease_holds(session: Session) -> None:
    job = queued(session)
    claimed(session)
    assert queue.renew(session, "w1", [job], NOW + 5 * LEASE) == 1
    session.commit()
    assert claimed(session, "w2", now=NOW + 2 * LEASE) == []


def test_a_job_whose_workers_vanish_ends_in_error(session: Session) -> None:
    job = queued(session, max_attempts=2)
    now = NOW
    for _ in range(2):
        assert claimed(session, now=now) == [job]
        now += 2 * LEASE
    assert claimed(session, now=now) == []
    row = session.get(Job, job, populate_existing=True)
    assert row is not None
    assert row.status is JobStatus.ERROR
    assert "vanished" in row.error


def test_a_failed_job_is_tried_again_later_until_it_ends(session: Session) -> None:
    queued(session, max_attempts=2, dedupe="d")
    (job,) = queue.claim(session, "w1", NOW, LEASE)
    queue.enqueue(
        session, "read", {}, NOW, dedupe="d", not_before=NOW + 99 * LEASE
    )  # meanwhile the like is queued again
    assert queue.fail(session, "w1", job, NOW, "no network", retry_in=LEASE) == 1
    session.commit()
    assert claimed(session) == []
    (again,) = queue.claim(session, "w1", NOW + LEASE, LEASE)
    assert again.id == job.id
    queue.fail(session, "w1", again, NOW, "no network", retry_in=LEASE)
    session.commit()
    row = session.get(Job, job.id, populate_existing=True)
    assert row is not None
    assert (row.status, row.error) == (JobStatus.ERROR, "no network")


def test_a_worker_that_stops_gives_its_jobs_back(session: Session) -> None:
    job = queued(session)
    claimed(session)
    assert queue.release(session, "w1") == 1
    session.commit()
    assert claimed(session, "w2") == [job]
    row = session.get(Job, job, populate_existing=True)
    assert row is not None
    assert row.attempts == 1


def test_only_waiting_jobs_can_be_cancelled(session: Session) -> None:
    job = queued(session)
    assert queue.cancel(session, job, NOW)
    assert not queue.cancel(session, job, NOW)
    assert claimed(session) == []


def test_old_jobs_are_forgotten_but_errors_stay(session: Session) -> None:
    done, failed = queued(session), queued(session)
    claimed(session, limit=2)
    queue.finish(session, "w1", [done], NOW)
    queue.finish(session, "w1", [failed], NOW, JobStatus.ERROR, "broken")
    queued(session)
    assert queue.pending(session) == {"read": 1}
    assert queue.forget(session, NOW + LEASE) == 1
    assert {job.status for job in queue.latest(session)} == {JobStatus.NEW, JobStatus.ERROR}
    assert [job.id for job in queue.latest(session, status=JobStatus.ERROR)] == [failed]


@pytest.mark.parametrize("lane", ["default", "index"])
def test_many_workers_never_share_a_job(sessions: Sessions, lane: str) -> None:
    with sessions.write() as session:
        for _ in range(40):
            queue.enqueue(session, "read", {}, NOW, lane=lane)
        session.commit()
    taken: list[int] = []
    together: list[int] = []
    working = threading.Lock()

    def work(owner: str) -> None:
        idle = 0
        while idle < 50 and len(taken) < 40:
            with sessions.write() as session:
                jobs = queue.claim(session, owner, NOW, LEASE, limit=2)
                session.commit()
            idle = 0 if jobs else idle + 1
            if not jobs:
                continue
            if lane == "index" and not working.acquire(blocking=False):
                together.extend(job.id for job in jobs)
                continue
            taken.extend(job.id for job in jobs)
            if lane == "index":
                working.release()
            with sessions.write() as session:
                queue.finish(session, owner, [job.id for job in jobs], NOW)
                session.commit()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == []
    assert len(taken) == len(set(taken)) == 40
    with sessions.read() as session:
        assert set(session.scalars(select(Job.status))) == {JobStatus.COMPLETE}


def test_jobs_of_a_busy_host_wait_and_those_of_others_go_on(session: Session) -> None:
    slow = [queued(session, lane="fetch", host="slow.example") for _ in range(3)]
    other, none = queued(session, lane="fetch", host="other.example"), queued(session, lane="fetch")
    taken = [claimed(session, lanes=("fetch",), per_host=2) for _ in range(4)]
    assert taken == [[slow[0]], [slow[1]], [other], [none]]
    assert claimed(session, lanes=("fetch",), per_host=2) == []
    assert not queue.any_claimable(session, NOW, lanes=("fetch",), per_host=2)
    queue.finish(session, "w1", [slow[0]], NOW)
    assert queue.any_claimable(session, NOW, lanes=("fetch",), per_host=2)
    assert claimed(session, "w2", lanes=("fetch",), per_host=2) == [slow[2]]


def test_jobs_of_a_host_at_rest_wait_but_for_those_that_a_person_asked_for(session: Session) -> None:
    session.add(RestingHost(host="dead.example", failures=3, until=NOW + dt.timedelta(minutes=10)))
    session.add(RestingHost(host="back.example", failures=3, until=NOW))
    later = queued(session, lane="fetch", host="dead.example")
    back = queued(session, lane="fetch", host="back.example")
    harvest = queued(session, lane="harvest", host="dead.example")
    assert [claimed(session, lanes=("fetch",)) for _ in range(2)] == [[back], []]
    assert not queue.any_claimable(session, NOW, lanes=("fetch",))
    assert claimed(session, lanes=("harvest",)) == [harvest]
    wanted = queued(session, lane="fetch", host="dead.example", priority=5)
    assert claimed(session, lanes=("fetch",)) == [wanted]
    assert queue.any_claimable(session, NOW + dt.timedelta(minutes=10), lanes=("fetch",))
    assert later


def test_a_host_is_busy_in_its_own_lane_only(session: Session) -> None:
    queued(session, lane="harvest", host="one.example")
    fetch = queued(session, lane="fetch", host="one.example")
    claimed(session, lanes=("harvest",), per_host=1)
    assert claimed(session, lanes=("fetch",), per_host=1) == [fetch]


def test_a_dead_worker_keeps_no_host_busy(session: Session) -> None:
    first, second = (queued(session, lane="fetch", host="one.example") for _ in range(2))
    claimed(session, lanes=("fetch",), per_host=1)
    late = NOW + 2 * LEASE
    assert claimed(session, "w2", now=late, lanes=("fetch",), per_host=1) == [first]
    assert claimed(session, "w2", now=late, lanes=("fetch",), per_host=1) == []
    queue.finish(session, "w2", [first], late)
    assert claimed(session, "w2", now=late, lanes=("fetch",), per_host=1) == [second]


def test_what_is_urgent_is_claimed_beside_what_its_owner_is_at(session: Session) -> None:
    urgent = ("index", 5)
    bulk = queued(session, "index", lane="index")
    assert claimed(session, lanes=["index"]) == [bulk]
    queued(session, "index", lane="index")
    queued(session, "rebuild", lane="index", priority=10)
    assert not queue.any_urgent(session, NOW, *urgent)
    assert claimed(session, lanes=["index"], urgent=urgent) == []
    prompt = queued(session, "index", lane="index", priority=5)
    assert queue.any_urgent(session, NOW, *urgent)
    assert claimed(session, "w2", lanes=["index"], urgent=urgent) == [], "the lane is another's"
    assert claimed(session, lanes=["index"]) == [], "what is not urgent waits for the end"
    assert claimed(session, lanes=["index"], urgent=urgent) == [prompt]
    assert not queue.any_urgent(session, NOW, *urgent)
