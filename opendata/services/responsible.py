"""Who answers for a record: somebody who may edit it where it belongs. And what nobody answers for.

A harvested record is its source's: who answers for the source answers for what it brings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.services.actors import Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.rights import NEEDED, Right, demand, includes, organizations_where
from opendata.store.accounts import Membership, User
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.organizations import Organization
from opendata.store.register import Study
from opendata.store.states import UserState

TABLES: Mapping[str, Any] = {"dataset": Dataset, "study": Study, "source": HarvestSource}
"""What somebody answers for, by its kind."""

NOBODY, ENDED, NO_ROLE = "nobody", "ended", "no role"
"""Why a record has no owner: it never had one, the account has ended, or it may not edit there any more."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who may answer for what: the people of each organisation who edit there, and sysadmins, who may everywhere."""

    people: Mapping[UUID, frozenset[UUID]]
    sysadmins: frozenset[UUID]

    def may_answer(self, user_id: UUID, organization_id: UUID | None) -> bool:
        """Whether the person may edit what belongs to that organisation (None: to none)."""
        if user_id in self.sysadmins:
            return True
        return organization_id is not None and user_id in self.people.get(organization_id, ())


def staff(session: Session) -> Staff:
    """Who may answer for what now. Three SELECTs."""
    parents: dict[UUID, UUID | None] = dict(session.execute(select(Organization.id, Organization.parent_id)).all())
    held = select(Membership.organization_id, Membership.user_id, Membership.role).join(User)
    own: dict[UUID, set[UUID]] = {}
    for organization_id, user_id, role in session.execute(held.where(User.state != UserState.BLOCKED)):
        if includes(role, NEEDED[Right.EDIT_RECORDS] or Role.ADMIN):
            own.setdefault(organization_id, set()).add(user_id)
    above = select(User.id).where(User.sysadmin, User.state != UserState.BLOCKED)
    people = {one: frozenset().union(*(own.get(up, ()) for up in _upwards(parents, one))) for one in parents}
    return Staff(people, frozenset(session.scalars(above)))


def _upwards(parents: Mapping[UUID, UUID | None], one: UUID) -> list[UUID]:
    """The organisation and those above it; a ring ends where it closes."""
    found: list[UUID] = []
    at: UUID | None = one
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return found


def kept(kind: str) -> tuple[ColumnElement[bool], ...]:
    """What of the kind somebody has to answer for: nothing that is withdrawn, and no dataset that a source brings."""
    if kind == "source":
        return ()
    table = TABLES[kind]
    found = (table.state != RecordState.WITHDRAWN,)
    if kind == "study":
        return found
    return (*found, ~exists().where(HarvestRecord.dataset_id == Dataset.id))


@dataclass(frozen=True, slots=True)
class Unowned:
    """Records of one kind in one organisation (None: in none) that have no owner for the same reason."""

    kind: str
    organization: str
    title: Text
    person: str
    why: str
    count: int
    organization_id: UUID | None = None
    user_id: UUID | None = None


def unowned(catalogue: Catalogue, actor: Actor) -> tuple[Unowned, ...]:
    """What has no owner where the asker hands over, by organisation and kind, the most first. NotAllowed."""
    demand(actor, Right.HAND_OVER)
    with catalogue.sessions.read() as session:
        return find_unowned(session, organizations_where(actor, Right.HAND_OVER))


def find_unowned(session: Session, allowed: frozenset[UUID] | None) -> tuple[Unowned, ...]:
    """The same in these organisations; None: everywhere."""
    known = staff(session)
    found = [(kind, *one) for kind in TABLES for one in _counted(session, kind, allowed, known)]
    agencies = {
        row.id: row
        for row in session.execute(
            select(Organization.id, Organization.slug, Organization.title).where(
                Organization.id.in_({one[1] for one in found if one[1]})
            )
        )
    }
    people = {
        row.id: row
        for row in session.execute(
            select(User.id, User.name, User.state).where(User.id.in_({one[2] for one in found if one[2]}))
        )
    }
    lines = []
    for kind, organization_id, user_id, count in found:
        agency, person = agencies.get(organization_id), people.get(user_id)
        ended = person is not None and person.state == UserState.BLOCKED
        lines.append(
            Unowned(
                kind,
                agency.slug if agency else "",
                agency.title if agency else Text(),
                person.name if person else "",
                NOBODY if person is None else ENDED if ended else NO_ROLE,
                count,
                organization_id,
                user_id,
            )
        )
    return tuple(sorted(lines, key=lambda one: (-one.count, one.organization, one.kind, one.person)))


Counted = tuple[UUID | None, UUID | None, int]
"""Organisation, person, and how many of a kind are theirs."""


def _counted(session: Session, kind: str, allowed: frozenset[UUID] | None, known: Staff) -> list[Counted]:
    """How many of the kind have no owner, by organisation and by who answered for them.

    Who has no right any more is told from an index alone; whether a source brings a dataset is looked up for what is
    theirs or nobody's, and not for all that has an owner.
    """
    table = TABLES[kind]
    stands = () if kind == "source" else (table.state != RecordState.WITHDRAWN,)
    found = _unknown(known, _grouped(session, table, allowed, *stands))
    if kind != "dataset":
        return found
    pairs = [one[:2] for one in found]
    own = [
        (None in {person for _, person in pairs}, table.responsible_id.is_(None)),
        (None in {place for place, person in pairs if person}, table.organization_id.is_(None)),
        (bool(pairs), tuple_(table.organization_id, table.responsible_id).in_(pairs)),
    ]
    counted = [_grouped(session, table, allowed, where, *kept(kind)) for wanted, where in own if wanted]
    return _unknown(known, {one[:2]: one for some in counted for one in some}.values())


def _unknown(known: Staff, counted: Iterable[Counted]) -> list[Counted]:
    """Those of nobody, and of people who may not edit there."""
    return [one for one in counted if one[1] is None or not known.may_answer(one[1], one[0])]


def _grouped(
    session: Session, table: Any, allowed: frozenset[UUID] | None, *where: ColumnElement[bool]
) -> list[Counted]:
    wanted = select(table.organization_id, table.responsible_id, func.count()).where(*where)
    if allowed is not None:
        wanted = wanted.where(table.organization_id.in_(allowed))
    grouped = wanted.group_by(table.organization_id, table.responsible_id)
    return [(row[0], row[1], row[2]) for row in session.execute(grouped)]
