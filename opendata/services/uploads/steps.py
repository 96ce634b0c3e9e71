"""What a person does with an upload once it is received: check it again, publish it, cancel it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from opendata.errors import Conflict, Invalid
from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.audit import note_upload
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.rights import Right, may
from opendata.services.uploads.headings import remember
from opendata.services.uploads.receiving import queue_check
from opendata.store.operations import Upload, UploadRow
from opendata.store.queue import enqueue
from opendata.store.states import ItemResult, UploadStatus

PUBLISH_JOB = "upload-publish"
NOT_ENDED = (UploadStatus.RECEIVED, UploadStatus.CHECKING, UploadStatus.CHECKED, UploadStatus.PUBLISHING)
_CHUNK = 500

NOW: Mapping[UploadStatus, str] = {
    UploadStatus.RECEIVED: "is waiting to be checked",
    UploadStatus.CHECKING: "is being checked",
    UploadStatus.CHECKED: "is checked and not published",
    UploadStatus.PUBLISHING: "is being published",
    UploadStatus.PUBLISHED: "is published already",
    UploadStatus.UNDONE: "was undone",
    UploadStatus.CANCELLED: "was cancelled",
    UploadStatus.FAILED: "could not be taken",
}
"""What is said of an upload that cannot take a step."""


def publish(catalogue: Catalogue, actor: Actor, upload_id: UUID, *, only: Collection[int] | None = None) -> None:
    """Queue the publication of the rows with the ids `only`, or of every good row. What the actor may not make public
    waits for a reviewer then (services.uploads.waiting).

    NotFound, NotAllowed; Conflict unless it is checked; Invalid where no good row is among them.
    """
    with catalogue.sessions.write.begin() as session:
        upload = _found(session, actor, upload_id)
        if upload.status is not UploadStatus.CHECKED:
            raise _conflict(upload, "published")
        _choose(session, upload_id, only)
        good = select(func.count()).select_from(UploadRow).where(*_good(upload_id), UploadRow.chosen)
        upload.total = session.scalar(good) or 0
        if not upload.total:
            raise Invalid("There is no row to publish: every row has an error, or none is chosen.")
        upload.status, upload.done, upload.stopping = UploadStatus.PUBLISHING, 0, False
        alone = may(actor, Right.PUBLISH_RECORDS, upload.organization_id)
        note_upload(session, actor, catalogue.now(), upload, "published" if alone else "sent in")
        said = {"upload": str(upload_id), "user": str(actor.user_id) if actor.user_id else ""}
        enqueue(
            session, PUBLISH_JOB, said, catalogue.now(), lane=Lane.UPLOAD, priority=2, dedupe=str(upload_id),
        )  # fmt: skip


def cancel(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> None:
    """Before it is published: nothing of it will be. While it is: no further row is, and what is can be undone. One
    that could not be taken waits for nobody any more.

    NotFound, NotAllowed; Conflict where it has ended.
    """
    with catalogue.sessions.write.begin() as session:
        upload = _found(session, actor, upload_id)
        if upload.status is UploadStatus.PUBLISHING and upload.kept:
            upload.stopping = True
        elif upload.status in (
            *NOT_ENDED,
            UploadStatus.FAILED,
        ):  # at the command line, which may be gone: nobody else would end it
            upload.status, upload.finished = UploadStatus.CANCELLED, catalogue.now()
        else:
            raise _conflict(upload, "cancelled")
        note_upload(session, actor, catalogue.now(), upload, "cancelled")


def check_again(
    catalogue: Catalogue, actor: Actor, upload_id: UUID, columns: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Queue another check, with `columns` saying what headings are to be taken for: {kind: {heading: column, "" none}}.
    The agency's next uploads know them.

    NotFound, NotAllowed; Conflict unless it is checked, or could not be taken, and its bytes are still there; Invalid
    where `columns` name what there is not.
    """
    with catalogue.sessions.write.begin() as session:
        upload = _found(session, actor, upload_id)
        if upload.status not in (UploadStatus.CHECKED, UploadStatus.FAILED):
            raise _conflict(upload, "checked again")
        if not upload.kept:
            raise Conflict(f"The file of the upload {upload_id} is not kept any more. Send it again.")
        if upload.status is UploadStatus.FAILED and upload.checked:
            raise _conflict(upload, "checked again")
        if columns:
            remember(session, actor, upload.organization_id, columns, catalogue.now())
        upload.columns = _joined(upload.columns, columns or {})
        upload.status, upload.message = UploadStatus.RECEIVED, ""
        upload.checked = upload.finished = None
        upload.done = upload.total = 0
        queue_check(session, catalogue, upload)


def _found(session: Session, actor: Actor, upload_id: UUID) -> Upload:
    """The upload, locked to the end of the transaction."""
    return owned.upload(session, actor, Right.EDIT_RECORDS, upload_id, locked=True)


def _conflict(upload: Upload, step: str) -> Conflict:
    return Conflict(f"The upload {upload.id} {NOW[upload.status]}, so it cannot be {step} now.")


def _good(upload_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (UploadRow.upload_id == upload_id, UploadRow.errors == 0, UploadRow.result != ItemResult.REJECTED)


def _choose(session: Session, upload_id: UUID, only: Collection[int] | None) -> None:
    """Note which rows are to be published. Invalid where one of `only` is no row of the upload."""
    mine = update(UploadRow).where(UploadRow.upload_id == upload_id).execution_options(synchronize_session=False)
    session.execute(mine.values(chosen=only is None))
    ids, found = sorted(set(only or ())), 0
    for start in range(0, len(ids), _CHUNK):
        chosen = mine.where(UploadRow.id.in_(ids[start : start + _CHUNK])).values(chosen=True)
        found += len(session.scalars(chosen.returning(UploadRow.id)).all())
    if found != len(ids):
        raise Invalid(f"{len(ids) - found} of the {len(ids)} rows that are to be published are not of this upload.")


def _joined(known: Mapping[str, Mapping[str, str]], more: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {kind: {**known.get(kind, {}), **more.get(kind, {})} for kind in {*known, *more}}
