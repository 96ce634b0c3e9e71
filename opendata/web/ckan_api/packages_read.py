"""Reading datasets and files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from opendata.errors import NotFound
from opendata.export import ckan
from opendata.services import ckan_packages
from opendata.services.ckan_packages import Shown
from opendata.services.kept_packages import dictionary
from opendata.web.ckan_api import pieces
from opendata.web.ckan_api.paging import MOST_NAMES, bounded
from opendata.web.ckan_api.registry import Call, Json, action


def package_dict(call: Call, shown: Shown) -> dict[str, Any]:
    """The dataset as CKAN's dictionary."""
    return dictionary(shown, call.site)


def shown(call: Call, name: str) -> dict[str, Any]:
    """The dictionary of the dataset called `name`, as the asker may see it now."""
    return package_dict(call, ckan_packages.shown(call.catalogue, call.actor, name))


def packages_of(call: Call, ids: Sequence[UUID], *, withdrawn: bool = False) -> dict[UUID, Json]:
    """The dictionaries of those of `ids` that the asker may see; with `withdrawn` of withdrawn ones too."""
    found = ckan_packages.shown_all(call.catalogue, call.actor, ids, withdrawn=withdrawn)
    return {one.record.id: package_dict(call, one) for one in found if one.record.id}


def _written(call: Call, name: str) -> Json:
    """The dataset as it was written before, for an answer that is kept; None where it is not for everybody."""
    try:
        key = ckan_packages.id_of(call.catalogue, name)
    except NotFound:
        return None
    found = pieces.for_call(call, [key], partial(packages_of, call))
    return call.place(found[0]) if found else None


@action("package_list", reads=True, kept=True)
def package_list(call: Call) -> Json:
    """The names of all public datasets, in the order of names.

    limit, offset: a part of them. after: those behind that name. There is no bound.
    """
    limit, offset = call.data.number_or_none("limit"), call.data.number("offset", 0)
    found = ckan_packages.names(call.catalogue, limit, offset, call.data.text("after"))
    if limit and len(found) == limit:
        call.next = found[-1]
    return found


@action("package_show", reads=True, kept=True)
def package_show(call: Call) -> Json:
    """A dataset with its files.

    id: its name or id, also a name that it had before.
    """
    name = call.data.required("id", "name_or_id")
    return (call.version and _written(call, name)) or shown(call, name)


@action("current_package_list_with_resources", reads=True, limit="searches", kept=True)
def current_package_list_with_resources(call: Call) -> Json:
    """Public datasets with their files, those changed last first.

    limit, offset: a part of them, of 1000 at most. page: the page of that many, from 1.
    """
    limit = bounded(call, "limit", MOST_NAMES, MOST_NAMES)
    offset = call.data.number("offset", 0)
    if (page := call.data.number_or_none("page", least=1)) is not None:
        offset = (page - 1) * limit
    ids = ckan_packages.newest_ids(call.catalogue, limit, offset)
    return [package_dict(call, one) for one in ckan_packages.shown_all(call.catalogue, call.actor, ids)]


@action("resource_show", reads=True)
def resource_show(call: Call) -> Json:
    """A file or link.

    id: its id.
    """
    found, one = ckan_packages.file(call.catalogue, call.actor, call.data.required("id"))
    made = ckan.resource(one, found.record, call.site)
    ckan.mark_tables([made], found.tables)
    return made
