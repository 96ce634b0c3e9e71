"""Who may do what: the one table. Services ask `demand`; nothing else decides."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from opendata.errors import NotAllowed
from opendata.services.actors import Actor, Role


class Right(StrEnum):
    """Something that not everybody may do."""

    SEE_DESK = "see the desk"
    SEE_UNPUBLISHED = "see unpublished and private records"
    SEE_WITHHELD_FILES = "open files that are not public"
    MANAGE_SOURCES = "add, change and remove harvest sources"
    RUN_HARVEST = "run a harvest"
    EDIT_RECORDS = "create and change records"
    WITHDRAW_RECORDS = "withdraw and restore records"
    MANAGE_MEMBERS = "add people and give roles"
    MANAGE_SITE = "manage accounts, organisations and the queue"


NEEDED: dict[Right, Role | None] = {
    Right.SEE_DESK: Role.MEMBER,
    Right.SEE_UNPUBLISHED: Role.MEMBER,
    Right.SEE_WITHHELD_FILES: Role.EDITOR,
    Right.EDIT_RECORDS: Role.EDITOR,
    Right.RUN_HARVEST: Role.EDITOR,
    Right.WITHDRAW_RECORDS: Role.ADMIN,
    Right.MANAGE_SOURCES: Role.ADMIN,
    Right.MANAGE_MEMBERS: Role.ADMIN,
    Right.MANAGE_SITE: None,
}
"""The weakest role that has the right in its organisation and those below it; None: sysadmins alone."""

_RANK = {Role.MEMBER: 1, Role.EDITOR: 2, Role.ADMIN: 3}


def may(actor: Actor, right: Right, organization_id: UUID | None = None) -> bool:
    """Whether `actor` has `right`: in that organisation, or (None) in any at all."""
    if actor.sysadmin:
        return True
    needed = NEEDED[right]
    if needed is None:
        return False
    held = actor.roles.values() if organization_id is None else filter(None, [actor.roles.get(organization_id)])
    return any(_RANK[role] >= _RANK[needed] for role in held)


def demand(actor: Actor, right: Right, organization_id: UUID | None = None) -> None:
    """NotAllowed unless `actor` has `right`."""
    if not may(actor, right, organization_id):
        raise NotAllowed(f"You may not {right.value} here.", signed_in=actor.signed_in)
