"""An upload as its jobs work on it: what they need to know, how far they are, and how they end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from opendata.catalog.upload_refusals import problem_of
from opendata.errors import CatalogueError
from opendata.services.access import actor_for_user
from opendata.services.actors import Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.services.standing import placed
from opendata.services.uploads.forgetting import drop, said
from opendata.services.uploads.keeping import stored_problem
from opendata.store.base import touched
from opendata.store.operations import Upload, UploadProblem, UploadRow
from opendata.store.organizations import Organization
from opendata.store.states import UploadStatus


class Stopped(Exception):
    """Somebody cancelled the upload, or another worker ended it: nothing more is to be written for it."""


@dataclass(frozen=True, slots=True)
class Task:
    """An upload at work, for the actor in whose name it is done. `organization` is the slug."""

    upload_id: UUID
    actor: Actor
    organization_id: UUID
    organization: str
    filename: str
    checksum: str
    language: str
    columns: Mapping[str, Mapping[str, str]]


def begin(catalogue: Catalogue, upload_id: UUID, at: tuple[UploadStatus, ...], user_id: UUID | None = None) -> Task:
    """The task, the upload now being in the last status of `at`. Stopped where it is in none of them.

    It is done in the name of `user_id`, else of the one who sent the file. NotAllowed where that is nobody any more.
    """
    with catalogue.sessions.write.begin() as session:
        upload = session.get(Upload, upload_id, with_for_update=True)
        if upload is None or upload.status not in at:
            raise Stopped
        if upload.status is not at[-1]:
            upload.status, upload.done, upload.total, upload.message = at[-1], 0, 0, ""
        slug = session.get_one(Organization, upload.organization_id).slug
    return Task(
        upload_id=upload_id,
        actor=actor_of(catalogue, user_id or upload.user_id, upload.organization_id),
        organization_id=upload.organization_id,
        organization=slug,
        filename=upload.filename,
        checksum=upload.checksum,
        language=upload.language,
        columns=upload.columns,
    )


def actor_of(catalogue: Catalogue, user_id: UUID | None, organization_id: UUID) -> Actor:
    """The person with their present rights; where nobody is known, one who may edit the records of that agency alone.

    NotAllowed where the person may not edit them any more.
    """
    if user_id is None:
        with catalogue.sessions.read() as session:
            return placed(session, Actor(name="system", system=True), {organization_id: Role.EDITOR})
    actor = actor_for_user(catalogue, user_id)
    demand(actor, Right.EDIT_RECORDS, organization_id)
    return actor


def advance(session: Session, upload_id: UUID, status: UploadStatus, done: int, total: int) -> None:
    """Note how far the step is, in the session's transaction. Stopped where it is to go no further.

    The upload's row is locked from here to the end of the transaction: no second worker writes for it meanwhile.
    """
    going = update(Upload).where(Upload.id == upload_id, Upload.status == status, ~Upload.stopping)
    if not touched(session, going.values(done=done, total=total)):
        raise Stopped


def end(session: Session, upload_id: UUID, at: tuple[UploadStatus, ...], **values: Any) -> None:
    """Write the last word of a step. Stopped where the upload is in none of the statuses `at` any more."""
    ending = update(Upload).where(Upload.id == upload_id, Upload.status.in_(at))
    if not touched(session, ending.values(stopping=False, **values)):
        raise Stopped


def fail(catalogue: Catalogue, upload_id: UUID, at: UploadStatus, error: CatalogueError) -> None:
    """The file cannot be taken: the upload ends with the message, in the language of its answers."""
    with catalogue.sessions.write.begin() as session:
        upload = session.get(Upload, upload_id, with_for_update=True)
        if upload is None or upload.status is not at:
            return
        if at is UploadStatus.CHECKING:
            clear(catalogue, session, upload)
        problem = problem_of(error)
        session.add(stored_problem(upload_id, problem, upload.language))
        upload.message = said(problem, upload.language)
        upload.status, upload.stopping, upload.finished = UploadStatus.FAILED, False, catalogue.now()


def clear(catalogue: Catalogue, session: Session, upload: Upload) -> None:
    """Leave nothing of an earlier check, which says nothing any more."""
    session.execute(delete(UploadRow).where(UploadRow.upload_id == upload.id))
    session.execute(delete(UploadProblem).where(UploadProblem.upload_id == upload.id))
    earlier, upload.failed_checksum, upload.counts = upload.failed_checksum, "", {}
    session.flush()
    drop(catalogue, session, earlier)
