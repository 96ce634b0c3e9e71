"""Answers for files of an upload that a mark keeps back, before anything of it is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import ResourceRecord
from opendata.errors import NotFound
from opendata.services import content, owned
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.content_decisions import Mark, datasets_with, decide, in_words, marks_of
from opendata.services.rights import Right, may
from opendata.store.codec import load
from opendata.store.operations import UploadProblem, UploadRow


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of an upload that keeps its rows back, by the checksum that an answer is given for."""

    checksum: str
    filename: str
    rows: tuple[int, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class UploadedFiles:
    """The files that keep rows of an upload back, and whether the asker may answer for them."""

    files: tuple[UploadedFile, ...]
    may_answer: bool


def waiting(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> UploadedFiles:
    """The files that keep rows of the upload back, by name. NotFound."""
    with catalogue.sessions.read() as session:
        upload = owned.upload(session, actor, Right.EDIT_RECORDS, upload_id)
        named: dict[str, tuple[str, list[int]]] = {}
        for number, resources in _blocked_rows(session, upload_id):
            for one in resources:
                named.setdefault(one.checksum, (one.filename, []))[1].append(number)
        marks = marks_of(session, list(named))
        allowed = may(actor, Right.OVERRIDE_CONTENT, upload.organization_id)
    files = (UploadedFile(key, name, tuple(rows), marks[key]) for key, (name, rows) in named.items() if key in marks)
    return UploadedFiles(tuple(sorted(files, key=lambda file: file.filename)), allowed)


def any_waiting(catalogue: Catalogue, upload_id: UUID) -> bool:
    """Whether a mark keeps a row of the upload back."""
    with catalogue.sessions.read() as session:
        return _is_blocked(session, upload_id)


def answer(catalogue: Catalogue, actor: Actor, upload_id: UUID, checksum: str, reason: str) -> None:
    """Answer for a file of an upload that is not published: its rows are good after the next check."""
    words = in_words(reason, "reason")
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        upload = owned.upload(session, actor, Right.OVERRIDE_CONTENT, upload_id)
        files = (one.checksum for _, resources in _blocked_rows(session, upload_id) for one in resources)
        if checksum not in files or not marks_of(session, [checksum]):
            raise NotFound("No file of that checksum keeps a row of this upload back.")
        decide(session, actor, now, checksum, upload.organization_id, words)
        after = {"checksum": checksum, "upload": str(upload_id), "reason": words}
        note(session, actor, now, "organization", upload.organization_id, "answered for a file", after=after)
        content.settle(session, now, datasets_with(session, checksum, upload.organization_id))


def _blocked_rows(session: Session, upload_id: UUID) -> list[tuple[int, Sequence[ResourceRecord]]]:
    """The rows that a mark keeps back, with the files of each."""
    if not _is_blocked(session, upload_id):
        return []
    rows = session.execute(
        select(UploadRow.row, UploadRow.record).where(
            UploadRow.upload_id == upload_id, UploadRow.errors > 0, UploadRow.record.is_not(None)
        )
    )
    return [(number, load(tuple[ResourceRecord, ...], record.get("resources", []))) for number, record in rows]


def _is_blocked(session: Session, upload_id: UUID) -> bool:
    marked = select(UploadProblem.id).where(UploadProblem.upload_id == upload_id, UploadProblem.code == "restricted")
    return session.scalar(marked.limit(1)) is not None
