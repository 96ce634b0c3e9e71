"""What CKAN's own forms ask while somebody types: the autocomplete actions in the shapes that they had before, and
names made of what was typed.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from opendata.web.ckan_api import munging, registry
from opendata.web.ckan_api.errors import BadRequest
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json
from opendata.web.ckan_api.transport import blueprint, sent
from opendata.web.identity import actor, the_catalogue
from opendata.web.this_site import the_site

Shape = Callable[[Json], Json]


def _result_set(key: str = "") -> Shape:
    return lambda found: {"ResultSet": {"Result": [{key: one} for one in found] if key else found}}


def _plain(found: Json) -> Json:
    return found


SHAPES: dict[str, tuple[str, Shape]] = {
    "dataset/autocomplete": ("package_autocomplete", _result_set()),
    "tag/autocomplete": ("tag_autocomplete", _result_set("Name")),
    "resource/format_autocomplete": ("format_autocomplete", _result_set("Format")),
    "user/autocomplete": ("user_autocomplete", _plain),
    "group/autocomplete": ("group_autocomplete", _plain),
    "organization/autocomplete": ("organization_autocomplete", _plain),
}
"""The action that answers, and the shape of its answer."""

MUNGED: dict[str, tuple[tuple[str, ...], Callable[[str], str]]] = {
    "dataset/munge_name": (("name",), munging.name_of),
    "dataset/munge_title_to_name": (("title", "name"), munging.name_of),
    "tag/munge": (("tag", "name"), munging.tag_of),
}
"""What gives the text, the first that does, and what is made of it."""


@blueprint.get("/i18n/<language>")
def translations(language: str) -> ResponseReturnValue:
    """CKAN's translations for scripts, of which there are none; 400 for a language that the site has not."""
    if language not in the_catalogue().config.languages.enabled:
        raise BadRequest("Unsupported language code")
    return sent(200, {"": {"domain": "ckan", "lang": language, "plural-forms": ""}})


@blueprint.get("/util/<path:what>")
@blueprint.get("/<any('1', '2', '3'):version>/util/<path:what>")
def completed(what: str, version: str = "2") -> ResponseReturnValue:
    """What was typed, completed, or as a name that can be taken; nothing for nothing."""
    del version
    if what in MUNGED:
        names, make = MUNGED[what]
        given = next((text for name in names if (text := request.args.get(name, "").strip())), "")
        return sent(200, make(given) if given else "")
    if what not in SHAPES:
        raise NotFound
    name, shape = SHAPES[what]
    found = registry.find(name)
    typed = (request.args.get("incomplete") or request.args.get("q") or "").strip()
    values = {"q": typed, "query": typed, "limit": request.args.get("limit")}
    if found is None or not typed:
        return sent(200, shape([]))
    return sent(200, shape(found.run(Call(the_catalogue(), actor(), Params(values), {}, the_site()))))
