"""Short links of searches: made by a button, followed by everybody in their own language."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from opendata.errors import NotFound
from opendata.search.query import SearchQuery
from opendata.services import short_links
from opendata.web.errors import catalogue_error, wants_json
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.listing import FIXED_KIND, query_url

blueprint = Blueprint("short_links", __name__, url_prefix="/s")


@blueprint.get("/")
def nothing() -> ResponseReturnValue:
    """A link without a code: to the search itself."""
    return redirect(query_url("discovery.everything", SearchQuery()), 302)


@blueprint.post("/")
@limited("links")
def make() -> ResponseReturnValue:
    """Make the link of the search in the form, and show it on the page of that search."""
    query = SearchQuery.from_args(request.form)
    code = short_links.make(the_catalogue(), query)
    url = search_url(query)
    return redirect(f"{url}{'&' if '?' in url else '?'}link={code}#short-link", 303)


@blueprint.get("/<code>")
def follow(code: str) -> ResponseReturnValue:
    """302 to the search, in the language of the link, or in the visitor's where it names none."""
    return redirect(search_url(short_links.find(the_catalogue(), code)), 302)


@blueprint.errorhandler(NotFound)
def unknown(error: NotFound) -> ResponseReturnValue:
    """What to do with a code that is mistyped."""
    if wants_json():
        return catalogue_error(error)
    return render_template("errors/short_link.html"), 404


def search_url(query: SearchQuery) -> str:
    """The search page of `query`: that of one kind of record where it has one of its own."""
    kinds = query.filters.get("kind", ())
    endpoint = next((name for name, kind in FIXED_KIND.items() if kinds == (kind,)), "discovery.everything")
    return query_url(endpoint, query)
