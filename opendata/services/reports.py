"""The desk of an agency looks after what readers reported: somebody takes it up, answers it, or says why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from opendata.catalog.normalise import clean_text
from opendata.catalog.values import Text
from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import letters
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import ReaderReport, ReaderReports
from opendata.services.emails import is_email
from opendata.services.reporting import DECIDED, KINDS, MAX_MESSAGE, link_of, reopened_until
from opendata.services.rights import Right, demand, demand_over, may_over, organizations_where
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from opendata.store.operations import ReportedProblem
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study
from opendata.store.states import ReportState

STATES = tuple(ReportState)
OPEN = (ReportState.NEW, ReportState.IN_PROGRESS)
OWNER = func.coalesce(Dataset.organization_id, Study.organization_id)
"""The agency of what a report is about."""
NO_REPORT = "There is no such report."


def state(name: str) -> ReportState | None:
    """The state of that name, None for "". Invalid lists those there are."""
    if name and name not in STATES:
        raise Invalid(f"There is no state {name[:40]!r}; allowed are {', '.join(STATES)}.")
    return ReportState(name) if name else None


def listing(
    catalogue: Catalogue, actor: Actor, only: ReportState | None = None, limit: int = 20, offset: int = 0
) -> ReaderReports:
    """Reports about the records of the actor's organisations, newest first, of one state or of all.

    How a reader can be reached is shown to those alone who may answer.
    """
    order = (ReportedProblem.created.desc(), ReportedProblem.id)
    leaf = _those(actor, only, ReportedProblem.id).order_by(*order).limit(limit).offset(offset)
    with catalogue.sessions.read() as session:
        ids = session.scalars(leaf).all()  # what is told of a report is not looked up for those that are skipped
        wanted = _reports(actor, only).where(ReportedProblem.id.in_(ids)).order_by(*order)
        found = tuple(_line(actor, *row) for row in session.execute(wanted)) if ids else ()
    return ReaderReports(found, counts(catalogue, actor))


def behind(
    catalogue: Catalogue, actor: Actor, only: ReportState | None, after: UUID | None, limit: int
) -> tuple[tuple[ReaderReport, ...], UUID | None]:
    """Those of `listing` in the order of ids, behind `after`, and the id to go on behind; None at the end."""
    wanted = _reports(actor, only).order_by(ReportedProblem.id).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(ReportedProblem.id > after)
    with catalogue.sessions.read() as session:
        found = tuple(_line(actor, *row) for row in session.execute(wanted))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def one(catalogue: Catalogue, actor: Actor, report_id: UUID) -> ReaderReport:
    """A report about a record of the actor's organisations. NotFound."""
    with catalogue.sessions.read() as session:
        row = session.execute(_reports(actor, None).where(ReportedProblem.id == report_id)).one_or_none()
    if row is None:
        raise NotFound(NO_REPORT)
    return _line(actor, *row)


def _reports(actor: Actor, only: ReportState | None) -> Select[Any]:
    """The reports that the actor may see, of that state or of all, with what `_line` takes."""
    elder = aliased(ReportedProblem)
    again = exists().where(
        ReportedProblem.token_hash
        != "",  # of the one that is told: those without a link are not compared with each other
        elder.token_hash == ReportedProblem.token_hash,
        elder.created < ReportedProblem.created,
    )
    titles = (Dataset.slug, Dataset.title, Study.slug, Study.title)
    wanted = _about(actor, ReportedProblem, *titles, OWNER, User.name, again.label("again"))
    wanted = wanted.outerjoin(User, User.id == ReportedProblem.answered_by)
    return wanted if only is None else wanted.where(ReportedProblem.state == only)


def _those(actor: Actor, only: ReportState | None, *columns: Any) -> Select[Any]:
    """The same reports, with these columns of theirs alone. Who sees all needs not know what they are about."""
    every = organizations_where(actor, Right.SEE_DESK) is None
    wanted = select(*columns).select_from(ReportedProblem) if every else _about(actor, *columns)
    return wanted if only is None else wanted.where(ReportedProblem.state == only)


def counts(catalogue: Catalogue, actor: Actor) -> Mapping[ReportState, int]:
    """How many reports there are by state, about the records of the actor's organisations."""
    demand(actor, Right.SEE_DESK)
    wanted = _those(actor, None, ReportedProblem.state, func.count().label("number")).group_by(ReportedProblem.state)
    with catalogue.sessions.read() as session:
        return {row.state: row.number for row in session.execute(wanted)}


def take(catalogue: Catalogue, actor: Actor, report_id: UUID) -> None:
    """The actor sees to the report from now on, whoever did before. NotFound; NotAllowed; Conflict once decided."""
    with catalogue.sessions.write.begin() as session:
        row = _open(session, actor, report_id)
        if row.state is ReportState.IN_PROGRESS and row.answered_by == actor.user_id:
            return
        row.state, row.answered_by = ReportState.IN_PROGRESS, actor.user_id
        _note(session, catalogue, actor, row)


def decide(catalogue: Catalogue, actor: Actor, report_id: UUID, decision: str, answer: str) -> None:
    """Decide that the report is "answered" or "dismissed", with words that its reporter gets: behind their link, and by
    mail where they left an address.

    Invalid for another decision, or without words; Conflict when it was decided already.
    """
    decided = state(decision)
    if decided not in DECIDED:
        raise Invalid("A report can be answered or dismissed.")
    said, _ = clean_text(answer[: 2 * MAX_MESSAGE], lines=True)
    if not said:
        raise Invalid("The answer is empty.", [Problem("empty", "Say what was done about it.", "answer")])
    if len(answer) > MAX_MESSAGE:
        raise Invalid("The answer is too long.", [Problem("too_long", f"At most {MAX_MESSAGE} characters.", "answer")])
    with catalogue.sessions.write.begin() as session:
        row = _open(session, actor, report_id)
        row.state, row.answer, row.answered, row.answered_by = decided, said, catalogue.now(), actor.user_id
        _note(session, catalogue, actor, row)
        _tell(session, catalogue, row)


def _open(session: Session, actor: Actor, report_id: UUID) -> ReportedProblem:
    wanted = select(ReportedProblem).where(ReportedProblem.id == report_id).with_for_update()
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(NO_REPORT)
    table = KINDS.get(row.kind)
    owner = session.scalar(select(table.organization_id).where(table.id == row.object_id)) if table else None
    demand_over(actor, Right.EDIT_RECORDS, owner, NO_REPORT)
    if row.state not in OPEN:
        raise Conflict("Somebody else has decided about this report meanwhile.")
    return row


def _note(session: Session, catalogue: Catalogue, actor: Actor, row: ReportedProblem) -> None:
    said = {"report": str(row.id)}
    note(session, actor, catalogue.now(), row.kind, row.object_id, f"report {row.state.value}", after=said)


def _tell(session: Session, catalogue: Catalogue, row: ReportedProblem) -> None:
    """Write to who reported it, in the language in which they did."""
    if not is_email(row.contact):
        return
    language = letters.language_of(catalogue, None, row.language)
    path, until = link_of(catalogue, session, row), reopened_until(row)
    letter = letters.written(
        catalogue,
        f"report_{row.state.value}",
        language,
        link=letters.address(catalogue, path, language) if path else "",
        title=_public_title(session, row).show(language) or "—",
        until=letters.moment(catalogue, until, language) if until else "",
    )
    letter = replace(letter, lines=(*letter.lines, row.answer), after=letter.after if path else ())
    letters.send(session, catalogue, row.contact, letter, language)


def _public_title(session: Session, row: ReportedProblem) -> Text:
    """A record that was hidden meanwhile may bear another title, which is nobody's business."""
    table = KINDS[row.kind]
    return session.scalar(select(table.title).where(table.id == row.object_id, is_visible(table))) or Text()


def _about(actor: Actor, *columns: Any) -> Select[Any]:
    """These columns of reports and what they are about, as far as the actor may see them."""
    demand(actor, Right.SEE_DESK)
    allowed = organizations_where(actor, Right.SEE_DESK)
    mine: list[ColumnElement[bool]] = [] if allowed is None else [OWNER.in_(allowed)]
    wanted = select(*columns).select_from(ReportedProblem)
    for kind, table in KINDS.items():
        wanted = wanted.outerjoin(table, and_(ReportedProblem.kind == kind, table.id == ReportedProblem.object_id))
    return wanted.where(*mine)


def _line(
    actor: Actor,
    row: ReportedProblem,
    dataset: str | None,
    dataset_title: Text | None,
    study: str | None,
    study_title: Text | None,
    owner: UUID | None,
    taken_by: str | None,
    again: bool,
) -> ReaderReport:
    may_answer = may_over(actor, Right.EDIT_RECORDS, owner)
    return ReaderReport(
        id=row.id,
        kind=row.kind,
        slug=dataset or study or "",
        title=(study_title if row.kind == "study" else dataset_title) or Text(),
        message=row.message,
        contact=row.contact if may_answer else "",
        state=row.state,
        answer=row.answer,
        created=row.created,
        answered=row.answered,
        may_answer=may_answer and row.state in OPEN,
        taken_by=taken_by or "",
        mine=row.answered_by is not None and row.answered_by == actor.user_id,
        again=bool(again),
        is_told=is_email(row.contact),
    )
