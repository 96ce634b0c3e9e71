"""The check of an upload as a step of its own: the rows are written down as they are, nothing is published."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord
from opendata.catalog.upload_refusals import NotTaken
from opendata.reading.sheets.layout import SHEET_KINDS
from opendata.reading.sheets.package import Package, opened
from opendata.reading.sheets.tables import taken
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.changes import changes, study_changes
from opendata.services.uploads.checking import Checked, check
from opendata.services.uploads.comparing import Compared, compared
from opendata.services.uploads.content import Marking
from opendata.services.uploads.failing import keep_failed
from opendata.services.uploads.headings import answers, remembered
from opendata.services.uploads.keeping import add_problems, counts, new_row
from opendata.services.uploads.results import RowLine
from opendata.services.uploads.studies import StudyDraft
from opendata.services.uploads.tasks import Task, advance, clear, end
from opendata.services.uploads.writing import parts, row_line
from opendata.store import queries
from opendata.store.codec import dump
from opendata.store.operations import Upload
from opendata.store.states import ItemResult, UploadStatus
from opendata.store.to_records import dataset_record

logger = logging.getLogger(__name__)

_AT = (UploadStatus.CHECKING,)
BATCH = 200
"""Rows compared and written down in one transaction."""

Progress = Callable[[int, int | None], None]


def read(catalogue: Catalogue, session: Session, task: Task, package: Package) -> Checked:
    """Everything that is wrong with the sheet, before any record is looked at."""
    said = answers(remembered(session, task.organization_id), task.columns)
    return check(session, task.actor, package, task.organization_id, catalogue.today(), said)


def inspect(catalogue: Catalogue, task: Task, path: Path) -> None:
    """Check the file at `path` and write down what publishing would do. CatalogueError where it cannot be taken.

    May be broken off anywhere and done again: what an earlier attempt wrote is replaced. Stopped when cancelled.
    """
    with opened(path, task.filename, catalogue.config.upload.max_rows) as package:
        with catalogue.sessions.read() as session:
            try:
                checked = read(catalogue, session, task, package)
            except NotTaken:
                _keep_sheets(catalogue, task, package)
                raise
            total = len(checked.records)
            _begin(catalogue, task, total)
            lines = _write_studies(catalogue, task, [one for one in checked.studies if not one.of_datasets], total)
            for batch in looked_at(catalogue, session, task, package, checked):
                _write(catalogue, session, task, len(lines), total, batch)
                lines += [row_line(one.draft, one.result, one.dataset_id) for one in batch]
        _close(catalogue, task, lines, checked)
    logger.info("upload checked upload=%s rows=%s", task.upload_id, len(lines))


def looked_at(
    catalogue: Catalogue, session: Session, task: Task, package: Package, checked: Checked
) -> Iterator[list[Compared]]:
    """The rows of a check, batch by batch: beside what the catalogue has, and with what is wrong with their content."""
    found = compared(catalogue, session, task.organization_id, checked.drafts)
    with Marking(catalogue, task.organization_id) as marking:
        for part in parts(checked.drafts, BATCH):
            batch = list(islice(found, len(part)))
            marking.mark(session, part, package.spreadsheet)
            yield [_refused(one) for one in batch]


def _refused(one: Compared) -> Compared:
    """The row as it is, refused where something was found wrong with it since it was compared."""
    return one if one.ready is None or one.draft.is_good else replace(one, result=ItemResult.REJECTED)


def _keep_sheets(catalogue: Catalogue, task: Task, package: Package) -> None:
    """The names of the sheets, so that somebody may tell what they are."""
    with catalogue.sessions.write.begin() as session:
        upload = session.get_one(Upload, task.upload_id)
        sheets = taken(package.spreadsheet, ())[SHEET_KINDS]
        upload.columns = {**upload.columns, SHEET_KINDS: {**sheets, **upload.columns.get(SHEET_KINDS, {})}}


def _write_studies(catalogue: Catalogue, task: Task, studies: Sequence[StudyDraft], total: int) -> list[RowLine]:
    """The studies come first, as they are published."""
    lines = []
    with catalogue.sessions.write.begin() as session:
        advance(session, task.upload_id, UploadStatus.CHECKING, len(studies), total)
        for position, one in enumerate(studies, 1):
            result = one.result()
            told = [] if one.foreign else study_changes(one.stored, one.record)
            session.add(new_row(task.upload_id, position, one, result, changes=told))
            lines.append(row_line(one, result))
    return lines


def _begin(catalogue: Catalogue, task: Task, total: int) -> None:
    """Nothing is left of an earlier check."""
    with catalogue.sessions.write.begin() as session:
        advance(session, task.upload_id, UploadStatus.CHECKING, 0, total)
        clear(catalogue, session, session.get_one(Upload, task.upload_id))


def _write(
    catalogue: Catalogue, reading: Session, task: Task, done: int, total: int, batch: Sequence[Compared]
) -> None:
    stored = _stored(reading, [one.dataset_id for one in batch if one.dataset_id and _differs(one.result)])
    with catalogue.sessions.write.begin() as session:
        advance(session, task.upload_id, UploadStatus.CHECKING, done + len(batch), total)
        for position, one in enumerate(batch, done + 1):
            before = stored.get(one.dataset_id) if one.dataset_id else None
            told = changes(before, one.ready.record, catalogue.today()) if before and one.ready else []
            row = new_row(task.upload_id, position, one.draft, one.result, dataset_id=one.dataset_id, changes=told)
            row.record = dump(one.ready.record) if one.ready else None
            session.add(row)


def _differs(result: ItemResult) -> bool:
    return result in (ItemResult.UPDATED, ItemResult.RESTORED)


def _stored(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, DatasetRecord]:
    """The records as they stand."""
    rows = queries.dataset_rows(session, ids) if ids else ()
    return {row.id: dataset_record(row, full=False, public_only=False, stored=True) for row in rows}


def _close(catalogue: Catalogue, task: Task, lines: Sequence[RowLine], checked: Checked) -> None:
    keep_failed(catalogue, task, _AT, checked)
    with catalogue.sessions.write.begin() as session:
        add_problems(session, task.upload_id, checked.problems, task.language)
        end(
            session, task.upload_id, _AT, status=UploadStatus.CHECKED, checked=catalogue.now(),
            counts=counts(lines, checked), done=len(lines), columns=checked.columns,
        )  # fmt: skip
