"""Purging a study: it is gone with what its contracts owed. Its datasets stay, and belong to no study."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import delete, null, select, update
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.values import Text
from opendata.services import queue, revisions, studies_writing
from opendata.services.actors import Actor
from opendata.services.audit import TARGET_MOVED, note, note_each
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.services.study_ties import untie
from opendata.services.uploads.items import STUDY_ITEM
from opendata.store.datasets import Dataset, Relation
from opendata.store.editing import FormDraft, ReviewNote
from opendata.store.operations import DailyCount, DatasetEvent, ReportedProblem, UploadItem, UploadRow
from opendata.store.organizations import FormerSlug
from opendata.store.purged import PurgedRecord
from opendata.store.register import Study

logger = logging.getLogger(__name__)


def purge(catalogue: Catalogue, actor: Actor, name: str, reason: str = "") -> UUID:
    """Purge the study called `name`, whatever its state, and give the id that it had; its name and number are free.

    NotFound; NotAllowed for all but sysadmins.
    """
    demand(actor, Right.MANAGE_SITE)
    with catalogue.sessions.write.begin() as session:
        gone = studies_writing.opened(catalogue, session, actor, name).stood
        if gone.id is None:
            raise ValueError("a stored study has an id")
        now = catalogue.now()
        if gone.published_at is not None:
            session.add(_stone(gone, reason, catalogue))
        naming = select(Relation.dataset_id).where(
            Relation.target_study_id == gone.id, Relation.dataset_id.is_not(None)
        )
        named_by = [key for key in session.scalars(naming) if key]
        if named_by:
            note_each(session, actor, now, TARGET_MOVED, select(Dataset.id).where(Dataset.id.in_(named_by)))
        changed = {*untie(session, actor, now, gone.id), *named_by}
        _forget_words(session, gone.id, gone.register_number)
        told = {"reason": reason} if reason else None
        note(session, actor, now, "study", gone.id, "purged", after=told)
        session.flush()
        session.execute(delete(Study).where(Study.id == gone.id))
        queue.index_studies(session, now, [gone.id])
        queue.index_datasets(session, now, changed)
        session.expunge_all()
    logger.info("study purged study=%s", gone.id)
    return gone.id


def _stone(gone: StudyRecord, reason: str, catalogue: Catalogue) -> PurgedRecord:
    """That it was here. Of one that was hidden since, no name: it may be another now."""
    shown = not gone.private and gone.state in (RecordState.PUBLISHED, RecordState.WITHDRAWN)
    agency = gone.organization
    return PurgedRecord(
        id=gone.id, kind="study", slug=gone.slug if shown else "", title=gone.title if shown else Text(),
        organization_id=agency.id if agency else None, organization_slug=agency.slug if agency else "",
        published_at=gone.published_at, purged=catalogue.now(), reason=reason,
    )  # fmt: skip


def _forget_words(session: Session, key: UUID, number: str) -> None:
    """What other tables hold of its contents."""
    revisions.forget(session, [key])
    for statement in (
        update(UploadItem).where(UploadItem.identifier == STUDY_ITEM + number).values(before=null(), title=""),
        update(UploadRow)
        .where(UploadRow.kind == "studies", UploadRow.identifier == number)
        .values(record=null(), changes=[], title=""),
        update(DatasetEvent).where(DatasetEvent.object_id == key).values(before=null(), after=null()),
        delete(FormerSlug).where(FormerSlug.kind == "study", FormerSlug.object_id == key),
        delete(DailyCount).where(DailyCount.object_id == key),
        delete(ReportedProblem).where(ReportedProblem.object_id == key),
        delete(ReviewNote).where(ReviewNote.object_id == key),
        delete(FormDraft).where(FormDraft.object_id == key),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
