"""Reading accounts: for those who are signed in, since who works here is nobody else's business."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter

from opendata.errors import NotFound
from opendata.export import ckan
from opendata.services import access, ckan_lists, ckan_packages
from opendata.services.rights import Right
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.packages_read import package_dict
from opendata.web.ckan_api.paging import MOST_NAMES, bounded
from opendata.web.ckan_api.registry import Call, Json, action

MOST_DATASETS = 50
ORDERS = ("name", "fullname", "display_name", "created", "about", "number_created_packages", "sysadmin")

PERMISSIONS = {
    "read": Right.SEE_UNPUBLISHED,
    "create_dataset": Right.EDIT_RECORDS,
    "update_dataset": Right.EDIT_RECORDS,
    "delete_dataset": Right.EDIT_RECORDS,
    "manage_group": Right.SEE_UNPUBLISHED,
    "admin": Right.MANAGE_MEMBERS,
    "membership": Right.MANAGE_MEMBERS,
    "member_create": Right.MANAGE_MEMBERS,
}
"""CKAN's words for what one may do in an agency."""


@action("user_list", reads=True)
def user_list(call: Call) -> Json:
    """Accounts, by name.

    q: what their names hold. order_by: another field. all_fields: false for names alone. email: the account with that
    address, for sysadmins.
    """
    found = ckan_lists.users(call.catalogue, call.actor, call.data.text("q"))
    order = call.data.text("order_by", "name") or "name"
    if order not in ORDERS:
        raise ValidationError({"order_by": [f"Cannot sort by field `{order[:100]}`"]})
    if (email := call.data.text("email").casefold()) and call.actor.sysadmin:
        found = [one for one in found if one.email == email]
    dicts = [ckan.user(one, call.site, private=_is_own(call, str(one.id))) for one in found]
    dicts.sort(key=lambda one: (str(one[order] or ""), one["name"]))
    return dicts if call.data.boolean("all_fields", True) else [one["name"] for one in dicts]


def _is_own(call: Call, user_id: str) -> bool:
    return call.actor.sysadmin or user_id == str(call.actor.user_id)


@action("user_show", reads=True)
def user_show(call: Call) -> Json:
    """An account.

    id: its name or id; the asker's own where it is not given. include_datasets: the 50 that it made last.
    include_num_followers: how many follow it, which is none.
    """
    name = call.data.text("id") or str(call.actor.user_id or "")
    if not name:
        raise ValidationError({"id": ["Missing value"]})
    found = ckan_lists.user(call.catalogue, call.actor, name)
    made = ckan.user(found, call.site, private=_is_own(call, str(found.id)))
    if call.data.boolean("include_datasets"):
        ids = ckan_packages.of_creator(call.catalogue, found.id, MOST_DATASETS)
        shown = ckan_packages.shown_all(call.catalogue, call.actor, ids)
        made["datasets"] = [package_dict(call, one) for one in shown]
    if call.data.boolean("include_num_followers"):
        made["num_followers"] = 0
    return made


@action("user_autocomplete", reads=True, limit="completions")
def user_autocomplete(call: Call) -> Json:
    """Accounts whose names hold what was typed, as {id, name, fullname}.

    q: what was typed. limit: 20 unless said otherwise.
    """
    typed = call.data.required("q")
    found = ckan_lists.users(call.catalogue, call.actor, typed, bounded(call, "limit", 20, MOST_NAMES))
    return [{"id": str(one.id), "name": one.name, "fullname": one.fullname} for one in found]


@action("organization_list_for_user", reads=True)
def organization_list_for_user(call: Call) -> Json:
    """The agencies in which somebody may do something, with their capacity there.

    id: an account, for sysadmins; else the asker's own. permission: manage_group unless said otherwise; read,
    create_dataset, update_dataset, delete_dataset, admin.
    """
    person = call.actor
    if name := call.data.text("id"):
        found = ckan_lists.user(call.catalogue, call.actor, name)
        if found.id != call.actor.user_id:
            ckan_lists.demand_site(call.actor)
            # What is asked is their role, which a password that they have still to change does not take away.
            person = replace(access.actor_for_user(call.catalogue, found.id), must_change_password=False)
    right = PERMISSIONS.get(call.data.text("permission", "manage_group"), Right.MANAGE_MEMBERS)
    listed = ckan_lists.organizations_where(call.catalogue, right, person)
    return [ckan.organization(one, call.site, extras=False) | {"capacity": role} for one, role in listed]


@action("group_list_authz", reads=True)
def group_list_authz(call: Call) -> Json:
    """The groups that the asker may add datasets to.

    am_member: only those that the asker is in.
    """
    if not call.actor.signed_in:
        return []
    listed = ckan_lists.groups_of(call.catalogue, call.actor)
    return sorted((ckan.organization(one, call.site, extras=False) for one in listed), key=itemgetter("title", "name"))


@action("user_follower_count", "dataset_follower_count", "group_follower_count", "organization_follower_count",
        "followee_count", "user_followee_count", "dataset_followee_count", "group_followee_count",
        "organization_followee_count", reads=True)  # fmt: skip
def followers_counted(call: Call) -> Json:
    """How many follow it in CKAN's sense: nobody, since here one follows searches."""
    del call
    return 0


@action("user_follower_list", "dataset_follower_list", "group_follower_list", "organization_follower_list",
        "followee_list", "user_followee_list", "dataset_followee_list", "group_followee_list",
        "organization_followee_list", "package_collaborator_list", "package_collaborator_list_for_user",
        reads=True)  # fmt: skip
def nobody(call: Call) -> Json:
    """Who follows it or works on it in CKAN's sense: nobody. Here one follows searches, and agencies have members."""
    del call
    return []


@action("am_following_user", "am_following_dataset", "am_following_group", "am_following_organization", reads=True)
def not_following(call: Call) -> Json:
    """Whether the asker follows it in CKAN's sense: no, since here one follows searches."""
    del call
    return False


@action("get_site_user", reads=True)
def get_site_user(call: Call) -> Json:
    """The account of the site itself, which CKAN's own processes use. There is none."""
    ckan_lists.demand_site(call.actor)
    raise NotFound("The site has no account of its own.")
