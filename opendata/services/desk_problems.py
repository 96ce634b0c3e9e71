"""The problems of a job, as the report shows them: some of them, by what is asked for, and how many of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from opendata.errors import NotFound
from opendata.services import owned
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.results import JobLine, JobReport, ProblemLine
from opendata.services.rights import Right, demand
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestRecord, raw_bytes

MOST_CHOICES = 100
"""Different codes, or fields, that are counted: a source could make up any number of fields."""


@dataclass(frozen=True, slots=True)
class ProblemFilter:
    """Which problems are asked for; "" stands for any. `q` is looked for in record, value, field and message, and finds
    also the problems of `said`: the codes whose words in the reader's language hold it.
    """

    severity: str = ""
    code: str = ""
    field: str = ""
    q: str = ""
    said: frozenset[str] = frozenset()


EVERYTHING = ProblemFilter()

COUNTED: Mapping[str, InstrumentedAttribute[Any]] = {
    "severity": HarvestProblem.severity,
    "code": HarvestProblem.code,
    "field": HarvestProblem.field,
}


_KEPT = select(HarvestRecord.id).where(
    HarvestRecord.source_id == HarvestProblem.source_id,
    HarvestRecord.identifier == HarvestProblem.identifier,
    func.length(HarvestRecord.raw) > 0,
)
"""The record of a problem's item, where its original is kept."""


def problem_report(
    session: Session, job: HarvestJob, line: JobLine, wanted: ProblemFilter, limit: int, offset: int
) -> JobReport:
    """The job with `limit` of the problems that are asked for."""
    of_job = HarvestProblem.job_id == job.id
    asked = (of_job, *_conditions(wanted))
    counting = select(func.count()).select_from(HarvestProblem)
    total = session.scalar(counting.where(*asked)) or 0
    kept = total if wanted == EVERYTHING else session.scalar(counting.where(of_job)) or 0
    with_raw = select(HarvestProblem, or_(func.length(HarvestProblem.raw) > 0, _KEPT.exists())).where(*asked)
    rows = session.execute(with_raw.order_by(HarvestProblem.id).limit(limit).offset(offset)).all()
    lines = tuple(_line(row, has_raw=bool(has_raw)) for row, has_raw in rows)
    return JobReport(line, lines, more=max(0, total - offset - len(lines)), total=total, kept=kept)


def choices(catalogue: Catalogue, actor: Actor, job_id: int) -> dict[str, dict[str, int]]:
    """How many problems of the job there are by severity, code and field, most frequent first."""
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        owned.job(session, actor, Right.SEE_DESK, job_id)
        return {name: _counted(session, job_id, column) for name, column in COUNTED.items()}


def raw(catalogue: Catalogue, actor: Actor, job_id: int, identifier: str) -> tuple[bytes, str]:
    """The original of an item of the job, with its media type ("" where it is not known): that of the problem, where
    the item was rejected, else the one that is kept with the record. NotFound where there is none.
    """
    demand(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        job = owned.job(session, actor, Right.SEE_DESK, job_id)
        rejected = select(HarvestProblem.raw).where(
            HarvestProblem.job_id == job_id,
            HarvestProblem.identifier == identifier,
            func.length(HarvestProblem.raw) > 0,
        )
        if content := session.scalar(rejected.limit(1)):
            return raw_bytes(content), ""
        known = select(HarvestRecord.raw, HarvestRecord.raw_type).where(
            HarvestRecord.source_id == job.source_id, HarvestRecord.identifier == identifier
        )
        row = session.execute(known).first()
    if row is None or not row.raw:
        raise NotFound("Nothing is kept of this item.")
    return raw_bytes(row.raw), row.raw_type


def _counted(session: Session, job_id: int, column: InstrumentedAttribute[Any]) -> dict[str, int]:
    number = func.count()
    grouped = select(column, number).where(HarvestProblem.job_id == job_id).group_by(column)
    rows = session.execute(grouped.order_by(number.desc(), column).limit(MOST_CHOICES))
    return {str(value): count for value, count in rows}


def _conditions(wanted: ProblemFilter) -> list[ColumnElement[bool]]:
    exact = [column == getattr(wanted, name) for name, column in COUNTED.items() if getattr(wanted, name)]
    return [*exact, _says(wanted)] if wanted.q else exact


def _says(wanted: ProblemFilter) -> ColumnElement[bool]:
    """SQLite knows upper and lower case of Latin letters only, so that the usual spellings are looked for as well."""
    columns = (HarvestProblem.identifier, HarvestProblem.value, HarvestProblem.field, HarvestProblem.message)
    spellings = {wanted.q, wanted.q.lower(), wanted.q.upper(), wanted.q.capitalize()}
    found = [column.icontains(one, autoescape=True) for column in columns for one in spellings]
    return or_(*found, HarvestProblem.code == wanted.q, HarvestProblem.code.in_(wanted.said))


def _line(row: HarvestProblem, *, has_raw: bool) -> ProblemLine:
    return ProblemLine(
        identifier=row.identifier,
        severity=row.severity.value,
        code=row.code,
        field=row.field,
        message=row.message,
        hint=row.hint,
        created=row.created,
        value=row.value,
        has_raw=has_raw,
    )
