"""The queue: rows that are committed with the change they follow, claimed by lease.

A worker claims jobs in a short transaction of its own, renews the lease while it works, and finishes or fails them. A
worker that dies lets its lease run out, and the job is claimed again, up to `max_attempts` times. Every change of a
claimed job names its owner, so that a worker which lost its lease cannot undo what another did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from opendata.store.base import touched
from opendata.store.links import RestingHost
from opendata.store.operations import Job
from opendata.store.states import JobStatus

CLAIM_LOCK = 0x0DA7B
"""PostgreSQL advisory lock under which jobs are claimed: two claims at once could both see a single lane free."""

HOST_LENGTH = 255
"""Characters of a host's name that are kept: no name in the DNS has more."""

SINGLE_LANES = ("index",)
"""Lanes in which jobs of one owner at a time are in progress (Whoosh has one writer)."""

RESTING_LANES = ("fetch",)
"""Lanes in which jobs wait while their host is left alone, but for those that a person asked for."""


def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, Any],
    now: dt.datetime,
    *,
    lane: str = "default",
    priority: int = 0,
    dedupe: str = "",
    not_before: dt.datetime | None = None,
    max_attempts: int = 5,
    host: str = "",
) -> int | None:
    """Queue a job in the session's transaction; its id, or None where one of that `kind` and `dedupe` is still new.

    `host` is the one whose answers the work waits for ("": none).
    """
    row = {
        "kind": kind, "payload": dict(payload), "created": now, "lane": lane, "rank": -priority,
        "dedupe": dedupe, "not_before": not_before, "max_attempts": max_attempts, "host": host[:HOST_LENGTH],
    }  # fmt: skip
    found: int | None = session.connection().execute(_insertion(session.get_bind().dialect.name), row).scalar()
    return found


def claim(
    session: Session,
    owner: str,
    now: dt.datetime,
    lease: dt.timedelta,
    *,
    lanes: Collection[str] = (),
    limit: int = 1,
    per_host: int = 0,
    urgent: tuple[str, int] | None = None,
) -> list[Job]:
    """Up to `limit` jobs (of `lanes`, or of all) that are `owner`'s until `now` + `lease`: those left behind by
    another, then highest priority first, then oldest. Commit at once. A single lane gives nothing while the lease of
    another owner holds there. Jobs of a host that `per_host` leases hold in these lanes wait (0: no bound; claim one
    job at a time, since those of one claim are not counted against each other). `urgent`: new ones of that
    kind and of that priority or a higher one alone, and also while `owner` itself is at others of a single lane.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(CLAIM_LOCK)))
    if urgent is not None:
        ids = _locked(session, and_(_due(now), *_urgent(*urgent), _may_run(now, lanes, per_host, owner)), limit)
    else:
        _give_up(session, now)
        ids = _locked(session, and_(_left_behind(now), _may_run(now, lanes, per_host)), limit)
    if urgent is None and len(ids) < limit:
        ids += _locked(session, and_(_due(now), _may_run(now, lanes, per_host)), limit - len(ids))
    if not ids:
        return []
    taking = update(Job).where(Job.id.in_(ids)).values(
        status=JobStatus.IN_PROGRESS, lease_owner=owner, lease_until=now + lease, started=now,
        attempts=Job.attempts + 1,
    )  # fmt: skip
    session.execute(taking.execution_options(synchronize_session=False))
    wanted = select(Job).where(Job.id.in_(ids)).order_by(Job.rank, Job.id)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def any_claimable(session: Session, now: dt.datetime, *, lanes: Collection[str] = (), per_host: int = 0) -> bool:
    """Whether `claim` would give anything now. Only reads. One SELECT."""
    wanted = select(Job.id).where(or_(_due(now), _left_behind(now)), _may_run(now, lanes, per_host)).limit(1)
    return session.scalar(wanted) is not None


def any_urgent(session: Session, now: dt.datetime, kind: str, priority: int) -> bool:
    """Whether a job of that kind and of that priority or a higher one is new and due. One SELECT, by the index."""
    return session.scalar(select(Job.id).where(_due(now), *_urgent(kind, priority)).limit(1)) is not None


def renew(session: Session, owner: str, ids: Collection[int], until: dt.datetime) -> int:
    """Prolong the lease; how many of the jobs are still `owner`'s (fewer than given: stop working on the others)."""
    return _change(session, owner, ids, lease_until=until)


def finish(
    session: Session,
    owner: str,
    ids: Collection[int],
    now: dt.datetime,
    status: JobStatus = JobStatus.COMPLETE,
    message: str = "",
) -> int:
    """End the jobs with `status`; how many were still `owner`'s."""
    return _change(session, owner, ids, status=status, finished=now, error=message, **_UNLEASED)


def fail(
    session: Session, owner: str, job: Job, now: dt.datetime, error: str, retry_in: dt.timedelta | None = None
) -> int:
    """The attempt failed: queue it again after `retry_in`, or end it with an error (None, or no attempts left)."""
    if retry_in is None or job.attempts >= job.max_attempts:
        return finish(session, owner, [job.id], now, JobStatus.ERROR, error)
    # Without its name, since another job of that name may have been queued meanwhile.
    return _change(
        session, owner, [job.id], status=JobStatus.NEW, not_before=now + retry_in, error=error, dedupe="", **_UNLEASED
    )


def postpone(session: Session, owner: str, ids: Collection[int], until: dt.datetime, reason: str) -> int:
    """Queue the jobs again for `until`, as if they had not been claimed; how many were still `owner`'s."""
    values = {"status": JobStatus.NEW, "attempts": Job.attempts - 1, "dedupe": "", "not_before": until, **_UNLEASED}
    return _change(session, owner, ids, error=reason, **values)


def release(session: Session, owner: str) -> int:
    """Give back everything that `owner` holds, as if it had not been claimed; for a worker that stops cleanly."""
    held = and_(Job.status == JobStatus.IN_PROGRESS, Job.lease_owner == owner)
    values = {"status": JobStatus.NEW, "attempts": Job.attempts - 1, "dedupe": "", **_UNLEASED}
    return touched(session, update(Job).where(held).values(values))


def cancel(session: Session, job_id: int, now: dt.datetime) -> bool:
    """Take a job out of the queue; False where it was not waiting there any more."""
    waiting = and_(Job.id == job_id, Job.status == JobStatus.NEW)
    return touched(session, update(Job).where(waiting).values(status=JobStatus.CANCELLED, finished=now)) == 1


def pending(session: Session) -> dict[str, int]:
    """How many jobs of each kind are queued or in progress. One SELECT."""
    live = Job.status.in_((JobStatus.NEW, JobStatus.IN_PROGRESS))
    wanted = select(Job.kind, func.count()).where(live).group_by(Job.kind)
    return dict(session.execute(wanted).all())


def latest(session: Session, limit: int = 100, status: JobStatus | None = None) -> Sequence[Job]:
    """The jobs queued last (of one status, or of all), newest first. One SELECT."""
    wanted = select(Job).order_by(Job.id.desc()).limit(limit)
    return session.scalars(wanted if status is None else wanted.where(Job.status == status)).all()


def forget(session: Session, before: dt.datetime) -> int:
    """Delete jobs that ended well before that instant; those that ended in error stay."""
    done = Job.status.in_((JobStatus.COMPLETE, JobStatus.CANCELLED))
    return touched(session, delete(Job).where(done, Job.finished < before))


_UNLEASED: dict[str, Any] = {"lease_owner": "", "lease_until": None}

_IN_LANE, _AT_HOST = aliased(Job), aliased(Job)
"""Other jobs, that may keep one waiting. Made once: it takes longer than asking for them."""


@cache
def _insertion(dialect: str) -> Any:
    """The INSERT that passes over a job queued already. Both databases have one, SQLAlchemy has none in common."""
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    same_name = text("status = 'new' AND dedupe <> ''")
    statement = insert(Job.__table__).on_conflict_do_nothing(index_elements=["kind", "dedupe"], index_where=same_name)
    return statement.returning(Job.__table__.c.id)


def _locked(session: Session, condition: ColumnElement[bool], limit: int) -> list[int]:
    """Ids of jobs under `condition`, in the order of claiming, which one index gives."""
    wanted = select(Job.id).where(condition)
    return list(session.scalars(wanted.order_by(Job.rank, Job.id).limit(limit).with_for_update(skip_locked=True)))


def _due(now: dt.datetime) -> ColumnElement[bool]:
    """New, and its time has come."""
    return and_(Job.status == JobStatus.NEW, or_(Job.not_before.is_(None), Job.not_before <= now))


def _urgent(kind: str, priority: int) -> tuple[ColumnElement[bool], ...]:
    return Job.rank <= -priority, Job.kind == kind


def _left_behind(now: dt.datetime) -> ColumnElement[bool]:
    """Of a worker whose lease ran out."""
    return and_(Job.status == JobStatus.IN_PROGRESS, Job.lease_until < now)


def _may_run(now: dt.datetime, lanes: Collection[str], per_host: int, owner: str = "") -> ColumnElement[bool]:
    """The job is of one of `lanes` (of any where none is named), and neither its lane nor its host keeps it waiting.

    What `owner` is at keeps no lane busy.
    """
    chosen = [Job.lane.in_(lanes)] if lanes else []
    free = [_host_is_free(now, lanes, per_host)] if per_host else []
    return and_(*chosen, _lane_is_free(now, owner), *free, host_may_be_asked(now))


def host_may_be_asked(now: dt.datetime) -> ColumnElement[bool]:
    """The job's host is none that is left alone, or that does not matter."""
    resting = select(RestingHost.host).where(RestingHost.until > now)
    return or_(Job.lane.not_in(RESTING_LANES), Job.rank < 0, Job.host.not_in(resting))


def _lane_is_free(now: dt.datetime, owner: str) -> ColumnElement[bool]:
    """No lease of others holds in the job's lane, or the lane is not a single one."""
    held = _IN_LANE.status == JobStatus.IN_PROGRESS, _IN_LANE.lease_until >= now
    busy = select(_IN_LANE.lane).where(_IN_LANE.lane.in_(SINGLE_LANES), *held)
    return Job.lane.not_in(busy.where(_IN_LANE.lease_owner != owner) if owner else busy)


def _host_is_free(now: dt.datetime, lanes: Collection[str], per_host: int) -> ColumnElement[bool]:
    """The job waits for no host, or for one that fewer than `per_host` jobs of these lanes are at."""
    held = _AT_HOST.host != "", _AT_HOST.status == JobStatus.IN_PROGRESS, _AT_HOST.lease_until >= now
    busy = select(_AT_HOST.host).where(*held).group_by(_AT_HOST.host).having(func.count() >= per_host)
    return Job.host.not_in(busy.where(_AT_HOST.lane.in_(lanes)) if lanes else busy)


def _give_up(session: Session, now: dt.datetime) -> None:
    """End jobs whose workers vanished as often as is allowed."""
    lost = and_(Job.status == JobStatus.IN_PROGRESS, Job.lease_until < now, Job.attempts >= Job.max_attempts)
    values = {
        "status": JobStatus.ERROR,
        "finished": now,
        "error": "Its worker vanished, on every attempt.",
        **_UNLEASED,
    }
    touched(session, update(Job).where(lost).values(values))


def _change(session: Session, owner: str, ids: Collection[int], **values: Any) -> int:
    """Change those of the jobs that `owner` still holds."""
    held = and_(Job.id.in_(ids), Job.status == JobStatus.IN_PROGRESS, Job.lease_owner == owner)
    return touched(session, update(Job).where(held).values(values))
