"""The search pages: everything, reports and data, commissioned studies. The path says the kind of record."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.search.arguments import clean, refuse
from opendata.search.query import SearchQuery
from opendata.services import discovery, facets, suggestions
from opendata.web.demand import count_search
from opendata.web.facet_list import MAX_FIND, facet_list_context
from opendata.web.facets import with_years
from opendata.web.following import follow_context
from opendata.web.helping import help_context
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.limits import limited
from opendata.web.listing import FIXED_KIND, query_url, search_context
from opendata.web.naming import named_url
from opendata.web.understanding import understood

blueprint = Blueprint("discovery", __name__)


def _search(endpoint: str, heading: str) -> ResponseReturnValue:
    query = SearchQuery.from_args(request.args)
    if narrowed := with_years(query, request.args):
        return redirect(query_url(endpoint, narrowed))
    if url := named_url(endpoint, query):
        return redirect(url, 302)
    if kind := FIXED_KIND.get(endpoint):
        query = replace(query, filters={**query.filters, "kind": (kind,)})
    found = discovery.find(the_catalogue(), actor(), query, language=page_language())
    count_search(found)
    suggested = suggestions.suggest(the_catalogue(), query, found.total, found.complete)
    context = replace(
        search_context(endpoint, heading, found),
        follow=follow_context(found),
        understood=understood(endpoint, found),
        help=help_context(endpoint, query, suggested),
    )
    return render_template("datasets/search.html", page=context)


@blueprint.get("/search")
@limited("searches")
def everything() -> ResponseReturnValue:
    """Studies and datasets in one list."""
    return _search("discovery.everything", _("Search"))


@blueprint.get("/dataset/")
@limited("searches")
def datasets() -> ResponseReturnValue:
    """Reports and data."""
    return _search("discovery.datasets", _("Reports and data"))


@blueprint.get("/study/")
@limited("searches")
def studies() -> ResponseReturnValue:
    """The register of commissioned studies."""
    return _search("discovery.studies", _("Commissioned studies"))


@blueprint.get("/search/facet/<name>")
@limited("searches")
def facet(name: str) -> str:
    """All values of a facet, counted with the filters of the search that the address holds."""
    query = SearchQuery.from_args(request.args, size=facets.PAGE)
    find = clean(request.args.get("find", "")).strip()[:MAX_FIND]
    order = request.args.get("order", "count")
    if order not in facets.ORDERS:
        raise refuse("order", order, f"one of {', '.join(facets.ORDERS)}")
    found = facets.values(the_catalogue(), query, name, find=find, order=order, language=page_language())
    return render_template("datasets/facet.html", page=facet_list_context(found))
