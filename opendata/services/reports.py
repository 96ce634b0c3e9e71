"""What readers report about records, and what the agency of the record makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from opendata.catalog.values import Text
from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import datasets
from opendata.services.actors import PUBLIC, Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.desk_results import ReaderReport, ReaderReports
from opendata.services.rights import Right, demand, demand_over, may_over, organizations_where
from opendata.store.datasets import Dataset
from opendata.store.operations import ReportedProblem
from opendata.store.states import ReportState

MAX_MESSAGE = 5_000
MAX_CONTACT = 320
STATES = tuple(ReportState)


def state(name: str) -> ReportState | None:
    """The state of that name, None for "". Invalid lists those there are."""
    if name and name not in STATES:
        raise Invalid(f"There is no state {name[:40]!r}; allowed are {', '.join(STATES)}.")
    return ReportState(name) if name else None


def report_problem(catalogue: Catalogue, dataset_name: str, message: str, contact: str, address: str) -> None:
    """Keep the report for the desk of the record's agency. Invalid when there is nothing, or too much, to read."""
    record = datasets.record(catalogue, PUBLIC, dataset_name)
    problems = []
    if not message.strip():
        problems.append(Problem("empty", "Say what is wrong with the record.", "message"))
    if len(message) > MAX_MESSAGE:
        problems.append(Problem("too_long", f"At most {MAX_MESSAGE} characters.", "message"))
    if len(contact) > MAX_CONTACT:
        problems.append(Problem("too_long", f"At most {MAX_CONTACT} characters.", "contact"))
    if problems:
        raise Invalid("The report cannot be taken.", problems)
    with catalogue.sessions.write.begin() as session:
        session.add(
            ReportedProblem(
                kind="dataset",
                object_id=record.id,
                message=message.strip(),
                contact=contact.strip(),
                address=address[:64],
                created=catalogue.now(),
            )
        )


def listing(
    catalogue: Catalogue, actor: Actor, only: ReportState | None = None, limit: int = 20, offset: int = 0
) -> ReaderReports:
    """Reports about the records of the actor's organisations, newest first, of one state or of all.

    How a reader can be reached is shown to those alone who may answer.
    """
    wanted = _about(actor, ReportedProblem, Dataset.slug, Dataset.title, Dataset.organization_id)
    if only is not None:
        wanted = wanted.where(ReportedProblem.state == only)
    wanted = wanted.order_by(ReportedProblem.created.desc(), ReportedProblem.id).limit(limit).offset(offset)
    with catalogue.sessions.read() as session:
        found = tuple(
            _line(row, slug, title, may_answer=may_over(actor, Right.EDIT_RECORDS, owner))
            for row, slug, title, owner in session.execute(wanted)
        )
    return ReaderReports(found, counts(catalogue, actor))


def counts(catalogue: Catalogue, actor: Actor) -> Mapping[ReportState, int]:
    """How many reports there are by state, about the records of the actor's organisations."""
    wanted = _about(actor, ReportedProblem.state, func.count().label("number")).group_by(ReportedProblem.state)
    with catalogue.sessions.read() as session:
        return {row.state: row.number for row in session.execute(wanted)}


def decide(catalogue: Catalogue, actor: Actor, report_id: UUID, decision: str, answer: str) -> None:
    """Decide that the report is "answered" or "dismissed".

    Invalid for another decision, or an answer without words; Conflict when it was decided already.
    """
    decided = state(decision)
    if decided is None or decided is ReportState.NEW:
        raise Invalid("A report can be answered or dismissed.")
    if decided is ReportState.ANSWERED and not answer.strip():
        raise Invalid("The answer is empty.", [Problem("empty", "Say what was done about it.", "answer")])
    if len(answer) > MAX_MESSAGE:
        raise Invalid("The answer is too long.", [Problem("too_long", f"At most {MAX_MESSAGE} characters.", "answer")])
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = session.get(ReportedProblem, report_id)
        if row is None:
            raise NotFound("There is no such report.")
        demand_over(
            actor,
            Right.EDIT_RECORDS,
            session.scalar(select(Dataset.organization_id).where(Dataset.id == row.object_id)),
        )
        if row.state is not ReportState.NEW:
            raise Conflict("Somebody else has decided about this report meanwhile.")
        row.state, row.answer, row.answered, row.answered_by = decided, answer.strip(), now, actor.user_id
        note(session, actor, now, row.kind, row.object_id, f"report {decided.value}", after={"report": str(row.id)})


def _about(actor: Actor, *columns: Any) -> Select[Any]:
    """These columns of reports and their datasets, as far as the actor may see them."""
    demand(actor, Right.SEE_DESK)
    allowed = organizations_where(actor, Right.SEE_DESK)
    mine: list[ColumnElement[bool]] = [] if allowed is None else [Dataset.organization_id.in_(allowed)]
    return (
        select(*columns)
        .select_from(ReportedProblem)
        .outerjoin(Dataset, Dataset.id == ReportedProblem.object_id)
        .where(*mine)
    )


def _line(row: ReportedProblem, slug: str | None, title: Text | None, *, may_answer: bool) -> ReaderReport:
    return ReaderReport(
        id=row.id,
        slug=slug or "",
        title=title or Text(),
        message=row.message,
        contact=row.contact if may_answer else "",
        state=row.state,
        answer=row.answer,
        created=row.created,
        answered=row.answered,
        may_answer=may_answer and row.state is ReportState.NEW,
    )
