"""Publishing an upload: as a job of one that was checked, or at the command line, check and publication in one go."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.errors import CatalogueError, Conflict
from opendata.reading.sheets.drafts import Draft
from opendata.reading.sheets.package import Package, opened
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import Ingest
from opendata.services.placing import Placer
from opendata.services.rights import Right, demand
from opendata.services.uploads.checking import Checked
from opendata.services.uploads.closing import Record, close_chosen, close_whole
from opendata.services.uploads.content import Marking
from opendata.services.uploads.inspecting import looked_at, read
from opendata.services.uploads.keeping import counts
from opendata.services.uploads.receiving import agency, bare_name
from opendata.services.uploads.registering import recall, register, tie
from opendata.services.uploads.results import ProblemLine, RowLine, UploadReport, problem_line
from opendata.services.uploads.sources import SOURCE_TYPE, source_for
from opendata.services.uploads.studies import StudyDraft
from opendata.services.uploads.tasks import Stopped, Task, fail
from opendata.services.uploads.waiting import Reviewing
from opendata.services.uploads.writing import Place, Progress, Writing, place, row_line
from opendata.store.operations import Upload, UploadRow
from opendata.store.organizations import Organization
from opendata.store.states import UploadStatus
from opendata.store.to_records import organization_ref

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """An upload as asked for: the file, its name, the slug of the agency, the language of the answers. `review`: what
    would become public by it waits for a reviewer, whoever sends it.
    """

    path: Path
    filename: str
    organization: str
    language: str = "ru"
    review: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The report, and the tables with their problems, from which the failing rows can be given back."""

    report: UploadReport
    checked: Checked


def rehearse(catalogue: Catalogue, actor: Actor, request: Request, progress: Progress | None = None) -> Done:
    """What publishing would come to; nothing is stored. CatalogueError where the file cannot be taken at all."""
    task = _task(catalogue, actor, request, "")
    most = catalogue.config.upload.max_rows
    with opened(request.path, task.filename, most) as package, catalogue.sessions.read() as session:
        checked = read(catalogue, session, task, package)
        lines = [row_line(one, one.result()) for one in checked.studies if not one.of_datasets]
        for batch in looked_at(catalogue, session, task, package, checked):
            lines += [row_line(one.draft, one.result, one.dataset_id) for one in batch]
            if progress:
                progress(len(lines), len(checked.records))
    return Done(_report(None, task, UploadStatus.CHECKED, lines, checked), checked)


def publish(catalogue: Catalogue, actor: Actor, request: Request, progress: Progress | None = None) -> Done:
    """Publish every row without an error, or send it in where the actor may not publish.

    A killed run leaves whole records; the same file again does the rest.

    Cancelled on the way, by Ctrl-C or at the desk, what was done stays and is reported.
    """
    task = _task(catalogue, actor, request, _checksum(request.path))
    demand(actor, Right.EDIT_RECORDS, task.organization_id)
    with opened(request.path, task.filename, catalogue.config.upload.max_rows) as package:
        with catalogue.sessions.read() as session:
            checked = read(catalogue, session, task, package)
        _open(catalogue, task, request.path.stat().st_size, checked)
        run = _writing(catalogue, task, len(checked.records), progress, review=request.review)
        try:
            status = _taken(run, package, checked.drafts, checked.studies)
        except KeyboardInterrupt:
            recall(run, checked.studies)
            status = UploadStatus.CANCELLED
        except CatalogueError as error:
            fail(catalogue, task.upload_id, UploadStatus.PUBLISHING, error)
            raise
        try:
            lines = close_whole(catalogue, task, status, run, checked)
        except Stopped:
            raise Conflict(f"The upload {task.upload_id} was ended by somebody else meanwhile.") from None
    return Done(_report(task.upload_id, task, status, lines, checked), checked)


def publish_chosen(catalogue: Catalogue, task: Task, path: Path) -> None:
    """Publish the chosen rows of a checked upload whose file is at `path`. Cancelled on the way, what was done stays.

    May be broken off anywhere and done again. CatalogueError where the file cannot be taken any more.
    """
    demand(task.actor, Right.EDIT_RECORDS, task.organization_id)
    with opened(path, task.filename, catalogue.config.upload.max_rows) as package:
        with catalogue.sessions.read() as session:
            checked = read(catalogue, session, task, package)
            chosen = _chosen(session, task.upload_id)
        drafts = [draft for draft in checked.drafts if place(draft) in chosen]
        studies = [one for one in checked.studies if any((row.sheet, row.number) in chosen for row in one.places)]
        records: list[Record] = [*(one for one in studies if not one.of_datasets), *drafts]
        run = _writing(catalogue, task, len(records))
        run.rows = chosen
        status = _taken(run, package, drafts, studies)
        close_chosen(catalogue, task, status, run, checked, records)


def _taken(run: Writing, package: Package, drafts: Sequence[Draft], studies: Sequence[StudyDraft]) -> UploadStatus:
    """How it ended. The studies come first, so that datasets find them; what they owe is tied to datasets last.

    What must not be public is looked for once more: it may have been decided otherwise meanwhile.
    """
    with Marking(run.catalogue, run.organization_id) as marking:

        def look(part: Sequence[Draft]) -> None:
            with run.catalogue.sessions.read() as session:
                marking.mark(session, part, package.spreadsheet)

        try:
            left = run.begin(drafts)
            register(run, studies)
            run.take(left, look)
            tie(run, studies)
        except Stopped:
            recall(run, studies)
            return UploadStatus.CANCELLED
    return UploadStatus.PUBLISHED


def _chosen(session: Session, upload_id: UUID) -> dict[Place, int]:
    """The ids of the rows to be published, by their place."""
    wanted = select(UploadRow.sheet, UploadRow.row, UploadRow.id).where(
        UploadRow.upload_id == upload_id, UploadRow.chosen, UploadRow.errors == 0
    )
    return {(sheet, number): row_id for sheet, number, row_id in session.execute(wanted)}


def _writing(
    catalogue: Catalogue, task: Task, total: int, progress: Progress | None = None, *, review: bool = False
) -> Writing:
    """Ready to write for the agency."""
    source_id = source_for(catalogue, task.organization_id, task.organization, task.actor.user_id)
    with catalogue.sessions.read() as session:
        ref = organization_ref(session.get_one(Organization, task.organization_id))
    placer = Placer(ref, f"source:{SOURCE_TYPE}:{task.organization_id}", catalogue.now())
    waits: Reviewing | None = None
    if review or task.actor.reviewed:
        waits = Reviewing(catalogue, task.actor, task.upload_id, source_id, task.filename, always=review)
    ingest = Ingest(catalogue, task.actor, source_id, placer, review=waits)
    return Writing(catalogue, task.upload_id, task.organization_id, ingest, total, progress=progress, review=waits)


def _task(catalogue: Catalogue, actor: Actor, request: Request, checksum: str) -> Task:
    """The upload of the command line. NotFound, NotAllowed."""
    organization_id = agency(catalogue, actor, request.organization)
    name = bare_name(request.filename)
    return Task(uuid4(), actor, organization_id, request.organization, name, checksum, request.language, {})


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _open(catalogue: Catalogue, task: Task, size: int, checked: Checked) -> None:
    """The upload, whose file stays where it is."""
    now = catalogue.now()
    upload = Upload(
        id=task.upload_id, organization_id=task.organization_id, user_id=task.actor.user_id, filename=task.filename,
        checksum=task.checksum, byte_size=size, status=UploadStatus.PUBLISHING, language=task.language,
        total=len(checked.records), columns=checked.columns, created=now, checked=now,
    )  # fmt: skip
    with catalogue.sessions.write.begin() as session:
        session.add(upload)


def _report(
    upload_id: UUID | None, task: Task, status: UploadStatus, lines: Sequence[RowLine], checked: Checked
) -> UploadReport:
    problems: tuple[ProblemLine, ...] = tuple(problem_line(one, task.language) for one in checked.problems)
    rows = tuple(lines)
    return UploadReport(
        upload_id, task.filename, task.organization, status.value, counts(lines, checked), rows, problems
    )
