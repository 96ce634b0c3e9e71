"""The records of one's organisations as the desk lists them: of every state, those that wait first to be found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, case, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

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
from opendata.store.planning import veiled
from opendata.store.register import Study
from opendata.store.states import ReviewAction

STATES = ("draft", "in_review", "proposed", "published", "private", "withdrawn")
"""What a record is at the desk. proposed: it is public, and a change of it waits for a reviewer."""

SORTS = ("-modified", "modified", "title", "-title")
TABLES: Mapping[str, Any] = {"dataset": Dataset, "study": Study}
MOST_SORTED = 2000
"""Records with the words that are looked for which are sorted here. Of more, the leaf is soon found in their order."""
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
    """The records that fit `wanted`. Invalid for a choice that there is not. Four SELECTs at most, five for words."""
    demand(actor, Right.SEE_DESK)
    for given, allowed in ((wanted.kind, ("", *TABLES)), (wanted.state, ("", *STATES)), (wanted.sort, SORTS)):
        if given not in allowed:
            raise Invalid(f"{given[:40]!r} is none of {', '.join(filter(None, allowed))}.")
    kinds = [wanted.kind] if wanted.kind else list(TABLES)
    with catalogue.sessions.read() as session:
        found_here = _looked_through(session, kinds, actor, wanted) if wanted.q else None
        if found_here is not None:
            counts, places = found_here[0], found_here[1][offset : offset + limit]
        else:
            counts = _counts(session, kinds, actor, wanted)
            places = session.execute(_place(kinds, actor, wanted, limit, offset)).all()
        total = counts.get(wanted.state, 0) if wanted.state else sum(counts.values())
        ids = [row.id for row in places]
        found = union_all(*(_lines(kind, ids) for kind in sorted({row.kind for row in places}))) if places else None
        rows = {row.id: row for row in session.execute(found)} if found is not None else {}
    lines = tuple(_line(rows[key], actor) for key in ids)
    return RecordList(lines, total, {state: counts.get(state, 0) for state in STATES})


def _counts(session: Session, kinds: list[str], actor: Actor, wanted: Wanted) -> dict[str, int]:
    """How many there are in each state. One SELECT, of indexes alone where no word is looked for."""
    parts, counts = [], dict.fromkeys(STATES, 0)
    for table in (TABLES[kind] for kind in kinds):
        columns = table.__table__.c
        by = [columns.state, columns.private]
        if wanted.mine or wanted.q:  # found by who answers for them, or read one after the other: not in this order
            by = [veiled(one) for one in by]
        every = select(by[0].label("state"), by[1].label("private"), func.count().label("number"))
        every = every.where(*_conditions(table, actor, wanted)).group_by(*by)
        waits = every.where(columns.state == RecordState.PUBLISHED, columns.id.in_(_proposed()))
        parts += [every.add_columns(literal(0).label("waits")), waits.add_columns(literal(1).label("waits"))]
    for state, private, number, waits_too in session.execute(union_all(*parts)):
        name = "private" if private and state == RecordState.PUBLISHED else str(state)
        counts[name] += -number if waits_too else number
        counts["proposed"] += number if waits_too else 0
    return counts


def _looked_through(
    session: Session, kinds: list[str], actor: Actor, wanted: Wanted
) -> tuple[dict[str, int], Sequence[Row[Any]]] | None:
    """The counts and all that has the words, in order; None where that is too much for it. Two SELECTs: what takes the
    time is to look at every title, and so it is done once.
    """
    parts = []
    for kind in kinds:
        columns = TABLES[kind].__table__.c
        chosen = select(
            literal(kind).label("kind"), columns.id, columns.state, columns.private, _key(columns, wanted).label("key")
        )
        parts.append(select(chosen.where(*_conditions(TABLES[kind], actor, wanted)).limit(MOST_SORTED + 1).subquery()))
    rows = session.execute(union_all(*parts)).all()
    if len(rows) > MOST_SORTED:
        return None
    waiting, counts, found = set(session.scalars(_proposed())), dict.fromkeys(STATES, 0), []
    for row in sorted(rows, key=lambda one: one.id):
        public = row.state == RecordState.PUBLISHED
        name = "proposed" if public and row.id in waiting else "private" if public and row.private else str(row.state)
        counts[name] += 1
        if wanted.state in ("", name):
            found.append(row)
    return counts, sorted(found, key=lambda one: one.key, reverse=wanted.sort.startswith("-"))


def _place(kinds: list[str], actor: Actor, wanted: Wanted, limit: int, offset: int) -> Select[Any]:
    """Kind and id of the records of that leaf, in order. Nothing else is read of those before it."""
    parts = []
    for kind in kinds:
        table = TABLES[kind]
        columns = table.__table__.c
        key = _key(columns, wanted)
        chosen = select(literal(kind).label("kind"), columns.id.label("id"), key.label("key"))
        chosen = chosen.where(*_conditions(table, actor, wanted), *_in_state(columns, wanted.state))
        ordered = chosen.order_by(*_order(key, columns.id, wanted.sort)).limit(offset + limit).subquery()
        parts.append(select(ordered))
    found = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return select(found).order_by(*_order(found.c.key, found.c.id, wanted.sort)).limit(limit).offset(offset)


def _lines(kind: str, ids: list[UUID]) -> Select[Any]:
    table = TABLES[kind]
    columns = table.__table__.c
    agency = Organization.__table__.c
    shown = [columns[f"title_{one}"] for one in (*LANGUAGE_ORDER, "original")]
    named = [agency[f"title_{one}"].label(f"agency_{one}") for one in (*LANGUAGE_ORDER, "original")]
    chosen = select(
        literal(kind).label("kind"), columns.id, columns.slug, *shown, *named, _state(columns).label("state"),
        columns.metadata_modified.label("modified"), columns.responsible_id,
    )  # fmt: skip
    chosen = chosen.select_from(table.__table__.outerjoin(Organization.__table__, agency.id == columns.organization_id))
    return chosen.where(columns.id.in_(ids))


def _conditions(table: Any, actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    allowed = organizations_where(actor, Right.SEE_UNPUBLISHED)
    columns = table.__table__.c
    where: list[ColumnElement[bool]] = []
    if allowed is not None:
        where.append(columns.organization_id.in_(allowed))
    if wanted.mine:
        where.append(columns.responsible_id == actor.user_id)
    names = [columns[f"title_{one}"] for one in LANGUAGE_ORDER] + [columns.slug]
    for word in wanted.q.split()[:8]:
        # SQLite compares letters beyond ASCII as they are written.
        spelt = {word, word.lower(), word.capitalize(), word.upper()}
        where.append(or_(*(name.contains(one, autoescape=True) for name in names for one in sorted(spelt))))
    return where


def _proposed() -> Select[Any]:
    """Ids of the records of which a change waits for a reviewer."""
    later = aliased(ReviewNote)
    steps = (ReviewAction.PROPOSED, *DECIDED)
    is_over = exists().where(later.object_id == ReviewNote.object_id, later.id > ReviewNote.id, later.action.in_(steps))
    return select(ReviewNote.object_id).where(ReviewNote.action == ReviewAction.PROPOSED, ~is_over)


def _in_state(columns: Any, state: str) -> tuple[ColumnElement[bool], ...]:
    """What a record is in that state by; nothing for every state."""
    if state in ("proposed", "published", "private"):
        waits = columns.id.in_(_proposed())
        public = () if state == "proposed" else (~waits, columns.private.is_(state == "private"))
        return columns.state == RecordState.PUBLISHED, *(public or (waits,))
    return (columns.state == RecordState(state),) if state else ()


def _state(columns: Any) -> ColumnElement[str]:
    return case(
        (columns.state != RecordState.PUBLISHED, cast(columns.state, String)),
        (columns.id.in_(_proposed()), "proposed"),
        (columns.private.is_(True), "private"),
        else_="published",
    )


def _key(columns: Any, wanted: Wanted) -> Any:
    """What the list is sorted by."""
    if wanted.sort.lstrip("-") != "title":
        return columns.metadata_modified
    return func.coalesce(*(func.nullif(columns[f"title_{one}"], "") for one in LANGUAGE_ORDER), "")


def _order(key: Any, identifier: Any, sort: str) -> tuple[Any, ...]:
    return key.desc() if sort.startswith("-") else key, identifier


def _line(row: Any, actor: Actor) -> RecordLine:
    def text(name: str) -> Text:
        return Text(**{one: getattr(row, f"{name}_{one}") or "" for one in (*LANGUAGE_ORDER, "original")})

    mine = row.responsible_id is not None and row.responsible_id == actor.user_id
    return RecordLine(row.kind, row.id, row.slug, text("title"), row.state, text("agency"), row.modified, mine)
