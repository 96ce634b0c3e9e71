"""/api/v1/uploads: bulk uploads for programs, and for the page that sends large files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from opendata.services.rights import Right
from opendata.services.uploads import deciding, partial, receiving, steps, undoing, viewing
from opendata.web import downloads
from opendata.web.api import asking, cursors, upload_json
from opendata.web.api import upload_shapes as shapes
from opendata.web.api.contract import CURSOR, Answer, Call, Parameter, View, operation
from opendata.web.api.shapes import Json, Schema
from opendata.web.i18n import offered, page_language

SIZE = 50
UNPROCESSABLE = 422
"""What could be read and is wrong all the same, parameters too: so it was promised here before the rest of the API."""
REFUSED = (403, 404, 409, 422, 507)
FIELDS = ("file", "organization", "language")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_STORE = {"Cache-Control": "no-store"}

PAGE = Parameter(
    "page", "Which leaf.", {"type": "integer", "minimum": 1, "maximum": asking.MOST_PAGE}, default=1, may_be_empty=True
)
LEAF = Parameter(
    "size",
    "Most items of one leaf.",
    {"type": "integer", "minimum": 1, "maximum": shapes.MOST_SIZE},
    default=SIZE,
    may_be_empty=True,
)
SHOW = Parameter(
    "show", "Only rows of this kind.", {"type": "string", "enum": [*viewing.SHOWN]}, default="", may_be_empty=True
)
WORDS = Parameter("q", "Only rows with these words, this key or this number.", default="")


def _operation(method: str, path: str, **more: Any) -> Callable[[View], View]:
    """An operation on uploads: for those who edit records, and 422 for every wrong value."""
    said: dict[str, Any] = {
        "tag": "uploads",
        "right": Right.EDIT_RECORDS,
        "malformed": UNPROCESSABLE,
        "statuses": REFUSED,
    }
    return operation(method, f"/uploads{path}", **said | more)


def _step(path: str, **more: Any) -> Callable[[View], View]:
    said: dict[str, Any] = {"parameters": (shapes.UPLOAD_ID,), "gives": shapes.UPLOAD, "status": 202, "also": (200,)}
    return _operation("POST", f"/{{upload_id}}/{path}", **said, **more)


def _list(path: str, item: Schema, *parameters: Parameter) -> Callable[[View], View]:
    return _operation("GET", path, parameters=(*parameters, PAGE, LEAF), gives=shapes.leaf(item))


@_list("", shapes.LINE, CURSOR)
def list_uploads(call: Call) -> Answer:
    """List the uploads of one's agencies. Newest first. By the addresses in `next` each comes once, whatever is sent
    meanwhile.
    """
    found = viewing.uploads(call.catalogue, call.actor, call["page"], call["size"], _place(call))
    last = found.uploads[-1] if found.more else None
    behind = cursors.encode(f"{last.created.isoformat()} {last.id}", _asked(call)) if last else ""
    following = _address(("size", call["size"]), ("cursor", behind)) if behind else None
    return _listed([upload_json.upload_line(one) for one in found.uploads], found.total, following)


def _asked(call: Call) -> dict[str, Any]:
    """What makes it this list: which leaf, and how many at once, does not."""
    return {name: value for name, value in call.given.items() if name not in ("page", "size")}


def _place(call: Call) -> tuple[dt.datetime, UUID] | None:
    at, _, key = cursors.decode(call["cursor"], _asked(call)).partition(" ")
    try:
        return (dt.datetime.fromisoformat(at), UUID(key)) if at else None
    except ValueError:
        raise cursors.strange() from None


@_operation("POST", "", body=shapes.SENT, gives=shapes.UPLOAD, status=202, also=(200,))
def create_upload(call: Call) -> Answer:
    """Send a table, or a package of a table and its files. A worker checks it; nothing is published before it is asked
    for.
    """
    if request.mimetype == "multipart/form-data":
        upload_id = _from_form(call)
    elif request.mimetype == "application/json":
        upload_id = _from_pieces(call)
    else:
        raise UnsupportedMediaType("Send multipart/form-data with the file, or JSON with the id of one sent in pieces.")
    return accepted(call, upload_id)


@_operation("GET", "/{upload_id}", parameters=(shapes.UPLOAD_ID,), gives=shapes.UPLOAD)
def show_upload(call: Call) -> Answer:
    """Show an upload. Its status, counts and progress, and what may be done with it now."""
    found = viewing.upload(call.catalogue, call.actor, call["upload_id"])
    return Answer(upload_json.upload_page(found), headers=NO_STORE)


@_list("/{upload_id}/rows", shapes.ROW, shapes.UPLOAD_ID, SHOW, WORDS)
def list_upload_rows(call: Call) -> Answer:
    """List the rows of an upload. In the order of the sheet, with what each would change and what is wrong with it."""
    found = viewing.rows(
        call.catalogue,
        call.actor,
        call["upload_id"],
        show=call["show"],
        query=call["q"],
        page=call["page"],
        size=call["size"],
    )
    return _leaf(call, [upload_json.row(one) for one in found.rows], found.total)


@_list("/{upload_id}/problems", shapes.PROBLEM, shapes.UPLOAD_ID)
def list_upload_problems(call: Call) -> Answer:
    """List everything that was found wrong in an upload. In the language that it was sent in."""
    found = viewing.problems(call.catalogue, call.actor, call["upload_id"], page=call["page"], size=call["size"])
    return _leaf(call, [upload_json.problem(one) for one in found.problems], found.total)


@_operation("GET", "/{upload_id}/columns", parameters=(shapes.UPLOAD_ID,), gives=shapes.COLUMNS)
def list_upload_columns(call: Call) -> Answer:
    """Show what every heading of an upload is taken for. Corrected by POST …/check."""
    found = viewing.columns(call.catalogue, call.actor, call["upload_id"])
    return Answer({"columns": upload_json.headings(found)}, headers=NO_STORE)


@_operation(
    "GET",
    "/{upload_id}/failed.xlsx",
    parameters=(shapes.UPLOAD_ID,),
    gives={"type": "string", "format": "binary"},
    media_type=XLSX,
)
def show_failed_rows(call: Call) -> Response:
    """Take the failing rows as a workbook. To be mended and sent again."""
    response = downloads.attachment(viewing.failed_sheet(call.catalogue, call.actor, call["upload_id"]))
    response.headers.update(NO_STORE)
    return response


@_step("publish", body=shapes.ROWS)
def publish_upload(call: Call) -> Answer:
    """Publish every good row, or those that are named. What one may not publish is sent in for review."""
    only = asking.ids(asking.given_json("rows"), "rows")
    steps.publish(call.catalogue, call.actor, call["upload_id"], only=only)
    return accepted(call, call["upload_id"])


@_step("accept", body=shapes.WORDS, right=Right.REVIEW_RECORDS)
def accept_upload(call: Call) -> Answer:
    """Accept all that waits of an upload for review. Nobody accepts what they sent in themselves."""
    return _decide(call, deciding.ACCEPT)


@_step("return", body=shapes.WORDS, right=Right.REVIEW_RECORDS)
def return_upload(call: Call) -> Answer:
    """Return all that waits of an upload for review, with reasons."""
    return _decide(call, deciding.RETURN)


def _decide(call: Call, decision: str) -> Answer:
    message = asking.text(asking.given_json("message"), "message")
    deciding.decide(call.catalogue, call.actor, call["upload_id"], decision, message)
    return accepted(call, call["upload_id"])


@_step("check", body=shapes.TAKEN)
def check_upload(call: Call) -> Answer:
    """Check an upload again. With headings taken for other columns."""
    given = asking.columns(asking.given_json("columns"), "columns")
    steps.check_again(call.catalogue, call.actor, call["upload_id"], given)
    return accepted(call, call["upload_id"])


@_step("cancel", body=shapes.NOTHING)
def cancel_upload(call: Call) -> Answer:
    """Stop an upload. Nothing more is published; asked again, nothing happens."""
    asking.given_json()
    found = viewing.upload(call.catalogue, call.actor, call["upload_id"])
    if found.line.status != "cancelled" and not found.stopping:
        steps.cancel(call.catalogue, call.actor, call["upload_id"])
    return accepted(call, call["upload_id"])


@_step("undo", body=shapes.NOTHING)
def undo_upload(call: Call) -> Answer:
    """Take back what an upload published. All of it or nothing; asked again, nothing happens."""
    asking.given_json()
    if viewing.upload(call.catalogue, call.actor, call["upload_id"]).line.status != "undone":
        undoing.undo(call.catalogue, call.actor, call["upload_id"])
    return accepted(call, call["upload_id"])


def _from_form(call: Call) -> UUID:
    given = request.files.get("file")
    asking.refuse_unknown([*request.form, *request.files], FIELDS)
    if given is None or not given.filename:
        raise asking.wrong("file", "Send the file as the part “file”, with its name.")
    organization, language = asking.required(request.form, "organization"), _language(request.form.get("language", ""))
    stream = cast("BinaryIO", given.stream)
    return receiving.receive(call.catalogue, call.actor, organization, given.filename, stream, language)


def _from_pieces(call: Call) -> UUID:
    given = asking.given_json(*FIELDS)
    file, organization = asking.required(given, "file"), asking.required(given, "organization")
    try:
        file_id = UUID(file)
    except ValueError:
        raise asking.wrong("file", "“file” must be the id of a file that was sent in pieces.") from None
    language = _language(asking.text(given, "language"))
    return partial.hand_over(call.catalogue, call.actor, file_id, organization, language)


def _language(given: str) -> str:
    """The language of problems and messages: the one that is asked for, else that of the site for this client."""
    if given and given not in offered():
        raise asking.wrong("language", f"“language” must be one of {', '.join(offered())}.")
    return given or page_language()


def accepted(call: Call, upload_id: UUID) -> Answer:
    """The upload as it now stands: 202 where the worker goes on with it, else 200."""
    found = viewing.upload(call.catalogue, call.actor, upload_id)
    status = 202 if found.line.live or found.deciding else 200
    location = f"{request.script_root}/api/v1/uploads/{upload_id}"
    return Answer(upload_json.upload_page(found), status, location=location, headers=NO_STORE)


def _leaf(call: Call, items: list[Json], total: int) -> Answer:
    """A leaf of a list; `next` is the address of the next one, None on the last."""
    page, size = call["page"], call["size"]
    following = _address(("page", page + 1), ("size", size)) if page * size < total else None
    return _listed(items, total, following)


def _address(*said: tuple[str, Any]) -> str:
    """The address of another leaf of the list that was asked for."""
    kept = [(name, value) for name, value in request.args.items() if name not in ("page", "size", "cursor")]
    return f"{request.script_root}{request.path}?{urlencode([*kept, *said])}"


def _listed(items: list[Json], total: int, following: str | None) -> Answer:
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    return Answer({"items": items, "total": total, "next": following}, headers=NO_STORE | link)
