"""What the API says of itself."""

from __future__ import annotations

from opendata.errors import NotFound
from opendata.web.ckan_api import registry
from opendata.web.ckan_api.registry import Call, Json, action


@action("help_show", reads=True)
def help_show(call: Call) -> Json:
    """What an action does and takes.

    name: the action.
    """
    name = call.data.required("name")
    found = registry.find(name)
    if found is None:
        raise NotFound(f"Action {name[:100]!r}")
    return found.help
