"""The OAI-PMH repository at /oai, by GET and by POST."""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, current_app, request

from opendata.services import oai
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.sharing import shared
from opendata.web.this_site import the_site

blueprint = Blueprint("oai", __name__)

SMALL = 500
"""Bytes that are not worth packing."""


@blueprint.route("/oai", methods=["GET", "POST"])
@limited("downloads")
def repository() -> Response:
    """The answer to whatever was asked; what is wrong is said in the words of the protocol."""
    site = the_site()
    given = [*request.args.items(multi=True), *request.form.items(multi=True)]
    sizes: oai.Sizes = current_app.extensions.setdefault("oai_sizes", oai.new_sizes())
    body = oai.respond(the_catalogue(), site, f"{site.url}/oai", given, sizes)
    response = Response(body, content_type="text/xml; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    shared(response)
    response.vary.add("Accept-Encoding")
    if len(body) > SMALL and request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(body, compresslevel=5))
        response.content_encoding = "gzip"
    return response
