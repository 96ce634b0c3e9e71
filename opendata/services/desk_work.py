"""What waits for somebody at the desk: counted by kind, with the first of each, and each kind as a list of its own.

Everybody sees what they may mend, in the organisations in which they may. Nothing is kept: it is looked for at the
moment of the answer, by as many SELECTs for much as for little.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, func, or_, select, union_all
from sqlalchemy.orm import Session

from opendata.catalog.values import LANGUAGES, Text
from opendata.errors import Invalid, NotFound
from opendata.services import form_drafts
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.desk_work_selects import LANGUAGES as PARTS
from opendata.services.desk_work_selects import WORKS, Asked, Work
from opendata.services.form_drafts import DraftLine
from opendata.services.responsible import find_unowned
from opendata.services.rights import Right, may, organizations_where
from opendata.services.standing import Tree
from opendata.store import queries
from opendata.store.organizations import Organization
from opendata.store.planning import hold_much, veiled

FORMS, UNOWNED = "forms", "unowned"
KINDS = (FORMS, *WORKS, UNOWNED)
"""Kinds of work, in the order in which they are shown. forms: begun, and not sent; unowned: nobody answers for it."""
FIRST = 5
"""How many of each kind the overview names."""
MOST_COUNTED = 200
"""So far the overview counts: who has more to do has enough to do."""
MOST_LISTED = 1000
"""So far a list of one kind is counted. It goes on to its end, leaf by leaf."""


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One thing that waits. `kind` is what it is (dataset, study, file, deliverable, source, upload, user …), `slug` is
    its record, source or organisation; `name` its own where it has one beside the title. `detail` is a code that says
    more, `at` since or until when, `ref` the number of a job, `draft` that of a form; `count` of them
    are told in one line.
    """

    kind: str
    id: UUID | None
    slug: str
    title: Text
    name: str
    organization: Text
    at: dt.datetime | dt.date | None
    detail: str = ""
    ref: int | None = None
    draft: DraftLine | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class WorkGroup:
    """What waits of one kind: `count` in all; `more`: there are more, and so many were counted. `before` and `after`
    are the keys of the first and last line of a leaf where others stand beyond them.
    """

    name: str
    count: int
    lines: tuple[WorkLine, ...]
    more: bool = False
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what is asked: of one organisation and those below it ("": of all), and what one answers for oneself alone."""

    organization: str = ""
    mine: bool = False


ALL = Scope()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list: behind the line of that key, or (`backwards`) before it; "" is its beginning."""

    key: str = ""
    backwards: bool = False


START = Place()


def waiting(catalogue: Catalogue, actor: Actor, scope: Scope = ALL) -> tuple[WorkGroup, ...]:
    """What waits for the actor, by kind; kinds of which nothing does are left out. NotFound for no organisation."""
    with catalogue.sessions.read() as session:
        search = _Search.begin(catalogue, session, actor, scope)
        found = [search.leaf(one, FIRST, START, MOST_COUNTED) for one in KINDS]
    return tuple(one for one in found if one.count)


def listing(
    catalogue: Catalogue, actor: Actor, name: str, scope: Scope = ALL, limit: int = 25, place: Place = START
) -> WorkGroup:
    """A leaf of all of one kind. However far one leafs, a leaf costs the same. NotFound for no kind of work, or no
    organisation; Invalid for what is no key.
    """
    _demand_kind(name)
    with catalogue.sessions.read() as session:
        try:
            return _Search.begin(catalogue, session, actor, scope).leaf(name, limit, place, MOST_LISTED)
        except ValueError:
            raise Invalid(f"{place.key[:100]!r} is no place in this list. Begin at its beginning.") from None


def behind(
    catalogue: Catalogue, actor: Actor, name: str, scope: Scope, after: str, limit: int
) -> tuple[tuple[WorkLine, ...], str]:
    """Those of `listing` in the order of their keys, behind the key `after` ("": from the first), and the key to go on
    behind, "" at the end. What waits from the first answer to the last comes once. ValueError for what is no key;
    NotFound as in `listing`.
    """
    _demand_kind(name)
    with catalogue.sessions.read() as session:
        return _Search.begin(catalogue, session, actor, scope).behind(name, after, limit)


def _demand_kind(name: str) -> None:
    if name not in KINDS:
        raise NotFound(f"There is no kind of work {name[:40]!r}; there are {', '.join(KINDS)}.")


def organizations(catalogue: Catalogue, actor: Actor) -> tuple[tuple[str, Text], ...]:
    """(slug, title) of the organisations among which the actor can choose, by slug. One SELECT."""
    allowed = organizations_where(actor, Right.SEE_DESK)
    wanted = select(Organization.slug, Organization.title).where(Organization.state == "active")
    if allowed is not None:
        wanted = wanted.where(Organization.id.in_(allowed))
    with catalogue.sessions.read() as session:
        return tuple((row.slug, row.title) for row in session.execute(wanted.order_by(Organization.slug)))


def _places(session: Session, actor: Actor, scope: Scope) -> frozenset[UUID] | None:
    """The organisations that are asked for; None for all. Those that the actor sees no desk of are not there."""
    if not scope.organization:
        return None
    chosen = queries.address(session, "organization", scope.organization).id
    allowed = organizations_where(actor, Right.SEE_DESK)
    if allowed is not None and chosen not in allowed:
        raise NotFound(f"There is no agency {scope.organization[:100]!r}.")
    return Tree.read(session).below(chosen)


@dataclass(frozen=True, slots=True)
class _Search:
    """Where it is looked: in `places` (None: in all that the actor may). `wide` as in `Asked`."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    scope: Scope
    places: frozenset[UUID] | None
    wide: bool

    @classmethod
    def begin(cls, catalogue: Catalogue, session: Session, actor: Actor, scope: Scope) -> _Search:
        """The search of what is asked for. NotFound for no organisation. One SELECT, two more for an organisation."""
        places = _places(session, actor, scope)
        seen = organizations_where(actor, Right.SEE_DESK) if places is None else places
        wide = not scope.mine and (seen is None or hold_much(session, seen))
        return cls(catalogue, session, actor, scope, places, wide)

    def leaf(self, name: str, limit: int, place: Place, counted: int) -> WorkGroup:
        """What waits of that kind, counted so far, and those of its lines that begin at that place."""
        if name == FORMS:
            return _numbered(FORMS, _forms(self.catalogue, self.actor), limit, place)
        allowed = self._allowed(name)
        if allowed == frozenset():
            return WorkGroup(name, 0, ())
        if name == UNOWNED:
            return _numbered(UNOWNED, _unowned(self.session, allowed), limit, place)
        asked = self._asked(name, allowed)
        rows = WORKS[name].rows(asked)
        wanted = _some(WORKS[name], rows, limit + 1, place, veil=not asked.wide)
        count = _count(self.session, rows, counted)
        found = list(self.session.execute(wanted)) if count else []
        beyond, found = len(found) > limit, found[:limit]
        if place.backwards:
            found.reverse()
        ahead, behind = (beyond, True) if place.backwards else (bool(place.key), beyond)
        before, after = (_place_of(found[0]), _place_of(found[-1])) if found else ("", "")
        lines = tuple(_line(row) for row in found)
        head = (name, min(count, counted), lines, count > counted)
        return WorkGroup(*head, before if ahead else "", after if behind else "")

    def behind(self, name: str, after: str, limit: int) -> tuple[tuple[WorkLine, ...], str]:
        """As `desk_work.behind`."""
        allowed = self._allowed(name) if name != FORMS else None
        if allowed == frozenset():
            return (), ""
        if name in (FORMS, UNOWNED):
            lines = _forms(self.catalogue, self.actor) if name == FORMS else _unowned(self.session, allowed)
            keyed = sorted(((_key(line), line) for line in lines), key=lambda one: one[0])
            return _cut([one for one in keyed if one[0] > after], limit)
        rows = WORKS[name].rows(self._asked(name, allowed))
        found = self.session.execute(_next(rows, UUID(after) if after else None, limit + 1))
        return _cut([(str(row.id), _line(row)) for row in found], limit)

    def _allowed(self, name: str) -> frozenset[UUID] | None:
        """The organisations of which what waits is shown; None: all."""
        right = Right.HAND_OVER if name == UNOWNED else WORKS[name].right
        if not may(self.actor, right):
            return frozenset()
        allowed = organizations_where(self.actor, right)
        if self.places is None:
            return allowed
        return self.places if allowed is None else allowed & self.places

    def _asked(self, name: str, allowed: frozenset[UUID] | None) -> Asked:
        catalogue, actor = self.catalogue, self.actor
        mine = self.scope.mine and name != "invited"
        languages = tuple(one for one in catalogue.config.languages.enabled if one in LANGUAGES)
        now = (catalogue.now(), catalogue.today())
        return Asked(actor.user_id, allowed, mine, actor.sysadmin, self.wide, *now, languages)


def _count(session: Session, rows: Sequence[Select[Any]], most: int) -> int:
    """How many there are; where they are more than `most`, some number above it. One SELECT."""
    ids = [one.with_only_columns(one.selected_columns.id).limit(most + 1) for one in rows]
    counts = [select(func.count()).select_from(one.subquery()).scalar_subquery() for one in ids]
    return sum(session.execute(select(*counts)).one())


def _some(work: Work, rows: Sequence[Select[Any]], limit: int, place: Place, *, veil: bool) -> Select[Any]:
    """The rows of the list from that place on (backwards: the nearest first). Each part gives what it has to give at
    most, so that the store need not sort the rest. `veil`: no index is chosen by the time.
    """
    falling = work.latest_first is not place.backwards

    def order(columns: Any) -> tuple[Any, Any]:
        key = columns.id.desc() if place.backwards else columns.id
        return columns.at.desc() if falling else columns.at, key

    parts = []
    for one in rows:
        columns = one.selected_columns
        beyond = _beyond(columns, place, falling=falling, veil=veil)
        parts.append(select(one.where(*beyond).order_by(*order(columns)).limit(limit).subquery()))
    found = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return select(found).order_by(*order(found.c)).limit(limit)


def _beyond(columns: Any, place: Place, *, falling: bool, veil: bool) -> tuple[ColumnElement[bool], ...]:
    """What lies beyond that place, in this direction of time. ValueError for what is no key."""
    if not place.key:
        return ()
    said, _, key = place.key.partition("~")
    moment: Any = dt.date.fromisoformat(said) if isinstance(columns.at.type, Date) else dt.datetime.fromisoformat(said)
    if isinstance(moment, dt.datetime) and moment.tzinfo is None:
        raise ValueError(said)
    at = veiled(columns.at) if veil else columns.at
    side = columns.id < UUID(key) if place.backwards else columns.id > UUID(key)
    near, far = (at <= moment, at < moment) if falling else (at >= moment, at > moment)
    return near, or_(far, side)


def _place_of(row: Any) -> str:
    return f"{row.at.isoformat()}~{row.id}"


def _next(rows: Sequence[Select[Any]], after: UUID | None, limit: int) -> Select[Any]:
    """The rows behind that id, in the order of ids."""
    parts = []
    for one in rows:
        key = one.selected_columns.id
        wanted = one if after is None else one.where(key > after)
        parts.append(select(wanted.order_by(key).limit(limit).subquery()))
    found = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return select(found).order_by(found.c.id).limit(limit)


def _cut(keyed: Sequence[tuple[str, WorkLine]], limit: int) -> tuple[tuple[WorkLine, ...], str]:
    """The first `limit`, fewer where the next one has the same key as the last; and that key, "" at the end."""
    shown = list(keyed[:limit])
    while len(keyed) > limit and len(shown) > 1 and shown[-1][0] == keyed[limit][0]:
        shown.pop()
    return tuple(line for _, line in shown), shown[-1][0] if len(keyed) > limit else ""


def _key(line: WorkLine) -> str:
    return str(line.draft.id) if line.draft else f"{line.kind}/{line.id}/{line.name}/{line.detail}"


def _line(row: Any) -> WorkLine:
    def text(name: str) -> Text:
        return Text(**{part: getattr(row, f"{name}_{part}") or "" for part in PARTS})

    head = (row.kind, row.id, row.slug or "", text("title"), row.name or "", text("agency"))
    return WorkLine(*head, row.at, (row.detail or "").strip(), row.ref)


def _numbered(name: str, lines: Sequence[WorkLine], limit: int, place: Place) -> WorkGroup:
    """A leaf of few lines that are all there: their keys are their numbers. ValueError for what is none."""
    number = int(place.key or 0)
    start = max(0, number - limit) if place.backwards else number
    shown = tuple(lines[start : start + limit])
    end = start + len(shown)
    return WorkGroup(name, len(lines), shown, False, str(start) if start else "", str(end) if end < len(lines) else "")


def _forms(catalogue: Catalogue, actor: Actor) -> tuple[WorkLine, ...]:
    """One's own, wherever they belong; a token is not the person who typed them."""
    drafts = form_drafts.mine(catalogue, actor) if actor.token_id is None else ()
    return tuple(
        WorkLine(one.kind, one.object_id, "", Text(), one.title, Text(), one.modified, draft=one) for one in drafts
    )


def _unowned(session: Session, allowed: frozenset[UUID] | None) -> tuple[WorkLine, ...]:
    """A line for all of one kind in one organisation that have no owner for the same reason."""
    return tuple(
        WorkLine(one.kind, one.organization_id, one.organization, Text(), one.person, one.title, None, one.why,
                 count=one.count)
        for one in find_unowned(session, allowed)
    )  # fmt: skip
