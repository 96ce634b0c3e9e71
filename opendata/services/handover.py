"""Somebody else answers for a record, or for everything that somebody answered for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Integer, cast, func, insert, select, update
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.errors import Invalid, NotFound, Problem
from opendata.services import letters
from opendata.services.actors import Actor
from opendata.services.audit import ASSIGNED, HANDED_OVER, note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.responsible import TABLES, Staff, find_unowned, kept, staff
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.services.standing import Tree
from opendata.store import queries
from opendata.store.accounts import User
from opendata.store.editing import Handover
from opendata.store.harvests import HarvestSource
from opendata.store.operations import DatasetEvent, Upload
from opendata.store.organizations import Organization
from opendata.store.states import UploadStatus, UserState

NO_SOURCE = "There is no source {!r}."
AT_ONCE = 1000
"""Records of one transaction."""

NOTE_LENGTH = 2000

RUNNING = (UploadStatus.RECEIVED, UploadStatus.CHECKING, UploadStatus.CHECKED, UploadStatus.PUBLISHING)
"""Uploads that somebody has to go on with."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much somebody answers for: of each kind, and what of it is in review. `staying` would not go over, because
    the successor may not edit there.
    """

    datasets: int = 0
    studies: int = 0
    sources: int = 0
    uploads: int = 0
    in_review: int = 0
    staying: int = 0

    @property
    def total(self) -> int:
        """What would go over."""
        return self.datasets + self.studies + self.sources + self.uploads


@dataclass(frozen=True, slots=True)
class Preview:
    """What a hand-over would do. Names as the account has them."""

    person: str
    successor: str
    organization: str
    load: Load


@dataclass(frozen=True, slots=True)
class Done:
    """A hand-over that was. `organization` "": everywhere; names "" of accounts that are not there any more."""

    at: dt.datetime
    by: str
    person: str
    successor: str
    organization: str
    title: Text
    datasets: int
    studies: int
    sources: int
    note: str


@dataclass(frozen=True, slots=True)
class _Order:
    """Whose things go to whom, in which organisations (None: in all, and in none)."""

    person: User
    successor: User
    places: frozenset[UUID] | None
    organization_id: UUID | None


def load_of(catalogue: Catalogue, actor: Actor, user: str) -> Load:
    """How much the account answers for, where the asker hands over; also one that has ended. NotFound; NotAllowed."""
    demand(actor, Right.HAND_OVER)
    with catalogue.sessions.read() as session:
        person = user_named(session, user, active=False)
        return _load(session, person.id, organizations_where(actor, Right.HAND_OVER), None, None)


def preview(catalogue: Catalogue, actor: Actor, person: str, successor: str, organization: str = "") -> Preview:
    """What `hand_over` would do. The same errors."""
    with catalogue.sessions.read() as session:
        order = _order(session, actor, person, successor, organization)
        load = _load(session, order.person.id, order.places, order.successor.id, staff(session))
        return Preview(order.person.name, order.successor.name, organization, load)


def hand_over(
    catalogue: Catalogue, actor: Actor, person: str, successor: str, organization: str = "", said: str = ""
) -> Load:
    """The successor answers for all that the person answered for, in that organisation and below, or ("") wherever the
    actor hands over. What the successor may not edit stays. Both get a letter.

    A transaction per thousand records: broken off, what was done stays done, and doing it again goes on.
    NotAllowed; NotFound; Invalid names the field "person", "successor" or "note".
    """
    if len(said) > NOTE_LENGTH:
        raise _wrong("note", f"At most {NOTE_LENGTH} characters.")
    with catalogue.sessions.read() as session:
        order = _order(session, actor, person, successor, organization)
        load = _load(session, order.person.id, order.places, order.successor.id, staff(session))
    key = uuid4()
    _begin(catalogue, actor, order, key, said)
    for kind in TABLES:
        while _take(catalogue, actor, order, key, kind):
            pass
    _finish(catalogue, actor, order, key, load)
    return load


def assign(catalogue: Catalogue, actor: Actor, kind: str, name: str, user: str) -> None:
    """`user` answers for the record from now on; "" nobody. Who edits there may say so. NotFound; NotAllowed; Invalid.

    `kind` is dataset, study or source, `name` its slug or id.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _named(session, kind, name)
        demand_over(actor, Right.EDIT_RECORDS, row.organization_id, _unless_known(kind, row, name))
        person = _person(session, user, "user") if user else None
        if person is not None and not staff(session).may_answer(person.id, row.organization_id):
            raise _wrong("user", f"{person.name or person.email} may not edit there. Give them a role first.")
        chosen = person.id if person else None
        if chosen == row.responsible_id:
            return
        before = session.get(User, row.responsible_id) if row.responsible_id else None
        row.responsible_id = chosen
        told = {"before": {"responsible": _called(before)}, "after": {"responsible": _called(person)}}
        note(session, actor, now, kind, row.id, ASSIGNED, **told)


def responsible_of(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> str:
    """Who answers for the record, by name; "" for nobody. For who sees the desk of its organisation."""
    with catalogue.sessions.read() as session:
        row = _named(session, kind, name)
        demand_over(actor, Right.SEE_DESK, row.organization_id, _unless_known(kind, row, name))
        person = session.get(User, row.responsible_id) if row.responsible_id else None
        return _called(person)


def adopt(catalogue: Catalogue, actor: Actor, organization: str, kind: str, user: str) -> int:
    """`user` answers for all of the kind that has no owner in that very organisation ("": in none). How many.

    NotAllowed; NotFound; Invalid where they may not edit there.
    """
    with catalogue.sessions.read() as session:
        place = queries.address(session, "organization", organization).id if organization else None
        demand_over(actor, Right.HAND_OVER, place)
        person = _person(session, user, "user")
        if not staff(session).may_answer(person.id, place):
            raise _wrong("user", f"{person.name or person.email} may not edit there. Give them a role first.")
        allowed = frozenset([place]) if place else None
        owners = [
            one.user_id for one in find_unowned(session, allowed) if one.kind == kind and one.organization_id == place
        ]
    table, count = TABLES[kind], 0
    for owner in owners:
        whose = table.responsible_id == owner if owner else table.responsible_id.is_(None)
        here = table.organization_id == place if place else table.organization_id.is_(None)
        while taken := _move(catalogue, actor, kind, (whose, here, *kept(kind)), person, ASSIGNED, ""):
            count += len(taken)
    return count


def history(catalogue: Catalogue, actor: Actor, size: int = 50, offset: int = 0) -> tuple[Done, ...]:
    """The hand-overs where the asker hands over, newest first. NotAllowed."""
    demand(actor, Right.HAND_OVER)
    allowed = organizations_where(actor, Right.HAND_OVER)
    wanted = select(Handover).order_by(Handover.at.desc(), Handover.id).limit(size).offset(offset)
    if allowed is not None:
        wanted = wanted.where(Handover.organization_id.in_(allowed) | (Handover.by_id == actor.user_id))
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted).all()
        ids = {one for row in rows for one in (row.by_id, row.from_id, row.to_id) if one}
        names = dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())
        places = {row.organization_id for row in rows if row.organization_id}
        known = select(Organization.id, Organization.slug, Organization.title).where(Organization.id.in_(places))
        agencies = {row.id: row for row in session.execute(known)}
        return tuple(_done(row, names, agencies.get(row.organization_id)) for row in rows)


def _done(row: Handover, names: Mapping[UUID, str], agency: Any) -> Done:
    by, person, successor = (names.get(one, "") if one else "" for one in (row.by_id, row.from_id, row.to_id))
    slug, title = (agency.slug, agency.title) if agency else ("", Text())
    return Done(row.at, by, person, successor, slug, title, row.datasets, row.studies, row.sources, row.note)


def _order(session: Session, actor: Actor, person: str, successor: str, organization: str) -> _Order:
    places = organizations_where(actor, Right.HAND_OVER)
    place = None
    if organization:
        place = queries.address(session, "organization", organization).id
        demand_over(actor, Right.HAND_OVER, place)
        places = Tree.read(session).below(place)
    else:
        demand(actor, Right.HAND_OVER)
    old, new = _person(session, person, "person", active=False), _person(session, successor, "successor")
    if old.id == new.id:
        raise _wrong("successor", "Name somebody else than the one who hands over.")
    return _Order(old, new, places, place)


def _person(session: Session, name: str, field: str, *, active: bool = True) -> User:
    try:
        row = user_named(session, name.strip(), active=active)
    except NotFound:
        raise _wrong(field, f"There is no account {name.strip()[:100]!r}. Give its e-mail or user name.") from None
    if active and row.state == UserState.BLOCKED:
        raise _wrong(field, "This account has ended.")
    return row


def _wrong(field: str, message: str) -> Invalid:
    return Invalid("This cannot be handed over.", [Problem(f"handover_{field}", message, field)])


def _called(person: User | None) -> str:
    return (person.name or person.email) if person else ""


def _named(session: Session, kind: str, name: str) -> Any:
    if kind not in TABLES:
        raise NotFound(f"Nobody answers for a {kind[:40]!r}.")
    if kind == "source":
        row = session.scalar(select(HarvestSource).where(HarvestSource.name == name))
        if row is None:
            raise NotFound(NO_SOURCE.format(name))
        return row
    return session.get_one(TABLES[kind], queries.address(session, kind, name).id)


def _unless_known(kind: str, row: Any, name: str) -> str:
    return NO_SOURCE.format(name) if kind == "source" else queries.unless_known(kind, row, name)


def _theirs(kind: str, user_id: UUID, places: frozenset[UUID] | None) -> list[ColumnElement[bool]]:
    table = TABLES[kind]
    found = [table.responsible_id == user_id]
    return found if places is None else [*found, table.organization_id.in_(places)]


def _load(
    session: Session, user_id: UUID, places: frozenset[UUID] | None, successor: UUID | None, known: Staff | None
) -> Load:
    counts, staying, in_review = dict.fromkeys([*TABLES, "upload"], 0), 0, 0
    for kind, table in TABLES.items():
        state = func.count() if kind == "source" else func.sum(cast(table.state == RecordState.IN_REVIEW, Integer))
        wanted = select(table.organization_id, func.count(), state).where(*_theirs(kind, user_id, places))
        for organization_id, count, reviewed in session.execute(wanted.group_by(table.organization_id)):
            if known and successor and not known.may_answer(successor, organization_id):
                staying += count
                continue
            counts[kind] += count
            in_review += 0 if kind == "source" else int(reviewed or 0)
    uploads = select(Upload.organization_id, func.count()).where(*_uploads(user_id, places))
    for organization_id, count in session.execute(uploads.group_by(Upload.organization_id)):
        if known and successor and not known.may_answer(successor, organization_id):
            staying += count
        else:
            counts["upload"] += count
    return Load(counts["dataset"], counts["study"], counts["source"], counts["upload"], in_review, staying)


def _uploads(user_id: UUID, places: frozenset[UUID] | None) -> list[ColumnElement[bool]]:
    found = [Upload.user_id == user_id, Upload.status.in_(RUNNING)]
    return found if places is None else [*found, Upload.organization_id.in_(places)]


def _begin(catalogue: Catalogue, actor: Actor, order: _Order, key: UUID, said: str) -> None:
    with catalogue.sessions.write.begin() as session:
        session.add(
            Handover(
                id=key,
                at=catalogue.now(),
                by_id=actor.user_id,
                from_id=order.person.id,
                to_id=order.successor.id,
                organization_id=order.organization_id,
                note=said.strip(),
            )
        )


def _take(catalogue: Catalogue, actor: Actor, order: _Order, key: UUID, kind: str) -> bool:
    """The next of them; whether there were any."""
    with catalogue.sessions.read() as session:
        places = _open_to(session, order)
    where = _theirs(kind, order.person.id, places)
    taken = _move(catalogue, actor, kind, where, order.successor, HANDED_OVER, _called(order.person))
    if taken:
        column = {"dataset": "datasets", "study": "studies", "source": "sources"}[kind]
        with catalogue.sessions.write.begin() as session:
            counted = {column: getattr(Handover, column) + len(taken)}
            session.execute(update(Handover).where(Handover.id == key).values(counted))
    return bool(taken)


def _open_to(session: Session, order: _Order) -> frozenset[UUID] | None:
    """The organisations of the order in which the successor may answer for something; None: everywhere."""
    known = staff(session)
    if order.successor.id in known.sysadmins:
        return order.places
    theirs = frozenset(one for one, people in known.people.items() if order.successor.id in people)
    return theirs if order.places is None else theirs & order.places


def _move(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    where: Sequence[ColumnElement[bool]],
    person: User,
    action: str,
    before: str,
) -> Sequence[UUID]:
    """The next thousand of them go to the person, each with an event; their ids."""
    table, now = TABLES[kind], catalogue.now()
    with catalogue.sessions.write.begin() as session:
        ids = session.scalars(select(table.id).where(*where).order_by(table.id).limit(AT_ONCE)).all()
        if not ids:
            return ()
        session.execute(update(table).where(table.id.in_(ids)).values(responsible_id=person.id))
        said = {"before": {"responsible": before}, "after": {"responsible": _called(person)}}
        who = {"user_id": actor.user_id, "actor": actor.name or actor.email, "address": actor.address}
        event = {"kind": kind, "action": action, "at": now, **who, **said}
        session.execute(insert(DatasetEvent), [{**event, "object_id": one} for one in ids])
    return ids


def _finish(catalogue: Catalogue, actor: Actor, order: _Order, key: UUID, load: Load) -> None:
    now, site = catalogue.now(), catalogue.config.site
    with catalogue.sessions.write.begin() as session:
        places = _open_to(session, order)
        session.execute(update(Upload).where(*_uploads(order.person.id, places)).values(user_id=order.successor.id))
        told = {"to": _called(order.successor), "records": load.total, "handover": str(key)}
        note(session, actor, now, "user", order.person.id, HANDED_OVER, after=told)
        for name, person, other in (
            ("handover_from", order.person, order.successor),
            ("handover_to", order.successor, order.person),
        ):
            if person.state == UserState.BLOCKED:
                continue
            language = letters.language_of(catalogue, person)
            link = letters.address(catalogue, "/desk", language)
            words = {"person": _called(other), "count": load.total, "by": actor.name or site.title}
            letters.send(session, catalogue, person, letters.written(catalogue, name, language, link, **words))
