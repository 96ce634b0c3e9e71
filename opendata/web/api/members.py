"""/api/v1/organizations/…/members: who belongs to an agency, for those who may give roles."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.services import memberships
from opendata.services.actors import Role
from opendata.services.rights import Right
from opendata.web.api import components, cursors
from opendata.web.api.contract import (
    CURSOR,
    JSON_TYPE,
    LIMIT,
    NAME,
    Answer,
    Body,
    Call,
    Parameter,
    listed,
    operation,
)
from opendata.web.api.organizations import record_of
from opendata.web.api.problems import taken
from opendata.web.api.shapes import Json, json_of


@dataclass(frozen=True, slots=True)
class Member:
    """Who belongs to an agency, in what role; a role holds for the agencies below it too."""

    id: UUID
    username: str
    name: str
    role: Role
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class MemberGiven:
    """The role to give."""

    role: Role


SHOWN = components.ref(Member)
GIVEN = components.given(MemberGiven)
USER = Parameter(
    "user",
    "User name, id or e-mail of an account.",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/]+$"},
    place="path",
    required=True,
)
AT = "/organizations/{name}/members"


def _shape(found: memberships.Member) -> Json:
    return json_of(Member(found.id, found.username, found.name, found.role, found.since))


@operation("GET", AT, tag="members", parameters=(NAME, CURSOR, LIMIT), gives=listed(SHOWN), right=Right.MANAGE_MEMBERS)
def list_members(call: Call) -> Answer:
    """List the members of an agency. By user name."""
    place = cursors.decode(call["cursor"], call.given)
    every = memberships.listed(call.catalogue, call.actor, record_of(call).slug)
    behind = [one for one in every if one.username > place]
    found = behind[: call["limit"]]
    return cursors.page(call, [_shape(one) for one in found], found[-1].username if len(behind) > len(found) else None)


@operation(
    "PUT",
    AT + "/{user}",
    tag="members",
    parameters=(NAME, USER),
    body=Body({JSON_TYPE: GIVEN}, example={"role": "editor"}),
    gives=SHOWN,
    right=Right.MANAGE_MEMBERS,
)
def give_role(call: Call) -> Answer:
    """Give somebody a role in an agency. Or another one; whoever has none becomes a member."""
    said = taken(MemberGiven, call.data)
    slug = record_of(call).slug
    user_id, _ = memberships.give_role(call.catalogue, call.actor, slug, str(call["user"]), said["role"])
    every = memberships.listed(call.catalogue, call.actor, slug)
    return Answer(next(_shape(one) for one in every if one.id == user_id))


@operation("DELETE", AT + "/{user}", tag="members", parameters=(NAME, USER), status=204, right=Right.MANAGE_MEMBERS)
def take_role(call: Call) -> Answer:
    """End a membership. Nothing happens where there is none."""
    memberships.take_role(call.catalogue, call.actor, record_of(call).slug, str(call["user"]))
    return Answer(status=204)
