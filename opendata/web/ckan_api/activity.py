"""What happened, and the dashboards on which CKAN's people see it.

Nobody follows anything by CKAN's means here (saved searches are followed instead), so dashboards are empty.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Callable, Mapping, Sequence

from opendata.catalog.records import DatasetRecord
from opendata.errors import Conflict, NotAllowed, NotFound
from opendata.export import ckan
from opendata.services import activity
from opendata.services.activity import Entry, Window
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

KINDS = dict(zip(activity.TOLD_APART, ("new package", "deleted package"), strict=True))
"""CKAN's words for what the audit says of a dataset; all else is a change."""
CHANGED = "changed package"
MOST = activity.MOST


@action("package_activity_list", reads=True)
def package_activity_list(call: Call) -> Json:
    """What happened to a dataset, newest first.

    id; limit (31, at most 100), offset; before, after: Unix times; activity_types or exclude_activity_types: of
    "new package", "changed package" and "deleted package" those that are wanted, or are not.
    """
    return _dicts(call, activity.of_dataset(call.catalogue, call.actor, call.data.required("id"), _window(call)))


@action("organization_activity_list", reads=True)
def organization_activity_list(call: Call) -> Json:
    """What happened to the datasets of an organization. id; all else as in package_activity_list."""
    return _dicts(call, activity.of_organization(call.catalogue, call.actor, call.data.required("id"), _window(call)))


@action("group_activity_list", reads=True)
def group_activity_list(call: Call) -> Json:
    """What happened to the datasets in a group. id; all else as in package_activity_list."""
    return _dicts(call, activity.of_group(call.catalogue, call.actor, call.data.required("id"), _window(call)))


@action("user_activity_list", reads=True)
def user_activity_list(call: Call) -> Json:
    """What an account did, for its owner and sysadmins. id; all else as in package_activity_list."""
    return _dicts(call, activity.of_user(call.catalogue, call.actor, call.data.required("id"), _window(call)))


@action("recently_changed_packages_activity_list", reads=True)
def recently_changed_packages_activity_list(call: Call) -> Json:
    """What happened to datasets lately. All but id as in package_activity_list."""
    return _dicts(call, activity.recent(call.catalogue, call.actor, _window(call)))


@action("activity_show", reads=True)
def activity_show(call: Call) -> Json:
    """One entry of a list of activity. id."""
    return _one(call)


@action("activity_data_show", reads=True)
def activity_data_show(call: Call) -> Json:
    """What an entry of a list of activity says of what it is about. id; object_type: "package" for that alone."""
    said = _one(call)["data"]
    kind = call.data.text("object_type")
    if kind and kind not in said:
        raise NotFound(f"Could not find {kind[:100]} in data")
    return said[kind] if kind else said


@action("activity_diff", reads=True)
def activity_diff(call: Call) -> Json:
    """What an entry of a list of activity changed: {diff, activities}, for those who see what is unpublished there.

    id; object_type: "package"; diff_type: unified (as a rule), context or html.
    """
    given, kind = call.data.all_of("id", "object_type")
    if kind != "package":
        raise NotFound("Could not find object in the activity data")
    way = WAYS.get(call.data.text("diff_type", "unified"))
    if way is None:
        raise ValidationError({"message": "diff_type not recognized"})
    entries, records = activity.difference(call.catalogue, call.actor, _number(given))
    first, second = (_lines(ckan.package(one, call.site)) for one in records if isinstance(one, DatasetRecord))
    return {"diff": way(first, second), "activities": _dicts(call, entries)}


def _lines(package: Json) -> list[str]:
    return json.dumps(package, ensure_ascii=False, indent=2, sort_keys=True).split("\n")


WAYS: Mapping[str, Callable[[list[str], list[str]], str]] = {
    "unified": lambda first, second: "\n".join(difflib.unified_diff(first, second, lineterm="")),
    "context": lambda first, second: "\n".join(difflib.context_diff(first, second, lineterm="")),
    "html": difflib.HtmlDiff(wrapcolumn=60).make_table,
}
"""How two states can be compared."""


def _one(call: Call) -> Json:
    return _dicts(call, [activity.one(call.catalogue, call.actor, _number(call.data.required("id")))])[0]


def _number(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 18):
        raise NotFound("There is no such activity.")
    return int(given)


def _window(call: Call) -> Window:
    data = call.data
    limit = data.number("limit", 31, least=1)
    if limit > MOST:
        call.cap = MOST
    offset = data.number("offset", 0)
    return Window(min(limit, MOST), offset, _instant(data, "before"), _instant(data, "after"), _actions(data))


def _actions(data: Params) -> frozenset[str] | None:
    """The words of the audit that stand for the types that are wanted; None for all."""
    only, without = data.words("activity_types"), data.words("exclude_activity_types")
    if only and without:
        raise ValidationError({"activity_types": ["Cannot be used together with `exclude_activity_types`."]})
    if not only and not without:
        return None
    types = {**KINDS, activity.OTHER: CHANGED}
    return frozenset(word for word, name in types.items() if (name in only if only else name not in without))


def _instant(data: Params, name: str) -> dt.datetime | None:
    """A Unix time in seconds, as CKAN takes it, or an ISO 8601 one."""
    given = data.text(name)
    if not given:
        return None
    try:
        if given.replace(".", "", 1).isdecimal():
            return dt.datetime.fromtimestamp(float(given), dt.UTC)
        found = dt.datetime.fromisoformat(given)
    except (ValueError, OverflowError, OSError):
        raise ValidationError({name: ["Must be a Unix time in seconds"]}) from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _dicts(call: Call, entries: Sequence[Entry]) -> list[Json]:
    language = call.site.language
    return [
        ckan.activity(
            {
                "id": one.id,
                "at": one.at,
                "user_id": one.user_id,
                "object_id": one.dataset_id,
                "kind": KINDS.get(one.action, CHANGED),
                "data": {
                    "package": {
                        "id": str(one.dataset_id),
                        "name": one.slug,
                        "title": one.title.show(language).value or one.slug,
                    }
                },
            }
        )
        for one in entries
    ]


def _demand_account(call: Call) -> None:
    if call.actor.user_id is None:
        raise NotAllowed("You must be logged in to access your dashboard.", signed_in=False)


@action("dashboard_activity_list", reads=True)
def dashboard_activity_list(call: Call) -> Json:
    """What happened to what one follows: nothing, since nothing is followed this way."""
    _demand_account(call)
    return []


@action("dashboard_new_activities_count", reads=True)
def dashboard_new_activities_count(call: Call) -> Json:
    """How much of it is new: nothing."""
    _demand_account(call)
    return 0


@action("dashboard_mark_activities_old")
def dashboard_mark_activities_old(call: Call) -> Json:
    """Mark it as read."""
    _demand_account(call)
    return None


@action("follow_dataset", "follow_group", "follow_user")
def follow(call: Call) -> Json:
    """Nothing is followed this way; searches are, on the pages of this site."""
    _demand_account(call)
    call.data.required("id")
    raise Conflict("Searches are followed here, not records: save one on the page of its results.")


@action("unfollow_dataset", "unfollow_group", "unfollow_user")
def unfollow(call: Call) -> Json:
    """End what was never begun."""
    _demand_account(call)
    call.data.required("id")
    raise NotFound("You are not following this.")
