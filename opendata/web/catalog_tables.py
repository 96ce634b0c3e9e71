"""The whole catalogue as a table, or as CKAN's dictionaries: /catalog.csv, .xlsx and .jsonl, sent while it is read."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response

from opendata.export.registry import STREAMS
from opendata.services import catalog_pages, walking
from opendata.web.exports import streamed, the_site
from opendata.web.identity import session_secret, the_catalogue
from opendata.web.limits import limited

blueprint = Blueprint("catalog_tables", __name__)


@blueprint.get("/catalog.<any(csv,xlsx,jsonl):suffix>")
@limited("downloads")
def whole(suffix: str) -> Response:
    """All public datasets. Not sent again as long as none of them has changed."""
    stream = next(one for one in STREAMS if one.name == suffix)
    state, site = catalog_pages.state(the_catalogue()), the_site()
    response = Response(mimetype=stream.media_type)
    response.set_etag(hashlib.sha256(f"{suffix} {state.mark} {site}".encode()).hexdigest()[:32])
    response.last_modified = state.changed
    response.headers["Content-Disposition"] = f'attachment; filename="catalog.{suffix}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.cache_control.public = True
    response.cache_control.no_cache = True
    if session_secret():
        response.headers["Cache-Control"] = "no-store"
    return streamed(response, lambda: stream.write(walking.walk(the_catalogue()), site))
