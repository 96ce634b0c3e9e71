"""Publishing an upload: its good rows go through the ingest, batch by batch; what happened is kept with the upload."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from opendata.catalog.upload_problems import CellProblem
from opendata.errors import CatalogueError
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import Ingest, Outcome
from opendata.services.placing import Placer
from opendata.services.preparing import Prepared
from opendata.services.rights import Right, demand
from opendata.services.uploads.checking import Checked, check
from opendata.services.uploads.comparing import compared, prepared
from opendata.services.uploads.drafts import Draft
from opendata.services.uploads.package import opened
from opendata.services.uploads.results import ProblemLine, RowLine, UploadReport, problem_line
from opendata.store import queries
from opendata.store.codec import dump
from opendata.store.harvests import HarvestSource
from opendata.store.operations import DatasetEvent, Upload, UploadItem, UploadProblem
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult, Severity, UploadStatus
from opendata.store.to_records import organization_ref

logger = logging.getLogger(__name__)

SOURCE_TYPE = "upload"
BATCH = 100
"""Rows written in one transaction; when it fails, its rows are written one by one."""

MOST_PROBLEMS = 20_000
"""Problems kept with an upload."""

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Request:
    """An upload as asked for: the file, its name, the slug of the agency, the language of the answers."""

    path: Path
    filename: str
    organization: str
    language: str = "ru"


@dataclass(frozen=True, slots=True)
class Done:
    """The report, and the tables with their problems, from which the failing rows can be given back."""

    report: UploadReport
    checked: Checked


def rehearse(catalogue: Catalogue, actor: Actor, request: Request, progress: Progress | None = None) -> Done:
    """What publishing would come to; nothing is stored. Invalid or TooLarge where the file cannot be taken at all."""
    organization_id = _organization(catalogue, actor, request.organization)
    most = catalogue.config.upload.max_rows
    with opened(request.path, request.filename, most) as package, catalogue.sessions.read() as session:
        checked = check(session, actor, package, organization_id, catalogue.today())
        lines = []
        source_id = session.scalar(source_of(organization_id))
        for one in compared(catalogue, session, source_id, checked.drafts):
            lines.append(_line(one.draft, one.result, one.dataset_id))
            if progress:
                progress(len(lines), len(checked.drafts))
    return Done(_report(None, request, UploadStatus.CHECKED, lines, checked), checked)


def publish(catalogue: Catalogue, actor: Actor, request: Request, progress: Progress | None = None) -> Done:
    """Publish every row without an error. A killed run leaves whole records; the same file again does the rest."""
    organization_id = _organization(catalogue, actor, request.organization)
    with opened(request.path, request.filename, catalogue.config.upload.max_rows) as package:
        with catalogue.sessions.read() as session:
            checked = check(session, actor, package, organization_id, catalogue.today())
            ref = organization_ref(session.get_one(Organization, organization_id))
        upload_id, source_id = _opened(catalogue, actor, request, organization_id)
        placer = Placer(ref, f"source:{SOURCE_TYPE}:{organization_id}", catalogue.now())
        run = _Publishing(
            catalogue, upload_id, Ingest(catalogue, actor, source_id, placer), progress, len(checked.drafts)
        )
        run.take(checked.drafts)
    _close(catalogue, upload_id, run.lines, checked, request.language)
    logger.info("upload published upload=%s rows=%s", upload_id, len(run.lines))
    return Done(_report(upload_id, request, UploadStatus.PUBLISHED, run.lines, checked), checked)


@dataclass
class _Publishing:
    """The state of one publication."""

    catalogue: Catalogue
    upload_id: UUID
    ingest: Ingest
    progress: Progress | None
    total: int
    lines: list[RowLine] = field(default_factory=list)

    def take(self, drafts: Sequence[Draft]) -> None:
        """Write every good draft."""
        batch: list[tuple[Draft, Prepared]] = []
        for draft in drafts:
            ready = prepared(self.catalogue, draft, store_files=True)
            if ready is None:
                self.lines.append(_line(draft, ItemResult.REJECTED))
            else:
                batch.append((draft, ready))
            if len(batch) >= BATCH:
                self._flush(batch)
        self._flush(batch)

    def _flush(self, batch: list[tuple[Draft, Prepared]]) -> None:
        items = tuple(batch)
        batch.clear()
        try:
            self._commit(items)
        except (SQLAlchemyError, CatalogueError):
            logger.warning("batch failed; writing its %s rows one by one", len(items), exc_info=True)
            self.ingest.placer.forget()
            for item in items:
                self._commit_alone(item)
        if self.progress:
            self.progress(len(self.lines), self.total)

    def _commit_alone(self, item: tuple[Draft, Prepared]) -> None:
        try:
            self._commit((item,))
        except (SQLAlchemyError, CatalogueError) as error:
            self.ingest.placer.forget()
            row = item[0].row
            row.problems.append(row.problem("unexpected", reason=str(getattr(error, "orig", None) or error)[:500]))
            self.lines.append(_line(item[0], ItemResult.REJECTED))

    def _commit(self, items: Sequence[tuple[Draft, Prepared]]) -> None:
        """One transaction: the datasets, their events and index jobs, and what the upload keeps of them."""
        if not items:
            return
        self.ingest.replaced.clear()
        by_key = {draft.key: draft for draft, _ in items}
        with self.catalogue.sessions.write.begin() as session:
            outcomes = self.ingest.write(session, [ready for _, ready in items])
            session.flush()
            _keep(session, self.upload_id, self.ingest, outcomes, by_key)
        for outcome in outcomes:
            self.lines.append(_line(by_key[outcome.identifier], outcome.result, outcome.dataset_id))


def _keep(
    session: Session, upload_id: UUID, ingest: Ingest, outcomes: Iterable[Outcome], drafts: dict[str, Draft]
) -> None:
    """The items of the upload, for its report and for undoing it; unchanged ones are only counted."""
    changed = [one for one in outcomes if one.dataset_id and one.result is not ItemResult.UNCHANGED]
    events = last_events(session, [one.dataset_id for one in changed if one.dataset_id])
    for one in changed:
        before = ingest.replaced.get(one.dataset_id) if one.dataset_id else None
        draft = drafts[one.identifier]
        session.add(
            UploadItem(
                upload_id=upload_id,
                row=draft.row.number,
                identifier=one.identifier,
                title=_title(draft),
                result=one.result,
                dataset_id=one.dataset_id,
                event_id=events.get(one.dataset_id) if one.dataset_id else None,
                before=dump(before) if before else None,
            )
        )


def last_events(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The last event of each of these datasets that a person or a source caused; what reading a file adds is none."""
    wanted = (
        select(DatasetEvent.object_id, func.max(DatasetEvent.id))
        .where(DatasetEvent.object_id.in_(ids), DatasetEvent.kind == "dataset", DatasetEvent.action != "filled")
        .group_by(DatasetEvent.object_id)
    )
    return {row[0]: row[1] for row in session.execute(wanted)}


def _organization(catalogue: Catalogue, actor: Actor, slug: str) -> UUID:
    """The agency that uploads. NotFound, NotAllowed."""
    with catalogue.sessions.read() as session:
        organization_id = queries.address(session, "organization", slug).id
    demand(actor, Right.EDIT_RECORDS, organization_id)
    return organization_id


def source_of(organization_id: UUID) -> Select[UUID]:
    """Finds the source that all uploads of the agency hang on."""
    return select(HarvestSource.id).where(
        HarvestSource.type == SOURCE_TYPE, HarvestSource.organization_id == organization_id
    )


def _opened(catalogue: Catalogue, actor: Actor, request: Request, organization_id: UUID) -> tuple[UUID, UUID]:
    """A new upload, and the source that all uploads of the agency hang on: what is known by a key stays so for good."""
    now = catalogue.now()
    digest = hashlib.sha256()
    with request.path.open("rb") as stream:
        while chunk := stream.read(1024**2):
            digest.update(chunk)
    with catalogue.sessions.write.begin() as session:
        source_id = session.scalar(source_of(organization_id))
        if source_id is None:
            source = HarvestSource(
                name=f"upload-{organization_id}", title=f"Upload: {request.organization}", type=SOURCE_TYPE, url="",
                organization_id=organization_id, active=False, created=now, modified=now,
            )  # fmt: skip
            session.add(source)
            session.flush()
            source_id = source.id
        upload = Upload(
            organization_id=organization_id, user_id=actor.user_id, filename=request.filename[-500:],
            checksum=digest.hexdigest(), byte_size=request.path.stat().st_size, status=UploadStatus.PUBLISHING,
            created=now, checked=now,
        )  # fmt: skip
        session.add(upload)
        session.flush()
        return upload.id, source_id


def _close(catalogue: Catalogue, upload_id: UUID, lines: Sequence[RowLine], checked: Checked, language: str) -> None:
    with catalogue.sessions.write.begin() as session:
        for problem in checked.problems[:MOST_PROBLEMS]:
            session.add(_stored(upload_id, problem, language))
        session.execute(
            update(Upload)
            .where(Upload.id == upload_id)
            .values(status=UploadStatus.PUBLISHED, finished=catalogue.now(), counts=_counts(lines, checked))
        )


def _stored(upload_id: UUID, problem: CellProblem, language: str) -> UploadProblem:
    line = problem_line(problem, language)
    return UploadProblem(
        upload_id=upload_id, sheet=line.sheet, row=line.row, place=problem.column, heading=line.column,
        field=problem.field, value=line.value, code=line.code, message=line.message, hint=line.hint,
        severity=Severity(line.severity),
    )  # fmt: skip


def _counts(lines: Sequence[RowLine], checked: Checked) -> dict[str, int]:
    errors = sum(problem.is_error for problem in checked.problems)
    counts = Counter(line.result for line in lines)
    return {"rows": len(lines), **counts, "errors": errors, "warnings": len(checked.problems) - errors}


def _line(draft: Draft, result: ItemResult, dataset_id: UUID | None = None) -> RowLine:
    return RowLine(draft.row.number, draft.key, _title(draft), result.value, dataset_id)


def _title(draft: Draft) -> str:
    return next((text.value for text in draft.record.title.values()), "")


def _report(
    upload_id: UUID | None, request: Request, status: UploadStatus, lines: Sequence[RowLine], checked: Checked
) -> UploadReport:
    problems: tuple[ProblemLine, ...] = tuple(problem_line(one, request.language) for one in checked.problems)
    rows = tuple(sorted(lines, key=lambda line: line.row))
    return UploadReport(
        upload_id, request.filename, request.organization, status.value, _counts(lines, checked), rows, problems
    )
