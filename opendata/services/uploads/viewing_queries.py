"""What the views of bulk uploads read from the store, and how its rows become plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from opendata.catalog.cell_names import cell_name
from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.rights import Right
from opendata.services.uploads.items import STUDY_ITEM
from opendata.services.uploads.results import ProblemLine
from opendata.services.uploads.viewing_results import LIVE, Change, RowCounts, UploadLine, UploadRowLine
from opendata.store.accounts import User
from opendata.store.operations import Upload, UploadItem, UploadProblem, UploadRow
from opendata.store.states import ItemResult, UploadStatus

GOOD = and_(UploadRow.errors == 0, UploadRow.result != ItemResult.REJECTED)
"""Rows that may be published."""
CHANGING = and_(
    UploadRow.errors == 0, UploadRow.result.in_((ItemResult.CREATED, ItemResult.UPDATED, ItemResult.RESTORED))
)
"""Those of them that would change the catalogue: there is something to choose."""

Place = tuple[str, int]
"""Sheet and row."""


def found(session: Session, actor: Actor, upload_id: UUID) -> tuple[Upload, str]:
    """The upload with its organisation, and who sent it. NotFound, NotAllowed."""
    row = session.execute(with_names().where(Upload.id == upload_id)).first()
    upload = owned.may_use(actor, Right.EDIT_RECORDS, row[0] if row else None, upload_id)
    return upload, row[1] if row else ""


def with_names() -> Select[Upload, str]:
    """Uploads with their organisations, and the names of those who sent them ("" where the account is gone)."""
    name = func.coalesce(func.nullif(User.name, ""), User.email, "")
    return select(Upload, name).outerjoin(User, User.id == Upload.user_id).options(joinedload(Upload.organization))


def line(row: Upload, person: str) -> UploadLine:
    """The upload as lists show it. Needs its organisation."""
    return UploadLine(
        id=row.id,
        filename=row.filename,
        organization=row.organization.slug,
        organization_title=row.organization.title,
        person=person,
        status=row.status.value,
        created=row.created,
        finished=row.finished,
        counts=dict(row.counts),
    )


def row_counts(session: Session, upload_id: UUID) -> RowCounts:
    """The rows of the upload by kind, in one SELECT."""
    wanted = (
        select(
            UploadRow.result,
            func.count(),
            _number(GOOD),
            _number(CHANGING),
            _number(and_(CHANGING, UploadRow.chosen)),
            _number(UploadRow.warnings > 0),
        )
        .where(UploadRow.upload_id == upload_id)
        .group_by(UploadRow.result)
    )
    lines = session.execute(wanted).all()
    total, good, changing, chosen, warned = (sum(int(one[place]) for one in lines) for place in range(1, 6))
    return RowCounts({one[0].value: one[1] for one in lines}, total, good, changing, chosen, warned)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def items(session: Session, upload_id: UUID) -> dict[str, int]:
    """What was published and is still there, by result: datasets, and studies, which are never gone."""
    there = or_(UploadItem.dataset_id.is_not(None), UploadItem.identifier.startswith(STUDY_ITEM))
    wanted = (
        select(UploadItem.result, func.count())
        .where(UploadItem.upload_id == upload_id, there)
        .group_by(UploadItem.result)
    )
    return {result.value: number for result, number in session.execute(wanted)}


def may_now(
    row: Upload,
    counts: RowCounts,
    published: Mapping[str, int],
    *,
    waits: int = 0,
    decides: bool = False,
    publishes: bool = True,
) -> frozenset[str]:
    """What a person may do with it next; who `decides` accepts or returns what of it waits for a reviewer, who does not
    publish takes back what waits altogether.
    """
    status = row.status
    stoppable = status in LIVE or status in (UploadStatus.CHECKED, UploadStatus.FAILED)
    done = status in (UploadStatus.PUBLISHED, UploadStatus.CANCELLED)
    able = {
        "publish": status is UploadStatus.CHECKED and counts.good > 0,
        "cancel": stoppable and not row.stopping,
        "check": row.kept and (status is UploadStatus.CHECKED or (status is UploadStatus.FAILED and not row.checked)),
        "undo": done and bool(published) and (publishes or waits >= sum(published.values())),
        "failed": bool(row.failed_checksum),
        "accept": bool(waits) and decides,
        "return": bool(waits) and decides,
    }
    return frozenset(name for name, yes in able.items() if yes)


def general_problems(upload_id: UUID) -> Select[UploadProblem]:
    """The problems that belong to no row of a record. (A join would compare every problem with every row on SQLite.)"""
    of_records = select(UploadRow.sheet, UploadRow.row).where(UploadRow.upload_id == upload_id)
    place = tuple_(UploadProblem.sheet, UploadProblem.row)
    return select(UploadProblem).where(UploadProblem.upload_id == upload_id, place.not_in(of_records))


def problems_of(session: Session, upload_id: UUID, rows: Sequence[UploadRow]) -> dict[Place, list[ProblemLine]]:
    """The problems of these rows, errors first."""
    numbers = {row.row for row in rows}
    wanted = (
        select(UploadProblem)
        .where(UploadProblem.upload_id == upload_id, UploadProblem.row.in_(numbers))
        .order_by(UploadProblem.severity, UploadProblem.id)
    )
    by_place: dict[Place, list[ProblemLine]] = {}
    for row in session.scalars(wanted):
        by_place.setdefault((row.sheet, row.row), []).append(problem_line(row))
    return by_place


def problem_line(row: UploadProblem) -> ProblemLine:
    """A kept problem."""
    return ProblemLine(
        severity=row.severity.value,
        sheet=row.sheet,
        row=row.row,
        cell=cell_name(row.place, row.row) if row.place and row.row else "",
        column=row.heading,
        value=row.value,
        code=row.code,
        message=row.message,
        hint=row.hint,
    )


def row_line(
    row: UploadRow, slug: str | None, problems: Mapping[Place, Sequence[ProblemLine]], *, has_page: bool
) -> UploadRowLine:
    """A row with its problems."""
    return UploadRowLine(
        id=row.id,
        sheet=row.sheet,
        row=row.row,
        kind=row.kind,
        identifier=row.identifier,
        title=row.title,
        result=row.result.value,
        errors=row.errors,
        warnings=row.warnings,
        chosen=row.chosen,
        slug=slug or "",
        has_page=has_page,
        changes=tuple(Change(*(str(part) for part in change)) for change in row.changes if len(change) == 3),
        problems=tuple(problems.get((row.sheet, row.row), ())),
    )


def holding(session: Session, where: Sequence[ColumnElement[bool]], query: str) -> list[int]:
    """The ids of the rows with `query` in title or key, or as their number. The store folds Latin letters only, so
    this is done here; at most [upload] max_rows short lines are looked at.
    """
    words = " ".join(query.casefold().split())
    wanted = select(UploadRow.id, UploadRow.row, UploadRow.title, UploadRow.identifier).where(*where)
    return [
        id_
        for id_, number, title, identifier in session.execute(wanted)
        if words == str(number) or words in title.casefold() or words in identifier.casefold()
    ]
