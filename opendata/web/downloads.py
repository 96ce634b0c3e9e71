"""Files as they were given to us: streamed, by ranges, under their own name in any script, never run by the browser."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_range_header
from werkzeug.wrappers import Response as AnyResponse
from werkzeug.wsgi import FileWrapper

from opendata.catalog.slugs import slug
from opendata.errors import NotFound
from opendata.export.charsets import charset_name
from opendata.services import file_versions, resources
from opendata.services.results import ExternalFile, OpenedFile
from opendata.web.identity import actor, count, the_catalogue
from opendata.web.limits import limited
from opendata.web.rendering import followed
from opendata.web.sharing import shared
from opendata.web.signposting import sign_download

blueprint = Blueprint("downloads", __name__)

CHUNK = 256 * 1024
"""Bytes held in memory at once."""

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf"
"""Chrome has refused to start its own PDF viewer inside a sandbox. The file is sent as PDF and never sniffed."""


@blueprint.get("/dataset/<slug>/resource/<uuid:resource_id>/download", defaults={"filename": ""})
@blueprint.get("/dataset/<slug>/resource/<uuid:resource_id>/download/<filename>")
@limited("downloads")
def download(slug: str, resource_id: UUID, filename: str) -> ResponseReturnValue:
    """The file, or a redirect to it where we hold no copy. The name in the address is for people; any will do."""
    del filename
    opened = resources.open_file(the_catalogue(), actor(), slug, str(resource_id))
    if isinstance(opened, ExternalFile):
        if not followed(opened.url):
            raise NotFound("The address of this file is none that a browser may follow.")
        return shared(redirect(opened.url, 302))
    return _sent(opened, slug, resource_id)


@blueprint.get(
    "/dataset/<slug>/resource/<uuid:resource_id>/version/<int(max=2147483647):number>/download",
    defaults={"filename": ""},
)
@blueprint.get("/dataset/<slug>/resource/<uuid:resource_id>/version/<int(max=2147483647):number>/download/<filename>")
@limited("downloads")
def version(slug: str, resource_id: UUID, number: int, filename: str) -> ResponseReturnValue:
    """An earlier version of the file, to be saved. Its address stays what it is, whatever comes after it."""
    del filename
    return _sent(file_versions.open_version(the_catalogue(), actor(), slug, resource_id, number), slug, resource_id)


def _sent(opened: OpenedFile, slug: str, resource_id: UUID) -> ResponseReturnValue:
    inline = request.args.get("inline") == "1" and opened.inline_allowed
    if link := _link(opened) if request.method == "GET" and not inline else "":
        opened.stream.close()
        sent_on = _sent_on(link, resource_id)
        return shared(sent_on) if opened.public else sent_on
    response = _answer(opened, inline=inline)
    if opened.public:
        sign_download(shared(response), slug)
    if _from_the_start(response):
        count("download", resource_id)
    return response


def _link(opened: OpenedFile) -> str:
    """Where the store itself gives the file, under the same name and type. Never to be shown in the page: no header
    of ours would hold it there. A link is signed for GET alone.
    """
    said = disposition(opened.filename, inline=False)
    return resources.link(the_catalogue(), opened, disposition=said, media_type=_content_type(opened, inline=False))


def _sent_on(link: str, resource_id: UUID) -> AnyResponse:
    """To the store, with a link that nobody keeps. Counted unless what is asked for is a later part of the file."""
    asked = parse_range_header(request.headers.get("Range", ""))
    if asked is None or any(start == 0 for start, _ in asked.ranges):
        count("download", resource_id)
    response = redirect(link, 302)
    response.headers["Cache-Control"] = "no-store"
    return response


def _from_the_start(response: Response) -> bool:
    """Whether the first byte goes out: a file fetched in many ranges counts once, and one that is cached not at all."""
    return response.status_code == 200 or (response.content_range.start == 0 and response.status_code == 206)


def _answer(opened: OpenedFile, *, inline: bool) -> Response:
    response = Response(FileWrapper(opened.stream, CHUNK), direct_passthrough=True)
    response.call_on_close(opened.stream.close)
    response.headers["Content-Type"] = _content_type(opened, inline=inline)
    response.headers["Content-Disposition"] = disposition(opened.filename, inline=inline)
    response.headers["Content-Security-Policy"] = PDF_POLICY if inline and _is_pdf(opened) else SANDBOX
    response.content_length = opened.byte_size
    response.set_etag(opened.checksum)
    response.last_modified = opened.modified
    response.cache_control.no_cache = True
    environ = dict(request.environ)
    if not _is_one_range(request.headers.get("Range", "")):
        environ.pop("HTTP_RANGE", None)
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=opened.byte_size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def attachment(opened: OpenedFile) -> Response:
    """The whole file, to be saved: for what only its asker has, which is neither cached nor fetched by ranges."""
    response = Response(FileWrapper(opened.stream, CHUNK), content_type=opened.media_type, direct_passthrough=True)
    response.call_on_close(opened.stream.close)
    response.content_length = opened.byte_size
    response.headers["Content-Disposition"] = disposition(opened.filename, inline=False)
    return response


def _is_pdf(opened: OpenedFile) -> bool:
    return opened.media_type == "application/pdf"


def _content_type(opened: OpenedFile, *, inline: bool) -> str:
    if opened.media_type.startswith("text/"):
        kind = "text/plain" if inline else opened.media_type.partition(";")[0]
        return f"{kind}; charset={charset_name(opened.encoding)}" if opened.encoding else kind
    return opened.media_type or "application/octet-stream"


def _is_one_range(header: str) -> bool:
    """Whether one range of bytes is asked for. All else is answered with the whole file, as RFC 9110 §14.2 has it."""
    parsed = parse_range_header(header) if header else None
    return parsed is not None and parsed.units == "bytes" and len(parsed.ranges) == 1


def disposition(filename: str, *, inline: bool) -> str:
    """Content-Disposition with the name in ASCII for old programs and in full for the others (RFC 6266, RFC 8187)."""
    name = "".join(c for c in filename if c.isprintable() and c not in '/\\"') or "file"
    plain = _in_ascii(name)
    if not plain.partition(".")[0]:
        plain = f"file{plain}"
    kind = "inline" if inline else "attachment"
    value = f'{kind}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


def _in_ascii(name: str) -> str:
    """What curl saves the file as, which knows no other name: without accents; transliterated where that loses letters,
    since otherwise all files of a folder would be one.
    """
    plain = unicodedata.normalize("NFKD", name)
    if any(letter.isalpha() and not letter.isascii() for letter in plain):
        stem, dot, suffix = plain.rpartition(".") if "." in plain[1:] else (plain, "", "")
        plain = slug(stem) + dot + suffix
    return plain.encode("ascii", "ignore").decode("ascii").strip().rstrip(".")
