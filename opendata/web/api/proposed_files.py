"""/api/v1/datasets/…/propose/files: bytes for a change of a public dataset that waits for a reviewer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request

from opendata.catalog.normalise import clean_text
from opendata.catalog.records import DatasetRecord
from opendata.errors import Conflict
from opendata.services import attaching, proposing
from opendata.services.rights import Right
from opendata.services.uploads import partial
from opendata.web import downloads
from opendata.web.api import components
from opendata.web.api.contract import FORM_TYPE, JSON_TYPE, NAME, Answer, Body, Call, in_path, operation
from opendata.web.api.life import Life, shown_life
from opendata.web.api.problems import Malformed, with_pointers
from opendata.web.api.resources import FILE, MOST_WHY, WHY, Sending, file_in_form, id_given
from opendata.web.api.shapes import Schema

REPLACES: Schema = {"type": "string", "format": "uuid", "description": "The file whose bytes it takes the place of."}
FORM: Schema = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": FILE, "replaces": REPLACES, "why": WHY},
    "additionalProperties": False,
}
PIECES: Schema = {
    "type": "object",
    "required": ["upload"],
    "properties": {"upload": {"type": "string", "format": "uuid"}, "replaces": REPLACES, "why": WHY},
    "additionalProperties": False,
}
CHECKSUM = in_path("checksum", "SHA-256 of the file.", {"type": "string", "pattern": "^[0-9a-f]{64}$"})


@operation(
    "POST",
    "/datasets/{name}/propose/files",
    tag="datasets",
    parameters=(NAME,),
    body=Body(
        {FORM_TYPE: FORM, JSON_TYPE: PIECES},
        "The file as the part `file` of a form; or JSON with the id of a file sent in pieces.",
    ),
    gives=components.ref(Life),
    right=Right.EDIT_RECORDS,
    statuses=(409, 410),
)
def propose_file(call: Call) -> Answer:
    """Propose a file of a public dataset. It waits for a reviewer, with all else that is proposed; only who edits the
    dataset has it until then. 409 where no review is needed.
    """
    sending, replaces, why = _sent(call)
    with with_pointers(), sending as (stream, filename):
        attaching.attach(
            call.catalogue, call.actor, str(call["name"]), stream, filename, replaces=replaces, why=why, propose=True,
            check=lambda stands: _demand_review(call, stands),
        )  # fmt: skip
    return shown_life(call, "dataset", str(call["name"]))


def _demand_review(call: Call, stands: DatasetRecord) -> None:
    if not proposing.needs_review(call.actor, stands, stands):
        raise Conflict("This change needs no review. Write it.")


def _sent(call: Call) -> tuple[Sending, UUID | None, str]:
    """Where the bytes come from, the file whose place they take, and why."""
    if call.media_type == FORM_TYPE:
        given: dict[str, Any] = dict(request.form)
        sending = file_in_form("replaces", "why")
    else:
        given = call.data if isinstance(call.data, dict) else {}
        if set(given) - {"upload", "replaces", "why"} or not isinstance(given.get("why", ""), str):
            raise Malformed("Give “upload”, the id of a file that was sent in pieces, “replaces” and “why”.")
        sending = partial.whole(call.catalogue, call.actor, id_given(given.get("upload")))
    replaces = id_given(given["replaces"]) if given.get("replaces") else None
    return sending, replaces, clean_text(given.get("why", ""))[0][:MOST_WHY]


@operation(
    "GET",
    "/datasets/{name}/propose/files/{checksum}",
    tag="datasets",
    parameters=(NAME, CHECKSUM),
    gives={"type": "string", "format": "binary"},
    media_type="application/octet-stream",
    right=Right.EDIT_RECORDS,
)
def show_proposed_file(call: Call) -> Response:
    """Take a file that a proposed change brings. For who edits the dataset."""
    response = downloads.attachment(
        proposing.open_file(call.catalogue, call.actor, str(call["name"]), call["checksum"])
    )
    response.headers.update({"Cache-Control": "no-store", "Content-Security-Policy": downloads.SANDBOX})
    response.headers["Content-Type"] = "application/octet-stream"
    return response
