"""Organisations and groups made, changed and ended, and who belongs to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from opendata.catalog.slugs import slug
from opendata.errors import Conflict
from opendata.services import bulk, groups, memberships, organizations_writing
from opendata.services.actors import Role
from opendata.services.groups import GroupChange
from opendata.services.organizations_writing import OrganizationChange
from opendata.web.ckan_api import registry
from opendata.web.ckan_api.errors import ValidationError, missing
from opendata.web.ckan_api.group_input import group_change, organization_change, role, uuid_given, with_image
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

Named = TypeVar("Named", OrganizationChange, GroupChange)

KINDS = {"package": "dataset", "dataset": "dataset", "user": "user", "group": "group"}
"""Our kinds of members by CKAN's object_type."""


@action("organization_create")
def organization_create(call: Call) -> Json:
    """Make an organization. Sysadmins make any, administrators those below their own.

    name: 2 to 100 of a-z, 0-9, - and _; made of the title where it is not given. title, description, image_url (or the
    file image_upload), extras, users [{name, capacity}], groups [{name}]: the organization above, homepage, email.
    id: a UUID, from sysadmins.
    """
    with with_image(call, _named(organization_change(call, whole=True))) as change:
        key = organizations_writing.create(call.catalogue, call.actor, change, id=uuid_given(call.data))
    return _shown(call, "organization", key)


@action("organization_update")
def organization_update(call: Call) -> Json:
    """Change an organization. What is not given stays, but for extras, which are then none; an empty list empties.

    id: its name or id. All else as in organization_create; state: active or deleted.
    """
    return _organization_changed(call, whole=True)


@action("organization_patch")
def organization_patch(call: Call) -> Json:
    """Change what is given of an organization and leave all else. As organization_update."""
    return _organization_changed(call, whole=False)


def _named(change: Named) -> Named:
    """`change` with a name, which is made of the title where none is given. ValidationError where neither is."""
    if change.slug:
        return change
    if not change.title:
        raise missing("name")
    return replace(change, slug=slug(change.title))


def _organization_changed(call: Call, *, whole: bool) -> Json:
    name = call.data.required("id", "name")
    with with_image(call, organization_change(call, whole=whole)) as change:
        key = organizations_writing.update(call.catalogue, call.actor, name, change)
    return _shown(call, "organization", key)


@action("organization_delete")
def organization_delete(call: Call) -> Json:
    """Take an organization away, which must have no datasets; its name stays taken. id: its name or id."""
    organizations_writing.delete(call.catalogue, call.actor, call.data.required("id"))
    return None


@action("organization_purge")
def organization_purge(call: Call) -> Json:
    """Forget an organization, which must have no records at all. For sysadmins. id: its name or id."""
    organizations_writing.purge(call.catalogue, call.actor, call.data.required("id"))
    return None


@action("group_create")
def group_create(call: Call) -> Json:
    """Make a group, a collection of datasets of any organization. Sysadmins and administrators may.

    name, or a title of which it is made; description, image_url (or the file image_upload), extras, users [{name,
    capacity}], packages [{name}], groups [{name}]. id: a UUID, from sysadmins.
    """
    with with_image(call, _named(group_change(call, whole=True))) as change:
        key = groups.create(call.catalogue, call.actor, change, id=uuid_given(call.data))
    return _shown(call, "group", key)


@action("group_update")
def group_update(call: Call) -> Json:
    """Change a group. What is not given stays, but for extras, which are then none; an empty list empties.

    id: its name or id. All else as in group_create. Themes keep their name and cannot be deleted.
    """
    return _group_changed(call, whole=True)


@action("group_patch")
def group_patch(call: Call) -> Json:
    """Change what is given of a group and leave all else. As group_update."""
    return _group_changed(call, whole=False)


def _group_changed(call: Call, *, whole: bool) -> Json:
    name = call.data.required("id", "name")
    with with_image(call, group_change(call, whole=whole)) as change:
        key = groups.update(call.catalogue, call.actor, name, change)
    return _shown(call, "group", key)


@action("group_delete")
def group_delete(call: Call) -> Json:
    """Take a group away; its datasets stay, and so does its name. id: its name or id."""
    groups.delete(call.catalogue, call.actor, call.data.required("id"))
    return None


@action("group_purge")
def group_purge(call: Call) -> Json:
    """Forget a group. For sysadmins. id: its name or id."""
    groups.purge(call.catalogue, call.actor, call.data.required("id"))
    return None


@action("organization_member_create")
def organization_member_create(call: Call) -> Json:
    """Give a user a role in an organization. id: the organization; username; role: member, editor or admin."""
    name, username, _ = call.data.all_of("id", "username", "role")
    given = role(call.data)
    user, organization = memberships.give_role(call.catalogue, call.actor, name, username, given)
    return _member(organization, "user", user, given)


@action("organization_member_delete")
def organization_member_delete(call: Call) -> Json:
    """End a membership. id: the organization; username (or user_id)."""
    name, username = call.data.required("id"), call.data.required("username", "user_id")
    memberships.take_role(call.catalogue, call.actor, name, username)
    return None


@action("group_member_create")
def group_member_create(call: Call) -> Json:
    """Put a user into a group. id: the group; username; role: member, editor or admin."""
    name, username, given = call.data.all_of("id", "username", "role")
    user = groups.add_member(call.catalogue, call.actor, name, "user", username, given)
    return _member(groups.id_of(call.catalogue, name), "user", user, given)


@action("group_member_delete")
def group_member_delete(call: Call) -> Json:
    """Take a user out of a group. id: the group; username (or user_id)."""
    name, username = call.data.required("id"), call.data.required("username", "user_id")
    groups.remove_member(call.catalogue, call.actor, name, "user", username)
    return None


@action("member_create")
def member_create(call: Call) -> Json:
    """Put an object into a group, or give a user a role in an organization.

    id: the group or organization; object: name or id; object_type: package, user or group; capacity.
    """
    name, member, kind = _membership(call.data)
    capacity = call.data.text("capacity")
    if not groups.is_group(call.catalogue, name):
        _demand_user(kind)
        user, organization = memberships.give_role(
            call.catalogue, call.actor, name, member, role(Params({"capacity": capacity or Role.MEMBER}), "capacity")
        )
        return _member(organization, kind, user, capacity or Role.MEMBER)
    key = groups.add_member(call.catalogue, call.actor, name, KINDS[kind], member, capacity)
    return _member(
        groups.id_of(call.catalogue, name), kind, key, capacity or ("member" if kind == "user" else "public")
    )


@action("member_delete")
def member_delete(call: Call) -> Json:
    """Take an object out of a group, or a user out of an organization. id, object, object_type as in member_create."""
    name, member, kind = _membership(call.data)
    if groups.is_group(call.catalogue, name):
        groups.remove_member(call.catalogue, call.actor, name, KINDS[kind], member)
    else:
        _demand_user(kind)
        memberships.take_role(call.catalogue, call.actor, name, member)
    return None


def _membership(data: Params) -> tuple[str, str, str]:
    name, member, kind = data.all_of("id", "object", "object_type")
    if kind not in KINDS:
        raise ValidationError({"object_type": [f"Must be one of {', '.join(KINDS)}"]})
    return name, member, kind


def _demand_user(kind: str) -> None:
    if kind != "user":
        raise Conflict("An organization has users as its members; its datasets name it in owner_org.")


def _member(owner: UUID, kind: str, member: UUID, capacity: str) -> Json:
    """CKAN's row of a membership; ours have no id of their own."""
    return {
        "id": f"{owner}:{member}",
        "group_id": str(owner),
        "table_name": "package" if kind == "dataset" else kind,
        "table_id": str(member),
        "capacity": str(capacity),
        "state": "active",
    }


@action("bulk_update_private")
def bulk_update_private(call: Call) -> Json:
    """Make datasets of an organization private. org_id; datasets: a list of ids."""
    return _bulk(call, "private")


@action("bulk_update_public")
def bulk_update_public(call: Call) -> Json:
    """Make datasets of an organization public. org_id; datasets: a list of ids."""
    return _bulk(call, "public")


@action("bulk_update_delete")
def bulk_update_delete(call: Call) -> Json:
    """Withdraw datasets of an organization. org_id; datasets: a list of ids."""
    return _bulk(call, "delete")


def _bulk(call: Call, change: str) -> Json:
    organization, ids = call.data.required("org_id"), call.data.words("datasets")
    if not ids:
        raise missing("datasets")
    call.touched("packages", *bulk.change(call.catalogue, call.actor, organization, ids, change))
    return None


def _shown(call: Call, kind: str, key: UUID) -> Json:
    """The record as it is now, as its show action gives it."""
    show = registry.find(f"{kind}_show")
    if show is None:
        return {"id": str(key)}
    asked = {"id": str(key), "include_users": True, "include_datasets": False}
    return show.run(replace(call, data=Params(asked), files={}))
