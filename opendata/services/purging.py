"""Purging: a dataset is gone with its rows, its texts, its place in the index and the bytes that nobody else names.

What stays is that it was purged: in the audit, whose earlier events of it lose what they say of its contents, and where
everybody could see it, in a row that says for ever that it was here. A source that has it still brings it again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, null, select, update
from sqlalchemy.orm import Session

from opendata.catalog.licenses import verdict
from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.services import file_keeping, queue, revisions, submissions
from opendata.services.actors import Actor
from opendata.services.audit import TARGET_MOVED, note, note_each
from opendata.services.catalogue import Catalogue
from opendata.services.locking import locked
from opendata.services.rights import Right, demand
from opendata.store.datasets import Dataset, Relation, ResourceVersion
from opendata.store.harvests import HarvestRaw, HarvestRecord
from opendata.store.operations import DailyCount, DatasetEvent, ReportedProblem, UploadItem, UploadRow
from opendata.store.organizations import FormerSlug, GroupMember
from opendata.store.purged import PurgedRecord
from opendata.store.register import Deliverable, Study

logger = logging.getLogger(__name__)


def purge(catalogue: Catalogue, actor: Actor, name: str, reason: str = "") -> UUID:
    """Purge the dataset called `name`, whatever its state, and give the id that it had. NotFound; NotAllowed for all
    but sysadmins. Its name is free then.
    """
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        row = locked(session, actor, name)
        files = [one.id for one in row.resources]
        checksums = {one.checksum for one in row.resources if one.stored} | _earlier(session, [row.id, *files])
        checksums |= set(
            session.scalars(select(ResourceVersion.checksum).where(ResourceVersion.resource_id.in_(files)))
        )
        checksums |= submissions.proposed_files(session, row.id)
        _keep_name(session, catalogue, row, reason)
        _tell_others(session, catalogue, actor, row.id)
        _forget_words(session, [row.id, *files])
        revisions.forget(session, [row.id])
        submissions.forget(session, [row.id])
        note(session, actor, catalogue.now(), "dataset", row.id, "purged", after={"reason": reason} if reason else None)
        session.flush()
        session.execute(delete(Dataset).where(Dataset.id == row.id))
        queue.index_datasets(session, catalogue.now(), [row.id])
        unused = file_keeping.let_go(catalogue, session, checksums)
        purged_id = row.id
        session.expunge_all()
    for checksum in unused:  # another store, which has no part in the transaction
        catalogue.page_texts.delete(checksum)
    logger.info("dataset purged dataset=%s files=%s", purged_id, len(unused))
    return purged_id


def _earlier(session: Session, ids: Sequence[UUID]) -> set[str]:
    """The checksums of the files that it had once, as its events tell."""
    told = select(DatasetEvent.before).where(DatasetEvent.object_id.in_(ids), DatasetEvent.before.is_not(None))
    found = set()
    for before in session.scalars(told):
        listed = [before, *before.values()] if isinstance(before, dict) else []
        found |= {str(one["checksum"]) for one in listed if isinstance(one, dict) and one.get("checksum")}
    return found


def _keep_name(session: Session, catalogue: Catalogue, row: Dataset, reason: str) -> None:
    """Where the public could see it: that it was here. Of one that was hidden since, no name: it may be another now."""
    if row.published_at is None:
        return
    organization = row.organization
    shown = not row.private and row.state in (RecordState.PUBLISHED, RecordState.WITHDRAWN)
    session.add(
        PurgedRecord(
            id=row.id, kind="dataset", slug=row.slug if shown else "", title=row.title if shown else Text(),
            type=row.type.value,
            organization_id=row.organization_id, organization_slug=organization.slug if organization else "",
            license_open=verdict(row.license_id).open, published_at=row.published_at, purged=catalogue.now(),
            reason=reason,
        )
    )  # fmt: skip


def _tell_others(session: Session, catalogue: Catalogue, actor: Actor, dataset_id: UUID) -> None:
    """Those that named it are not the same without it."""
    related = select(Relation.dataset_id).where(
        Relation.target_dataset_id == dataset_id, Relation.dataset_id.is_not(None)
    )
    ids = [one for one in session.scalars(related) if one]
    if ids:
        note_each(session, actor, catalogue.now(), TARGET_MOVED, select(Dataset.id).where(Dataset.id.in_(ids)))
        queue.index_datasets(session, catalogue.now(), ids)
    owed = select(Study.id).join(Study.contracts).join(Deliverable).where(Deliverable.dataset_id == dataset_id)
    if studies := session.scalars(owed.distinct()).all():
        queue.index_studies(session, catalogue.now(), studies)


def _forget_words(session: Session, ids: Sequence[UUID]) -> None:
    """What other tables hold of its contents, under its id or those of its files."""
    dataset_id = ids[0]
    records = select(HarvestRecord.id).where(HarvestRecord.dataset_id == dataset_id)
    session.execute(delete(HarvestRaw).where(HarvestRaw.record_id.in_(records)))
    for statement in (
        update(HarvestRecord)
        .where(HarvestRecord.dataset_id == dataset_id)
        .values(raw=b"", said=None, raw_hash="", content_hash=""),
        update(UploadItem).where(UploadItem.dataset_id == dataset_id).values(before=null(), title=""),
        update(UploadRow).where(UploadRow.dataset_id == dataset_id).values(record=null(), changes=[], title=""),
        update(DatasetEvent).where(DatasetEvent.object_id.in_(ids)).values(before=null(), after=null()),
        delete(FormerSlug).where(FormerSlug.kind == "dataset", FormerSlug.object_id == dataset_id),
        delete(GroupMember).where(GroupMember.kind == "dataset", GroupMember.object_id == dataset_id),
        delete(DailyCount).where(DailyCount.object_id.in_(ids)),
        delete(ReportedProblem).where(ReportedProblem.object_id.in_(ids)),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
