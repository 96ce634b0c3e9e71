"""Pairs of records that may be one, as the desk and the command line show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.edit_texts import shown
from opendata.services.proposals import no_pair
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.services.uploads.changes import short
from opendata.store import queries
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from opendata.store.matches import MatchProposal
from opendata.store.planning import veiled
from opendata.store.states import ProposalStatus

COMPARED = (
    "title", "type", "description", "organization", "performer", "contributors", "issued", "modified", "identifiers",
    "register_number", "report_number", "license_id", "keywords", "themes", "subjects", "languages", "temporal",
    "spatial", "version", "landing_page", "resources",
)  # fmt: skip
"""Fields that are shown side by side."""
LOCALIZED = ("title", "description", "performer")


LEAVES = 10


@dataclass(frozen=True, slots=True)
class MatchLine:
    """A pair with what became of it. `status` is open, joined, rejected or split; `reasons` are those of `likeness`."""

    id: int
    score: float
    reasons: tuple[str, ...]
    status: str
    created: dt.datetime
    decided: dt.datetime | None
    decided_by: str
    first: DatasetRecord
    second: DatasetRecord


@dataclass(frozen=True, slots=True)
class MatchList:
    """Some pairs of `total`, which is counted as far as `LEAVES` of that size behind them, and no further."""

    lines: tuple[MatchLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field of both records, in short; `differs` where they do not say the same."""

    name: str
    first: str
    second: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two records of a pair side by side."""

    line: MatchLine
    fields: tuple[ComparedField, ...]


def matches(
    catalogue: Catalogue, actor: Actor, *, decided: bool = False, limit: int = 20, offset: int = 0
) -> MatchList:
    """The open pairs, the likeliest first, or the decided ones, newest first: those on which the actor may decide."""
    demand(actor, Right.EDIT_RECORDS)
    with catalogue.sessions.read() as session:
        near = _wanted(actor, select(MatchProposal.id), decided=decided).limit(offset + (1 + LEAVES) * limit)
        total = session.scalar(select(func.count()).select_from(near.subquery())) or 0
        order = (
            (MatchProposal.decided.desc(), MatchProposal.id.desc())
            if decided
            else (MatchProposal.score.desc(), MatchProposal.id.desc())
        )
        rows = session.scalars(
            _wanted(actor, select(MatchProposal), decided=decided).order_by(*order).limit(limit).offset(offset)
        ).all()
        return MatchList(_lines(session, rows), total)


def behind(
    catalogue: Catalogue, actor: Actor, *, decided: bool = False, after: int = 0, limit: int = 20
) -> tuple[tuple[MatchLine, ...], int | None]:
    """Those of `matches` in the order in which they were proposed, behind the number `after`, and the number to go on
    behind; None at the end.
    """
    demand(actor, Right.EDIT_RECORDS)
    wanted = _wanted(actor, select(MatchProposal), decided=decided).where(MatchProposal.id > after)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted.order_by(MatchProposal.id).limit(limit + 1)).all()
        return _lines(session, rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def match(catalogue: Catalogue, actor: Actor, proposal_id: int) -> Comparison:
    """The two records of the pair, side by side. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        row = session.get(MatchProposal, proposal_id)
        if row is None:
            raise NotFound(no_pair(proposal_id))
        (line,) = _lines(session, [row])
    for record in (line.first, line.second):
        owner = record.organization.id if record.organization else None
        demand_over(actor, Right.EDIT_RECORDS, owner, no_pair(proposal_id))
    return Comparison(line, tuple(_field(name, line.first, line.second) for name in COMPARED))


def _wanted(actor: Actor, wanted: Select[Any], *, decided: bool) -> Select[Any]:
    """The pairs of records of organisations in which the actor may write; open ones only if both records stand."""
    first, second = aliased(Dataset), aliased(Dataset)
    wanted = wanted.select_from(MatchProposal).join(first, first.id == MatchProposal.dataset_id)
    wanted = wanted.join(second, second.id == MatchProposal.other_id)
    waits = MatchProposal.status == ProposalStatus.OPEN
    decision = and_(veiled(MatchProposal.status) != ProposalStatus.OPEN, MatchProposal.decided.is_not(None))
    conditions: list[ColumnElement[bool]] = [decision if decided else waits]
    allowed = organizations_where(actor, Right.EDIT_RECORDS)
    for row in (first, second):
        if allowed is not None:
            conditions.append(row.organization_id.in_(allowed))
        if not decided:
            conditions.append(row.state == RecordState.PUBLISHED)
    return wanted.where(*conditions)


def _lines(session: Session, rows: Sequence[MatchProposal]) -> tuple[MatchLine, ...]:
    ids = [key for row in rows for key in (row.dataset_id, row.other_id)]
    records = {record.id: record for record in queries.records(session, list(dict.fromkeys(ids)), public_only=False)}
    people = {row.user_id for row in rows if row.user_id}
    names: dict[UUID, str] = {}
    if people:
        names = {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(people)))}
    return tuple(
        MatchLine(
            row.id,
            row.score,
            tuple(row.reasons),
            row.status.value,
            row.created,
            row.decided,
            names.get(row.user_id, "") if row.user_id else "",
            records[row.dataset_id],
            records[row.other_id],
        )
        for row in rows
    )


def _field(name: str, first: DatasetRecord, second: DatasetRecord) -> ComparedField:
    said, others = _said(name, first), _said(name, second)
    return ComparedField(name, said, others, said != others)


def _said(name: str, record: DatasetRecord) -> str:
    if name == "organization":
        return short(record.organization.title) if record.organization else ""
    if name == "resources":
        return short([one.filename or one.download_url or one.access_url or one.key for one in record.resources])
    if name == "contributors":
        return short([one.name for one in record.contributors])
    if name == "identifiers":
        return short([f"{one.scheme} {one.value}" for one in record.identifiers])
    if name in LOCALIZED:
        return short(getattr(record, name))
    return short(shown(name, getattr(record, name)))
