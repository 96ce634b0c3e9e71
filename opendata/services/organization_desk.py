"""Agencies as the desk shows them: the tree of those that somebody works for, and one with what is said of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.organizations_writing import OrganizationChange, update
from opendata.services.organizations_writing import version as said_version
from opendata.services.rights import Right, demand, demand_over, may, may_over, organizations_where
from opendata.store import queries
from opendata.store.accounts import Membership
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestSource
from opendata.store.organizations import FormerSlug, Organization
from opendata.store.register import Study


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """An agency in the tree. `depth` counts from 0; records are all that are not withdrawn, members its own."""

    id: UUID
    slug: str
    title: Text
    depth: int
    closed: bool
    review: bool
    datasets: int
    studies: int
    sources: int
    members: int


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency. `reviewed_by` names the one above that wants review for it too, "" for none."""

    line: AgencyLine
    description: Text
    homepage: str
    email: str
    image_url: str
    parent: str
    parent_title: Text
    reviewed_by: Text
    former: tuple[str, ...]
    version: str
    may_edit: bool
    may_manage: bool
    may_add_below: bool


def tree(catalogue: Catalogue, actor: Actor) -> tuple[AgencyLine, ...]:
    """Those that the asker works for, each before those below it; sysadmins see all, also closed ones. NotAllowed."""
    demand(actor, Right.SEE_DESK)
    allowed = organizations_where(actor, Right.SEE_DESK)
    with catalogue.sessions.read() as session:
        wanted = select(Organization).order_by(Organization.slug)
        if allowed is not None:
            wanted = wanted.where(Organization.id.in_(allowed), Organization.state == "active")
        rows = session.scalars(wanted).all()
        counted = _counts(session)
    known = {row.id for row in rows}
    below: dict[UUID | None, list[Organization]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found: list[AgencyLine] = []
    pending = [(row, 0) for row in reversed(below.get(None, []))]
    while pending:
        row, depth = pending.pop()
        found.append(_line(row, depth, counted))
        pending.extend((child, depth + 1) for child in reversed(below.get(row.id, [])))
    return tuple(found)


def one(catalogue: Catalogue, actor: Actor, name: str) -> Agency:
    """The agency called `name` (slug, former slug or id), for who works there. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        row = session.get_one(Organization, queries.address(session, "organization", name).id)
        demand_over(actor, Right.SEE_DESK, row.id)
        if row.state != "active" and not may(actor, Right.MANAGE_SITE):
            raise NotFound(f"There is no agency called {name!r}.")
        former = select(FormerSlug.slug).where(FormerSlug.kind == "organization", FormerSlug.object_id == row.id)
        parent = session.get(Organization, row.parent_id) if row.parent_id else None
        path = queries.organization_paths(session)[row.id][1:]
        above = select(Organization.title).where(Organization.slug.in_(path), Organization.review).limit(1)
        edits = may_over(actor, Right.EDIT_ORGANIZATION, row.id)
        return Agency(
            line=_line(row, 0, _counts(session, row.id)),
            description=row.description,
            homepage=row.homepage,
            email=row.email,
            image_url=row.image_url,
            parent=parent.slug if parent else "",
            parent_title=parent.title if parent else Text(),
            reviewed_by=session.scalar(above) or Text(),
            former=tuple(session.scalars(former.order_by(FormerSlug.id))),
            version=_version(row),
            may_edit=edits,
            may_manage=may_over(actor, Right.MANAGE_MEMBERS, row.id) and row.state == "active",
            may_add_below=edits and row.state == "active",
        )


def parents(catalogue: Catalogue, actor: Actor, own: UUID | None = None) -> tuple[tuple[str, Text], ...]:
    """Under which agencies the asker may put one (slug, title): not under itself, nor under those below it."""
    allowed = organizations_where(actor, Right.EDIT_ORGANIZATION)
    with catalogue.sessions.read() as session:
        wanted = select(Organization).where(Organization.state == "active").order_by(Organization.slug)
        if allowed is not None:
            wanted = wanted.where(Organization.id.in_(allowed))
        paths = queries.organization_paths(session)
        rows = session.scalars(wanted).all()
        slug = paths[own][0] if own else ""
        return tuple((row.slug, row.title) for row in rows if not slug or slug not in paths[row.id])


def rewrite(catalogue: Catalogue, actor: Actor, name: str, change: OrganizationChange, version: str) -> UUID:
    """Change the agency, if it is what `version` names still. As organizations_writing.update; Changed."""
    with catalogue.sessions.read() as session:
        row = session.get_one(Organization, queries.address(session, "organization", name).id)
        stands, said = _version(row), said_version(row)
    return update(catalogue, actor, name, change, if_versions=[said] if version == stands else [""])


def _version(row: Organization) -> str:
    """Names all that the form writes, which is more than the API tells of an agency."""
    told = json.dumps([said_version(row), row.image_url, bool(row.review), row.state])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


_Counts = Mapping[str, Mapping[UUID, int]]


def _counts(session: Session, only: UUID | None = None) -> _Counts:
    """How much each agency has, by kind. One SELECT a kind."""
    found: dict[str, Mapping[UUID, int]] = {}
    tables: dict[str, Any] = {"datasets": Dataset, "studies": Study, "sources": HarvestSource, "members": Membership}
    for kind, table in tables.items():
        wanted = select(table.organization_id, func.count()).where(table.organization_id.is_not(None))
        if kind in ("datasets", "studies"):
            wanted = wanted.where(table.state != RecordState.WITHDRAWN)
        if only is not None:
            wanted = wanted.where(table.organization_id == only)
        found[kind] = dict(session.execute(wanted.group_by(table.organization_id)).all())
    return found


def _line(row: Organization, depth: int, counted: _Counts) -> AgencyLine:
    numbers = (counted[kind].get(row.id, 0) for kind in ("datasets", "studies", "sources", "members"))
    return AgencyLine(row.id, row.slug, row.title, depth, row.state != "active", row.review, *numbers)
