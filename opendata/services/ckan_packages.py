"""Datasets with all that CKAN's dictionaries show around them, for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord
from opendata.errors import Gone, NotAllowed, NotFound
from opendata.export.ckan import OrganizationFacts, theme_group
from opendata.export.entry import Entry
from opendata.services import neighbours
from opendata.services.actors import SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.ckan_facts import group_facts, organization_facts
from opendata.services.datasets import is_visible
from opendata.services.rights import Right, may_over
from opendata.services.tables import active
from opendata.services.tables_making import FORMATS
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource
from opendata.store.organizations import Group, GroupMember, Organization
from opendata.store.plain import Shape
from opendata.store.queries import visible

T = TypeVar("T")
AT_ONCE = 500
"""Datasets that one SELECT loads."""

GROUP = ("id", "slug", "title", "description", "image_url", "created", "state", "extras")
AGENCY = (*GROUP, "identifier", "homepage", "email")
"""What CKAN's dictionaries say of a group and of an agency."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A dataset as far as the asker may see it, its agency, and the groups that it is in, its themes first.

    `tables` are the checksums of its files whose tables can be asked.
    """

    record: DatasetRecord
    organization: OrganizationFacts | None
    groups: tuple[OrganizationFacts, ...]
    tables: frozenset[str] = frozenset()


def shown(catalogue: Catalogue, actor: Actor, name: str) -> Shown:
    """The dataset called `name` (slug, id or former slug). Ten SELECTs at most.

    NotFound; NotAllowed where it is there and not for everybody; Gone for a withdrawn one, but for those who may see
    what is unpublished.
    """
    with catalogue.sessions.read() as session:
        address = queries.address(session, "dataset", name)
        sees_all = False
        if actor.signed_in:
            owner = session.scalar(select(Dataset.organization_id).where(Dataset.id == address.id))
            sees_all = may_over(actor, Right.SEE_UNPUBLISHED, owner)
        (found,) = queries.records(session, [address.id], public_only=not sees_all)
        found = neighbours.seen_by(session, actor, [found])[0] if sees_all else found
        if not sees_all and found.state is RecordState.WITHDRAWN and not found.private:
            raise Gone(name, found)
        if not sees_all and not is_visible(found, actor):
            raise NotAllowed(f"You may not see {name!r}.", signed_in=actor.signed_in)
        return _around(catalogue, session, actor, [found])[0]


def shown_all(catalogue: Catalogue, actor: Actor, ids: Sequence[UUID], *, withdrawn: bool = False) -> list[Shown]:
    """Those of `ids` that the actor may see, in that order; with `withdrawn` also what was withdrawn, of agencies of
    which they may see what is unpublished.

    The same number of SELECTs for up to 500.
    """
    made: list[Shown] = []
    for start in range(0, len(ids), AT_ONCE):
        with catalogue.sessions.read() as session:
            records = queries.records(session, ids[start : start + AT_ONCE])
            seen = [one for one in records if _is_seen(one, actor, withdrawn=withdrawn)]
            made += _around(catalogue, session, actor, seen)
    return made


def _is_seen(record: DatasetRecord, actor: Actor, *, withdrawn: bool) -> bool:
    if record.state is not RecordState.WITHDRAWN:
        return is_visible(record, actor)
    owner = record.organization.id if record.organization else None
    return withdrawn and may_over(actor, Right.SEE_UNPUBLISHED, owner)


def around(catalogue: Catalogue, record: DatasetRecord) -> Shown:
    """A record that the asker may see all of, with what stands around it. Three SELECTs."""
    with catalogue.sessions.read() as session:
        return _around(catalogue, session, SYSTEM, [record])[0]


def as_it_would_be(catalogue: Catalogue, actor: Actor, record: DatasetRecord) -> Shown:
    """A record with a change of it that waits, for who proposed that. Five SELECTs at most."""
    with catalogue.sessions.read() as session:
        (seen,) = neighbours.seen_by(session, actor, [record])
        return _around(catalogue, session, actor, [seen])[0]


def file(catalogue: Catalogue, actor: Actor, resource_id: str) -> tuple[Shown, ResourceRecord]:
    """The file with its dataset, by the rules of `shown`. NotFound for what is no id of a file."""
    try:
        wanted = UUID(resource_id)
    except ValueError:
        raise NotFound("Resource was not found.") from None
    with catalogue.sessions.read() as session:
        dataset_id = session.scalar(select(Resource.dataset_id).where(Resource.id == wanted))
    if dataset_id is None:
        raise NotFound("Resource was not found.")
    found = shown(catalogue, actor, str(dataset_id))
    return found, next(one for one in found.record.resources if one.id == wanted)


def dataset_of(catalogue: Catalogue, resource_id: UUID) -> str:
    """The id of the dataset that has the file. NotFound. One SELECT."""
    with catalogue.sessions.read() as session:
        found = session.scalar(select(Resource.dataset_id).where(Resource.id == resource_id))
    if found is None:
        raise NotFound("Resource was not found.")
    return str(found)


def id_of(catalogue: Catalogue, name: str) -> UUID:
    """The id of the dataset that `name` means (slug, id or former slug), whoever may see it. NotFound."""
    with catalogue.sessions.read() as session:
        return queries.address(session, "dataset", name).id


def names(catalogue: Catalogue, limit: int | None = None, offset: int = 0, after: str = "") -> list[str]:
    """Names of public datasets in the order of names, from behind `after`. One SELECT."""
    wanted = select(Dataset.slug).where(visible.is_visible(Dataset)).order_by(Dataset.slug)
    if after:
        wanted = wanted.where(Dataset.slug > after)
    with catalogue.sessions.read() as session:
        return list(session.scalars(_page(wanted, limit, offset)))


def newest_ids(catalogue: Catalogue, limit: int, offset: int) -> list[UUID]:
    """Ids of public datasets, those changed last first. One SELECT."""
    order = (Dataset.metadata_modified.desc(), Dataset.id.desc())
    return _ids(catalogue, limit, offset, *order)


def of_organization(catalogue: Catalogue, organization_id: UUID, limit: int) -> list[UUID]:
    """Ids of the public datasets that are its own, those changed last first. One SELECT."""
    order = (Dataset.metadata_modified.desc(), Dataset.id.desc())
    return _ids(catalogue, limit, 0, *order, where=Dataset.organization_id == organization_id)


def of_group(catalogue: Catalogue, group_id: UUID, limit: int, offset: int = 0) -> list[UUID]:
    """Ids of the public datasets that are members of the group, by name. One SELECT."""
    members = select(GroupMember.object_id).where(GroupMember.group_id == group_id, GroupMember.kind == "dataset")
    return _ids(catalogue, limit, offset, Dataset.slug, where=Dataset.id.in_(members))


def of_creator(catalogue: Catalogue, user_id: UUID, limit: int) -> list[UUID]:
    """Ids of the public datasets that the account made, those changed last first. One SELECT."""
    order = (Dataset.metadata_modified.desc(), Dataset.id.desc())
    return _ids(catalogue, limit, 0, *order, where=Dataset.creator_id == user_id)


def _ids(
    catalogue: Catalogue,
    limit: int | None,
    offset: int,
    *order: ColumnElement[Any] | InstrumentedAttribute[Any],
    where: ColumnElement[bool] | None = None,
) -> list[UUID]:
    wanted = select(Dataset.id).where(visible.is_visible(Dataset)).order_by(*order)
    wanted = wanted if where is None else wanted.where(where)
    with catalogue.sessions.read() as session:
        return list(session.scalars(_page(wanted, limit, offset)))


def _page(wanted: Select[T], limit: int | None, offset: int) -> Select[T]:
    paged = wanted if limit is None else wanted.limit(limit)
    return paged.offset(offset) if offset else paged


def _around(catalogue: Catalogue, session: Session, actor: Actor, records: Sequence[DatasetRecord]) -> list[Shown]:
    """Four SELECTs at most."""
    if not records:
        return []
    records = [_stripped(catalogue, actor, record) for record in records]
    tables = _tables(session, records)
    agencies = {one.organization.id for one in records if one.organization and one.organization.id}
    facts = dict(_facts(session, list(agencies))) if agencies else {}
    codes = {code for one in records for code in one.themes}
    groups_read = session.execute(_themes(), {"codes": list(codes)}) if codes else ()
    themes = {one.name: one for one in (group_facts(_group().read(row)) for row in groups_read)}
    members = _members(session, [one.id for one in records if one.id])
    made = []
    for record in records:
        groups = [themes.get(code) or theme_group(code) for code in record.themes]
        groups += [one for one in members.get(record.id, ()) if one.name not in record.themes]
        agency = facts.get(record.organization.id) if record.organization and record.organization.id else None
        made.append(Shown(record, agency, tuple(groups), tables))
    return made


def _tables(session: Session, records: Sequence[DatasetRecord]) -> frozenset[str]:
    """The checksums of their files whose tables can be asked."""
    files = (one for record in records for one in record.resources)
    checksums = {one.checksum for one in files if one.stored and one.format in FORMATS}
    return frozenset(active(session, checksums)) if checksums else frozenset()


def _members(session: Session, ids: Sequence[UUID]) -> dict[UUID | None, list[OrganizationFacts]]:
    found: dict[UUID | None, list[OrganizationFacts]] = {}
    for row in session.execute(_memberships(), {"ids": list(ids)}):
        found.setdefault(row[0], []).append(group_facts(_group().read(row, 1)))
    return found


def _facts(session: Session, ids: Sequence[UUID]) -> Iterator[tuple[UUID, OrganizationFacts]]:
    """The agencies of `ids`, each with the one above it. One SELECT."""
    shape = _agency()
    second = len(shape.columns)
    for row in session.execute(_agencies(), {"ids": ids}):
        above = shape.read(row, second) if row[second] else None  # it begins with its id
        yield row[0], organization_facts(shape.read(row), above)


@cache
def _agency() -> Shape:
    return Shape(Organization, AGENCY)


@cache
def _group() -> Shape:
    return Shape(Group, GROUP)


# Statements are put together once: that takes longer than running them.
@cache
def _agencies() -> Select[Any]:
    above = Organization.__table__.alias("above")
    parents = (above.c[column.name].label(f"above_{column.name}") for column in _agency().columns)
    wanted = select(*_agency().columns, *parents).select_from(Organization)
    wanted = wanted.outerjoin(above, above.c.id == Organization.parent_id)
    return wanted.where(Organization.id.in_(bindparam("ids", expanding=True)))


@cache
def _themes() -> Select[Any]:
    wanted = select(*_group().columns).where(Group.theme, Group.state == "active")
    return wanted.where(Group.slug.in_(bindparam("codes", expanding=True)))


@cache
def _memberships() -> Select[Any]:
    wanted = select(GroupMember.object_id, *_group().columns).join(Group, Group.id == GroupMember.group_id)
    named = GroupMember.kind == "dataset", GroupMember.object_id.in_(bindparam("ids", expanding=True))
    return wanted.where(*named, Group.state == "active").order_by(Group.slug)


def _stripped(catalogue: Catalogue, actor: Actor, record: DatasetRecord) -> DatasetRecord:
    """The record without what its closed files keep back, unless the actor may open those."""
    if may_over(actor, Right.SEE_WITHHELD_FILES, record.organization.id if record.organization else None):
        return record
    return Entry.of(record, None, catalogue.today()).record
