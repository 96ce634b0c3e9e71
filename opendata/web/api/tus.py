"""The tus 1.0.0 protocol (https://tus.io/protocols/resumable-upload): large files that survive a broken connection.

Core, creation, creation-with-upload, creation-defer-length, expiration, checksum and termination. A file that is whole
becomes a bulk upload by a request to /api/v1/uploads.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, PreconditionFailed, RequestTimeout, UnsupportedMediaType
from werkzeug.http import http_date

from opendata.errors import Invalid
from opendata.services.rights import Right, demand
from opendata.services.uploads import partial
from opendata.services.uploads.partial import Partial
from opendata.services.uploads.piece_writing import CHECKSUMS, Checksum, Interrupted, WrongChecksum
from opendata.web.api import allowances
from opendata.web.api import upload_shapes as shapes
from opendata.web.api.asking import demand_sign_in
from opendata.web.api.bodies import Body, make_gate, whole_number
from opendata.web.api.contract import Body as TakenBody
from opendata.web.api.contract import operation
from opendata.web.identity import actor, the_catalogue

PREFIX = "/api/v1/uploads/files"
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination"
MEDIA_TYPE = "application/offset+octet-stream"
METADATA_LENGTH = 4096
"""Characters of Upload-Metadata that are taken; a file's name is all that is used."""

blueprint = Blueprint("tus", __name__, url_prefix=PREFIX)

_bodies = make_gate()

BYTES = TakenBody({MEDIA_TYPE: {"type": "string", "format": "binary"}}, "The next bytes of the file.", by_view=True)
FIRST = replace(BYTES, description="The first bytes, where they come with it.", required=False)
Route = TypeVar("Route", bound=Callable[..., ResponseReturnValue])
THERE = ("Tus-Resumable", "Upload-Offset", "Upload-Expires")
REFUSED = (403, 408, 412, 460, 507)


def _told(method: str, path: str = "", **more: Any) -> Callable[[Route], Route]:
    """Names a route of this blueprint among the operations of the API."""
    said: dict[str, Any] = {"right": Right.EDIT_RECORDS, "headers": THERE, "elsewhere": True} | more
    declare: Any = operation(method, f"/uploads/files{path}", tag="uploads", **said)
    told: Callable[[Route], Route] = declare
    return told


class ChecksumMismatch(HTTPException):
    """The status that tus has of its own for a piece that is not what its checksum says."""

    code = 460


@blueprint.before_request
def count() -> None:
    """Pieces count as all requests to /api/v1 do, and nothing here is for everybody but what the server can do."""
    allowances.take(actor(), search=False)
    if request.method != "OPTIONS":
        demand_sign_in(actor())
        demand(actor(), Right.EDIT_RECORDS)


@blueprint.before_request
def check_version() -> None:
    """Refuse what speaks another version of the protocol, as it demands."""
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
        raise PreconditionFailed(f"Say which tus protocol you speak: Tus-Resumable: {VERSION}.")


@blueprint.after_request
def say_version(response: Response) -> Response:
    """Every answer, also one that refuses, says the version, and what is left."""
    allowances.say(response)
    response.headers["Tus-Resumable"] = VERSION
    response.headers.setdefault("Cache-Control", "no-store")
    if response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    if response.status_code == ChecksumMismatch.code:
        response.status = "460 Checksum Mismatch"
    return response


@blueprint.route("", methods=["OPTIONS"], provide_automatic_options=False)
@blueprint.route("/<uuid:file_id>", methods=["OPTIONS"], provide_automatic_options=False)
@_told(
    "OPTIONS",
    status=204,
    right=None,
    headers=("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
)
def show_upload_protocol(file_id: UUID | None = None) -> ResponseReturnValue:
    """Show what of the tus protocol this server can do."""
    del file_id
    return "", 204, {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(the_catalogue().config.upload.package_bytes),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }  # fmt: skip


@blueprint.post("", provide_automatic_options=False)
@_told(
    "POST",
    parameters=(shapes.TUS, shapes.LENGTH, shapes.LATER, shapes.METADATA, shapes.CHECKSUM),
    body=FIRST,
    status=201,
    statuses=REFUSED,
)
def begin_upload_file() -> ResponseReturnValue:
    """Begin a file that is sent in pieces. With its first bytes where they are in the body; one of Upload-Length and
    Upload-Defer-Length says how long it is.
    """
    length = _length_to_come()
    metadata = request.headers.get("Upload-Metadata", "").strip()
    filename = filename_in(metadata)
    checksum = _checksum()
    body = Body(request)
    has_body = request.mimetype == MEDIA_TYPE
    if not has_body and body.size != 0:
        raise UnsupportedMediaType(f"The bytes of a file are sent as {MEDIA_TYPE}.")
    made = partial.create(the_catalogue(), actor(), length, filename, metadata)
    if has_body and body.size != 0:
        made = _appended(made.id, 0, body, checksum)
    location = url_for("tus.show_upload_file", file_id=made.id)
    return "", 201, {"Location": location, **_headers(made)}


@blueprint.route("/<uuid:file_id>", methods=["HEAD"], provide_automatic_options=False)
@_told(
    "HEAD",
    "/{file_id}",
    parameters=(shapes.FILE_ID, shapes.TUS),
    headers=(*THERE, "Upload-Length", "Upload-Defer-Length", "Upload-Metadata"),
    statuses=(403, 410, 412),
)
def show_upload_file(file_id: UUID) -> ResponseReturnValue:
    """Show how far a file has come."""
    found = partial.find(the_catalogue(), actor(), file_id)
    headers = _headers(found)
    if found.length is not None:
        headers["Upload-Length"] = str(found.length)
    else:
        headers["Upload-Defer-Length"] = "1"
    if found.metadata:
        headers["Upload-Metadata"] = found.metadata
    return "", 200, headers


@blueprint.patch("/<uuid:file_id>", provide_automatic_options=False)
@_told(
    "PATCH",
    "/{file_id}",
    parameters=(shapes.FILE_ID, shapes.TUS, shapes.OFFSET, shapes.LENGTH, shapes.CHECKSUM),
    body=BYTES,
    status=204,
    statuses=(*REFUSED, 410),
)
def append_to_upload_file(file_id: UUID) -> ResponseReturnValue:
    """Add a piece at the end of a file."""
    if request.mimetype != MEDIA_TYPE:
        raise UnsupportedMediaType(f"The bytes of a file are sent as {MEDIA_TYPE}.")
    offset = whole_number(request.headers.get("Upload-Offset", ""), "Upload-Offset")
    said = request.headers.get("Upload-Length")
    length = None if said is None else whole_number(said, "Upload-Length")
    return "", 204, _headers(_appended(file_id, offset, Body(request), _checksum(), length))


@blueprint.delete("/<uuid:file_id>", provide_automatic_options=False)
@_told(
    "DELETE",
    "/{file_id}",
    parameters=(shapes.FILE_ID, shapes.TUS),
    status=204,
    headers=("Tus-Resumable",),
    statuses=(410, 412),
)
def delete_upload_file(file_id: UUID) -> ResponseReturnValue:
    """Throw a file away that was sent in pieces."""
    partial.remove(the_catalogue(), actor(), file_id)
    return "", 204


def _appended(file_id: UUID, offset: int, body: Body, checksum: Checksum | None, length: int | None = None) -> Partial:
    try:
        with _bodies:
            return partial.append(the_catalogue(), actor(), file_id, offset, body, checksum=checksum, length=length)
    except WrongChecksum as error:
        raise ChecksumMismatch(error.message) from None
    except Interrupted as error:
        raise RequestTimeout(error.message) from None


def _headers(found: Partial) -> dict[str, str]:
    return {"Upload-Offset": str(found.offset), "Upload-Expires": http_date(found.expires)}


def _length_to_come() -> int | None:
    """The length of a new file; None where it is to be said later."""
    said, later = request.headers.get("Upload-Length"), request.headers.get("Upload-Defer-Length")
    if (said is None) == (later is None) or later not in (None, "1"):
        raise Invalid("Give one of Upload-Length: BYTES and Upload-Defer-Length: 1.")
    return None if said is None else whole_number(said, "Upload-Length")


def _checksum() -> Checksum | None:
    """What the piece must come to, where the client says so."""
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return None
    kind, _, encoded = given.strip().partition(" ")
    digest = _decoded(encoded.strip())
    if kind not in CHECKSUMS or not digest:
        raise Invalid(f"Upload-Checksum must be one of {', '.join(CHECKSUMS)}, a space, and the digest in Base64.")
    return Checksum(kind, digest)


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None


def filename_in(metadata: str) -> str:
    """The `filename` of Upload-Metadata, as it was given; "" without one. Invalid where the header breaks its rules."""
    if len(metadata) > METADATA_LENGTH or not metadata.isascii() or not metadata.isprintable():
        raise Invalid(f"Upload-Metadata must be printable ASCII of at most {METADATA_LENGTH} characters.")
    values: dict[str, bytes] = {}
    for pair in metadata.split(",") if metadata else ():
        key, _, encoded = pair.strip().partition(" ")
        value = _decoded(encoded.strip())
        if not key or key in values or value is None:
            raise Invalid("Upload-Metadata must be pairs of a key, given once, and a value in Base64, between commas.")
        values[key] = value
    return (values.get("filename") or values.get("name") or b"").decode("utf-8", "replace")
