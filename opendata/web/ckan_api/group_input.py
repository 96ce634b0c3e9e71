"""What clients send of organisations and groups, as the services take it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO, TypeVar, cast
from uuid import UUID

from opendata.catalog.ckan_extras import text_of
from opendata.catalog.values import Extra, Text
from opendata.services import groups, images, usernames
from opendata.services.actors import Role
from opendata.services.groups import GroupChange
from opendata.services.organizations_writing import OrganizationChange
from opendata.services.users import UserChange
from opendata.web.ckan_api.errors import ValidationError, missing
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call

Change = TypeVar("Change", OrganizationChange, GroupChange, UserChange)

MOST_EXTRAS = 500
MOST_MEMBERS = 10_000
MOST_WORDS = 100_000
PLAIN_LENGTH = 2000


def organization_change(call: Call, *, whole: bool) -> OrganizationChange:
    """What is to be written of an organisation. `whole`: extras that are not given are none, as in CKAN."""
    data = call.data
    _refuse_type(data, "organization")
    parents = _names(data, "groups")
    return OrganizationChange(
        slug=plain(data, "name") or None,
        title=_words(data, "title"),
        description=_words(data, "description"),
        homepage=plain(data, "homepage"),
        email=plain(data, "email"),
        image_url=image_url(call),
        parent=None if parents is None else next(iter(parents), ""),
        extras=extras(data, whole=whole),
        members=_roles(call),
        state=plain(data, "state") or None,
    )


def group_change(call: Call, *, whole: bool) -> GroupChange:
    """What is to be written of a group, as of an organisation."""
    data = call.data
    _refuse_type(data, "group")
    return GroupChange(
        slug=plain(data, "name") or None,
        title=_words(data, "title"),
        description=_words(data, "description"),
        image_url=image_url(call),
        extras=extras(data, whole=whole),
        users=None if (users := _members(call)) is None else dict(users),
        datasets=_names(data, "packages"),
        groups=_names(data, "groups"),
        state=plain(data, "state") or None,
    )


@contextmanager
def with_image(call: Call, change: Change) -> Iterator[Change]:
    """The change with the picture that came along, which is kept if the change is written meanwhile."""
    sent = call.files.get("image_upload")
    if sent is None or not sent.filename:
        yield change
        return
    with images.kept(call.catalogue, call.actor, cast("BinaryIO", sent.stream)) as path:
        yield replace(change, image_url=path)


def uuid_given(data: Params, name: str = "id") -> UUID | None:
    """The id that a new record is to have; None where none is given."""
    given = data.text(name)
    try:
        return UUID(given) if given else None
    except ValueError:
        raise ValidationError({name: ["Invalid id provided"]}) from None


def role(data: Params, name: str = "role") -> Role:
    """A role in an organisation. ValidationError for none."""
    return _role(data.required(name), name)


def extras(data: Params, *, whole: bool) -> tuple[Extra, ...] | None:
    """The free keys and values; None where none are given and others are to stay."""
    if "extras" not in data:
        return () if whole else None
    found: dict[str, str] = {}
    for one in data.objects("extras"):
        key, value = one.get("key"), one.get("value")
        if one.get("deleted") or one.get("state") == "deleted":
            continue
        if not isinstance(key, str) or not key.strip() or len(key) > PLAIN_LENGTH:
            raise ValidationError({"extras": [{"key": ["Missing value"]}]})
        if key in found:
            raise ValidationError({"extras": [f'Duplicate key "{key[:100]}"']})
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if value is None or len(said) > MOST_WORDS:
            raise ValidationError({"extras": [{"value": ["Missing value" if value is None else "Too long"]}]})
        found[key] = said
    if len(found) > MOST_EXTRAS:
        raise ValidationError({"extras": [f"At most {MOST_EXTRAS}"]})
    return tuple(Extra(key, value) for key, value in found.items())


def _refuse_type(data: Params, wanted: str) -> None:
    if data.text("type", wanted) != wanted:
        raise ValidationError({"type": [f"This is {wanted} and nothing else"]})


def plain(data: Params, name: str) -> str | None:
    """A short text; None where it is not given."""
    if data.get(name) is None:
        return None
    text = data.text(name)
    if len(text) > PLAIN_LENGTH:
        raise ValidationError({name: [f"Must be at most {PLAIN_LENGTH} characters"]})
    return text


def _words(data: Params, name: str) -> Text | str | None:
    """A text, in several languages where they stand beside it and say the same as it does."""
    given = data.get(name)
    if given is not None and not isinstance(given, str | int | float):
        raise ValidationError({name: ["Must be a string"]})
    said = None if given is None else str(given).strip()
    if said is not None and len(said) > MOST_WORDS:
        raise ValidationError({name: [f"Must be at most {MOST_WORDS} characters"]})
    by_language = data.json(f"{name}_translated")
    if not isinstance(by_language, dict) or not all(isinstance(one, str) for one in by_language.values()):
        return said
    return text_of(by_language) if said is None or said in by_language.values() else said


def image_url(call: Call) -> str | None:
    """The address of a picture; of one of ours its path. A picture that comes along takes its place."""
    if call.data.boolean("clear_upload"):
        return ""
    url = plain(call.data, "image_url")
    if not url:
        return url
    scheme, colon, _ = url.partition(":")
    if colon and scheme.lower() not in ("http", "https"):
        raise ValidationError({"image_url": ["Must be an address that begins with http:// or https://"]})
    own = f"{call.site.url}{images.PATH}"
    if url.startswith(own):
        url = url.removeprefix(call.site.url)
    images.demand_shown(call.catalogue, url)
    return url


def _names(data: Params, field: str) -> tuple[str, ...] | None:
    """Names or ids of a list of objects; None where it is not given."""
    if data.get(field) is None:
        return None
    return tuple(_name_of(one, field) for one in _bounded(data, field))


def _members(call: Call) -> list[tuple[str, str]] | None:
    """Names or ids of accounts, each with its part; None where none are given.

    Who comes with both, as in the dump of another site, is known by either, or else passed over, as in CKAN.
    """
    if call.data.get("users") is None:
        return None
    listed = _bounded(call.data, "users")
    both = {(one["id"], one["name"]) for one in listed if _is_word(one.get("id")) and _is_word(one.get("name"))}
    known = usernames.known(call.catalogue, {word for pair in both for word in pair}) if both else set()
    found = []
    for one in listed:
        word = _name_of(one, "users")
        if _is_word(one.get("id")) and _is_word(one.get("name")) and word not in known:
            word = one["name"]
            if word not in known:
                continue
        found.append((word, str(one.get("capacity") or groups.MEMBER)))
    return found


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _roles(call: Call) -> dict[str, Role] | None:
    members = _members(call)
    return None if members is None else {name: _role(capacity, "users") for name, capacity in members}


def _role(word: str, field: str) -> Role:
    if word not in list(Role):
        raise ValidationError({field: [f"role does not exist: {word[:50]}"]})
    return Role(word)


def _bounded(data: Params, field: str) -> list[dict[str, Any]]:
    found = data.objects(field)
    if len(found) > MOST_MEMBERS:
        raise ValidationError({field: [f"At most {MOST_MEMBERS}"]})
    return found


def _name_of(one: dict[str, Any], field: str) -> str:
    found = one.get("id") or one.get("name")
    if not isinstance(found, str):
        raise missing(field)
    return found
