"""The records of one's organisations as the desk lists them: of every state, those that wait first to be found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.errors import Invalid
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand, organizations_where
from opendata.services.submissions import DECIDED
from opendata.store.datasets import Dataset
from opendata.store.editing import ReviewNote
from opendata.store.organizations import Organization
from opendata.store.register import Study
from opendata.store.states import ReviewAction

STATES = ("draft", "in_review", "proposed", "published", "private", "withdrawn")
"""What a record is at the desk. proposed: it is public, and a change of it waits for a reviewer."""

SORTS = ("-modified", "modified", "title", "-title")
TABLES: Mapping[str, Any] = {"dataset": Dataset, "study": Study}
LANGUAGE_ORDER = ("ru", "kk", "en", "other")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is asked for; "" for no choice. `mine`: only what the asker answers for."""

    kind: str = ""
    state: str = ""
    q: str = ""
    mine: bool = False
    sort: str = SORTS[0]


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record in the list. `state` is one of STATES."""

    kind: str
    id: UUID
    slug: str
    title: Text
    state: str
    organization: Text
    modified: dt.datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class RecordList:
    """A leaf of the list; `counts` by state of all that is asked for but the state."""

    lines: tuple[RecordLine, ...]
    total: int
    counts: Mapping[str, int]


def records(catalogue: Catalogue, actor: Actor, wanted: Wanted, limit: int, offset: int = 0) -> RecordList:
    """The records that fit `wanted`. Invalid for a choice that there is not. Two SELECTs."""
    demand(actor, Right.SEE_DESK)
    for given, allowed in ((wanted.kind, ("", *TABLES)), (wanted.state, ("", *STATES)), (wanted.sort, SORTS)):
        if given not in allowed:
            raise Invalid(f"{given[:40]!r} is none of {', '.join(filter(None, allowed))}.")
    kinds = [wanted.kind] if wanted.kind else list(TABLES)
    found = union_all(*(_of_kind(kind, actor, wanted) for kind in kinds)).subquery()
    page = select(found).order_by(*_order(found, wanted.sort)).limit(limit).offset(offset)
    if wanted.state:
        page = page.where(found.c.state == wanted.state)
    with catalogue.sessions.read() as session:
        counted = session.execute(select(found.c.state, func.count()).group_by(found.c.state))
        counts: dict[str, int] = dict(counted.all())
        lines = tuple(_line(row, actor) for row in session.execute(page))
    total = counts.get(wanted.state, 0) if wanted.state else sum(counts.values())
    return RecordList(lines, total, {state: counts.get(state, 0) for state in STATES})


def _of_kind(kind: str, actor: Actor, wanted: Wanted) -> Select[Any]:
    table = TABLES[kind]
    columns = table.__table__.c
    agency = Organization.__table__.c
    shown = [columns[f"title_{one}"] for one in (*LANGUAGE_ORDER, "original")]
    named = [agency[f"title_{one}"].label(f"agency_{one}") for one in (*LANGUAGE_ORDER, "original")]
    chosen = select(
        literal(kind).label("kind"), columns.id, columns.slug, *shown, *named, _state(table).label("state"),
        columns.metadata_modified.label("modified"), columns.responsible_id,
    )  # fmt: skip
    chosen = chosen.select_from(table.__table__.outerjoin(Organization.__table__, agency.id == columns.organization_id))
    return chosen.where(*_conditions(table, actor, wanted))


def _conditions(table: Any, actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    allowed = organizations_where(actor, Right.SEE_UNPUBLISHED)
    columns = table.__table__.c
    where: list[ColumnElement[bool]] = []
    if allowed is not None:
        where.append(columns.organization_id.in_(allowed))
    if wanted.mine:
        where.append(columns.responsible_id == actor.user_id)
    for word in wanted.q.split()[:8]:
        # SQLite compares letters beyond ASCII as they are written.
        spelt = {word, word.lower(), word.capitalize(), word.upper()}
        places = [columns[f"title_{one}"] for one in LANGUAGE_ORDER] + [columns.slug]
        where.append(or_(*(place.contains(one, autoescape=True) for place in places for one in spelt)))
    return where


def _state(table: Any) -> ColumnElement[str]:
    columns = table.__table__.c
    later = aliased(ReviewNote)
    decided = exists().where(later.object_id == columns.id, later.id > ReviewNote.id, later.action.in_(DECIDED))
    waits = exists().where(ReviewNote.object_id == columns.id, ReviewNote.action == ReviewAction.PROPOSED, ~decided)
    return case(
        (columns.state == RecordState.DRAFT, "draft"),
        (columns.state == RecordState.IN_REVIEW, "in_review"),
        (columns.state == RecordState.WITHDRAWN, "withdrawn"),
        (and_(columns.state == RecordState.PUBLISHED, waits), "proposed"),
        (columns.private.is_(True), "private"),
        else_="published",
    )


def _order(found: Any, sort: str) -> tuple[Any, ...]:
    if sort.lstrip("-") == "title":
        title = func.coalesce(*(func.nullif(found.c[f"title_{one}"], "") for one in LANGUAGE_ORDER), "")
        return (title.desc() if sort.startswith("-") else title, found.c.id)
    return (found.c.modified.desc() if sort.startswith("-") else found.c.modified, found.c.id)


def _line(row: Any, actor: Actor) -> RecordLine:
    def text(name: str) -> Text:
        return Text(**{one: getattr(row, f"{name}_{one}") or "" for one in (*LANGUAGE_ORDER, "original")})

    mine = row.responsible_id is not None and row.responsible_id == actor.user_id
    return RecordLine(row.kind, row.id, row.slug, text("title"), row.state, text("agency"), row.modified, mine)
