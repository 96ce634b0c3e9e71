"""What a job that waits for a person would withdraw."""

from __future__ import annotations

from sqlalchemy import select

from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import PendingLine
from opendata.services.rights import Right, demand
from opendata.services.withdrawing import grace
from opendata.store import seen
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.states import JobStatus

MOST_SHOWN = 500
"""Records that are named; how many there are in all is said by the job."""


def pending(catalogue: Catalogue, actor: Actor, job_id: int) -> tuple[PendingLine, ...]:
    """The records that vanished, in the order in which they once came; none of a job that does not wait."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        job = owned.job(session, actor, Right.SEE_DESK, job_id)
        if job.status != JobStatus.WAITING or job.finished is None:
            return ()
        until = job.finished - grace(job.source, catalogue.config)
        ids = [key for key, _, _ in seen.missing(session, job.source_id, until, limit=MOST_SHOWN)]
        wanted = (
            select(HarvestRecord.identifier, Dataset.slug, Dataset.title, HarvestRecord.missing_since)
            .join(Dataset, Dataset.id == HarvestRecord.dataset_id)
            .where(HarvestRecord.id.in_(ids))
        )
        rows = session.execute(wanted.order_by(HarvestRecord.id)).all()
    return tuple(
        PendingLine(
            row.identifier, row.slug, row.title, None if row.missing_since == seen.DELETED else row.missing_since
        )
        for row in rows
    )
