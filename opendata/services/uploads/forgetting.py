"""What is due with uploads: broken off, never confirmed, or so long over that their bytes may go.

The file store holds the received files and the sheets of failing rows beside the files of records, by checksum: bytes
go only where nothing else names them.
"""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from opendata.catalog.upload_problems import CellProblem
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store.accounts import User
from opendata.store.datasets import Resource, ResourceVersion
from opendata.store.editing import ProposedFile
from opendata.store.operations import Job, Upload
from opendata.store.organizations import Group, Organization
from opendata.store.states import JobStatus, UploadStatus
from opendata.store.tables import DataTable

logger = logging.getLogger(__name__)

KEEP_BYTES = dt.timedelta(days=14)
"""How long the file and the sheet of failing rows stay after an upload ended."""

UNCONFIRMED = dt.timedelta(days=30)
"""A checked upload that nobody publishes is cancelled after this."""

AT_COMMAND_LINE = dt.timedelta(days=1)
"""An upload of the command line has no job; that it broke off is told by its age alone."""

GRACE = dt.timedelta(minutes=2)
"""An upload is not called broken off earlier: its job may be ending at this moment."""

ENDED = (UploadStatus.PUBLISHED, UploadStatus.UNDONE, UploadStatus.CANCELLED, UploadStatus.FAILED)
RUNNING = (UploadStatus.RECEIVED, UploadStatus.CHECKING, UploadStatus.PUBLISHING)

BROKEN_OFF = CellProblem("upload_broken_off")
EXPIRED = CellProblem("upload_expired", filled={"days": str(UNCONFIRMED.days)})


def tend(catalogue: Catalogue) -> None:
    """Do all of it once; a second call finds nothing to do."""
    with catalogue.sessions.read() as session:
        due = [*_broken_off(session, catalogue.now()), *session.scalars(_unconfirmed(catalogue.now()))]
        over = session.scalars(_over(catalogue.now())).all()
    if due:
        with catalogue.sessions.write.begin() as session:
            _end(session, catalogue.now())
    for upload_id in over:
        _forget(catalogue, upload_id)


def drop(catalogue: Catalogue, session: Session, *checksums: str) -> None:
    """Delete the bytes of these checksums that nothing names any longer, as this session sees it.

    To be called in a writing transaction: on SQLite nobody can name them meanwhile.
    """
    for checksum in checksums:
        if checksum and not _named(session, checksum):
            catalogue.files.delete(checksum)


def _named(session: Session, checksum: str) -> bool:
    files = select(Resource.id).where(Resource.checksum == checksum, Resource.stored)
    earlier = select(ResourceVersion.id).where(ResourceVersion.checksum == checksum)
    proposed = select(ProposedFile.id).where(ProposedFile.checksum == checksum)
    received = select(Upload.id).where(Upload.kept, Upload.checksum == checksum)
    sheets = select(Upload.id).where(Upload.failed_checksum == checksum)
    copies = select(DataTable.key).where(DataTable.key == checksum)
    pictures = [
        exists().where(table.image_url.startswith(f"/image/{checksum}.")) for table in (Organization, Group, User)
    ]
    return bool(
        session.scalar(
            select(
                or_(
                    *map(exists, (files, earlier, proposed, received, sheets, copies)),
                    *pictures,
                )
            )
        )
    )


def _unconfirmed(now: dt.datetime) -> Select[UUID]:
    return select(Upload.id).where(Upload.status == UploadStatus.CHECKED, Upload.checked < now - UNCONFIRMED)


def _over(now: dt.datetime) -> Select[UUID]:
    ended = func.coalesce(Upload.undone, Upload.finished, Upload.checked, Upload.created)
    left = or_(Upload.kept, Upload.failed_checksum != "")
    return select(Upload.id).where(Upload.status.in_(ENDED), left, ended < now - KEEP_BYTES)


def _broken_off(session: Session, now: dt.datetime) -> list[UUID]:
    """Uploads at work without a job that would go on with them."""
    rows = session.execute(select(Upload.id, Upload.kept, Upload.created).where(Upload.status.in_(RUNNING))).all()
    if not rows:
        return []
    alive = session.scalars(
        select(Job.payload).where(Job.lane == Lane.UPLOAD, Job.status.in_((JobStatus.NEW, JobStatus.IN_PROGRESS)))
    )
    working = {str(payload.get("upload")) for payload in alive}
    return [
        key
        for key, kept, created in rows
        if str(key) not in working and created < now - (GRACE if kept else AT_COMMAND_LINE)
    ]


def _end(session: Session, now: dt.datetime) -> None:
    """End what broke off and what nobody confirms, as it stands in this transaction."""
    broken = set(_broken_off(session, now))
    unconfirmed = set(session.scalars(_unconfirmed(now)))
    # Asked once more under the lock: a worker may have ended one of them, or somebody published it, at this moment.
    still = or_(
        and_(Upload.id.in_(broken), Upload.status.in_(RUNNING)),
        and_(Upload.id.in_(unconfirmed), Upload.status == UploadStatus.CHECKED),
    )
    for upload in session.scalars(select(Upload).where(still).with_for_update()):
        expired = upload.id in unconfirmed
        upload.status = UploadStatus.CANCELLED if expired else UploadStatus.FAILED
        upload.message = said(EXPIRED if expired else BROKEN_OFF, upload.language)
        upload.finished, upload.stopping = now, False
        logger.warning("upload ended upload=%s status=%s", upload.id, upload.status)


def said(problem: CellProblem, language: str) -> str:
    """What is wrong with an upload as a whole, and what to do, in the language of its answers."""
    return f"{problem.message(language).rstrip('.')}. {problem.hint(language)}".strip()


def _forget(catalogue: Catalogue, upload_id: UUID) -> None:
    """Delete the bytes of an upload that is over; the report stays."""
    with catalogue.sessions.write.begin() as session:
        upload = session.get(Upload, upload_id, with_for_update=True)
        if upload is None or upload.status not in ENDED:
            return
        checksums = [upload.checksum if upload.kept else "", upload.failed_checksum]
        upload.kept, upload.failed_checksum = False, ""
        session.flush()
        # Before the commit: where this breaks off, the row still names the bytes, and the next round deletes them.
        drop(catalogue, session, *checksums)
    logger.info("upload forgotten upload=%s", upload_id)
