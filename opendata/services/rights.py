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
    WITHDRAW_RECORDS = "withdraw and restore a record"
    WITHDRAW_MANY = "withdraw many records at once"
    OVERRIDE_CONTENT = "answer for a file that is held back"
    MANAGE_MEMBERS = "add people and give roles"
    EDIT_ORGANIZATION = "change the organisation itself"
    RECEIVE_EVENTS = "have events sent to an address"
    MANAGE_SITE = "manage accounts, organisations and the queue"


NEEDED: dict[Right, Role | None] = {
    Right.SEE_DESK: Role.MEMBER,
    Right.SEE_UNPUBLISHED: Role.MEMBER,
    Right.SEE_WITHHELD_FILES: Role.EDITOR,
    Right.RECEIVE_EVENTS: Role.MEMBER,
    Right.EDIT_RECORDS: Role.EDITOR,
    Right.RUN_HARVEST: Role.EDITOR,
    Right.WITHDRAW_RECORDS: Role.EDITOR,  # one by one and by name, as CKAN's editors may
    Right.WITHDRAW_MANY: Role.ADMIN,  # what a harvest found missing, or a list of names
    Right.OVERRIDE_CONTENT: Role.ADMIN,
    Right.MANAGE_SOURCES: Role.ADMIN,
    Right.MANAGE_MEMBERS: Role.ADMIN,
    Right.EDIT_ORGANIZATION: Role.ADMIN,
    Right.MANAGE_SITE: None,
}
"""The weakest role that has the right in its organisation and those below it; None: sysadmins alone."""

_RANK = {Role.MEMBER: 1, Role.EDITOR: 2, Role.ADMIN: 3}


def may(actor: Actor, right: Right, organization_id: UUID | None = None) -> bool:
    """Whether `actor` has `right`: in that organisation, or (None) in any at all.

    Who must change a password handed over by somebody else has no rights until then.
    """
    if actor.must_change_password:
        return False
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


def may_over(actor: Actor, right: Right, owner: UUID | None) -> bool:
    """Whether `actor` has `right` over a thing of `owner`; what belongs to no organisation is the sysadmins' alone."""
    return may(actor, right) if actor.sysadmin else owner is not None and may(actor, right, owner)


def demand_over(actor: Actor, right: Right, owner: UUID | None) -> None:
    """NotAllowed unless `actor` has `right` over a thing of `owner`, as in `may_over`."""
    if not may_over(actor, right, owner):
        raise NotAllowed(f"You may not {right.value} here.", signed_in=actor.signed_in)


def organizations_where(actor: Actor, right: Right) -> frozenset[UUID] | None:
    """The organisations in which `actor` has `right`; None stands for all of them, and for what belongs to none."""
    if actor.sysadmin and may(actor, right):
        return None
    return frozenset(key for key in actor.roles if may(actor, right, key))
