"""Accounts and their API tokens."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

from opendata.errors import Conflict, NotFound
from opendata.export.ckan import instant
from opendata.services import ckan_lists, tokens, users
from opendata.services.accounts import NewUser
from opendata.services.users import UserChange
from opendata.web.ckan_api import registry
from opendata.web.ckan_api.errors import ValidationError, missing
from opendata.web.ckan_api.group_input import image_url, plain, role, uuid_given, with_image
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

UNITS = ("seconds", "minutes", "hours", "days", "weeks")


@action("user_create")
def user_create(call: Call) -> Json:
    """Make an account. For sysadmins.

    name: 2 to 100 of a-z, 0-9, - and _; email; password of 10 characters or more; fullname, about, image_url (or the
    file image_upload), sysadmin; with_apitoken: also make a token, which is in the answer as `token`.
    """
    data = call.data
    username, email, password = data.all_of("name", "email", "password")
    if uuid_given(data) is not None:
        raise ValidationError({"id": ["An account gets its id here"]})
    new = NewUser(
        plain(data, "fullname") or username, email, password, username=username,
        sysadmin=data.boolean("sysadmin"),
    )  # fmt: skip
    change = UserChange(about=plain(data, "about"), image_url=image_url(call))
    with with_image(call, change) as written:
        key = users.create(call.catalogue, call.actor, new, written)
    shown = _shown(call, key)
    if data.boolean("with_apitoken"):
        shown["token"], _ = tokens.create(call.catalogue, call.actor, str(key), "default")
    return shown


@action("user_update")
def user_update(call: Call) -> Json:
    """Change an account: one's own, or for sysadmins any. What is not given stays.

    id: its name or id; fullname, email, about, image_url, password (in a browser with old_password); for sysadmins also
    sysadmin and state. The name cannot be changed.
    """
    return _changed(call)


@action("user_patch")
def user_patch(call: Call) -> Json:
    """Change what is given of an account. As user_update."""
    return _changed(call)


def _changed(call: Call) -> Json:
    data = call.data
    name = data.required("id", "name")
    _refuse_name(call, name)
    change = UserChange(
        name=plain(data, "fullname") or None,
        email=plain(data, "email") or None,
        about=plain(data, "about"),
        image_url=image_url(call),
        password=data.text("password") or None,
        old_password=data.text("old_password") or None,
        sysadmin=data.boolean("sysadmin") if data.get("sysadmin") is not None else None,
        state=plain(data, "state") or None,
    )
    with with_image(call, change) as written:
        key = users.update(call.catalogue, call.actor, name, written)
    return _shown(call, key)


def _refuse_name(call: Call, account: str) -> None:
    """ValidationError where `account` is sent with another name than it has: what it signs by cannot be changed."""
    given = call.data.text("name")
    if given and given != account and given != ckan_lists.user(call.catalogue, call.actor, account).name:
        raise ValidationError({"name": ["That login name can not be modified."]})


@action("user_delete")
def user_delete(call: Call) -> Json:
    """End an account: its tokens and roles go, what it did stays. For sysadmins. id: its name or id."""
    users.delete(call.catalogue, call.actor, call.data.required("id"))
    return None


@action("user_invite")
def user_invite(call: Call) -> Json:
    """Make an account that waits for its owner, with a role in an organization; the link to it goes by mail.

    email; group_id: the organization; role: member, editor, reviewer or admin.
    """
    email, organization, _ = call.data.all_of("email", "group_id", "role")
    key = users.invite(call.catalogue, call.actor, email, organization, role(call.data))
    return _shown(call, key)


@action("user_generate_apikey")
def user_generate_apikey(call: Call) -> Json:
    """There are no API keys here; make a token with api_token_create."""
    call.data.required("id")
    raise Conflict("There are no API keys here: make a token with api_token_create.")


@action("api_token_create")
def api_token_create(call: Call) -> Json:
    """Make an API token, which is shown this once. A token that was made with a token ends with it.

    user: name or id; name: what it is for; expires_in, with unit (seconds, minutes, hours, days, weeks; days); scopes:
    of read, write and manage (all); organization: the only one, with those below it, that it works in.
    """
    data = call.data
    user, name = data.all_of("user", "name")
    scopes, organization = data.words("scopes"), data.text("organization")
    secret, key = tokens.create(call.catalogue, call.actor, user, name, _lifetime(data), scopes, organization)
    return {"token": secret, "id": str(key)}


def _lifetime(data: Params) -> dt.timedelta | None:
    number = data.number_or_none("expires_in", least=1)
    unit = data.text("unit", "days")
    if number is None:
        return None
    if unit not in UNITS:
        if not (unit.isdecimal() and len(unit) < 10):  # CKAN takes the seconds of a unit too
            raise ValidationError({"unit": [f"Must be one of {', '.join(UNITS)}"]})
        number, unit = number * int(unit), "seconds"
    try:
        return dt.timedelta(**{unit: number})
    except OverflowError:
        raise ValidationError({"expires_in": ["Too far away"]}) from None


@action("api_token_list", reads=True)
def api_token_list(call: Call) -> Json:
    """The tokens of an account: one's own, or for sysadmins anybody's. user_id: name or id."""
    found = tokens.listed(call.catalogue, call.actor, call.data.required("user_id", "user"))
    return [
        {
            "id": str(one.id),
            "name": one.name,
            "user_id": str(one.user_id),
            "created_at": instant(one.created),
            "last_access": instant(one.last_used),
            "expires_at": instant(one.expires),
            "scopes": list(one.scopes),
            "organization": one.organization or None,
            "made_with": one.made_with or None,
        }
        for one in found
    ]


@action("api_token_revoke")
def api_token_revoke(call: Call) -> Json:
    """End a token, and those that were made with it. token: the token itself; or jti: its id."""
    secret, jti = call.data.text("token"), call.data.text("jti")
    if not secret and not jti:
        raise missing("token")
    try:
        tokens.revoke(call.catalogue, call.actor, secret=secret, token_id=UUID(jti) if not secret else None)
    except ValueError:
        raise NotFound("There is no such token.") from None
    return None


def _shown(call: Call, key: UUID) -> dict[str, Json]:
    """The account as it is now, as user_show gives it to whom may know all of it."""
    show = registry.find("user_show")
    found = show.run(replace(call, data=Params({"id": str(key)}), files={})) if show else None
    return found or {"id": str(key)}
