"""The queue as the worker uses it: claim, keep alive, finish, fail, give back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select

from opendata.services import processes
from opendata.services.catalogue import Catalogue
from opendata.services.queue import PROMPT, Lane
from opendata.store import queue
from opendata.store.operations import Job
from opendata.store.states import JobStatus

FIRST_RETRY = dt.timedelta(seconds=20)
"""Wait before the second attempt; it doubles with each further one."""
_PROMPT = ("index", PROMPT)


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that this worker holds."""

    id: int
    kind: str
    attempts: int
    max_attempts: int
    payload: Mapping[str, Any] = field(default_factory=dict)


def claimable(catalogue: Catalogue, lane: Lane) -> bool:
    """Whether anything could be claimed now; only reads, so that an idle worker never waits for the write lock."""
    with catalogue.sessions.read() as session:
        per_host = catalogue.config.harvest.per_host
        return queue.any_claimable(session, catalogue.now(), lanes=[lane], per_host=per_host)


def ready_lanes(catalogue: Catalogue, lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    """Those of `lanes` in which something is due; hosts and other workers may yet keep it waiting. One SELECT."""
    due = _ready(catalogue.now())
    with catalogue.sessions.read() as session:
        found = session.execute(select(*(select(Job.id).where(Job.lane == lane, due).exists() for lane in lanes))).one()
    return tuple(lane for lane, is_due in zip(lanes, found, strict=True) if is_due)


def are_left(catalogue: Catalogue, owner: str) -> bool:
    """Whether a worker could do anything now, or `owner` is still at a job, or its machine at the index."""
    here = Job.lease_owner.startswith(f"{owner.rpartition(':')[0]}:", autoescape=True)
    held = (Job.status == JobStatus.IN_PROGRESS) & ((Job.lease_owner == owner) | (here & (Job.lane == Lane.INDEX)))
    wanted = select(Job.id).where(Job.lane.in_(list(Lane)), _ready(catalogue.now()) | held).limit(1)
    with catalogue.sessions.read() as session:
        return session.scalar(wanted) is not None


def _ready(now: dt.datetime) -> ColumnElement[bool]:
    """New and due, or left behind by a worker whose lease ran out."""
    due = (Job.status == JobStatus.NEW) & (Job.not_before.is_(None) | (Job.not_before <= now))
    return (due & queue.host_may_be_asked(now)) | ((Job.status == JobStatus.IN_PROGRESS) & (Job.lease_until < now))


def claim(catalogue: Catalogue, owner: str, lane: Lane, limit: int) -> tuple[ClaimedJob, ...]:
    """Up to `limit` jobs of the lane, now this owner's; of one host no more than [harvest] per_host at once."""
    return _claim(catalogue, owner, lane, limit) if claimable(catalogue, lane) else ()


def claim_prompt(catalogue: Catalogue, owner: str, limit: int) -> tuple[ClaimedJob, ...]:
    """Up to `limit` index jobs of what people and programs wrote, also while `owner` is at others of the index."""
    with catalogue.sessions.read() as session:
        if not queue.any_urgent(session, catalogue.now(), *_PROMPT):
            return ()
    return _claim(catalogue, owner, Lane.INDEX, limit, _PROMPT)


def _claim(
    catalogue: Catalogue, owner: str, lane: Lane, limit: int, urgent: tuple[str, int] | None = None
) -> tuple[ClaimedJob, ...]:
    per_host = catalogue.config.harvest.per_host
    with catalogue.sessions.write.begin() as session:
        rows = queue.claim(
            session,
            owner,
            catalogue.now(),
            _lease(catalogue),
            lanes=[lane],
            limit=limit,
            per_host=per_host,
            urgent=urgent,
        )
        return tuple(ClaimedJob(row.id, row.kind, row.attempts, row.max_attempts, row.payload) for row in rows)


def renew(catalogue: Catalogue, owner: str, ids: Sequence[int]) -> None:
    """Prolong the leases when a third of their time is gone."""
    soon = catalogue.now() + _lease(catalogue) * 2 / 3
    with catalogue.sessions.read() as session:
        ending = session.scalars(select(Job.id).where(Job.id.in_(ids), Job.lease_until < soon)).all()
    if ending:
        with catalogue.sessions.write.begin() as session:
            queue.renew(session, owner, ending, catalogue.now() + _lease(catalogue))


def finish(catalogue: Catalogue, owner: str, claimed: Sequence[ClaimedJob]) -> None:
    """They are done."""
    with catalogue.sessions.write.begin() as session:
        queue.finish(session, owner, [job.id for job in claimed], catalogue.now())


def fail(catalogue: Catalogue, owner: str, claimed: Sequence[ClaimedJob], error: str) -> None:
    """The attempt failed: each is tried again after a growing wait, as long as it has attempts left."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        for job in claimed:
            row = session.get_one(Job, job.id)
            queue.fail(session, owner, row, now, error[:4000], FIRST_RETRY * 2 ** max(0, job.attempts - 1))


def postpone(catalogue: Catalogue, owner: str, claimed: Sequence[ClaimedJob], reason: str) -> None:
    """Something that they need does not answer: they are tried again a little later, as often as it takes."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        queue.postpone(session, owner, [job.id for job in claimed], now + FIRST_RETRY, reason[:4000])


def release(catalogue: Catalogue, owner: str) -> None:
    """Give back what is still held, for a worker that stops."""
    with catalogue.sessions.write.begin() as session:
        queue.release(session, owner)


def take_back(catalogue: Catalogue) -> None:
    """Release at once what dead processes of this machine hold, instead of waiting for their leases to end."""
    with catalogue.sessions.read() as session:
        held = session.scalars(select(Job.lease_owner).where(Job.status == JobStatus.IN_PROGRESS).distinct()).all()
    dead = [owner for owner in held if processes.is_dead(owner)]
    if dead:
        with catalogue.sessions.write.begin() as session:
            for owner in dead:
                queue.release(session, owner)


def _lease(catalogue: Catalogue) -> dt.timedelta:
    return dt.timedelta(seconds=catalogue.config.jobs.lease_seconds)
