"""Links as people see them: those of an organisation with their state, for everybody; and all of them for editors."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from opendata.catalog.records import OrganizationRecord, RecordState
from opendata.catalog.values import Text
from opendata.errors import Invalid, NotFound
from opendata.services import hosts, linking, organizations
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.linking import link_of
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.services.visits import LinkStatus
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource
from opendata.store.links import LinkCheck
from opendata.store.organizations import Organization
from opendata.store.planning import veiled
from opendata.store.queries.visible import is_open, is_visible

ORDER = (
    LinkStatus.GONE, LinkStatus.BROKEN, LinkStatus.REFUSED, LinkStatus.UNKNOWN, LinkStatus.UNCHECKED, LinkStatus.OK,
)  # fmt: skip
"""What wants a look comes first."""
COMMON = (LinkStatus.UNCHECKED, LinkStatus.OK)
"""States of most links."""
EVERYWHERE = Dataset.state != RecordState.WITHDRAWN
"""The links of all records that stand."""
LEAF = 1000
"""Of more than these all is read at once."""
MOST_ROWS = 100_000
"""Rows of a table."""
MOST_AT_ONCE = 1000
"""Links that one person has looked at at once."""
NO_LINK = "There is no such link."


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link with its state. `filename` is that of the link where the file has none. `copied`: we hold the file, as it
    was on `fetched`.
    """

    resource_id: UUID
    dataset_slug: str
    dataset_title: Text
    organization_title: Text | None
    filename: str
    name: Text
    url: str
    status: LinkStatus
    checked: dt.datetime | None
    problem: str
    copied: bool
    fetched: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LinkList:
    """Some rows of those with the state that was asked for. `counts` are of all links, by state."""

    rows: tuple[LinkRow, ...]
    counts: dict[LinkStatus, int]
    found: int

    @property
    def total(self) -> int:
        """All links."""
        return sum(self.counts.values())

    @property
    def looked_at(self) -> int:
        """Those that were visited."""
        return self.total - self.counts.get(LinkStatus.UNCHECKED, 0)


@dataclass(frozen=True, slots=True)
class LinkVisit:
    """One look at a link. `http_status` 0: no answer."""

    checked: dt.datetime
    status: LinkStatus
    http_status: int
    reason: str


def status_of(given: str) -> LinkStatus | None:
    """The state that an address names ("unchecked", "ok" …), None for all. Invalid for anything else."""
    if not given:
        return None
    names = {name_of(status): status for status in LinkStatus}
    if given not in names:
        raise Invalid(f"status is {given[:40]!r}; allowed: {', '.join(names)}.")
    return names[given]


def name_of(status: LinkStatus) -> str:
    """The name of a state in addresses and tables."""
    return status.value or "unchecked"


def of_organization(
    catalogue: Catalogue, name: str, status: LinkStatus | None = None, size: int = MOST_ROWS, offset: int = 0
) -> tuple[OrganizationRecord, LinkList]:
    """The links of the public records of an organisation and of those below it, as far as their files are open.

    NotFound; Moved from a former slug.
    """
    record = organizations.record(catalogue, name)
    with catalogue.sessions.read() as session:
        return record, _list(session, _public(session, catalogue, record.slug), status, size, offset)


def table(
    catalogue: Catalogue, name: str, status: LinkStatus | None = None
) -> tuple[OrganizationRecord, Iterator[LinkRow]]:
    """All rows of `of_organization`, in its order, read some at a time while they are taken. NotFound; Moved."""
    record = organizations.record(catalogue, name)
    return record, _each(catalogue, record.slug, status)


def _each(catalogue: Catalogue, slug: str, status: LinkStatus | None) -> Iterator[LinkRow]:
    """The ids first, which are small: no transaction stays open for as long as a slow reader takes."""
    state = veiled(Resource.link_status)
    rank = case({one: place for place, one in enumerate(ORDER)}, value=state)
    wanted = select(Resource.id).join(Dataset, Dataset.id == Resource.dataset_id)
    with catalogue.sessions.read() as session:
        wanted = wanted.where(_public(session, catalogue, slug), link_of() != "")
        if status is not None:
            wanted = wanted.where(state == status)
        ids = session.scalars(wanted.order_by(rank, veiled(Dataset.slug), Resource.position, Resource.id)).all()
    for start in range(0, len(ids), LEAF):
        some = ids[start : start + LEAF]
        with catalogue.sessions.read() as session:  # what was closed meanwhile is left out
            shown = _columns().where(Resource.id.in_(some), _is_shown(), is_open(catalogue.today()))
            rows = {row.id: row for row in session.execute(shown)}
        yield from (_row(rows[key]) for key in some if key in rows)


def _is_shown() -> ColumnElement[bool]:
    """As is_visible, for records that are found by their files."""
    return and_(veiled(Dataset.state) == RecordState.PUBLISHED, veiled(Dataset.private).is_(False))


def desk(
    catalogue: Catalogue,
    actor: Actor,
    organization: str = "",
    status: LinkStatus | None = None,
    size: int = MOST_ROWS,
    offset: int = 0,
) -> LinkList:
    """The links of all records that the actor may edit, private ones and drafts as well; of one organisation where it
    is named (NotFound).
    """
    demand(actor, Right.EDIT_RECORDS)
    with catalogue.sessions.read() as session:
        return _list(session, _editable(session, actor, organization), status, size, offset)


def public_behind(
    catalogue: Catalogue, name: str, status: LinkStatus | None, after: UUID | None, limit: int
) -> tuple[tuple[LinkRow, ...], UUID | None]:
    """Those of `of_organization` in the order of the ids of their files, behind `after`, and the id to go on behind;
    None at the end. NotFound; Moved from a former slug.
    """
    record = organizations.record(catalogue, name)
    with catalogue.sessions.read() as session:
        return _behind(session, _public(session, catalogue, record.slug), status, after, limit)


def desk_behind(
    catalogue: Catalogue, actor: Actor, organization: str, status: LinkStatus | None, after: UUID | None, limit: int
) -> tuple[tuple[LinkRow, ...], UUID | None]:
    """Those of `desk` in the order of the ids of their files, as `public_behind`."""
    demand(actor, Right.EDIT_RECORDS)
    with catalogue.sessions.read() as session:
        return _behind(session, _editable(session, actor, organization), status, after, limit)


def history(catalogue: Catalogue, actor: Actor, resource_id: UUID) -> tuple[LinkRow, tuple[LinkVisit, ...]]:
    """A link with the looks at it, newest first. NotFound; NotAllowed for what the actor may not edit."""
    with catalogue.sessions.read() as session:
        row = session.execute(_columns().where(Resource.id == resource_id)).one_or_none()
        if row is None:
            raise NotFound(NO_LINK)
        demand_over(actor, Right.EDIT_RECORDS, row.organization_id, NO_LINK)
        wanted = select(LinkCheck).where(LinkCheck.resource_id == resource_id).order_by(LinkCheck.id.desc())
        visits = tuple(
            LinkVisit(one.checked, LinkStatus(one.status), one.http_status, one.reason)
            for one in session.scalars(wanted)
        )
        return _row(row), visits


def check_now(catalogue: Catalogue, actor: Actor, resource_id: UUID) -> None:
    """Have one link looked at soon. NotFound, NotAllowed."""
    history(catalogue, actor, resource_id)
    linking.check_soon(catalogue, [resource_id])


def check_all(
    catalogue: Catalogue,
    actor: Actor,
    organization: str = "",
    status: LinkStatus | None = None,
    limit: int = MOST_AT_ONCE,
) -> list[UUID]:
    """The links that the actor may have looked at, those not looked at for longest first; to be given to `linking`."""
    demand(actor, Right.EDIT_RECORDS)
    with catalogue.sessions.read() as session:
        wanted = _columns().where(_editable(session, actor, organization)).order_by(
            Resource.link_checked.nulls_first(), Resource.id
        )  # fmt: skip
        if status is not None:
            wanted = wanted.where(Resource.link_status == status)
        return [row.id for row in session.execute(wanted.limit(limit))]


def _public(session: Session, catalogue: Catalogue, slug: str) -> ColumnElement[bool]:
    ids = [key for key, path in queries.organization_paths(session).items() if slug in path]
    return and_(is_visible(Dataset), is_open(catalogue.today()), Dataset.organization_id.in_(ids))


def _editable(session: Session, actor: Actor, organization: str) -> ColumnElement[bool]:
    theirs = organizations_where(actor, Right.EDIT_RECORDS)
    which = EVERYWHERE
    if organization:
        address = queries.address(session, "organization", organization)
        paths = queries.organization_paths(session)
        slug = paths[address.id][0]
        which = and_(which, Dataset.organization_id.in_([key for key, path in paths.items() if slug in path]))
    return which if theirs is None else and_(which, Dataset.organization_id.in_(theirs))


def _list(session: Session, which: ColumnElement[bool], status: LinkStatus | None, size: int, offset: int) -> LinkList:
    """State by state, so that nothing is sorted of those that other leaves show."""
    whole = which is EVERYWHERE
    counts = _counts_of_all(session) if whole else _counts(session, which)
    found = sum(counts.values()) if status is None else counts.get(status, 0)
    rows: list[LinkRow] = []
    for one, number in counts.items():
        if status not in (None, one):
            continue
        if offset < number and len(rows) < size:
            wanted = _in_state(which, one, size - len(rows), offset)
            rows += [_row(row) for row in session.execute(wanted)]
        offset = max(0, offset - number)
    return LinkList(tuple(rows), counts, found)


def _in_state(which: ColumnElement[bool], status: LinkStatus, size: int, offset: int) -> Select[Any]:
    """The links of one state by the names of their records. What is told of them is read of a leaf's alone."""
    whole, is_leaf = which is EVERYWHERE, size <= LEAF
    if whole and status in COMMON and is_leaf:
        found = _walked(status)
    else:
        found = select(Resource.id).join(Dataset, Dataset.id == Resource.dataset_id) if is_leaf else _columns()
        state = Resource.link_status if whole else veiled(Resource.link_status)  # found by whose they are
        found = found.where(which, link_of() != "", state == status)
    slug = Dataset.slug if whole else veiled(Dataset.slug)
    found = found.order_by(slug, Resource.position, Resource.id).limit(size).offset(offset)
    if not is_leaf:
        return found
    shown = _columns().where(Resource.id.in_(select(found.subquery().c.id)))
    return shown.order_by(Dataset.slug, Resource.position, Resource.id)


def _walked(status: LinkStatus) -> Select[Any]:
    """As `_in_state` for a state in which nearly all links are: SQLite goes by the names of records, which an outer
    join has it do, and ends with the leaf; else it would sort them all.
    """
    wanted = select(Resource.id).select_from(Dataset).outerjoin(Resource, Resource.dataset_id == Dataset.id)
    return wanted.where(EVERYWHERE, link_of() != "", veiled(Resource.link_status) == status)


def _behind(
    session: Session, which: ColumnElement[bool], status: LinkStatus | None, after: UUID | None, limit: int
) -> tuple[tuple[LinkRow, ...], UUID | None]:
    # The ids first: those of a large organisation are sorted, and what is told of each would be sorted with them.
    wanted = select(Resource.id).join(Dataset, Dataset.id == Resource.dataset_id).where(which, link_of() != "")
    if status is not None:
        wanted = wanted.where(Resource.link_status == status)
    if after is not None:
        wanted = wanted.where(Resource.id > after)
    ids = session.scalars(wanted.order_by(Resource.id).limit(limit + 1)).all()
    found = session.execute(_columns().where(Resource.id.in_(ids[:limit])).order_by(Resource.id))
    return tuple(_row(row) for row in found), ids[limit - 1] if len(ids) > limit else None


def _counts(session: Session, which: ColumnElement[bool]) -> dict[LinkStatus, int]:
    state = veiled(Resource.link_status)  # the index of states is that of the whole site
    wanted = select(state, func.count()).join(Dataset, Dataset.id == Resource.dataset_id)
    return _ordered(session.execute(wanted.where(which, link_of() != "").group_by(state)))


def _counts_of_all(session: Session) -> dict[LinkStatus, int]:
    """Those of every record but what is withdrawn. Three SELECTs; no row is read of what was looked at."""
    seen = select(Resource.link_status, func.count()).where(Resource.link_status != LinkStatus.UNCHECKED)
    found: Counter[str] = Counter()
    for status, number in session.execute(seen.group_by(Resource.link_status)):
        found[status] = number
    unseen = select(func.count()).where(veiled(Resource.link_status) == LinkStatus.UNCHECKED, link_of() != "")
    found[LinkStatus.UNCHECKED] = session.scalar(unseen) or 0
    gone = select(Resource.link_status, func.count()).join(Dataset, Dataset.id == Resource.dataset_id)
    gone = gone.where(Dataset.state == RecordState.WITHDRAWN, link_of() != "").group_by(Resource.link_status)
    for status, number in session.execute(gone):
        found[status] -= number
    return _ordered(found.items())


def _ordered(counted: Iterable[Any]) -> dict[LinkStatus, int]:
    found = {LinkStatus(status): number for status, number in counted if number}
    return {status: found[status] for status in ORDER if status in found}


def _columns() -> Select[Any]:
    columns: tuple[Any, ...] = (
        Resource.id, Dataset.slug, Dataset.title, Dataset.organization_id,
        Organization.title.label("organization_title"), Resource.name, Resource.filename, link_of().label("url"),
        Resource.link_status, Resource.link_checked, Resource.link_problem, Resource.stored, Resource.fetched,
    )  # fmt: skip
    wanted = select(*columns).join(Dataset, Dataset.id == Resource.dataset_id)
    return wanted.outerjoin(Organization, Organization.id == Dataset.organization_id).where(link_of() != "")


def _row(row: Any) -> LinkRow:
    return LinkRow(
        resource_id=row.id,
        dataset_slug=row.slug,
        dataset_title=row.title,
        organization_title=row.organization_title,
        filename=row.filename or hosts.name_of(row.url),
        name=row.name,
        url=row.url,
        status=LinkStatus(row.link_status),
        checked=row.link_checked,
        problem=row.link_problem,
        copied=row.stored,
        fetched=row.fetched,
    )
