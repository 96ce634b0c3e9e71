"""Views of files: kept as clients make them."""

from __future__ import annotations

import json
import re
from uuid import UUID

from opendata.errors import NotFound
from opendata.services import file_views
from opendata.services.file_views import FileView
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

OWN = ("id", "resource_id", "package_id", "title", "description", "view_type", "position")
"""Keys of a view; all others are its settings."""
MOST_BYTES = 100_000
_KIND = re.compile(r"[a-z0-9_]{1,100}")


@action("resource_view_list", reads=True)
def resource_view_list(call: Call) -> Json:
    """The views of a file. id: of the file."""
    found = file_views.listed(call.catalogue, call.actor, _id(call.data, "id"))
    return [_dict(one) for one in found]


@action("resource_view_show", reads=True)
def resource_view_show(call: Call) -> Json:
    """A view. id."""
    return _dict(file_views.view(call.catalogue, call.actor, _id(call.data, "id")))


@action("resource_view_create")
def resource_view_create(call: Call) -> Json:
    """Add a view to a file. resource_id, title, view_type, description; what else is given is kept as its settings."""
    call.data.required("resource_id")
    return _dict(file_views.create(call.catalogue, call.actor, _given(call.data, _id(call.data, "resource_id"))))


@action("resource_view_update")
def resource_view_update(call: Call) -> Json:
    """Write a view anew. id; all else as in resource_view_create."""
    before = file_views.view(call.catalogue, call.actor, _id(call.data, "id"))
    said = _given(call.data, before.resource_id, before.view_type)
    return _dict(file_views.update(call.catalogue, call.actor, _id(call.data, "id"), said))


@action("resource_view_delete")
def resource_view_delete(call: Call) -> Json:
    """Remove a view. id."""
    file_views.delete(call.catalogue, call.actor, _id(call.data, "id"))
    return None


@action("resource_view_reorder")
def resource_view_reorder(call: Call) -> Json:
    """Put views of a file first. id: of the file; order: a list of ids."""
    resource_id, order = _id(call.data, "id"), call.data.words("order")
    if not order:
        raise ValidationError({"order": ["Missing value"]})
    file_views.reorder(call.catalogue, call.actor, resource_id, [_as_id(one) for one in order])
    return {"id": str(resource_id), "order": order}


def _given(data: Params, resource_id: UUID, kind: str = "") -> FileView:
    title, kind = data.required("title"), data.text("view_type", kind)
    if not _KIND.fullmatch(kind):
        raise ValidationError({"view_type": ["Missing value" if not kind else "No plugin found for this view_type"]})
    config = {key: data.json(key) for key in data if key not in OWN}
    if len(json.dumps(config)) > MOST_BYTES:
        raise ValidationError({"message": [f"At most {MOST_BYTES} characters of settings"]})
    return FileView(resource_id, title, data.text("description"), kind, config)


def _dict(one: FileView) -> Json:
    own = {
        "id": str(one.id),
        "resource_id": str(one.resource_id),
        "package_id": str(one.dataset_id),
        "title": one.title,
        "description": one.description,
        "view_type": one.view_type,
    }
    return {**one.config, **own}


def _id(data: Params, name: str) -> UUID:
    return _as_id(data.required(name))


def _as_id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound(f"There is nothing with the id {given[:100]!r}.") from None
