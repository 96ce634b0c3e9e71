"""Who belongs to which organisation, and in what role."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.naming import wrong
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.accounts import Membership, User
from opendata.store.organizations import Organization
from opendata.store.states import UserState


def user_named(session: Session, name: str, *, active: bool = True) -> User:
    """The account by user name, id or e-mail. NotFound; also for one that was taken away, unless `active` is False."""
    wanted = [User.username == name, User.email == name.strip().casefold()]
    with contextlib.suppress(ValueError):
        wanted.append(User.id == UUID(name))
    found = session.scalars(select(User).where(or_(*wanted)).limit(2)).all()
    row = next(iter(sorted(found, key=lambda one: one.username != name)), None)
    if row is None or (active and row.state == UserState.BLOCKED):
        raise NotFound(f"There is no user {name!r}.")
    return row


@dataclass(frozen=True, slots=True)
class Member:
    """Who belongs to an organisation; `username` is the name that CKAN's clients use."""

    id: UUID
    username: str
    name: str
    role: Role
    since: dt.datetime


def listed(catalogue: Catalogue, actor: Actor, organization: str) -> tuple[Member, ...]:
    """The members by user name, for those who may give roles. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        row = _organization(session, actor, organization)
        wanted = select(User, Membership).join(Membership, Membership.user_id == User.id)
        wanted = wanted.where(Membership.organization_id == row.id, User.state != UserState.BLOCKED)
        found = session.execute(wanted.order_by(User.username)).all()
        return tuple(Member(who.id, who.username, who.name, held.role, held.created) for who, held in found)


@dataclass(frozen=True, slots=True)
class Inherited:
    """Who has a role because of one that they hold in the organisation above called `slug`."""

    username: str
    name: str
    role: Role
    slug: str
    title: Text


def inherited(catalogue: Catalogue, actor: Actor, organization: str) -> tuple[Inherited, ...]:
    """Whose roles come from above, nearest first; for those who may give roles. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        row = _organization(session, actor, organization)
        above = queries.organization_paths(session)[row.id][1:]
        wanted = select(User.username, User.name, Membership.role, Organization.slug, Organization.title)
        wanted = wanted.select_from(Membership).join(User, User.id == Membership.user_id)
        wanted = wanted.join(Organization, Organization.id == Membership.organization_id)
        wanted = wanted.where(Organization.slug.in_(above), User.state != UserState.BLOCKED).order_by(User.username)
        found = [Inherited(*one) for one in session.execute(wanted)]
        return tuple(sorted(found, key=lambda one: above.index(one.slug)))


def is_last_admin(catalogue: Catalogue, actor: Actor, organization: str, user: str) -> bool:
    """Whether nobody but sysadmins would administer the organisation without that person. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        row = _organization(session, actor, organization)
        person = user_named(session, user, active=False)
        path = queries.organization_paths(session)[row.id]
        wanted = (
            select(Membership.user_id, Organization.id).join(Organization).join(User, User.id == Membership.user_id)
        )
        wanted = wanted.where(Organization.slug.in_(path), Membership.role == Role.ADMIN)
        admins = set(session.execute(wanted.where(User.state != UserState.BLOCKED)).all())
        here = {(person.id, row.id)}
        return bool(admins & here) and not admins - here


def give_role(catalogue: Catalogue, actor: Actor, organization: str, user: str, role: Role) -> tuple[UUID, UUID]:
    """Make the user a member in that role, or change the role; the ids of both. NotFound; NotAllowed."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _organization(session, actor, organization)
        person = user_named(session, user)
        held = session.get(Membership, (person.id, row.id))
        before = held.role if held else None
        if held is None:
            session.add(Membership(user_id=person.id, organization_id=row.id, role=role, created=now))
        else:
            held.role = role
        if before != role:
            said = {"user": person.username, "role": role}
            note(session, actor, now, "organization", row.id, "role given", before={"role": before}, after=said)
        return person.id, row.id


def take_role(catalogue: Catalogue, actor: Actor, organization: str, user: str) -> None:
    """End the membership; nothing happens where there is none. NotFound; NotAllowed."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _organization(session, actor, organization)
        person = user_named(session, user, active=False)
        held = session.get(Membership, (person.id, row.id))
        if held is not None:
            said = {"user": person.username, "role": held.role}
            note(session, actor, now, "organization", row.id, "role taken", before=said)
            session.delete(held)


def set_members(
    session: Session, actor: Actor, organization_id: UUID, members: Mapping[str, Role], now: dt.datetime
) -> None:
    """These and no others are its members. Invalid for an unknown user.

    It is how CKAN's clients write them, to whom reviewers are editors: who reviews and is listed as an editor stays.
    """
    wanted: dict[UUID, Role] = {}
    for name, role in members.items():
        try:
            wanted[user_named(session, name).id] = role
        except NotFound as error:
            raise wrong("users", error.message, "unknown") from None
    own = Membership.organization_id == organization_id
    held = {row.user_id: row for row in session.scalars(select(Membership).where(own))}
    for key, row in held.items():
        if (row.role, wanted.get(key)) == (Role.REVIEWER, Role.EDITOR):
            wanted[key] = Role.REVIEWER
    before = {str(key): row.role for key, row in held.items()}
    after = {str(key): role for key, role in wanted.items()}
    if before == after:
        return
    note(session, actor, now, "organization", organization_id, "members set", before=before, after=after)
    session.execute(delete(Membership).where(own, Membership.user_id.in_(held.keys() - wanted.keys())))
    for user_id, role in wanted.items():
        if user_id in held:
            held[user_id].role = role
        else:
            session.add(Membership(user_id=user_id, organization_id=organization_id, role=role, created=now))


def _organization(session: Session, actor: Actor, name: str) -> Organization:
    row = session.get_one(Organization, queries.address(session, "organization", name).id)
    demand_over(actor, Right.MANAGE_MEMBERS, row.id)
    if row.state != "active":
        raise NotFound(f"There is no agency called {name!r}.")
    return row
