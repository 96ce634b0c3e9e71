"""/api/v1/uploads: bulk uploads for programs, and for the page that sends large files."""

from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from opendata.errors import Invalid
from opendata.services.uploads import partial, receiving, steps, undoing, viewing
from opendata.web import downloads
from opendata.web.api import asking, upload_json
from opendata.web.errors import answer
from opendata.web.i18n import offered, page_language
from opendata.web.identity import actor, the_catalogue

blueprint = Blueprint("api_uploads", __name__, url_prefix="/api/v1/uploads")

SIZE, MOST_SIZE = 50, 500
UNPROCESSABLE = 422
FIELDS = ("file", "organization", "language")


@blueprint.before_request
def know_who_asks() -> None:
    """Nothing here is for everybody."""
    asking.demand_sign_in(actor())


@blueprint.errorhandler(Invalid)
def invalid(error: Invalid) -> ResponseReturnValue:
    """What could be read and is wrong all the same is 422 here; 400 is left for what cannot be read."""
    return answer(UNPROCESSABLE, error.message, error)


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """No cache keeps these answers."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The uploads of one's agencies, newest first."""
    asking.refuse_unknown(request.args, ("page", "size"))
    page, size = _page()
    found = viewing.uploads(the_catalogue(), actor(), page, size)
    lines = [upload_json.upload_line(one) for one in found.uploads]
    return jsonify(items=lines, total=found.total, next=_next(page, size, found.total))


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Take a file, from the body or as it came in pieces, and queue its check."""
    if request.mimetype == "multipart/form-data":
        upload_id = _from_form()
    elif request.mimetype == "application/json":
        upload_id = _from_pieces()
    else:
        raise UnsupportedMediaType("Send multipart/form-data with the file, or JSON with the id of one sent in pieces.")
    return _accepted(upload_id)


@blueprint.get("/<uuid:upload_id>")
def show(upload_id: UUID) -> ResponseReturnValue:
    """One upload: its status, counts and progress, and what may be done with it now."""
    return jsonify(upload_json.upload_page(viewing.upload(the_catalogue(), actor(), upload_id)))


@blueprint.get("/<uuid:upload_id>/rows")
def rows(upload_id: UUID) -> ResponseReturnValue:
    """Its rows in the order of the sheet, with what each would change and what is wrong with it."""
    asking.refuse_unknown(request.args, ("page", "size", "show", "q"))
    page, size = _page()
    show_, query = asking.one_of("show", viewing.SHOWN), asking.text(request.args, "q")
    found = viewing.rows(the_catalogue(), actor(), upload_id, show=show_, query=query, page=page, size=size)
    lines = [upload_json.row(one) for one in found.rows]
    return jsonify(items=lines, total=found.total, next=_next(page, size, found.total))


@blueprint.get("/<uuid:upload_id>/problems")
def problems(upload_id: UUID) -> ResponseReturnValue:
    """Everything that was found wrong, in the language the upload was sent in."""
    asking.refuse_unknown(request.args, ("page", "size"))
    page, size = _page()
    found = viewing.problems(the_catalogue(), actor(), upload_id, page=page, size=size)
    lines = [upload_json.problem(one) for one in found.problems]
    return jsonify(items=lines, total=found.total, next=_next(page, size, found.total))


@blueprint.get("/<uuid:upload_id>/columns")
def columns(upload_id: UUID) -> ResponseReturnValue:
    """What every heading is taken for; corrected by POST …/check."""
    return jsonify(columns=upload_json.headings(viewing.columns(the_catalogue(), actor(), upload_id)))


@blueprint.get("/<uuid:upload_id>/failed.xlsx")
def failed(upload_id: UUID) -> ResponseReturnValue:
    """The failing rows as a workbook, to be mended and sent again."""
    return downloads.attachment(viewing.failed_sheet(the_catalogue(), actor(), upload_id))


@blueprint.post("/<uuid:upload_id>/publish")
def publish(upload_id: UUID) -> ResponseReturnValue:
    """Queue the publication of every good row, or of those that are named."""
    only = asking.ids(asking.given_json("rows"), "rows")
    steps.publish(the_catalogue(), actor(), upload_id, only=only)
    return _accepted(upload_id)


@blueprint.post("/<uuid:upload_id>/check")
def check(upload_id: UUID) -> ResponseReturnValue:
    """Queue another check, with headings taken for other columns."""
    given = asking.columns(asking.given_json("columns"), "columns")
    steps.check_again(the_catalogue(), actor(), upload_id, given)
    return _accepted(upload_id)


@blueprint.post("/<uuid:upload_id>/cancel")
def cancel(upload_id: UUID) -> ResponseReturnValue:
    """Stop: nothing more is published. Asked again, nothing happens."""
    asking.given_json()
    found = viewing.upload(the_catalogue(), actor(), upload_id)
    if found.line.status != "cancelled" and not found.stopping:
        steps.cancel(the_catalogue(), actor(), upload_id)
    return _accepted(upload_id)


@blueprint.post("/<uuid:upload_id>/undo")
def undo(upload_id: UUID) -> ResponseReturnValue:
    """Take back what was published, all of it or nothing. Asked again, nothing happens."""
    asking.given_json()
    if viewing.upload(the_catalogue(), actor(), upload_id).line.status != "undone":
        undoing.undo(the_catalogue(), actor(), upload_id)
    return _accepted(upload_id)


def _from_form() -> UUID:
    given = request.files.get("file")
    asking.refuse_unknown([*request.form, *request.files], FIELDS)
    if given is None or not given.filename:
        raise asking.wrong("file", "Send the file as the part “file”, with its name.")
    organization, language = asking.required(request.form, "organization"), _language(request.form.get("language", ""))
    stream = cast("BinaryIO", given.stream)
    return receiving.receive(the_catalogue(), actor(), organization, given.filename, stream, language)


def _from_pieces() -> UUID:
    given = asking.given_json(*FIELDS)
    file, organization = asking.required(given, "file"), asking.required(given, "organization")
    try:
        file_id = UUID(file)
    except ValueError:
        raise asking.wrong("file", "“file” must be the id of a file that was sent in pieces.") from None
    return partial.hand_over(the_catalogue(), actor(), file_id, organization, _language(asking.text(given, "language")))


def _language(given: str) -> str:
    """The language of problems and messages: the one that is asked for, else that of the site for this client."""
    if given and given not in offered():
        raise asking.wrong("language", f"“language” must be one of {', '.join(offered())}.")
    return given or page_language()


def _accepted(upload_id: UUID) -> ResponseReturnValue:
    """The upload as it now stands: 202 where the worker goes on with it, else 200."""
    found = viewing.upload(the_catalogue(), actor(), upload_id)
    status = 202 if found.line.live else 200
    return (
        jsonify(upload_json.upload_page(found)),
        status,
        {"Location": url_for("api_uploads.show", upload_id=upload_id)},
    )


def _page() -> tuple[int, int]:
    return asking.number("page", 1, asking.MOST_PAGE), asking.number("size", SIZE, MOST_SIZE)


def _next(page: int, size: int, total: int) -> str | None:
    """The address of the next leaf; None on the last."""
    if page * size >= total:
        return None
    kept = {**request.args.to_dict(), **(request.view_args or {}), "page": page + 1, "size": size}
    return url_for(str(request.endpoint), **kept)
