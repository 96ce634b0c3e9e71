"""Taking in what is sent: the bytes go into the file store, where any worker finds them, and the check is queued."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from opendata.catalog.normalise import clean_text
from opendata.errors import Invalid, Problem, TooLarge
from opendata.files.storage import StoredFile
from opendata.services.actors import Actor
from opendata.services.audit import note_upload
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.rights import Right, demand
from opendata.services.uploads import forgetting
from opendata.store import queries
from opendata.store.operations import Upload
from opendata.store.queue import enqueue
from opendata.store.states import UploadStatus

logger = logging.getLogger(__name__)

CHECK_JOB = "upload-check"
MOST_NAME = 300
LANGUAGES = ("kk", "ru", "en")


def receive(
    catalogue: Catalogue, actor: Actor, organization: str, filename: str, source: BinaryIO | Path, language: str = "ru"
) -> UUID:
    """Store the file and queue its check; the id of the upload. `source` is read to its end, or up to the bound.

    NotFound, NotAllowed, TooLarge over [upload] package_bytes; Unavailable where the store is away or full. After any
    error, that of `source` itself among them, nothing is kept.
    """
    organization_id = agency(catalogue, actor, organization)
    if language not in LANGUAGES:
        raise Invalid(f"Answers are given in {', '.join(LANGUAGES)}, not in “{language}”.")
    stored = _stored(catalogue, source)
    try:
        if not stored.byte_size:
            raise Invalid("The file is empty.", [Problem("empty_file", "The file is empty.", "file")])
        with catalogue.sessions.write.begin() as session:
            upload = _row(catalogue, actor, organization_id, filename, stored, language)
            session.add(upload)
            session.flush()
            note_upload(session, actor, upload.created, upload, "received")
            queue_check(session, catalogue, upload)
    except BaseException:
        with catalogue.sessions.write.begin() as session:
            forgetting.drop(catalogue, session, stored.checksum)
        raise
    logger.info("upload received upload=%s bytes=%s", upload.id, stored.byte_size)
    return upload.id


def agency(catalogue: Catalogue, actor: Actor, slug: str) -> UUID:
    """The agency that uploads. NotFound, NotAllowed."""
    with catalogue.sessions.read() as session:
        organization_id = queries.address(session, "organization", slug).id
    demand(actor, Right.EDIT_RECORDS, organization_id)
    return organization_id


def queue_check(session: Session, catalogue: Catalogue, upload: Upload) -> None:
    """Queue the check in the session's transaction."""
    key = str(upload.id)
    enqueue(session, CHECK_JOB, {"upload": key}, catalogue.now(), lane=Lane.UPLOAD, priority=1, dedupe=key)


def bare_name(filename: str) -> str:
    """The name of the file without folders and control characters, as it is shown; the end of a very long one."""
    name = clean_text(filename.replace("\\", "/").rpartition("/")[2])[0]
    return name.encode("utf-8", "replace").decode("utf-8")[-MOST_NAME:] or "upload"


def _stored(catalogue: Catalogue, source: BinaryIO | Path) -> StoredFile:
    most = catalogue.config.upload.package_bytes
    try:
        if isinstance(source, Path):
            return catalogue.files.put_path(source, max_bytes=most)
        return catalogue.files.put(source, max_bytes=most)
    except TooLarge as error:
        raise TooLarge(f"The file is larger than {most // 1024**2} MB. Send it in several parts.") from error


def _row(
    catalogue: Catalogue, actor: Actor, organization_id: UUID, filename: str, stored: StoredFile, language: str
) -> Upload:
    return Upload(
        id=uuid4(), organization_id=organization_id, user_id=actor.user_id, filename=bare_name(filename),
        checksum=stored.checksum, byte_size=stored.byte_size, status=UploadStatus.RECEIVED, language=language,
        kept=True, created=catalogue.now(),
    )  # fmt: skip
