"""What somebody may be in which organisation: roles hold below, and so does the wish for review."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from opendata.services.actors import Actor, Role
from opendata.services.rights import includes
from opendata.store.organizations import Organization


@dataclass(frozen=True, slots=True)
class Tree:
    """The organisations that have one above them, or want review: all that tells what holds below what."""

    children: Mapping[UUID, list[UUID]] = field(default_factory=dict)
    reviewing: Collection[UUID] = ()

    @classmethod
    def read(cls, session: Session) -> Tree:
        """As it is now. One SELECT."""
        children: dict[UUID, list[UUID]] = {}
        reviewing = []
        for key, parent, review in session.connection().execute(_organizations()):
            if parent is not None:
                children.setdefault(parent, []).append(key)
            if review:
                reviewing.append(key)
        return cls(children, reviewing)

    def below(self, *tops: UUID) -> frozenset[UUID]:
        """Those organisations with all below them."""
        found: set[UUID] = set()
        pending = list(tops)
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending.extend(self.children.get(one, ()))
        return frozenset(found)

    def roles(self, direct: Mapping[UUID, Role]) -> dict[UUID, Role]:
        """Roles hold for the organisations below, the strongest one where several meet."""
        roles: dict[UUID, Role] = {}
        pending = list(direct.items())
        while pending:
            key, role = pending.pop()
            if key in roles and includes(roles[key], role):
                continue
            roles[key] = role
            pending.extend((child, role) for child in self.children.get(key, ()))
        return roles


@cache
def _organizations() -> Select[Any]:
    table = Organization.__table__.c
    return select(table.id, table.parent_id, table.review).where(or_(table.parent_id.is_not(None), table.review))


def placed(session: Session, actor: Actor, direct: Mapping[UUID, Role]) -> Actor:
    """The actor with those roles, and all that they bring."""
    if not direct:
        return actor
    tree = Tree.read(session)
    roles = tree.roles(direct)
    return replace(actor, roles=roles, reviewed=tree.below(*tree.reviewing).intersection(roles))


def limited(session: Session, actor: Actor, scopes: Collection[str], organization_id: UUID | None) -> Actor:
    """The actor as a token lets it be that is good for those scopes, or in that organisation and below it, alone.

    A sysadmin's is no sysadmin any more, but an administrator of every organisation that it reaches.
    """
    if not scopes and organization_id is None:
        return actor
    actor = replace(actor, scopes=frozenset(scopes))
    if actor.sysadmin:
        everywhere = select(Organization.id) if organization_id is None else None
        tops = session.scalars(everywhere) if everywhere is not None else (organization_id,)
        actor = placed(session, replace(actor, sysadmin=False), {one: Role.ADMIN for one in tops if one})
    if organization_id is None:
        return actor
    kept = Tree.read(session).below(organization_id)
    roles = {key: role for key, role in actor.roles.items() if key in kept}
    return replace(actor, roles=roles, reviewed=actor.reviewed.intersection(roles), limited_to=organization_id)
