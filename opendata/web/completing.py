"""What the search box offers while somebody types, for static/js/completion.js."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l

from opendata.search.arguments import clean
from opendata.services import completing
from opendata.services.completing import Completion, CompletionGroup
from opendata.web.i18n import LANGUAGE, page_language
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.rendering import number

blueprint = Blueprint("completing", __name__)

FRESH_SECONDS = 60
"""How long a browser, or a proxy before the site, may give the same answer again."""

HEADINGS: Mapping[str, LazyString] = {
    "title": _l("Records"),
    "organization": _l("Agencies"),
    "subject": _l("Research fields"),
    "person": _l("People"),
    "performer": _l("Performers"),
    "keyword": _l("Keywords"),
}


@blueprint.get("/search/complete")
@limited("completions")
def complete() -> Response:
    """JSON: groups of choices with their addresses, and a sentence for screen readers. The path says the language."""
    typed = clean(request.args.get("q", ""))
    groups = completing.complete(the_catalogue(), typed)
    offered = sum(len(group.items) for group in groups)
    response = jsonify(
        groups=[_group(group) for group in groups],
        said=ngettext("%(number)s suggestion", "%(number)s suggestions", offered, number=number(offered)),
    )
    if LANGUAGE in request.environ:
        response.cache_control.public = True
        response.cache_control.max_age = FRESH_SECONDS
    else:
        response.cache_control.no_store = True
    return response


def _group(group: CompletionGroup) -> dict[str, Any]:
    return {"label": str(HEADINGS[group.name]), "items": [_item(item) for item in group.items]}


def _item(item: Completion) -> dict[str, Any]:
    return {
        "pieces": [[piece.text, piece.typed] for piece in item.label],
        "language": item.language if item.language != page_language() else "",
        "note": _records(item.records) if item.records else "",
        "url": _url(item),
    }


def _records(count: int) -> str:
    return str(ngettext("%(number)s record", "%(number)s records", count, number=number(count)))


def _url(item: Completion) -> str:
    """Where choosing it leads: to the record or the agency, else to the search for it."""
    if item.group == "title":
        return url_for("studies.page" if item.kind == "study" else "datasets.page", slug=item.value)
    if item.group == "organization":
        return url_for("organizations.page", slug=item.value)
    if item.group == "person":
        name = item.value.replace('"', " ")
        return url_for("discovery.everything", q=f'"{name}"')
    return url_for("discovery.everything", **{item.group: item.value})  # type: ignore[arg-type]
