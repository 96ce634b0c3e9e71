"""What people decide about a run: that it is to end, and whether records that its source no longer has may go."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from opendata.catalog.run_words import sentence
from opendata.errors import Conflict
from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import is_alive
from opendata.services.ingest import Ingest
from opendata.services.placing import Placer
from opendata.services.rights import Right
from opendata.services.withdrawing import ASKED, Withdrawal, grace, withdraw
from opendata.store import seen
from opendata.store.harvests import HarvestJob
from opendata.store.states import ItemResult, JobStatus


def cancel(catalogue: Catalogue, actor: Actor, job_id: int) -> None:
    """Ask a run to end: it does within seconds, and what it has taken stays. One whose process died ends at once.

    NotFound; NotAllowed; Conflict for a job that does not run.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        job = owned.job(session, actor, Right.RUN_HARVEST, job_id)
        if job.status != JobStatus.IN_PROGRESS:
            raise Conflict(f"Job {job_id} is not running; it is {job.status.value}.")
        if job.stopping:
            return
        job.stopping = True
        if not is_alive(catalogue, job):
            job.status, job.finished, job.message = JobStatus.CANCELLED, now, sentence("cancelled")
        note(session, actor, now, "source", job.source_id, "cancelled", after={"job": job_id})


def confirm(catalogue: Catalogue, actor: Actor, job_id: int) -> int:
    """Withdraw the records that a waiting job found missing, but for those that came back meanwhile; how many.

    NotFound; NotAllowed; Conflict for a job that does not wait. A call that breaks off may simply be repeated.
    """
    with catalogue.sessions.read() as session:
        job = _waiting(session, actor, job_id)
        until = _pending_until(catalogue, job)
        before, source_id, name = job.withdrawn_count, job.source_id, job.source.name
    ingest = Ingest(catalogue, actor, source_id, Placer(None, f"source:{name}", catalogue.now()), job_id)
    withdraw(ingest, until, lambda work: _commit(catalogue, job_id, work))
    with catalogue.sessions.write.begin() as session:
        job = _decided(catalogue, session, actor, job_id, "withdrawal confirmed", sentence("person_withdrew"))
        return job.withdrawn_count - before


def refuse(catalogue: Catalogue, actor: Actor, job_id: int) -> int:
    """Keep the records that a waiting job found missing; how many. Their grace period begins anew when a complete
    listing comes without them again. Errors as `confirm`.
    """
    with catalogue.sessions.write.begin() as session:
        job = _waiting(session, actor, job_id)
        kept = seen.mark_kept(session, job.source_id, _pending_until(catalogue, job))
        _decided(catalogue, session, actor, job_id, "withdrawal refused", sentence("person_kept"))
        return kept


def close_overtaken(session: Session, source_id: UUID, job_id: int) -> None:
    """End the waiting jobs of the source that the complete listing of `job_id` has overtaken."""
    waiting = (HarvestJob.source_id == source_id, HarvestJob.status == JobStatus.WAITING, HarvestJob.id < job_id)
    values = {
        "status": JobStatus.INCOMPLETE,
        "pending_count": 0,
        "message": func.replace(HarvestJob.message, ASKED, sentence("overtaken", number=job_id)),
    }
    session.execute(update(HarvestJob).where(*waiting).values(**values).execution_options(synchronize_session=False))


def _pending_until(catalogue: Catalogue, job: HarvestJob) -> dt.datetime:
    """As the run saw it: the grace period may have been changed since. Jobs of older versions did not keep it."""
    return job.pending_until or (job.finished or job.created) - grace(job.source, catalogue.config)


def _commit(catalogue: Catalogue, job_id: int, work: Withdrawal) -> None:
    with catalogue.sessions.write.begin() as session:
        withdrawn = sum(outcome.result is ItemResult.WITHDRAWN for outcome in work(session))
        count = HarvestJob.withdrawn_count + withdrawn
        session.execute(update(HarvestJob).where(HarvestJob.id == job_id).values(withdrawn_count=count))


def _decided(catalogue: Catalogue, session: Session, actor: Actor, job_id: int, action: str, told: str) -> HarvestJob:
    """Note the decision; the job ends as it would have without the question."""
    job = _waiting(session, actor, job_id)
    clean = not job.rejected_count
    job.status = JobStatus.COMPLETE if clean else JobStatus.INCOMPLETE
    job.decided_by, job.decided, job.pending_count = actor.user_id, catalogue.now(), 0
    job.message = job.message.replace(ASKED, told)
    after = {"job": job_id, ItemResult.WITHDRAWN.value: job.withdrawn_count}
    note(session, actor, catalogue.now(), "source", job.source_id, action, after=after)
    return job


def _waiting(session: Session, actor: Actor, job_id: int) -> HarvestJob:
    job = owned.job(session, actor, Right.WITHDRAW_MANY, job_id)
    if job.status != JobStatus.WAITING:
        raise Conflict(f"Job {job_id} waits for nobody; it is {job.status.value}.")
    return job
