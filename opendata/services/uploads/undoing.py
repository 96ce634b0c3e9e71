"""Taking an upload back: what it made is withdrawn, what it changed is as before, as long as nobody edited since."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.orm import Session, undefer

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.errors import Conflict
from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.audit import note_upload
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import UPLOAD_UNDONE, Ingest
from opendata.services.placing import Placer
from opendata.services.rights import Right, demand
from opendata.services.uploads.deciding import give_up
from opendata.services.uploads.forgetting import ENDED
from opendata.services.uploads.items import STUDY_ITEM, edited_since
from opendata.services.uploads.registering import undo_studies
from opendata.services.uploads.sources import source_of
from opendata.store.codec import load
from opendata.store.datasets import Dataset
from opendata.store.operations import Upload, UploadItem
from opendata.store.register import Study
from opendata.store.states import ItemResult, UploadStatus

CHUNK = 500
"""Rows taken back by one statement; all of them are one transaction."""


@dataclass(frozen=True, slots=True)
class Undone:
    """How many records were withdrawn, and how many are as they were before."""

    withdrawn: int
    reverted: int


def undo(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> Undone:
    """Take the upload back in one transaction. NotFound; Conflict where it is undone already or was edited since."""
    with catalogue.sessions.write.begin() as session:
        row = owned.upload(session, actor, Right.EDIT_RECORDS, upload_id, locked=True)
        if row.status is UploadStatus.UNDONE:
            raise Conflict(f"The upload {upload_id} is undone already.")
        if row.status not in ENDED:
            raise Conflict(f"The upload {upload_id} is {row.status}, so there is nothing to take back yet. Cancel it.")
        items = session.scalars(
            select(UploadItem)
            .where(UploadItem.upload_id == upload_id, UploadItem.dataset_id.is_not(None))
            .options(undefer(UploadItem.before))
        ).all()
        if session.scalar(select(UploadItem.id).where(UploadItem.upload_id == upload_id).limit(1)) is None:
            raise Conflict(f"The upload {upload_id} changed nothing, so there is nothing to take back.")
        _demand_all(session, actor, upload_id)
        _refuse_edited(session, upload_id)
        note_upload(session, actor, catalogue.now(), row, "undone")
        ingest = _ingest(catalogue, session, actor, row)
        withdrawn = reverted = 0
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            made = [item.identifier for item in chunk if item.result is ItemResult.CREATED]
            withdrawn += len(ingest.withdraw(session, made, UPLOAD_UNDONE))
            earlier = {
                one.dataset_id: load(DatasetRecord, one.before) for one in chunk if one.dataset_id and one.before
            }
            ingest.revert(session, earlier)
            reverted += len(earlier)
        give_up(session, catalogue, actor, upload_id)
        studies = undo_studies(session, catalogue, actor, upload_id)
        withdrawn, reverted = withdrawn + studies[0], reverted + studies[1]
        session.execute(
            update(Upload).where(Upload.id == upload_id).values(status=UploadStatus.UNDONE, undone=catalogue.now())
        )
    return Undone(withdrawn, reverted)


def _ingest(catalogue: Catalogue, session: Session, actor: Actor, row: Upload) -> Ingest:
    source_id = source_of(session, row.organization_id)
    if source_id is None:
        raise Conflict("The source of this agency's uploads was removed, so nothing can be taken back.")
    return Ingest(catalogue, actor, source_id, Placer(None, "", catalogue.now()))


def _demand_all(session: Session, actor: Actor, upload_id: UUID) -> None:
    """NotAllowed where a record belongs to an agency for which the actor may not write.

    Who sent the upload may have written for several, and records may have been given to others since.
    """
    number = func.substr(UploadItem.identifier, len(STUDY_ITEM) + 1)
    study = and_(UploadItem.identifier.startswith(STUDY_ITEM), Study.register_number == number)
    datasets = session.execute(_owners(Dataset, Dataset.id == UploadItem.dataset_id, upload_id))
    for owner, public in {*datasets, *session.execute(_owners(Study, study, upload_id))}:
        if owner is not None:
            demand(actor, Right.PUBLISH_RECORDS if public else Right.EDIT_RECORDS, owner)


def _owners(table: type[Dataset] | type[Study], tie: ColumnElement[bool], upload_id: UUID) -> Select[UUID | None, bool]:
    """The organisations that the records of the upload belong to, and whether that is to be taken back of what is
    public: what waits for a reviewer still is not.
    """
    waits = and_(UploadItem.result == ItemResult.UPDATED, UploadItem.before.is_(None))
    public = and_(table.state == RecordState.PUBLISHED, ~table.private, ~waits)
    wanted = select(table.organization_id, public.label("public")).join(UploadItem, tie)
    return wanted.where(UploadItem.upload_id == upload_id).distinct()


def _refuse_edited(session: Session, upload_id: UUID) -> None:
    """Conflict where a record has events after those of the upload."""
    edited = [row for one in reversed(edited_since(upload_id)) for row in session.execute(one)]
    if edited:
        named = "; ".join(f"row {row.row} “{row.title[:80]}”" for row in edited[:5])
        raise Conflict(
            f"{len(edited)} records of this upload were edited since, so it is not undone: {named}. "
            "Withdraw or mend the records one by one."
        )
