"""Names in URLs to records: by present slug, by id, or by a slug that it had before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, null, or_, select
from sqlalchemy.orm import Session, aliased

from opendata.catalog.records import RecordState
from opendata.errors import NotFound
from opendata.store.datasets import Dataset
from opendata.store.organizations import FormerSlug, Group, Organization
from opendata.store.register import Study

TABLES: dict[str, type[Dataset] | type[Study] | type[Organization] | type[Group]] = {
    "dataset": Dataset,
    "study": Study,
    "organization": Organization,
    "group": Group,
}
"""The kinds of records that have a slug."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which record a name means; it has moved where the name is not its present `slug`.

    `joined`: the name is of a dataset that was joined with this one.
    """

    id: UUID
    slug: str
    joined: bool = False


def no_record(kind: str, name: str) -> str:
    """What is said of a record that is not there."""
    return f"There is no {kind} called {name!r}."


def unless_known(kind: str, row: Dataset | Study, name: str) -> str:
    """The same of a record that is not public; "" where everybody may know that it is there."""
    known = row.state in (RecordState.PUBLISHED, RecordState.WITHDRAWN) and not row.private
    return "" if known else no_record(kind, name)


def address(session: Session, kind: str, name: str) -> Address:
    """The record of `kind` that `name` means: its slug, else its id, else a former slug. NotFound for all else.

    One SELECT for a present slug or an id, two for a former slug; one more for a dataset that was joined with another.
    """
    found = _address(session, kind, name)
    return _followed(session, found) if found.joined else found


def _followed(session: Session, found: Address) -> Address:
    """Where the dataset leads to that was joined with another, and that perhaps with a third."""
    seen = {found.id}
    while True:
        into = aliased(Dataset)
        wanted = select(into.id, into.slug, into.merged_into_id).join(Dataset, Dataset.merged_into_id == into.id)
        row = session.execute(wanted.where(Dataset.id == found.id)).one_or_none()
        if row is None or row.id in seen:
            return found
        seen.add(row.id)
        found = Address(row.id, row.slug, joined=True)
        if row.merged_into_id is None:
            return found


def _address(session: Session, kind: str, name: str) -> Address:
    if "\0" in name:  # which PostgreSQL takes in no text
        raise NotFound(no_record(kind, name))
    as_id = _as_uuid(name)
    given = {"name": name} if as_id is None else {"name": name, "id": as_id}
    rows = session.execute(_present(kind, as_id is not None), given).all()
    for row in sorted(rows, key=lambda row: row.slug != name):
        return Address(row.id, row.slug, row.merged is not None)
    found = session.execute(_former(kind), {"name": name}).one_or_none()
    if found is None:
        raise NotFound(no_record(kind, name))
    return Address(found.id, found.slug, found.merged is not None)


@cache
def _columns(kind: str) -> Select[UUID, str, UUID | None]:
    table = TABLES[kind]
    merged = Dataset.merged_into_id if table is Dataset else null()
    return select(table.id, table.slug, merged.label("merged"))


@cache
def _present(kind: str, by_id: bool) -> Select[UUID, str, UUID | None]:
    table = TABLES[kind]
    named = table.slug == bindparam("name")
    return _columns(kind).where(or_(named, table.id == bindparam("id")) if by_id else named)


@cache
def _former(kind: str) -> Select[UUID, str, UUID | None]:
    wanted = _columns(kind).join(FormerSlug, FormerSlug.object_id == TABLES[kind].id)
    return wanted.where(FormerSlug.kind == kind, FormerSlug.slug == bindparam("name"))


def taken_slugs(session: Session, kind: str, stem: str) -> set[str]:
    """Every present and former slug of `kind` that is `stem` or starts with `stem` and a hyphen."""
    found: set[str] = set()
    for column, *conditions in ((TABLES[kind].slug,), (FormerSlug.slug, FormerSlug.kind == kind)):
        matches = or_(column == stem, column.startswith(f"{stem}-", autoescape=True))
        found.update(session.scalars(select(column).where(matches, *conditions)))
    return found


def rename(session: Session, kind: str, object_id: UUID, old: str, new: str, now: dt.datetime) -> None:
    """Keep `old` as a former slug of the record, and let it have `new` back if it had that before."""
    if old == new:
        return
    session.execute(
        delete(FormerSlug).where(
            FormerSlug.kind == kind, FormerSlug.slug.in_((old, new)), FormerSlug.object_id == object_id
        )
    )
    session.add(FormerSlug(kind=kind, slug=old, object_id=object_id, retired=now))


def former_slugs(session: Session, kind: str, object_id: UUID) -> Sequence[str]:
    """The slugs it had, oldest first."""
    wanted = select(FormerSlug.slug).where(FormerSlug.kind == kind, FormerSlug.object_id == object_id)
    return session.scalars(wanted.order_by(FormerSlug.id)).all()


def _as_uuid(name: str) -> UUID | None:
    """The id that `name` spells, None where it is none."""
    try:
        return UUID(name)
    except ValueError:
        return None
