"""Every SELECT that gives organisations, and the figures of the site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, not_, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.store.datasets import Dataset, Resource
from opendata.store.organizations import Group, GroupMember, Organization
from opendata.store.queries.visible import is_open, is_visible
from opendata.store.register import Study
from opendata.store.to_records import organization_record


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """What everybody may see, counted: `stored_bytes` are those of visible files that we hold."""

    datasets: int
    studies: int
    organizations: int
    files: int
    stored_bytes: int


def organizations(session: Session, ids: Sequence[UUID] | None = None) -> list[OrganizationRecord]:
    """All active organisations (or those of `ids`) by slug, with counts of their own visible records. Four SELECTs."""
    loading = (joinedload(Organization.parent), selectinload(Organization.children))
    wanted = select(Organization).where(Organization.state == "active").options(*loading).order_by(Organization.slug)
    if ids is not None:
        wanted = wanted.where(Organization.id.in_(ids))
    datasets, studies = _counts(session, Dataset), _counts(session, Study)
    return [
        organization_record(row, datasets=datasets.get(row.id, 0), studies=studies.get(row.id, 0))
        for row in session.scalars(wanted)
    ]


def organization_page(session: Session, organization_id: UUID) -> OrganizationRecord:
    """One organisation with its counts. NotFound. Four SELECTs."""
    found = organizations(session, [organization_id])
    if not found:
        raise NotFound(f"There is no agency {organization_id}.")
    return found[0]


def organization_row(session: Session, organization_id: UUID) -> Organization:
    """The row. NotFound."""
    row = session.get(Organization, organization_id)
    if row is None:
        raise NotFound(f"There is no agency {organization_id}.")
    return row


def organization_paths(session: Session) -> dict[UUID, tuple[str, ...]]:
    """For every organisation its slug and those above it, nearest first. One SELECT. A ring ends where it closes."""
    rows = session.execute(select(Organization.id, Organization.slug, Organization.parent_id))
    known = {row.id: (row.slug, row.parent_id) for row in rows}
    return {one: _path(known, one) for one in known}


def organization_titles(session: Session, slugs: Collection[str]) -> dict[str, Text]:
    """Titles by slug; unknown slugs are left out. One SELECT."""
    rows = session.execute(_titles(), {"slugs": list(slugs)}) if slugs else ()
    return {row.slug: row.title for row in rows}


@cache
def _titles() -> Select[str, Text]:
    # Putting it together takes longer than asking it.
    wanted = select(Organization.slug, Organization.title)
    return wanted.where(Organization.slug.in_(bindparam("slugs", expanding=True)))


def organization_places(
    session: Session, slugs: Collection[str], parents: Collection[str] = ()
) -> dict[str, tuple[Text, str]]:
    """Title and the parent's slug ("" at the top) of these organisations and of all above them, by slug. One SELECT.

    Those right below `parents` come too. Unknown slugs are left out.
    """
    rows = session.execute(_places(), {"slugs": list(slugs), "parents": list(parents)})
    return {row.slug: (row.title, row.parent or "") for row in rows}


@cache
def _places() -> Select[Any]:
    # UNION keeps no row twice, so that a ring ends where it closes.
    table = Organization.__table__
    above, parent, named = table.alias(), table.alias(), table.alias()
    below = select(named.c.id).where(named.c.slug.in_(bindparam("parents", expanding=True)))
    given = or_(table.c.slug.in_(bindparam("slugs", expanding=True)), table.c.parent_id.in_(below))
    line = select(table.c.id, table.c.parent_id).where(given).cte(recursive=True)
    line = line.union(select(above.c.id, above.c.parent_id).join(line, above.c.id == line.c.parent_id))
    wanted = select(Organization.slug, Organization.title, parent.c.slug.label("parent"))
    return wanted.join(line, line.c.id == Organization.id).outerjoin(parent, parent.c.id == Organization.parent_id)


def groups(session: Session) -> Sequence[Group]:
    """All active groups by slug, without members. One SELECT."""
    return session.scalars(select(Group).where(Group.state == "active").order_by(Group.slug)).all()


def site_counts(session: Session) -> SiteCounts:
    """The figures of the home page. Four SELECTs."""
    size = func.coalesce(func.sum(Resource.byte_size).filter(Resource.stored), 0)
    number, stored_bytes = session.execute(_of_public_files(func.count(), size)).one()
    active = select(func.count()).select_from(Organization).where(Organization.state == "active")
    return SiteCounts(
        datasets=session.scalar(select(func.count()).select_from(Dataset).where(is_visible(Dataset))) or 0,
        studies=session.scalar(select(func.count()).select_from(Study).where(is_visible(Study))) or 0,
        organizations=session.scalar(active) or 0,
        files=number,
        stored_bytes=int(stored_bytes),
    )


def readable_pages(session: Session, today: dt.date) -> int:
    """How many pages of files that everybody may read on `today` have text. One SELECT."""
    pages = func.coalesce(func.sum(Resource.__table__.c.text_pages_read).filter(is_open(today)), 0)
    return int(session.scalar(_of_public_files(pages)) or 0)


def _of_public_files(*sums: ColumnElement[Any]) -> Any:
    """These sums over the files of public datasets: all files without the few of others, which is read from indexes
    alone instead of looking up each dataset."""
    everything = select(*(one.label(f"sum_{place}") for place, one in enumerate(sums))).select_from(Resource)
    hidden = everything.where(Resource.dataset_id.in_(select(Dataset.id).where(not_(is_visible(Dataset)))))
    whole, without = everything.subquery(), hidden.subquery()
    return select(*(one - other for one, other in zip(whole.c, without.c, strict=True))).join_from(
        whole, without, true()
    )


def _counts(session: Session, table: type[Dataset] | type[Study]) -> dict[UUID, int]:
    """How many visible rows each organisation has."""
    # All rows are counted by an index that begins with the organisation; looking for the visible ones, SQLite reads
    # each of them.
    number = func.count().filter(is_visible(table))
    counted = select(table.organization_id, number).group_by(table.organization_id)
    return {key: found for key, found in session.execute(counted) if key is not None and found}


def _path(known: dict[UUID, tuple[str, UUID | None]], start: UUID) -> tuple[str, ...]:
    """Slugs from `start` upwards."""
    slugs: list[str] = []
    one: UUID | None = start
    while one is not None and one in known and known[one][0] not in slugs:
        slugs.append(known[one][0])
        one = known[one][1]
    return tuple(slugs)


def groups_of_datasets(session: Session, ids: Sequence[UUID] | None = None) -> dict[UUID, tuple[str, ...]]:
    """The slugs of the groups that each of these datasets (None: each of all) is in, in order. One SELECT."""
    wanted = select(GroupMember.object_id, Group.slug).join(Group, Group.id == GroupMember.group_id)
    wanted = wanted.where(GroupMember.kind == "dataset", Group.state == "active").order_by(Group.slug)
    found: dict[UUID, tuple[str, ...]] = {}
    for key, slug in session.execute(wanted if ids is None else wanted.where(GroupMember.object_id.in_(ids))):
        found[key] = (*found.get(key, ()), slug)
    return found
