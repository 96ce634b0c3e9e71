"""Pictures of agencies, groups and people."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import FileWrapper

from opendata.services import images
from opendata.web.downloads import CHUNK, SANDBOX
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited

blueprint = Blueprint("images", __name__)


@blueprint.get("/image/<name>")
@limited("downloads")
def image(name: str) -> ResponseReturnValue:
    """A picture that something shows; its name is made of its bytes, and of nothing that it was called."""
    opened = images.opened(the_catalogue(), name)
    response = Response(FileWrapper(opened.stream, CHUNK), content_type=opened.media_type, direct_passthrough=True)
    response.call_on_close(opened.stream.close)
    response.content_length = opened.byte_size
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Content-Disposition"] = "inline"
    response.set_etag(opened.checksum)
    response.cache_control.public = True
    response.cache_control.no_cache = True
    return response
