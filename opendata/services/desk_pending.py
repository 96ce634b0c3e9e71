"""What a job that waits for a person would withdraw."""

from __future__ import annotations

from sqlalchemy import select

from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import PendingLine
from opendata.services.rights import Right, demand, demand_over
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord

MOST_SHOWN = 500
"""Records that are named; how many there are in all is said by the job."""


def pending(catalogue: Catalogue, actor: Actor, job_id: int) -> tuple[PendingLine, ...]:
    """The records that vanished, those missing longest first."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        job = queries.job_row(session, job_id)
        demand_over(actor, Right.SEE_DESK, job.source.organization_id)
        wanted = (
            select(HarvestRecord.identifier, Dataset.slug, Dataset.title, HarvestRecord.missing_since)
            .join(Dataset, Dataset.id == HarvestRecord.dataset_id)
            .where(HarvestRecord.source_id == job.source_id, HarvestRecord.missing_since.is_not(None))
            .order_by(HarvestRecord.missing_since, HarvestRecord.id)
        )
        rows = session.execute(wanted.limit(MOST_SHOWN)).all()
    return tuple(PendingLine(row.identifier, row.slug, row.title, row.missing_since) for row in rows)
