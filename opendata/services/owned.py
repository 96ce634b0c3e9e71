"""Sources, harvest jobs and uploads by their names, for who may do something with them.

To who sees nothing of their organisation they are not there: nobody learns by asking what others have.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import Upload


def source(session: Session, actor: Actor, right: Right, name: str) -> HarvestSource:
    """The source of that name, with its organisation. NotFound; NotAllowed."""
    row = queries.source_row(session, name)
    demand_over(actor, right, row.organization_id, queries.no_source(name))
    return row


def job(session: Session, actor: Actor, right: Right, job_id: int) -> HarvestJob:
    """The harvest job with its source. NotFound; NotAllowed."""
    row = queries.job_row(session, job_id)
    demand_over(actor, right, row.source.organization_id, queries.no_job(job_id))
    return row


def upload(session: Session, actor: Actor, right: Right, upload_id: UUID, *, locked: bool = False) -> Upload:
    """The upload, `locked` to the end of the transaction. NotFound; NotAllowed."""
    row = session.get(Upload, upload_id, with_for_update=locked)
    return may_use(actor, right, row, upload_id)


def may_use(actor: Actor, right: Right, row: Upload | None, upload_id: UUID) -> Upload:
    """The upload that was found by that id. NotFound where there is none, or none for the actor to know; NotAllowed."""
    missing = f"There is no upload {upload_id}."
    if row is None:
        raise NotFound(missing)
    demand_over(actor, right, row.organization_id, missing)
    return row
