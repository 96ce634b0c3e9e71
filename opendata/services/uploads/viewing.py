"""What is there to see of bulk uploads: lists, one upload, its rows with their problems, its headings, its sheets.

Everybody sees what their own organisations upload, if they may edit its records; each function takes the same number of
SELECTs at any length.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import undefer

from opendata.catalog.records import DatasetRecord
from opendata.catalog.upload_headings import KEPT
from opendata.catalog.values import OrganizationRef, Text
from opendata.errors import NotFound
from opendata.reading.sheets.layout import SHEET_KINDS
from opendata.services import datasets
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.results import DatasetPage, OpenedFile
from opendata.services.rights import Right, demand, may, organizations_where
from opendata.services.submissions import reviewer_names
from opendata.services.uploads import deciding
from opendata.services.uploads.headings import choices, remembered
from opendata.services.uploads.items import edited_since
from opendata.services.uploads.viewing_queries import (
    CHANGING,
    GOOD,
    found,
    general_problems,
    holding,
    items,
    line,
    may_now,
    problem_line,
    problems_of,
    row_counts,
    row_line,
    with_names,
)
from opendata.services.uploads.viewing_results import (
    EditedRow,
    HeadingLine,
    ProblemList,
    RowList,
    UploadList,
    UploadPage,
    UploadRowLine,
)
from opendata.store.codec import load
from opendata.store.datasets import Dataset
from opendata.store.operations import Upload, UploadProblem, UploadRow
from opendata.store.organizations import Organization
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study
from opendata.store.states import ItemResult, UploadStatus
from opendata.store.to_records import organization_ref

PER_PAGE = 25
ROWS = 50
"""Rows on a page where nothing else is asked for."""
MOST_ROWS = 500
MOST_EDITED = 20
"""Rows that are named where a record of an upload was edited since."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SHOWN: dict[str, ColumnElement[bool]] = {
    "new": UploadRow.result == ItemResult.CREATED,
    "changed": UploadRow.result.in_((ItemResult.UPDATED, ItemResult.RESTORED)),
    "unchanged": UploadRow.result == ItemResult.UNCHANGED,
    "problems": ~GOOD,
    "warnings": UploadRow.warnings > 0,
    "left": or_(UploadRow.result == ItemResult.POSTPONED, and_(CHANGING, ~UploadRow.chosen)),
}
"""The kinds of rows that a list can be narrowed to."""


def agencies(catalogue: Catalogue, actor: Actor) -> tuple[tuple[str, Text], ...]:
    """Slug and title of the organisations that the actor may upload for. NotAllowed where there are none."""
    demand(actor, Right.EDIT_RECORDS)
    allowed = organizations_where(actor, Right.EDIT_RECORDS)
    wanted = select(Organization).where(Organization.state == "active").order_by(Organization.slug)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted if allowed is None else wanted.where(Organization.id.in_(allowed))).all()
        return tuple((row.slug, row.title) for row in rows)


def uploads(
    catalogue: Catalogue,
    actor: Actor,
    page: int = 1,
    size: int = PER_PAGE,
    behind: tuple[dt.datetime, UUID] | None = None,
) -> UploadList:
    """The uploads of the actor's organisations, newest first: a leaf, or those sent in before the upload `behind` (its
    instant and id), which others that come meanwhile do not move.
    """
    demand(actor, Right.EDIT_RECORDS)
    allowed = organizations_where(actor, Right.EDIT_RECORDS)
    mine = [] if allowed is None else [Upload.organization_id.in_(allowed)]
    with catalogue.sessions.read() as session:
        total = session.scalar(select(func.count()).select_from(Upload).where(*mine)) or 0
        wanted = with_names().where(*mine).order_by(Upload.created.desc(), Upload.id)
        if behind is not None:
            at, key = behind
            wanted = wanted.where(or_(Upload.created < at, and_(Upload.created == at, Upload.id > key)))
        offset = 0 if behind is not None else (page - 1) * size
        leaf = session.execute(wanted.limit(size + 1).offset(offset)).all()
        return UploadList(tuple(line(one[0], one[1]) for one in leaf[:size]), total, more=len(leaf) > size)


def upload(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> UploadPage:
    """One upload. NotFound; NotAllowed for that of an agency that is not theirs."""
    with catalogue.sessions.read() as session:
        row, person = found(session, actor, upload_id)
        counts = row_counts(session, upload_id)
        published = items(session, upload_id)
        waits = deciding.waiting(session, upload_id)
        publishes = may(actor, Right.PUBLISH_RECORDS, row.organization_id)
        asked = row.status in (UploadStatus.CHECKED, UploadStatus.PUBLISHING) and not publishes
        decides = deciding.may_decide(session, actor, row)
        general = session.scalar(select(func.count()).select_from(general_problems(upload_id).subquery())) or 0
        return UploadPage(
            line=line(row, person),
            byte_size=row.byte_size,
            language=row.language,
            message=row.message,
            checked=row.checked,
            undone=row.undone,
            done=row.done,
            total=row.total,
            stopping=row.stopping,
            rows=counts,
            items=published,
            general=general,
            may=may_now(row, counts, published, waits=waits, decides=decides, publishes=publishes),
            sends_in=asked,
            waits=waits,
            returned=deciding.returned(session, upload_id),
            reviewers=reviewer_names(session, row.organization_id) if asked or waits else None,
            deciding=bool(waits) and deciding.deciding(session, upload_id),
        )


def rows(
    catalogue: Catalogue,
    actor: Actor,
    upload_id: UUID,
    *,
    show: str = "",
    query: str = "",
    page: int = 1,
    size: int = ROWS,
) -> RowList:
    """Rows in the order of the sheet: those of a kind (`show`, one of SHOWN; "" for all) with `query` in their title,
    their key or as their number.
    """
    with catalogue.sessions.read() as session:
        above, _ = found(session, actor, upload_id)
        mine: list[ColumnElement[bool]] = [UploadRow.upload_id == upload_id]
        mine += [SHOWN[show]] if show else []
        if query.strip():
            mine.append(UploadRow.id.in_(holding(session, mine, query)))
        total = session.scalar(select(func.count()).select_from(UploadRow).where(*mine)) or 0
        seen = or_(is_visible(Study), Study.organization_id == above.organization_id)
        study = and_(UploadRow.kind == "studies", Study.register_number == UploadRow.identifier, seen)
        wanted = select(UploadRow, func.coalesce(Dataset.slug, Study.slug), UploadRow.record.is_not(None))
        wanted = wanted.outerjoin(Dataset, Dataset.id == UploadRow.dataset_id).outerjoin(Study, study).where(*mine)
        wanted = wanted.order_by(UploadRow.position, UploadRow.id).limit(size).offset((page - 1) * size)
        lines = session.execute(wanted).all()
        of_rows = problems_of(session, upload_id, [row for row, _, _ in lines])
        return RowList(tuple(row_line(row, slug, of_rows, has_page=has) for row, slug, has in lines), total)


def problems(
    catalogue: Catalogue, actor: Actor, upload_id: UUID, *, general: bool = False, page: int = 1, size: int = MOST_ROWS
) -> ProblemList:
    """All problems of the upload, or (`general`) those of the whole file, its sheets, columns and packed files."""
    with catalogue.sessions.read() as session:
        found(session, actor, upload_id)
        wanted = (
            general_problems(upload_id)
            if general
            else select(UploadProblem).where(UploadProblem.upload_id == upload_id)
        )
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        shown = session.scalars(wanted.order_by(UploadProblem.id).limit(size).offset((page - 1) * size))
        return ProblemList(tuple(problem_line(row) for row in shown), total)


def columns(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> tuple[HeadingLine, ...]:
    """What every sheet is taken for, where there are several, one is not known or none is taken, then every heading of
    them. The one sheet of a text file has no name.
    """
    with catalogue.sessions.read() as session:
        row, _ = found(session, actor, upload_id)
        known = remembered(session, row.organization_id)
        sheets = row.columns.get(SHEET_KINDS) or {}
        named = [HeadingLine(SHEET_KINDS, name, kind) for name, kind in sheets.items()]
        lines = [HeadingLine(one.kind, one.heading, one.column, one.why) for one in choices(row.columns, known)]
        asked = len(named) > 1 or not lines or any(line.column == KEPT for line in named)
        return (*(named if asked else ()), *lines)


def preview(catalogue: Catalogue, actor: Actor, upload_id: UUID, row_id: int) -> tuple[UploadRowLine, DatasetPage]:
    """A row, and its page as it would look. NotFound for a row that is no record."""
    with catalogue.sessions.read() as session:
        above, _ = found(session, actor, upload_id)
        row = session.scalar(select(UploadRow).where(UploadRow.id == row_id).options(undefer(UploadRow.record)))
        if row is None or row.upload_id != upload_id or row.record is None or row.kind != "datasets":
            raise NotFound("There is no such row, or no page can be made of it.")
        record = load(DatasetRecord, row.record)
        agency = record.organization or organization_ref(above.organization)
        shown = row_line(row, None, {}, has_page=True)
    return shown, datasets.dataset_page(catalogue, actor, _placed(record, agency))


def failed_sheet(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> OpenedFile:
    """The failing rows as XLSX. NotFound where there are none."""
    with catalogue.sessions.read() as session:
        row, _ = found(session, actor, upload_id)
        checksum, name, modified = row.failed_checksum, row.filename.rpartition(".")[0], row.checked
    if not checksum:
        raise NotFound("No row of this upload failed.")
    return OpenedFile(
        stream=catalogue.files.open(checksum),
        filename=f"{name.rpartition('/')[2][-120:] or 'upload'}-{upload_id.hex[:6]}-failed.xlsx",
        media_type=XLSX,
        byte_size=catalogue.files.size(checksum),
        checksum=checksum,
        inline_allowed=False,
        modified=modified,
    )


def edited(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> tuple[EditedRow, ...]:
    """The published rows, MOST_EDITED at most, whose records somebody edited since: they keep it from being undone."""
    with catalogue.sessions.read() as session:
        found(session, actor, upload_id)
        studies, rows = (session.execute(one.limit(MOST_EDITED)).all() for one in edited_since(upload_id))
    named = [EditedRow(number, title, "") for number, title, _ in studies]
    named += [EditedRow(number, title, slug) for number, title, slug in rows]
    return tuple(named[:MOST_EDITED])


def _placed(record: DatasetRecord, organization: OrganizationRef | None) -> DatasetRecord:
    """The record under its agency, with ids that no address can be made of yet."""
    files = tuple(replace(resource, id=UUID(int=0)) for resource in record.resources)
    return replace(record, organization=organization, resources=files, id=record.id or UUID(int=0))
