"""Earlier raw copies of harvested items: those that changed something, the newest few of each."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, aliased

from opendata.store.harvests import HarvestRaw, HarvestRecord


def keep(session: Session, record_ids: Collection[int], most: int) -> None:
    """Put the present raw copies of these records by, before they are written over. Two statements at any number."""
    if not record_ids or not most:
        return
    present = select(
        HarvestRecord.id,
        HarvestRecord.job_id,
        HarvestRecord.harvested,
        HarvestRecord.raw_type,
        HarvestRecord.raw,
        HarvestRecord.raw_hash,
    ).where(HarvestRecord.id.in_(record_ids), HarvestRecord.raw != b"")
    columns = ["record_id", "job_id", "created", "raw_type", "raw", "raw_hash"]
    session.execute(insert(HarvestRaw).from_select(columns, present))
    newer = aliased(HarvestRaw)
    later = select(func.count()).where(newer.record_id == HarvestRaw.record_id, newer.id > HarvestRaw.id)
    old = delete(HarvestRaw).where(HarvestRaw.record_id.in_(record_ids), later.scalar_subquery() >= most)
    session.execute(old.execution_options(synchronize_session=False))
