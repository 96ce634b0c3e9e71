"""Which groups of CKAN's a dataset is in: its themes, which are a field of it, and those that it is a member of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from opendata.catalog import vocabularies
from opendata.errors import NotAllowed
from opendata.export.ckan import theme_group
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.groups import capacity_of
from opendata.store.organizations import Group, GroupMember


@dataclass(frozen=True, slots=True)
class Named:
    """Groups as somebody listed them. `unknown`: the places in the list of those that there are not."""

    themes: tuple[str, ...] = ()
    groups: tuple[UUID, ...] = ()
    unknown: tuple[int, ...] = ()


def named(catalogue: Catalogue, listed: Sequence[Sequence[str]]) -> Named:
    """The groups of these names or ids, of each group the first that is known here. One SELECT, none for an empty list.

    What comes from another site has the ids of that site, and names that both know.
    """
    if not listed:
        return Named()
    words = {word for one in listed for word in one}
    ids = [UUID(one) for one in words if _is_id(one)]
    with catalogue.sessions.read() as session:
        wanted = select(Group).where(Group.state == "active", or_(Group.slug.in_(words), Group.id.in_(ids)))
        rows = {key: row for row in session.scalars(wanted) for key in (row.slug, str(row.id))}
    codes = {key: code for code in vocabularies.codes("theme") for key in (code, str(theme_group(code).id))}
    codes |= {key: row.slug for key, row in rows.items() if row.theme}
    known = [next((word for word in one if word in codes or word in rows), None) for one in listed]
    return Named(
        tuple(dict.fromkeys(codes[one] for one in known if one in codes)),
        tuple(dict.fromkeys(rows[one].id for one in known if one in rows and one not in codes)),
        tuple(at for at, one in enumerate(known) if one is None),
    )


def _is_id(one: str) -> bool:
    try:
        UUID(one)
    except ValueError:
        return False
    return True


def is_in(session: Session, dataset_id: UUID, groups: Collection[UUID]) -> bool:
    """Whether the dataset is a member of these groups and of no others."""
    mine = GroupMember.kind == "dataset", GroupMember.object_id == dataset_id
    return set(session.scalars(select(GroupMember.group_id).where(*mine))) == set(groups)


def put_in_groups(session: Session, actor: Actor, dataset_id: UUID, groups: Collection[UUID]) -> bool:
    """Let the dataset be a member of these groups and of no others; whether that is a change.

    NotAllowed for a further group in which the actor is nobody.
    """
    mine = GroupMember.kind == "dataset", GroupMember.object_id == dataset_id
    had = set(session.scalars(select(GroupMember.group_id).where(*mine)))
    fresh = [one for one in groups if one not in had]
    if not actor.sysadmin and not all(capacity_of(session, actor, one) for one in fresh):
        raise NotAllowed("You may not put a dataset into these groups.", signed_in=actor.signed_in)
    if gone := had - set(groups):
        session.execute(delete(GroupMember).where(*mine, GroupMember.group_id.in_(gone)))
    if fresh:
        rows = [{"group_id": one, "kind": "dataset", "object_id": dataset_id} for one in fresh]
        session.execute(insert(GroupMember), rows)
    return bool(gone or fresh)
