"""What machines ask for: whether we live, whether we can answer, what they may crawl, where a permanent URI leads."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, redirect, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from opendata.services import health, permanent
from opendata.web.identity import actor, the_catalogue
from opendata.web.limits import at_this_machine
from opendata.web.negotiation import chosen, in_format
from opendata.web.sharing import shared
from opendata.web.this_site import the_site

blueprint = Blueprint("operations", __name__)

AWAY = "unavailable"

ROBOTS = """User-agent: *
Allow: /oai
Disallow: /search
Disallow: /*/search
Disallow: /*?*
Disallow: /api/
Disallow: /catalog.
Disallow: /datastore/
Disallow: /account/
Disallow: /desk/
Disallow: /-/
"""

_PAGES = {"dataset": "datasets.page", "study": "studies.page", "organization": "organizations.page"}


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """200 as long as the process answers at all."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """200 when every part answers; else 503, naming which does not, and to those at this machine why."""
    parts = health.ready(the_catalogue())
    good = all(state == health.OK for state in parts.values())
    told = {name: state if state == health.OK or at_this_machine() else AWAY for name, state in parts.items()}
    response = jsonify(status="ok" if good else AWAY, parts=told)
    response.status_code = 200 if good else 503
    response.cache_control.no_store = True
    return response


@blueprint.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Pages of records may be crawled; lists of hits, of which there is no end, may not."""
    return Response(f"{ROBOTS}\nSitemap: {the_site().url}/sitemap.xml\n", mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """The icon, for those that ask without looking at the page."""
    return send_from_directory(str(current_app.static_folder), "icons/favicon.ico", max_age=86_400)


@blueprint.get("/id/<uuid:record_id>")
def permanent_uri(record_id: UUID) -> ResponseReturnValue:
    """303 to the page of the record, or to the format that is wanted: the URI names the thing, these tell about it."""
    kind, slug = permanent.locate(the_catalogue(), actor(), str(record_id))
    if kind == "dataset" and (form := chosen()) is not None:
        return in_format(slug, form)
    response = redirect(url_for(_PAGES[kind], slug=slug), 303)
    response.vary.update(("Accept", "Accept-Profile"))
    return shared(response)
