"""Agencies, groups, accounts and keywords as CKAN's lists give them, with the counts of what everybody may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from opendata.catalog import vocabularies
from opendata.catalog.values import Text
from opendata.errors import NotAllowed, NotFound
from opendata.export.ckan import OrganizationFacts, UserFacts, theme_group
from opendata.search.collation import title_key
from opendata.search.query import SearchQuery
from opendata.services.actors import Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.ckan_facts import group_facts, organization_facts, user_facts
from opendata.services.memberships import user_named
from opendata.services.rights import Right, demand, may, may_over
from opendata.store import queries
from opendata.store.accounts import Membership, User
from opendata.store.datasets import Dataset
from opendata.store.organizations import Group, GroupMember, Organization
from opendata.store.queries.visible import is_visible
from opendata.store.states import UserState

Member = tuple[UserFacts, str]
"""An account and its capacity."""


def organizations(catalogue: Catalogue, *, counted: bool = True) -> list[OrganizationFacts]:
    """All active agencies by name. Two SELECTs; one where they are not `counted`."""
    above = aliased(Organization)
    wanted = select(Organization, above).outerjoin(above, above.id == Organization.parent_id)
    wanted = wanted.where(Organization.state == "active").order_by(Organization.slug)
    with catalogue.sessions.read() as session:
        counts = _datasets_of(session) if counted else {}
        return [organization_facts(row, parent, counts.get(row.id, 0)) for row, parent in session.execute(wanted)]


def organization(catalogue: Catalogue, actor: Actor, name: str) -> OrganizationFacts:
    """The agency called `name` (slug, id or former slug). NotFound, but for sysadmins also for a deleted one."""
    above = aliased(Organization)
    with catalogue.sessions.read() as session:
        address = queries.address(session, "organization", name)
        wanted = select(Organization, above).outerjoin(above, above.id == Organization.parent_id)
        row, parent = session.execute(wanted.where(Organization.id == address.id)).one()
        if row.state != "active" and not may(actor, Right.MANAGE_SITE):
            raise NotFound(f"There is no organization called {name!r}.")
        return organization_facts(row, parent, _datasets_of(session, row.id).get(row.id, 0))


def groups(catalogue: Catalogue, *, counted: bool = True) -> list[OrganizationFacts]:
    """All active groups by name, themes among them. Two SELECTs, and one look into the index; one without counts."""
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Group).where(Group.state == "active").order_by(Group.slug)).all()
        counts = _datasets_in(session) if counted else {}
    themes = _datasets_by_theme(catalogue, vocabularies.codes("theme")) if counted else {}
    found = [group_facts(row, themes.get(row.slug, 0) if row.theme else counts.get(row.id, 0)) for row in rows]
    known = {one.name for one in found}
    found += [_counted(theme_group(code), themes) for code in vocabularies.codes("theme") if code not in known]
    return sorted(found, key=lambda one: one.name)


def group(catalogue: Catalogue, actor: Actor, name: str) -> tuple[OrganizationFacts, bool]:
    """The group called `name` (slug, id or former slug), and whether it is a theme. NotFound as for agencies."""
    with catalogue.sessions.read() as session:
        theme = _theme_without_row(session, name)
        if theme is None:
            row = session.get_one(Group, queries.address(session, "group", name).id)
            if row.state != "active" and not may(actor, Right.MANAGE_SITE):
                raise NotFound(f"There is no group called {name!r}.")
            if not row.theme:
                return group_facts(row, _datasets_in(session, row.id).get(row.id, 0)), False
            theme = group_facts(row)
    return _counted(theme, _datasets_by_theme(catalogue, [theme.name])), True


def capacity_of(role: Role) -> str:
    """What CKAN calls the role: it has no reviewers, who are editors to it."""
    return (Role.EDITOR if role is Role.REVIEWER else role).value


def members(catalogue: Catalogue, listed: Sequence[OrganizationFacts]) -> dict[UUID, list[Member]]:
    """The active accounts of each agency or group with their capacity, by name. Two SELECTs."""
    ids = [one.id for one in listed]
    in_agencies = select(User, Membership.organization_id, Membership.role)
    in_agencies = in_agencies.join(Membership, Membership.user_id == User.id).where(Membership.organization_id.in_(ids))
    joined = (GroupMember.object_id == User.id) & (GroupMember.kind == "user")
    in_groups = select(User, GroupMember.group_id, GroupMember.capacity).join(GroupMember, joined)
    in_groups = in_groups.where(GroupMember.group_id.in_(ids))
    active = User.state == UserState.ACTIVE
    found: dict[UUID, list[Member]] = {}
    with catalogue.sessions.read() as session:
        for row, key, role in session.execute(in_agencies.where(active).order_by(User.username)):
            found.setdefault(key, []).append((user_facts(row), capacity_of(role)))
        for row, key, capacity in session.execute(in_groups.where(active).order_by(User.username)):
            found.setdefault(key, []).append((user_facts(row), capacity or Role.MEMBER.value))
    return found


def ordered(
    listed: Sequence[OrganizationFacts], field: str, language: str, *, descending: bool = False
) -> list[OrganizationFacts]:
    """By name, by title as `language` sorts it, or by package_count; those that are equal by name."""
    keys: dict[str, Callable[[OrganizationFacts], Any]] = {
        "name": lambda one: one.name,
        "title": lambda one: title_key(one.title.show(language).value or one.name),
        "package_count": lambda one: one.datasets,
    }
    by_name = sorted(listed, key=keys["name"])
    return sorted(by_name, key=keys[field], reverse=descending)


def organizations_where(catalogue: Catalogue, right: Right, person: Actor) -> list[tuple[OrganizationFacts, str]]:
    """The agencies in which `person` has `right`, with their capacity there, by title. Two SELECTs."""
    found = []
    for one in organizations(catalogue):
        if may_over(person, right, one.id):
            role = person.roles.get(one.id)
            found.append((one, Role.ADMIN.value if person.sysadmin else capacity_of(role) if role else ""))
    return sorted(found, key=lambda pair: (pair[0].title.show("en").value.casefold(), pair[0].name))


def groups_of(catalogue: Catalogue, person: Actor) -> list[OrganizationFacts]:
    """The groups that `person` may add datasets to: those they are in, for sysadmins all. One SELECT."""
    wanted = select(Group).where(Group.state == "active", Group.theme.is_(False))
    if not may(person, Right.MANAGE_SITE):
        own = select(GroupMember.group_id).where(GroupMember.kind == "user", GroupMember.object_id == person.user_id)
        wanted = wanted.where(Group.id.in_(own))
    with catalogue.sessions.read() as session:
        return [group_facts(row) for row in session.scalars(wanted.order_by(Group.slug))]


def users(catalogue: Catalogue, actor: Actor, q: str = "", limit: int | None = None) -> list[UserFacts]:
    """Active accounts whose names hold `q`, by name, for those who are signed in. Two SELECTs."""
    demand_signed_in(actor)
    wanted = select(User).where(User.state == UserState.ACTIVE).order_by(User.username)
    if q:
        holds = [User.username.icontains(q, autoescape=True), User.name.icontains(q, autoescape=True)]
        if actor.sysadmin:
            holds.append(User.email.icontains(q, autoescape=True))
        wanted = wanted.where(or_(*holds))
    with catalogue.sessions.read() as session:
        counts = _datasets_by(session)
        rows = session.scalars(wanted if limit is None else wanted.limit(limit))
        return [user_facts(row, counts.get(row.id, 0)) for row in rows]


def user(catalogue: Catalogue, actor: Actor, name: str) -> UserFacts:
    """The account called `name` (user name or id; for itself and sysadmins also e-mail). NotFound. Two SELECTs."""
    demand_signed_in(actor)
    with catalogue.sessions.read() as session:
        row = user_named(session, name, active=not actor.sysadmin)
        if "@" in name and not (actor.sysadmin or row.id == actor.user_id):
            raise NotFound(f"There is no user {name!r}.")
        return user_facts(row, _datasets_by(session, row.id).get(row.id, 0))


def demand_signed_in(actor: Actor) -> None:
    """NotAllowed for the public: who works here is nobody's business."""
    if not actor.signed_in:
        raise NotAllowed("Sign in to see accounts.", signed_in=False)


def demand_site(actor: Actor) -> None:
    """NotAllowed but for sysadmins."""
    demand(actor, Right.MANAGE_SITE)


def keywords(catalogue: Catalogue) -> list[str]:
    """Every keyword of public records, in order. One look into the index."""
    return sorted({one.value for one in catalogue.index.values("keyword")})


def titles(catalogue: Catalogue, kind: str, names: Collection[str]) -> dict[str, Text]:
    """Titles of agencies (`kind` organization), or of groups, by name. One SELECT."""
    with catalogue.sessions.read() as session:
        if kind == "organization":
            return queries.organization_titles(session, names)
        rows = session.execute(select(Group.slug, Group.title).where(Group.slug.in_(names)))
        found = {row.slug: row.title for row in rows}
    return {name: vocabularies.text_of("theme", name) for name in names if name not in found} | found


def formats(catalogue: Catalogue) -> list[str]:
    """Every format of public records, those with most records first. One look into the index."""
    return [one.value for one in catalogue.index.values("format")]


def of_keyword(catalogue: Catalogue, keyword: str, size: int) -> list[UUID]:
    """Ids of public datasets that have the keyword, newest first."""
    return _found(catalogue, "keyword", keyword, size)


def of_theme(catalogue: Catalogue, code: str, size: int) -> list[UUID]:
    """Ids of public datasets that have the theme, newest first."""
    return _found(catalogue, "theme", code, size)


def _found(catalogue: Catalogue, name: str, value: str, size: int) -> list[UUID]:
    query = SearchQuery(filters={name: (value,), "kind": ("dataset",)}, sort="-issued", size=size)
    with catalogue.searches:
        return [hit.id for hit in catalogue.index.search(query).hits]


def _datasets_of(session: Session, organization_id: UUID | None = None) -> dict[UUID, int]:
    # All are counted, by an index: looking for the visible ones, SQLite reads each of them.
    number = func.count().filter(is_visible(Dataset))
    wanted = select(Dataset.organization_id, number).group_by(Dataset.organization_id)
    if organization_id is not None:
        wanted = wanted.where(Dataset.organization_id == organization_id)
    return {key: found for key, found in session.execute(wanted) if key is not None and found}


def _datasets_in(session: Session, group_id: UUID | None = None) -> dict[UUID, int]:
    wanted = select(GroupMember.group_id, func.count()).join(Dataset, Dataset.id == GroupMember.object_id)
    wanted = wanted.where(GroupMember.kind == "dataset", is_visible(Dataset)).group_by(GroupMember.group_id)
    if group_id is not None:
        wanted = wanted.where(GroupMember.group_id == group_id)
    return {group: number for group, number in session.execute(wanted) if number}


def _datasets_by(session: Session, user_id: UUID | None = None) -> dict[UUID, int]:
    wanted = select(Dataset.creator_id, func.count()).where(is_visible(Dataset), Dataset.creator_id.is_not(None))
    wanted = wanted.where(Dataset.creator_id == user_id) if user_id else wanted
    return {key: number for key, number in session.execute(wanted.group_by(Dataset.creator_id)) if key is not None}


def _datasets_by_theme(catalogue: Catalogue, codes: Collection[str]) -> dict[str, int]:
    """How many public datasets have each theme."""
    query = SearchQuery(filters={"kind": ("dataset",)}, size=1)
    with catalogue.searches:
        counted = catalogue.index.search(query, facets=("theme",)).facets.get("theme", ())
    return {one.value: one.count for one in counted if one.value in codes}


def _counted(theme: OrganizationFacts, counts: dict[str, int]) -> OrganizationFacts:
    return replace(theme, datasets=counts.get(theme.name, 0))


def _theme_without_row(session: Session, name: str) -> OrganizationFacts | None:
    """The theme of that code or id that has no row of its own."""
    themes: Sequence[OrganizationFacts] = [theme_group(code) for code in vocabularies.codes("theme")]
    found = next((one for one in themes if name in (one.name, str(one.id))), None)
    if found is None or session.scalar(select(Group.id).where(Group.slug == found.name)):
        return None
    return found
