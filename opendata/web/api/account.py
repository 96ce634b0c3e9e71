"""/api/v1/me/tokens: the API tokens of one's own account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from opendata.errors import Invalid, NotFound
from opendata.services import tokens
from opendata.services.rights import SCOPES
from opendata.services.tokens import MAX_DAYS, NAME_LENGTH
from opendata.web.api import components
from opendata.web.api.contract import JSON_TYPE, Answer, Body, Call, id_in_path, listed, operation
from opendata.web.api.problems import check, pointed
from opendata.web.api.shapes import Faults, Json, fields_of, json_of


@dataclass(frozen=True, slots=True)
class Token:
    """An API token; what it is itself was shown once. `current`: it is the one that asks.

    `scopes` are what it is good for. With an `organization` it works there and below alone. `made_with` names the token
    with which it was made, and ends.
    """

    id: UUID
    name: str
    created: dt.datetime
    expires: dt.datetime | None
    last_used: dt.datetime | None
    current: bool
    scopes: tuple[str, ...] = ()
    organization: str | None = None
    made_with: str | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made, with the secret that is shown this once."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class TokenGiven:
    """A token to make: what it is for, and how many days it lives (null: until it is revoked).

    `scopes` are what it shall be good for (null: all); `organization` is the only one, with those below it, that it
    shall work in.
    """

    name: str
    days: int | None = None
    scopes: tuple[str, ...] | None = None
    organization: str | None = None


SHOWN = components.ref(Token)
GIVEN = components.given(TokenGiven)
components.MADE["TokenInput"]["properties"] = {
    "name": {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH},
    "days": {"type": ["integer", "null"], "minimum": 1, "maximum": MAX_DAYS},
    "scopes": {"type": ["array", "null"], "items": {"type": "string", "enum": list(SCOPES)}},
    "organization": {"type": ["string", "null"]},
}


def _mine(call: Call) -> tuple[tokens.Token, ...]:
    return tokens.listed(call.catalogue, call.actor, str(call.actor.user_id))


def _shape(call: Call, one: tokens.Token) -> Token:
    return Token(
        one.id, one.name, one.created, one.expires, one.last_used, one.id == call.actor.token_id, one.scopes,
        one.organization or None, one.made_with or None,
    )  # fmt: skip


@operation("GET", "/me/tokens", tag="account", gives=listed(SHOWN), signed_in=True)
def list_tokens(call: Call) -> Answer:
    """List one's API tokens. Those that were not revoked, oldest first."""
    return Answer({"items": [json_of(_shape(call, one)) for one in _mine(call)], "next": None})


@operation(
    "POST",
    "/me/tokens",
    tag="account",
    body=Body({JSON_TYPE: GIVEN}, example={"name": "nightly copy", "days": 365, "scopes": ["read"]}),
    gives=components.ref(NewToken),
    status=201,
)
def create_token(call: Call) -> Answer:
    """Make an API token. Its secret is shown this once; made with another token, it ends with that at the latest."""
    said = _said(call.data)
    try:
        secret, made = tokens.create(
            call.catalogue,
            call.actor,
            str(call.actor.user_id),
            said.name,
            dt.timedelta(days=said.days) if said.days is not None else None,
            said.scopes or (),
            said.organization or "",
        )
    except Invalid as error:
        raise Invalid(error.message, pointed(error.problems)) from error
    line = next(one for one in _mine(call) if one.id == made)
    return Answer(json_of(NewToken(_shape(call, line), secret)), 201, location="/api/v1/me/tokens")


def _said(data: Json) -> TokenGiven:
    faults = Faults()
    found = fields_of(TokenGiven, data, "", faults) or {}
    if (days := found.get("days")) is not None and not 0 < days <= MAX_DAYS:
        faults.add("/days", "wrong_value", f"This must be a number of days from 1 to {MAX_DAYS}.")
    if "name" in found and found["name"] is not None and not 0 < len(found["name"]) <= NAME_LENGTH:
        faults.add("/name", "wrong_value", f"Say what it is for, in 1 to {NAME_LENGTH} characters.")
    check(faults)
    return TokenGiven(**found)


@operation(
    "DELETE",
    "/me/tokens/{token_id}",
    tag="account",
    parameters=(id_in_path("token_id", "Id of the token."),),
    status=204,
)
def revoke_token(call: Call) -> Answer:
    """Revoke one of one's API tokens. At once, with those that were made with it."""
    if call["token_id"] not in {one.id for one in _mine(call)}:
        raise NotFound("You have no such token.")
    tokens.revoke(call.catalogue, call.actor, token_id=call["token_id"])
    return Answer(status=204)
