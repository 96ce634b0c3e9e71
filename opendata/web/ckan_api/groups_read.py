"""Reading agencies (CKAN's organizations) and groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from opendata.errors import NotFound
from opendata.export import ckan
from opendata.export.ckan import OrganizationFacts
from opendata.services import ckan_lists, ckan_packages
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.packages_read import package_dict
from opendata.web.ckan_api.paging import MOST_DICTS, MOST_NAMES, MOST_OF_GROUP, bounded, window
from opendata.web.ckan_api.registry import Call, Json, action

SORTS = {"name": "name", "title": "title", "package_count": "package_count", "packages": "package_count"}


@action("organization_list", reads=True, kept=True)
def organization_list(call: Call) -> Json:
    """The names of agencies, or with `all_fields` what they are.

    sort: name, title or package_count, with asc or desc (title asc). limit, offset: a part of them, of 1000 names or
    25 with all fields at most; after: those behind that name. organizations: these alone. q: words in name, title or
    description. all_fields, include_dataset_count, include_extras, include_groups, include_users: more of each.
    """
    return _list(call, ckan_lists.organizations(call.catalogue, counted=_is_counted(call)), "organizations")


@action("group_list", reads=True, kept=True)
def group_list(call: Call) -> Json:
    """The names of groups, of which the themes are the first, or with `all_fields` what they are.

    The parameters are those of organization_list; groups: these alone.
    """
    return _list(call, ckan_lists.groups(call.catalogue, counted=_is_counted(call)), "groups")


def _is_counted(call: Call) -> bool:
    return (
        call.data.boolean("all_fields") or "count" in str(call.data.get("sort")) or "pack" in str(call.data.get("sort"))
    )


def _list(call: Call, listed: Sequence[OrganizationFacts], named: str) -> Json:
    field, descending = _sort(call)
    chosen = call.data.words(named)
    found = [one for one in listed if not chosen or one.name in chosen]
    if q := call.data.text("q").casefold():
        found = [one for one in found if _holds(one, q)]
    ordered = ckan_lists.ordered(found, field, call.site.language, descending=descending)
    all_fields = call.data.boolean("all_fields")
    shown = window(call, ordered, lambda one: one.name, MOST_DICTS if all_fields else MOST_NAMES)
    if not all_fields:
        return [one.name for one in shown]
    users = _members(call, shown) if call.data.boolean("include_users") else None
    return [_listed(call, one, users) for one in shown]


def _listed(call: Call, one: OrganizationFacts, users: dict[UUID, list[Any]] | None) -> dict[str, Any]:
    made = ckan.organization(
        one,
        call.site,
        members=None if users is None else users.get(one.id, []),
        extras=call.data.boolean("include_extras"),
        groups=call.data.boolean("include_groups"),
    )
    if not call.data.boolean("include_dataset_count", True):
        del made["package_count"]
    return made


def _sort(call: Call) -> tuple[str, bool]:
    """Field, and whether it goes down. The default is up for texts, and down for order_by=packages, as in CKAN."""
    asked = call.data.text("sort") or call.data.text("order_by") or "title asc"
    field, _, direction = asked.partition(" ")
    direction = direction.strip().lower() or ("desc" if SORTS.get(field) == "package_count" else "asc")
    if field not in SORTS or direction not in ("asc", "desc"):
        raise ValidationError({"sort": [f"Cannot sort by field `{asked[:100]}`"]})
    return SORTS[field], direction == "desc"


def _holds(one: OrganizationFacts, q: str) -> bool:
    texts = [one.name, *(said.value for text in (one.title, one.description) for said in text.values())]
    return any(q in text.casefold() for text in texts)


def _members(call: Call, listed: Sequence[OrganizationFacts]) -> dict[UUID, list[Any]]:
    """The accounts of each, for those who are signed in."""
    if not call.actor.signed_in:
        return {}
    found = ckan_lists.members(call.catalogue, listed)
    return {
        key: [ckan.user(one, call.site, capacity=capacity) for one, capacity in pairs] for key, pairs in found.items()
    }


@action("organization_show", reads=True, kept=True)
def organization_show(call: Call) -> Json:
    """An agency.

    id: its name or id. include_datasets: its 10 datasets changed last. include_dataset_count, include_extras,
    include_groups, include_users (for those signed in), include_followers: yes unless said otherwise.
    include_member_count: how many accounts it has.
    """
    found = ckan_lists.organization(call.catalogue, call.actor, call.data.required("id"))
    ids = ckan_packages.of_organization(call.catalogue, found.id, MOST_OF_GROUP) if _wants_datasets(call) else None
    return _show(call, found, ids)


@action("group_show", reads=True, kept=True)
def group_show(call: Call) -> Json:
    """A group, or a theme.

    The parameters are those of organization_show.
    """
    found, is_theme = ckan_lists.group(call.catalogue, call.actor, call.data.required("id"))
    ids = _ids_of_group(call, found, is_theme, MOST_OF_GROUP) if _wants_datasets(call) else None
    return _show(call, found, ids)


def _wants_datasets(call: Call) -> bool:
    return call.data.boolean("include_datasets")


def _show(call: Call, found: OrganizationFacts, ids: list[UUID] | None) -> dict[str, Any]:
    with_users = call.data.boolean("include_users", True)
    users = _members(call, [found]).get(found.id, []) if with_users or call.data.boolean("include_member_count") else []
    made = ckan.organization(
        found,
        call.site,
        members=users if with_users else None,
        extras=call.data.boolean("include_extras", True),
        groups=call.data.boolean("include_groups", True),
    )
    made["tags"] = []
    if not call.data.boolean("include_dataset_count", True):
        del made["package_count"]
    if not call.data.boolean("include_followers", True):
        del made["num_followers"]
    if call.data.boolean("include_member_count"):
        made["member_count"] = len(users)
    if ids is not None:
        shown = ckan_packages.shown_all(call.catalogue, call.actor, ids)
        made["packages"] = [package_dict(call, one) for one in shown]
        if found.datasets > len(ids):
            call.cap = MOST_OF_GROUP
    return made


def _ids_of_group(call: Call, found: OrganizationFacts, is_theme: bool, limit: int) -> list[UUID]:
    if is_theme:
        return ckan_lists.of_theme(call.catalogue, found.name, limit)
    return ckan_packages.of_group(call.catalogue, found.id, limit)


@action("group_package_show", reads=True, limit="searches")
def group_package_show(call: Call) -> Json:
    """The datasets of a group or agency.

    id: its name or id. limit: of 1000 at most.
    """
    limit = bounded(call, "limit", MOST_NAMES, MOST_NAMES)
    found, ids = _members_that_are_datasets(call, limit)
    del found
    return [package_dict(call, one) for one in ckan_packages.shown_all(call.catalogue, call.actor, ids)]


def _members_that_are_datasets(call: Call, limit: int) -> tuple[OrganizationFacts, list[UUID]]:
    try:
        group, is_theme = ckan_lists.group(call.catalogue, call.actor, call.data.required("id"))
    except NotFound:
        found = ckan_lists.organization(call.catalogue, call.actor, call.data.required("id"))
        return found, ckan_packages.of_organization(call.catalogue, found.id, limit)
    return group, _ids_of_group(call, group, is_theme, limit)


@action("member_list", reads=True)
def member_list(call: Call) -> Json:
    """What is in a group or agency, as [id, kind, capacity].

    id: its name or id. object_type: user or package, else both. capacity: only these. Accounts are shown to those who
    are signed in; of datasets 1000 at most.
    """
    kind, capacity = call.data.text("object_type"), call.data.text("capacity").lower()
    found, ids = _members_that_are_datasets(call, MOST_NAMES)
    listed: list[tuple[str, str, str]] = []
    if kind in ("", "user") and call.actor.signed_in:
        pairs = ckan_lists.members(call.catalogue, [found]).get(found.id, [])
        listed += [(str(one.id), "user", role) for one, role in pairs if capacity in ("", role)]
    if kind in ("", "package") and capacity in ("", "public"):
        listed += [(str(one), "package", "public") for one in ids]
        if len(ids) == MOST_NAMES:
            call.cap = MOST_NAMES
    return [[one, what, role.capitalize()] for one, what, role in listed]


@action("organization_autocomplete", reads=True, limit="completions")
def organization_autocomplete(call: Call) -> Json:
    """Agencies whose name or title holds what was typed, as {id, name, title}.

    q: what was typed. limit: 20 unless said otherwise.
    """
    return complete(call, ckan_lists.organizations(call.catalogue, counted=False), call.data.text("q"))


@action("group_autocomplete", reads=True, limit="completions")
def group_autocomplete(call: Call) -> Json:
    """Groups whose name or title holds what was typed, as {id, name, title}.

    q: what was typed. limit: 20 unless said otherwise.
    """
    return complete(call, ckan_lists.groups(call.catalogue, counted=False), call.data.text("q"))


def complete(call: Call, listed: Sequence[OrganizationFacts], typed: str) -> list[dict[str, str]]:
    """Those of `listed` that what was typed may mean."""
    typed, limit = typed.casefold(), bounded(call, "limit", 20, MOST_NAMES)
    found = [one for one in listed if typed in one.name or _titled(one, typed)]
    language = call.site.language
    return [
        {"id": str(one.id), "name": one.name, "title": one.title.show(language).value or one.name}
        for one in found[:limit]
    ]


def _titled(one: OrganizationFacts, typed: str) -> bool:
    return any(typed in said.value.casefold() for said in one.title.values())


@action("member_roles_list", reads=True)
def member_roles_list(call: Call) -> Json:
    """The roles that accounts may have in an agency or group.

    group_type: organization or group.
    """
    roles = (
        ("admin", "editor", "member")
        if call.data.text("group_type", "organization") == "organization"
        else (
            "admin",
            "member",
        )
    )
    return [{"text": role.capitalize(), "value": role} for role in roles]
