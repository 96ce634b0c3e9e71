"""Which stored dataset a newly found item is: certain matches only. What is merely alike is proposed to a person.

An item is first the one that its source had under that identifier before (services.ingest looks that up), then the
dataset with its DOI, whoever has it, then what a source of the same kind and address had under that identifier before
it was removed. Never are two items of one source one dataset.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import and_, insert, or_, select, text
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.services.preparing import Prepared
from opendata.store import queries
from opendata.store.datasets import Dataset, DatasetKey, key_value
from opendata.store.from_records import FORMER, lookup_keys
from opendata.store.harvests import HarvestRecord, HarvestSource

UPLOAD = "upload"
"""The kind of the source that the uploads of an agency hang on (services.uploads.sources)."""

CHUNK = 500
_LOCK = 7_305_105
"""Names the lock under which PostgreSQL lets one writer at a time look for the DOIs of new items."""


def match(session: Session, source: HarvestSource, items: Sequence[Prepared]) -> dict[UUID, str]:
    """The identifier of the item that each of these datasets is. Three SELECTs at most.

    A dataset that others hold is matched only if everybody may see it. A row of an upload is matched only with one that
    nobody holds: whoever sends it is told of the others, and decides. The source of an agency meets datasets of other
    agencies only where these are published and a source speaks for them: it adds to them, and takes nothing over.
    """
    dois = {value: item.identifier for item in items for scheme, value in lookup_keys(item.record) if scheme == "doi"}
    found: dict[UUID, str] = {}
    if dois:
        _wait_for_others(session)
        found = _by_key(session, source, "doi", dois)
    left = [item for item in items if item.identifier not in set(found.values())]
    if left and source.type != UPLOAD and _any_removed(session):
        former = {_former(source, item.identifier, source.organization_id): item.identifier for item in left}
        found |= _by_key(session, source, FORMER, former, without=found)
    return found


def _wait_for_others(session: Session) -> None:
    """Two sources that bring one DOI at the same moment must not make two datasets. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _LOCK})


def _by_key(
    session: Session, source: HarvestSource, scheme: str, wanted: dict[str, str], *, without: Collection[UUID] = ()
) -> dict[UUID, str]:
    """Of the datasets with these keys, one for each item: a living one before a withdrawn one, then the oldest."""
    holder = select(HarvestRecord.id).where(HarvestRecord.dataset_id == DatasetKey.dataset_id)
    mine, held = holder.where(HarvestRecord.source_id == source.id).exists(), holder.exists()
    public = and_(Dataset.private.is_(False), Dataset.state.in_((RecordState.PUBLISHED, RecordState.WITHDRAWN)))
    allowed = ~held if source.type == UPLOAD else or_(~held, and_(~mine, public))
    if scheme != FORMER and source.organization_id is not None:
        own = Dataset.organization_id.in_(_agencies(session, source.organization_id))
        allowed = and_(allowed, or_(own, and_(held, Dataset.state == RecordState.PUBLISHED)))
    rows = session.execute(
        select(DatasetKey.dataset_id, DatasetKey.value)
        .join(Dataset, Dataset.id == DatasetKey.dataset_id)
        .where(
            DatasetKey.scheme == scheme, DatasetKey.value.in_(list(wanted)), Dataset.merged_into_id.is_(None), allowed
        )
        .order_by(Dataset.state == RecordState.WITHDRAWN, Dataset.metadata_created, Dataset.id)
    )
    found: dict[UUID, str] = {}
    for dataset_id, value in rows:
        if dataset_id not in found and dataset_id not in without and wanted[value] not in found.values():
            found[dataset_id] = wanted[value]
    return found


def _agencies(session: Session, top: UUID) -> Sequence[UUID]:
    """The agency and all below it."""
    paths = queries.organization_paths(session)
    return [key for key, path in paths.items() if paths[top][0] in path]


def _any_removed(session: Session) -> bool:
    return session.scalar(select(DatasetKey.dataset_id).where(DatasetKey.scheme == FORMER).limit(1)) is not None


def remember(session: Session, source: HarvestSource) -> None:
    """Before a source is removed: note what it had, so that the same source, added again, finds it.

    It must be of the same agency then, or one of the site itself.
    """
    had = select(HarvestRecord.dataset_id, HarvestRecord.identifier).where(
        HarvestRecord.source_id == source.id, HarvestRecord.dataset_id.is_not(None)
    )
    rows = [
        (dataset_id, _former(source, identifier, owner))
        for dataset_id, identifier in session.execute(had)
        for owner in dict.fromkeys((source.organization_id, None))
        if dataset_id
    ]
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        known = set(_remembered(session, [dataset_id for dataset_id, _ in part]))
        fresh = [
            {"dataset_id": dataset_id, "scheme": FORMER, "value": value}
            for dataset_id, value in part
            if (dataset_id, value) not in known
        ]
        if fresh:
            session.execute(insert(DatasetKey), fresh)


def _remembered(session: Session, ids: Sequence[UUID]) -> Iterable[tuple[UUID, str]]:
    wanted = select(DatasetKey.dataset_id, DatasetKey.value)
    rows = session.execute(wanted.where(DatasetKey.scheme == FORMER, DatasetKey.dataset_id.in_(ids)))
    return [(row.dataset_id, row.value) for row in rows]


def _former(source: HarvestSource, identifier: str, owner: UUID | None) -> str:
    words = [source.type, source.url, *([str(owner)] if owner else []), identifier]
    return key_value(" ".join(words))
