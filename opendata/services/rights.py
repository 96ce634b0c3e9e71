"""Who may do what: the one table. Services ask `demand`; nothing else decides.

The doors (pages, both APIs, commands) declare what they take in terms of it: see opendata.web.rules and docs/rights.md.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from opendata.errors import NotAllowed, NotFound
from opendata.services.actors import Actor, Role


class Right(StrEnum):
    """Something that not everybody may do."""

    SEE_DESK = "see the desk"
    SEE_UNPUBLISHED = "see unpublished and private records"
    SEE_WITHHELD_FILES = "open files that are not public"
    MANAGE_SOURCES = "add, change and remove harvest sources"
    RUN_HARVEST = "run a harvest"
    EDIT_RECORDS = "create and change records"
    PUBLISH_RECORDS = "make records public, and change public ones"
    REVIEW_RECORDS = "accept or return what is in review"
    WITHDRAW_RECORDS = "withdraw and restore a record"
    WITHDRAW_MANY = "withdraw many records at once"
    OVERRIDE_CONTENT = "answer for a file that is held back"
    MANAGE_MEMBERS = "invite people and give roles"
    EDIT_ORGANIZATION = "change the agency itself"
    HAND_OVER = "hand records over to somebody else"
    READ_AUDIT = "read who did what"
    RECEIVE_EVENTS = "have events sent to an address"
    MANAGE_SITE = "manage accounts, agencies and the queue"


NEEDED: dict[Right, Role | None] = {
    Right.SEE_DESK: Role.MEMBER,
    Right.SEE_UNPUBLISHED: Role.MEMBER,
    Right.SEE_WITHHELD_FILES: Role.EDITOR,
    Right.RECEIVE_EVENTS: Role.MEMBER,
    Right.EDIT_RECORDS: Role.EDITOR,
    Right.PUBLISH_RECORDS: Role.EDITOR,  # where review is wanted: WHERE_REVIEWED
    Right.RUN_HARVEST: Role.EDITOR,
    Right.WITHDRAW_RECORDS: Role.EDITOR,  # one by one and by name, as CKAN's editors may
    Right.REVIEW_RECORDS: Role.REVIEWER,
    Right.WITHDRAW_MANY: Role.ADMIN,  # what a harvest found missing, or a list of names
    Right.OVERRIDE_CONTENT: Role.ADMIN,
    Right.MANAGE_SOURCES: Role.ADMIN,
    Right.MANAGE_MEMBERS: Role.ADMIN,
    Right.EDIT_ORGANIZATION: Role.ADMIN,
    Right.HAND_OVER: Role.ADMIN,
    Right.READ_AUDIT: Role.ADMIN,
    Right.MANAGE_SITE: None,
}
"""The weakest role that has the right in its organisation and those below it; None: sysadmins alone."""

WHERE_REVIEWED = {Right.PUBLISH_RECORDS: Role.REVIEWER}
"""What takes more than NEEDED says in organisations that want review."""

READ, WRITE, MANAGE = SCOPES = ("read", "write", "manage")
"""What a token can be limited to, from least to most: who may change something may see it, who manages change it."""

SCOPE: dict[Right, str] = {
    Right.SEE_DESK: READ,
    Right.SEE_UNPUBLISHED: READ,
    Right.SEE_WITHHELD_FILES: READ,
    Right.EDIT_RECORDS: WRITE,
    Right.PUBLISH_RECORDS: WRITE,
    Right.REVIEW_RECORDS: WRITE,
    Right.WITHDRAW_RECORDS: WRITE,
    Right.RUN_HARVEST: WRITE,
    Right.RECEIVE_EVENTS: WRITE,
    Right.WITHDRAW_MANY: MANAGE,
    Right.OVERRIDE_CONTENT: MANAGE,
    Right.MANAGE_SOURCES: MANAGE,
    Right.MANAGE_MEMBERS: MANAGE,
    Right.EDIT_ORGANIZATION: MANAGE,
    Right.HAND_OVER: MANAGE,
    Right.READ_AUDIT: MANAGE,
    Right.MANAGE_SITE: MANAGE,
}
"""The scope that a limited token must have for the right, whoever owns it."""

_RANK = {Role.MEMBER: 1, Role.EDITOR: 2, Role.REVIEWER: 3, Role.ADMIN: 4}


def includes(role: Role, other: Role) -> bool:
    """Whether who holds `role` may do all that `other` may."""
    return _RANK[role] >= _RANK[other]


def may(actor: Actor, right: Right, organization_id: UUID | None = None) -> bool:
    """Whether `actor` has `right`: in that organisation, or (None) in any at all.

    Who must first change a password or set up a second factor has no rights until then; a token, those of its scopes.
    """
    if actor.held_back or not in_scope(actor, SCOPE[right]):
        return False
    if actor.sysadmin:
        return True
    asked = actor.roles if organization_id is None else (organization_id,)
    return any(_may_in(actor, right, one) for one in asked)


def _may_in(actor: Actor, right: Right, organization_id: UUID) -> bool:
    held, needed = actor.roles.get(organization_id), NEEDED[right]
    if right in WHERE_REVIEWED and organization_id in actor.reviewed:
        needed = WHERE_REVIEWED[right]
    return held is not None and needed is not None and includes(held, needed)


def in_scope(actor: Actor, scope: str) -> bool:
    """Whether the asker may do such things at all: everybody but a token that was made for others."""
    return not actor.scopes or any(SCOPES.index(held) >= SCOPES.index(scope) for held in actor.scopes)


def demand_scope(actor: Actor, scope: str) -> None:
    """NotAllowed for a token that was not made for such things: for what takes no right, such as one's own account."""
    if not in_scope(actor, scope):
        raise NotAllowed(f"This token may not {scope}. Make one with the scope “{scope}”.", signed_in=actor.signed_in)


def demand(actor: Actor, right: Right, organization_id: UUID | None = None) -> None:
    """NotAllowed unless `actor` has `right`."""
    if not may(actor, right, organization_id):
        raise _refused(actor, right, organization_id)


def _refused(actor: Actor, right: Right, owner: UUID | None = None) -> NotAllowed:
    if not in_scope(actor, SCOPE[right]):
        said = f"This token may not {right.value}: it was made without the scope “{SCOPE[right]}”."
        return NotAllowed(said, signed_in=actor.signed_in)
    said = f"You may not {right.value} here."
    if actor.limited_to is not None and owner not in actor.roles:
        said = f"This token may not {right.value} there: it was made for one agency alone."
    elif right in WHERE_REVIEWED and owner in actor.reviewed:
        said = f"{said} The agency wants review: propose the change of what is public, send in what is not."
    return NotAllowed(said, signed_in=actor.signed_in)


def may_over(actor: Actor, right: Right, owner: UUID | None) -> bool:
    """Whether `actor` has `right` over a thing of `owner`; what belongs to no organisation is the sysadmins' alone."""
    return may(actor, right) if actor.sysadmin else owner is not None and may(actor, right, owner)


def demand_over(actor: Actor, right: Right, owner: UUID | None, missing: str = "") -> None:
    """NotAllowed unless `actor` has `right` over a thing of `owner`, as in `may_over`.

    `missing`: what is said where there is no such thing. Who does not see the desk of `owner` is told the same
    (NotFound), so that nobody learns by asking what others have.
    """
    if not may_over(actor, right, owner):
        if missing and actor.signed_in and not actor.held_back and not may_over(actor, Right.SEE_DESK, owner):
            raise NotFound(missing)
        raise _refused(actor, right, owner)


def organizations_where(actor: Actor, right: Right) -> frozenset[UUID] | None:
    """The organisations in which `actor` has `right`; None stands for all of them, and for what belongs to none."""
    if actor.sysadmin and may(actor, right):
        return None
    return frozenset(key for key in actor.roles if may(actor, right, key))
