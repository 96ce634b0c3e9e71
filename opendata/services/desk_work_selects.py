"""What waits for somebody, as SQL: for each kind of work the rows that want a person, all in the same columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from opendata.catalog.records import DUE_SOON_DAYS, RecordState
from opendata.catalog.values import DisclosureStatus
from opendata.services.rights import Right
from opendata.services.submissions import DECIDED, SENT
from opendata.services.visits import BAD
from opendata.store.accounts import Membership, User
from opendata.store.datasets import UNLICENSED, Dataset, Resource
from opendata.store.editing import ReviewNote
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import ReportedProblem, Upload
from opendata.store.organizations import Organization
from opendata.store.planning import veiled
from opendata.store.register import Contract, Deliverable, Study
from opendata.store.states import JobStatus, ReportState, ReviewAction, UploadStatus, UserState

SOON = dt.timedelta(days=30)
"""How long before its day something is shown; and how long after it what went wrong."""
LANGUAGES = ("ru", "kk", "en", "other", "original")
NOT_STATED = "notspecified"
"""The licence by which a source says that it names none."""

Where = tuple[ColumnElement[bool], ...]
Tables = Mapping[str, Any]
TABLES: Tables = {"dataset": Dataset, "study": Study}


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom it is looked: in these organisations (None: in all), by who may do that there. `mine`: only what they
    answer for themselves. `alone`: they may accept what they sent in themselves. `wide`: those organisations hold so
    much of the catalogue that it is looked for by what waits, and not by what is theirs.
    """

    user_id: UUID | None
    places: frozenset[UUID] | None
    mine: bool
    alone: bool
    wide: bool
    now: dt.datetime
    today: dt.date
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: the right that it takes, its rows, and whether those of the latest day come first."""

    right: Right
    rows: Callable[[Asked], list[Select[Any]]]
    latest_first: bool = True


def _row(
    kind: str,
    key: Any,
    slug: Any,
    at: Any,
    *,
    of: Any = None,
    name: Any = None,
    detail: Any = None,
    ref: Any = None,
    owner: Any,
) -> Select[Any]:
    """The columns: kind, id, slug, at, title_…, agency_…, name, detail, ref. `of` is the table with the title."""
    agency = Organization.__table__.c
    titles = [
        (of.__table__.c[f"title_{one}"] if of is not None else literal("")).label(f"title_{one}") for one in LANGUAGES
    ]
    named = [agency[f"title_{one}"].label(f"agency_{one}") for one in LANGUAGES]
    return (
        select(
            literal(kind).label("kind"),
            key.label("id"),
            slug.label("slug"),
            at.label("at"),
            *titles,
            *named,
            (literal("") if name is None else name).label("name"),
            (literal("") if detail is None else detail).label("detail"),
            (cast(null(), Integer) if ref is None else ref).label("ref"),
        )
        .select_from(owner.class_.__table__ if owner is not None else User.__table__)
        .outerjoin(Organization.__table__, agency.id == (owner if owner is not None else null()))
    )


def _records(asked: Asked, where: Callable[[Any], Where], detail: Any = None) -> list[Select[Any]]:
    """The datasets and studies that fit, each since its last change."""
    found = []
    for kind, table in TABLES.items():
        told = None if detail is None else detail(table)
        rows = _row(
            kind, table.id, table.slug, table.metadata_modified, of=table, owner=table.organization_id, detail=told
        )
        found.append(rows.where(*where(table), *_theirs(asked, table)))
    return found


def _theirs(asked: Asked, table: Any, person: Any = None) -> Where:
    found: list[ColumnElement[bool]] = []
    if asked.places is not None:
        place = table.organization_id
        found.append((veiled(place) if asked.wide else place).in_(asked.places))
    if asked.mine:
        found.append((table.responsible_id if person is None else person) == asked.user_id)
    return tuple(found)


def _in_state(asked: Asked, state: RecordState, where: Callable[[Any], Where]) -> list[Select[Any]]:
    """As `_records`, in that state: those of the public and private ones apart, as the index holds them in order."""

    def one(private: bool) -> list[Select[Any]]:
        return _records(asked, lambda table: (table.state == state, table.private.is_(private), *where(table)))

    return [*one(False), *one(True)]


def _last(table: Any, column: Any, steps: tuple[ReviewAction, ...]) -> Any:
    """That column of the last of these steps in the review of a record."""
    note = aliased(ReviewNote)
    wanted = select(getattr(note, column)).where(note.object_id == table.id, note.action.in_(steps))
    return wanted.order_by(note.id.desc()).limit(1).correlate(table).scalar_subquery()


def _steps(
    asked: Asked, action: ReviewAction, after: tuple[ReviewAction, ...], where: Callable[[Any], Where]
) -> list[Select[Any]]:
    """The records at which this is the last of the steps `after`, each since it was taken."""
    found = []
    note, later = ReviewNote, aliased(ReviewNote)
    is_over = exists().where(later.object_id == note.object_id, later.id > note.id, later.action.in_(after))
    for kind, table in TABLES.items():
        rows = _row(kind, table.id, table.slug, note.at, of=table, owner=table.organization_id)
        rows = rows.join(note.__table__, note.object_id == table.id)
        rows = rows.where(_by(asked, note.action) == action, ~is_over)
        found.append(rows.where(*where(table), *_theirs(asked, table)))
    return found


def _drafts(asked: Asked) -> list[Select[Any]]:
    def where(table: Any) -> Where:
        last = _last(table, "action", (*SENT, *DECIDED))
        return (func.coalesce(last, "") != ReviewAction.RETURNED,)

    return _in_state(asked, RecordState.DRAFT, where)


def _returned(asked: Asked) -> list[Select[Any]]:
    """Drafts that came back, and for a while the changes of public records that were refused: for others to mend than
    who returned them.
    """
    others = () if asked.user_id is None else (ReviewNote.user_id.is_distinct_from(asked.user_id),)

    def where(table: Any) -> Where:
        changes = and_(table.state == RecordState.PUBLISHED, ReviewNote.at > asked.now - SOON)
        return (or_(table.state == RecordState.DRAFT, changes), *others)

    return _steps(asked, ReviewAction.RETURNED, (*SENT, *DECIDED), where)


def _by_others(asked: Asked, table: Any) -> Where:
    if asked.alone or asked.user_id is None:
        return ()
    sender = _last(table, "user_id", SENT)
    return (or_(sender.is_(None), sender != asked.user_id),)


def _review(asked: Asked) -> list[Select[Any]]:
    return _in_state(asked, RecordState.IN_REVIEW, lambda table: _by_others(asked, table))


def _proposed(asked: Asked) -> list[Select[Any]]:
    def where(table: Any) -> Where:
        return table.state == RecordState.PUBLISHED, *_by_others(asked, table)

    return _steps(asked, ReviewAction.PROPOSED, (ReviewAction.PROPOSED, *DECIDED), where)


def _reports(asked: Asked) -> list[Select[Any]]:
    found, report = [], ReportedProblem
    for kind, table in TABLES.items():
        rows = _row(
            kind,
            report.id,
            table.slug,
            report.created,
            of=table,
            owner=table.organization_id,
            name=func.substr(report.message, 1, 200),
            detail=_text(report.state),
        ).join(report.__table__, and_(report.kind == kind, report.object_id == table.id))
        waits = [_by(asked, report.state) == one for one in (ReportState.NEW, ReportState.IN_PROGRESS)]
        found += [rows.where(one, *_theirs(asked, table)) for one in waits]
    return found


def _harvests(asked: Asked) -> list[Select[Any]]:
    source, job, older = HarvestSource, HarvestJob, aliased(HarvestJob)
    newest = select(func.max(older.id)).where(older.source_id == source.id, older.dry_run.is_(False))
    trouble = (JobStatus.ERROR, JobStatus.INCOMPLETE)
    stopped = source.stopped_reason != ""
    rows = _row(
        "source",
        source.id,
        source.name,
        func.coalesce(job.finished, job.created, source.modified),
        owner=source.organization_id,
        name=case((source.title != "", source.title), else_=source.name),
        detail=case((stopped, "stopped"), else_=_text(job.status)),
        ref=job.id,
    ).outerjoin(job.__table__, job.id == newest.correlate(source).scalar_subquery())
    wrong = or_(stopped, job.status == JobStatus.WAITING, and_(source.active, job.status.in_(trouble)))
    return [rows.where(wrong, *_theirs(asked, source))]


def _uploads(asked: Asked) -> list[Select[Any]]:
    rows = _row(
        "upload",
        Upload.id,
        literal(""),
        Upload.created,
        owner=Upload.organization_id,
        name=Upload.filename,
        detail=_text(Upload.status),
    )
    failed = and_(Upload.status == UploadStatus.FAILED, Upload.created > asked.now - SOON)
    return [rows.where(or_(Upload.status == UploadStatus.CHECKED, failed), *_theirs(asked, Upload, Upload.user_id))]


def _files(asked: Asked, at: Any, detail: Any, *where: ColumnElement[bool]) -> Select[Any]:
    """Files of records that stand."""
    name = case((Resource.filename != "", Resource.filename), else_=Resource.download_url)
    owner = Dataset.organization_id
    rows = _row("file", Resource.id, Dataset.slug, at, of=Dataset, owner=owner, name=name, detail=detail)
    rows = rows.join(Resource.__table__, Resource.dataset_id == Dataset.id)
    return rows.where(*where, Dataset.state != RecordState.WITHDRAWN, *_theirs(asked, Dataset))


def _by(asked: Asked, column: Any) -> Any:
    """The column by which what waits is found, where it is not looked for by what is theirs."""
    return column if asked.wide else veiled(column)


def _held(asked: Asked) -> list[Select[Any]]:
    status = Resource.__table__.c.disclosure_status
    is_held = Resource.held == true() if asked.wide else veiled(Resource.held).is_(True)
    return [_files(asked, Resource.metadata_modified, None, is_held, status != DisclosureStatus.WITHHELD)]


def _links(asked: Asked) -> list[Select[Any]]:
    status, at = _by(asked, Resource.link_status), Resource.link_checked
    return [_files(asked, at, Resource.link_status, status == one, at.is_not(None)) for one in BAD]


def _owed(asked: Asked, *where: ColumnElement[bool]) -> list[Select[Any]]:
    owed = Deliverable
    rows = _row(
        "deliverable",
        owed.id,
        Study.slug,
        owed.due,
        of=Study,
        owner=Study.organization_id,
        name=Contract.contract_number,
        detail=_text(owed.kind),
    )
    rows = rows.join(Contract.__table__, Contract.study_id == Study.id).join(
        owed.__table__, owed.contract_id == Contract.id
    )
    waits = (owed.withheld.is_(False), owed.delivered.is_(None), veiled(owed.dataset_id).is_(None))
    return [rows.where(*where, *waits, Study.state != RecordState.WITHDRAWN, *_theirs(asked, Study))]


def _overdue(asked: Asked) -> list[Select[Any]]:
    return _owed(asked, _by(asked, Deliverable.due) < asked.today)


def _due(asked: Asked) -> list[Select[Any]]:
    until = asked.today + dt.timedelta(days=DUE_SOON_DAYS)
    due = _by(asked, Deliverable.due)
    return _owed(asked, due >= asked.today, due <= until)


def _embargoes(asked: Asked) -> list[Select[Any]]:
    file, study = Resource.__table__.c, Study.__table__.c
    until = asked.today + SOON

    def ends(columns: Any) -> Where:
        closed = columns.disclosure_status
        closed = (closed if columns is study else _by(asked, closed)) == DisclosureStatus.EMBARGOED
        return closed, columns.disclosure_until > asked.today, columns.disclosure_until <= until

    rows = _row("study", Study.id, Study.slug, study.disclosure_until, of=Study, owner=Study.organization_id)
    studies = rows.where(*ends(study), Study.state != RecordState.WITHDRAWN, *_theirs(asked, Study))
    return [_files(asked, file.disclosure_until, None, *ends(file)), studies]


def _lacking(asked: Asked, table: Any) -> list[tuple[str, ColumnElement[bool]]]:
    columns = table.__table__.c
    names = [f"{field}.{one}" for field in ("title", "description") for one in asked.languages]
    return [(name, columns[name.replace(".", "_")] == "") for name in names]


def _languages(asked: Asked) -> list[Select[Any]]:
    """Records without a title or description in a language of the site; `detail` names those: "title.kk …"."""

    def where(table: Any) -> Where:
        return table.state != RecordState.WITHDRAWN, or_(*(lacks for _, lacks in _lacking(asked, table)))

    def detail(table: Any) -> Any:
        told: Any = literal("")
        for name, lacks in _lacking(asked, table):
            told = told + case((lacks, f"{name} "), else_="")
        return told

    return _records(asked, where, detail)


def _licenses(asked: Asked) -> list[Select[Any]]:
    of_files = exists().where(Resource.dataset_id == Dataset.id, Resource.license_id.not_in(("", NOT_STATED)))
    rows = _row(
        "dataset", Dataset.id, Dataset.slug, Dataset.metadata_modified, of=Dataset, owner=Dataset.organization_id
    )
    return [rows.where(UNLICENSED, ~of_files, Dataset.state != RecordState.WITHDRAWN, *_theirs(asked, Dataset))]


def _invited(asked: Asked) -> list[Select[Any]]:
    """Accounts that were not used yet; `slug` is one of the organisations that they were invited to."""
    member = exists().where(Membership.user_id == User.id)
    place = select(Organization.slug).join(Membership, Membership.organization_id == Organization.id)
    place = place.where(Membership.user_id == User.id).order_by(Organization.slug).limit(1).correlate(User)
    if asked.places is not None:
        place = place.where(Membership.organization_id.in_(asked.places))
        member = member.where(Membership.organization_id.in_(asked.places))
    slug = func.coalesce(place.scalar_subquery(), "")
    rows = _row("user", User.id, slug, User.created, owner=None, name=User.name, detail=User.email)
    return [rows.where(User.state == UserState.PENDING, *(() if asked.places is None else (member,)))]


def _text(column: Any) -> Any:
    """The code that stands in a column of choices."""
    return cast(column, String)


WORKS: Mapping[str, Work] = {
    "returned": Work(Right.EDIT_RECORDS, _returned),
    "review": Work(Right.PUBLISH_RECORDS, _review),
    "proposed": Work(Right.REVIEW_RECORDS, _proposed),
    "reports": Work(Right.EDIT_RECORDS, _reports, latest_first=False),
    "overdue": Work(Right.EDIT_RECORDS, _overdue, latest_first=False),
    "due": Work(Right.EDIT_RECORDS, _due, latest_first=False),
    "held": Work(Right.SEE_WITHHELD_FILES, _held),
    "uploads": Work(Right.EDIT_RECORDS, _uploads),
    "harvests": Work(Right.RUN_HARVEST, _harvests),
    "links": Work(Right.EDIT_RECORDS, _links),
    "embargoes": Work(Right.EDIT_RECORDS, _embargoes, latest_first=False),
    "drafts": Work(Right.EDIT_RECORDS, _drafts),
    "invited": Work(Right.MANAGE_MEMBERS, _invited, latest_first=False),
    "languages": Work(Right.EDIT_RECORDS, _languages),
    "licenses": Work(Right.EDIT_RECORDS, _licenses),
}
"""By name, in the order in which they are shown: what others wait for comes first."""
