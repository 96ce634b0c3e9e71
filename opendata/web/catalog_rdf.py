"""The catalogue for other portals: /catalog in DCAT-AP, page by page, and /data.json in one piece."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from opendata.errors import Invalid, Problem
from opendata.export import datajson, dcat
from opendata.export.dcat_catalog import view
from opendata.export.rdf import MEDIA_TYPES, Node, Syntax
from opendata.export.sheets import gathered
from opendata.services import catalog_pages, walking
from opendata.services.catalog_pages import CatalogPage, CatalogQuery
from opendata.web.dcat_profiles import asked_profile
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.revalidating import streamed, tag_of, tagged, unless_known
from opendata.web.sharing import shared
from opendata.web.this_site import the_site

blueprint = Blueprint("catalog", __name__)

_MAX_PAGE = 1_000_000
_KEPT = ("modified_since", "q", "fq", "profile", "profiles")
"""What the addresses of other pages repeat."""


@blueprint.get("/catalog")
def negotiated() -> AnyResponse:
    """The catalogue in what the asker wants; for people its list of records."""
    accepted = request.accept_mimetypes
    offered = ["text/html", *MEDIA_TYPES.values()]
    chosen = accepted.best_match(offered, default="text/html")
    if chosen == "text/html":
        answer: AnyResponse = redirect(url_for("discovery.datasets"), 303)
    else:
        answer = catalog(next(syntax for syntax, media_type in MEDIA_TYPES.items() if media_type == chosen))
    answer.vary.add("Accept")
    return answer


@blueprint.get("/catalog.<any(ttl,rdf,jsonld,xml):suffix>")
@limited("downloads")
def catalog(suffix: str) -> Response:
    """A page of the catalogue. `page`, `after`, `modified_since` and `profiles` as docs/formats.md says."""
    syntax = Syntax("rdf" if suffix == "xml" else suffix)
    profile = asked_profile()
    since = _since(request.args.get("modified_since", ""))
    query = CatalogQuery(since, request.args.get("q", ""), request.args.get("fq", ""))
    found = catalog_pages.page(the_catalogue(), _page(), request.args.get("after", ""), query)
    entries = iter(walking.entries(the_catalogue(), found.ids))
    body = b"".join(dcat.stream(entries, the_site(), syntax, profile, _view(found, syntax)))
    charset = "; charset=utf-8" if syntax is Syntax.TURTLE else ""
    response = Response(body, content_type=f"{MEDIA_TYPES[syntax]}{charset}")
    shared(response)
    response.headers["Link"] = f'<{profile.uri}>; rel="profile"'
    response.vary.add("Accept-Profile")
    return unless_known(tagged(response, tag_of(body)))


@blueprint.get("/data.json")
@limited("downloads")
def data_json() -> Response:
    """All public records in DCAT-US 1.1, written while they are read."""
    state = catalog_pages.state(the_catalogue())
    site = the_site()
    response = Response(content_type="application/json")
    shared(response)
    tagged(response, tag_of(f"{state.mark} {site}"), state.changed)
    return streamed(response, lambda: gathered(datajson.stream(walking.walk(the_catalogue()), site)))


def _page() -> int:
    given = request.args.get("page", "1") or "1"
    if not (given.isascii() and given.isdecimal() and len(given) <= 10 and 1 <= int(given) <= _MAX_PAGE):
        raise Invalid("", [Problem("page", f"{given[:100]!r} is no page: they are numbered from 1.", "page")])
    return int(given)


def _since(text: str) -> dt.datetime | None:
    """A moment or a day (from its beginning, UTC). Invalid for anything else."""
    if not text:
        return None
    try:
        found = dt.datetime.fromisoformat(text.replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        message = f"{text!r} is no date such as 2026-06-01 or 2026-06-01T12:00:00Z."
        raise Invalid("", [Problem("modified_since", message, "modified_since")]) from None


def _view(found: CatalogPage, syntax: Syntax) -> Node:
    """The page's own address and those of its neighbours. The next is told by a cursor beside its number."""
    kept = [(name, request.args[name]) for name in _KEPT if request.args.get(name)]
    base = f"{the_site().url}/catalog.{syntax}"

    def at(number: int, after: str = "") -> str:
        return f"{base}?{urlencode([('page', str(number)), *([('after', after)] if after else []), *kept])}"

    last = found.pages if found.after else found.number
    links = {
        "first": at(1),
        "previous": at(found.number - 1) if found.number > 1 else "",
        "next": at(found.number + 1, found.after) if found.after else "",
        "last": at(last) if last else "",
    }
    here = at(found.number, request.args.get("after", ""))
    return view(here, found.total, catalog_pages.PER_PAGE, **links)
