"""The whole catalogue as a table, or as CKAN's dictionaries: /catalog.csv, .xlsx and .jsonl, sent while it is read."""

from __future__ import annotations

from flask import Blueprint, Response

from opendata.export.registry import STREAMS
from opendata.services import catalog_pages, walking
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.revalidating import streamed, tag_of, tagged
from opendata.web.sharing import shared
from opendata.web.this_site import the_site

blueprint = Blueprint("catalog_tables", __name__)


@blueprint.get("/catalog.<any(csv,xlsx,jsonl):suffix>")
@limited("downloads")
def whole(suffix: str) -> Response:
    """All public datasets. Not sent again as long as none of them has changed."""
    stream = next(one for one in STREAMS if one.name == suffix)
    state, site = catalog_pages.state(the_catalogue()), the_site()
    response = Response(mimetype=stream.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="catalog.{suffix}"'
    shared(response)
    tagged(response, tag_of(f"{suffix} {state.mark} {site}"), state.changed)
    return streamed(response, lambda: stream.write(walking.walk(the_catalogue()), site))
