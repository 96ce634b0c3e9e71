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

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from opendata.catalog.values import LANGUAGES, Text
from opendata.errors import NotFound
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
from opendata.store.planning import hold_much

FORMS, UNOWNED = "forms", "unowned"
KINDS = (FORMS, *WORKS, UNOWNED)
"""Kinds of work, in the order in which they are shown. forms: begun, and not sent; unowned: nobody answers for it."""
FIRST = 5
"""How many of each kind the overview names."""
MOST_COUNTED = 200
"""So far the overview counts: who has more to do has enough to do."""


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
    """What waits of one kind: `count` in all; `more`: there are more, and `MOST_COUNTED` were counted."""

    name: str
    count: int
    lines: tuple[WorkLine, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what is asked: of one organisation and those below it ("": of all), and what one answers for oneself alone."""

    organization: str = ""
    mine: bool = False


ALL = Scope()


def waiting(catalogue: Catalogue, actor: Actor, scope: Scope = ALL) -> tuple[WorkGroup, ...]:
    """What waits for the actor, by kind; kinds of which nothing does are left out. NotFound for no organisation."""
    with catalogue.sessions.read() as session:
        search = _Search.begin(catalogue, session, actor, scope)
        found = [search.group(one, (FIRST, 0), MOST_COUNTED) for one in KINDS]
    return tuple(one for one in found if one.count)


def listing(
    catalogue: Catalogue, actor: Actor, name: str, scope: Scope = ALL, limit: int = 25, offset: int = 0
) -> WorkGroup:
    """All of one kind, counted to the end. NotFound for no kind of work, or no organisation."""
    _demand_kind(name)
    with catalogue.sessions.read() as session:
        return _Search.begin(catalogue, session, actor, scope).group(name, (limit, offset))


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

    def group(self, name: str, page: tuple[int, int], counted: int = 0) -> WorkGroup:
        """What waits of that kind; counted so far (0: to the end)."""
        if name == FORMS:
            return _leaf(FORMS, _forms(self.catalogue, self.actor), page)
        allowed = self._allowed(name)
        if allowed == frozenset():
            return WorkGroup(name, 0, ())
        if name == UNOWNED:
            return _leaf(UNOWNED, _unowned(self.session, allowed), page)
        rows = WORKS[name].rows(self._asked(name, allowed))
        count = _count(self.session, rows, counted)
        lines = tuple(_line(row) for row in self.session.execute(_some(WORKS[name], rows, *page))) if count else ()
        over = bool(counted) and count > counted
        return WorkGroup(name, counted if over else count, lines, over)

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
    """How many there are, or one more than `most` (0: no bound). One SELECT."""
    ids = [one.with_only_columns(one.selected_columns.id) for one in rows]
    bounded = [one.limit(most + 1) if most else one for one in ids]
    counts = [select(func.count()).select_from(one.subquery()).scalar_subquery() for one in bounded]
    return sum(session.execute(select(*counts)).one())


def _some(work: Work, rows: Sequence[Select[Any]], limit: int, offset: int) -> Select[Any]:
    """Those rows of the list. Each part gives what it has to give at most, so that the store need not sort the rest."""
    parts = []
    for one in rows:
        at, key = one.selected_columns.at, one.selected_columns.id
        ordered = one.order_by(at.desc() if work.latest_first else at, key).limit(offset + limit).subquery()
        parts.append(select(ordered))
    found = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    at = found.c.at.desc() if work.latest_first else found.c.at
    return select(found).order_by(at, found.c.id).limit(limit).offset(offset)


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


def _leaf(name: str, lines: Sequence[WorkLine], page: tuple[int, int]) -> WorkGroup:
    limit, offset = page
    return WorkGroup(name, len(lines), tuple(lines[offset : offset + limit]))


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
