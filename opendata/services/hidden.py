"""Which records an index that is behind may still name although nobody may see them any more."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from uuid import UUID

from sqlalchemy import func, not_, select, union_all

from opendata.store.base import Sessions
from opendata.store.datasets import Dataset
from opendata.store.operations import Job
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study
from opendata.store.states import JobStatus

UNDONE = (JobStatus.NEW, JobStatus.IN_PROGRESS, JobStatus.ERROR)


def hidden(sessions: Sessions) -> AbstractSet[UUID]:
    """Records that were withdrawn or hidden since the oldest job of the index that is not done. One SELECT.

    The index is asked to leave them out of hits, counts, facets and suggestions, so that a worker that is slow, or does
    not run, holds back nothing of a withdrawal.
    """
    oldest = select(func.min(Job.created)).where(Job.kind == "index", Job.status.in_(UNDONE)).scalar_subquery()
    wanted = [
        select(table.id).where(not_(is_visible(table)), table.metadata_modified >= oldest) for table in (Dataset, Study)
    ]
    with sessions.read() as session:
        return frozenset(session.scalars(union_all(*wanted)))
