"""Bulk uploads at the desk: send a table, look at what the check found, publish what is good, take it back."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from opendata.errors import Conflict, Invalid, NotFound, Problem, TooLarge
from opendata.services.uploads import choosing, deciding, receiving, steps, undoing, viewing
from opendata.web import downloads, inside, uploads_pages
from opendata.web.errors import wants_json
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.uploads_contexts import UploadsContext

blueprint = inside.make_blueprint("uploads", __name__, "/desk/uploads")

TEMPLATES = {"xlsx": viewing.XLSX, "csv": "text/csv; charset=utf-8"}
MOST_SHOWN = 1_000
"""Rows that one form may name."""


class NothingChosen(Invalid):
    """There is no row to publish."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """The uploads of one's agencies."""
    page = inside.page_number()
    found = viewing.uploads(the_catalogue(), actor(), page)
    context = UploadsContext(found, inside.leaf(page, found.total, viewing.PER_PAGE, "uploads.index"))
    return render_template("desk/uploads.html", page=context)


@blueprint.get("/new")
def new() -> str:
    """The form that sends a table."""
    return uploads_pages.form(request.args.get("organization", ""))


@blueprint.post("/new", endpoint="receive")
def receive_file() -> ResponseReturnValue:
    """Take the file, and go where one can watch its check; or say what is wrong with it, on the form."""
    try:
        given = request.files.get("file")
        organization = request.form.get("organization", "")
        if given is None or not given.filename:
            raise Invalid("No file was chosen.", [Problem("no_file", "Choose a file.", "file")])
        upload_id = receiving.receive(
            the_catalogue(), actor(), organization, given.filename, cast("BinaryIO", given.stream), page_language()
        )
    except (RequestEntityTooLarge, TooLarge):
        return uploads_pages.form("", (Problem("file_too_large", "The file is too large.", "file"),)), 413
    except Invalid as error:
        problems = error.problems or (Problem("", error.message, "file"),)
        return uploads_pages.form(organization, problems), 400
    return redirect(url_for("uploads.show", upload_id=upload_id), 303)


@blueprint.get("/template.<suffix>")
def template(suffix: str) -> Response:
    """The empty table to fill in, in the page's language."""
    if suffix not in TEMPLATES:
        raise NotFound("The template is there as XLSX and as CSV.")
    viewing.agencies(the_catalogue(), actor())
    # It brings openpyxl, which takes tens of megabytes and which no other page needs.
    from opendata.services.uploads.templates import write_template

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"template.{suffix}"
        write_template(the_catalogue(), actor(), path, page_language())
        response = Response(path.read_bytes(), content_type=TEMPLATES[suffix])
    response.headers["Content-Disposition"] = downloads.disposition(f"opendata-template.{suffix}", inline=False)
    return response


@blueprint.get("/<uuid:upload_id>")
def show(upload_id: UUID) -> str:
    """One upload, from its check to its report."""
    return uploads_pages.upload(upload_id)


@blueprint.get(f"/<uuid:upload_id>/rows/<int(max={2**63 - 1}):row_id>")
def row(upload_id: UUID, row_id: int) -> str:
    """The page of a row's record, as it would look."""
    return uploads_pages.preview(upload_id, row_id)


@blueprint.get("/<uuid:upload_id>/failed.xlsx")
def failed(upload_id: UUID) -> Response:
    """The rows that failed, to be mended."""
    return downloads.attachment(viewing.failed_sheet(the_catalogue(), actor(), upload_id))


@blueprint.post("/<uuid:upload_id>/choose")
def choose(upload_id: UUID) -> ResponseReturnValue:
    """Keep which rows of the page are chosen, or choose all or none."""
    every = request.form.get("every", "")
    answer = _done(upload_id, lambda: _choose_all(upload_id, every) if every else _choose(upload_id), "chosen")
    if wants_json() and isinstance(answer, Response):
        return uploads_pages.chosen_words(viewing.upload(the_catalogue(), actor(), upload_id))
    return answer


@blueprint.post("/<uuid:upload_id>/publish")
def publish(upload_id: UUID) -> ResponseReturnValue:
    """Publish what is chosen, as the page that was sent has it."""

    def act() -> None:
        _choose(upload_id)
        only = choosing.chosen_ids(the_catalogue(), actor(), upload_id)
        if only == ():
            raise NothingChosen("No row is chosen.")
        steps.publish(the_catalogue(), actor(), upload_id, only=only)

    return _done(upload_id, act)


@blueprint.post("/<uuid:upload_id>/<any(accept,'return'):decision>")
def decide(upload_id: UUID, decision: str) -> ResponseReturnValue:
    """Accept all that waits of it for a reviewer, or return it with reasons."""
    typed = request.form.get("message", "")[:20_000]
    try:
        deciding.decide(the_catalogue(), actor(), upload_id, decision, typed)
    except Invalid as error:
        return uploads_pages.upload(upload_id, problems=tuple(error.problems), typed=typed), 400
    except Conflict:
        return uploads_pages.upload(upload_id, refused="decided", typed=typed), 409
    return redirect(url_for("uploads.show", upload_id=upload_id, done=f"upload_{decision}"), 303)


@blueprint.post("/<uuid:upload_id>/cancel")
def cancel(upload_id: UUID) -> ResponseReturnValue:
    """Stop it: nothing more is published."""
    return _done(upload_id, lambda: steps.cancel(the_catalogue(), actor(), upload_id))


@blueprint.post("/<uuid:upload_id>/check")
def check(upload_id: UUID) -> ResponseReturnValue:
    """Check the same file again: the catalogue, or what the headings are taken for, has changed."""
    return _done(upload_id, lambda: steps.check_again(the_catalogue(), actor(), upload_id))


@blueprint.get("/<uuid:upload_id>/columns")
def columns(upload_id: UUID) -> str:
    """What the headings are taken for, to be corrected."""
    return uploads_pages.columns(upload_id)


@blueprint.post("/<uuid:upload_id>/columns")
def correct_columns(upload_id: UUID) -> ResponseReturnValue:
    """Take the headings for what the form says, and check again."""
    given = uploads_pages.given_columns(upload_id)
    return _done(upload_id, lambda: steps.check_again(the_catalogue(), actor(), upload_id, given))


@blueprint.get("/<uuid:upload_id>/undo")
def ask_to_undo(upload_id: UUID) -> str:
    """Say what taking it back would do, and ask."""
    return uploads_pages.undo(upload_id)


@blueprint.post("/<uuid:upload_id>/undo")
def undo(upload_id: UUID) -> ResponseReturnValue:
    """Take the whole upload back."""
    try:
        undoing.undo(the_catalogue(), actor(), upload_id)
    except Conflict:
        return uploads_pages.undo(upload_id), 409
    return redirect(url_for("uploads.show", upload_id=upload_id), 303)


def _done(upload_id: UUID, act: Callable[[], None], done: str = "") -> ResponseReturnValue:
    """The page of the upload after `act`, where one was; the page that says why not, where it could not be done."""
    try:
        act()
    except Conflict:
        return uploads_pages.upload(upload_id, refused="conflict"), 409
    except NothingChosen:
        return uploads_pages.upload(upload_id, refused="none"), 400
    kept: dict[str, Any] = {name: request.form.get(name) or None for name in ("show", "q", "page")}
    return redirect(url_for("uploads.show", upload_id=upload_id, done=done or None, **kept), 303)


def _choose(upload_id: UUID) -> None:
    choosing.choose(the_catalogue(), actor(), upload_id, _ids("shown"), _ids("row"))


def _choose_all(upload_id: UUID, every: str) -> None:
    choosing.choose_all(the_catalogue(), actor(), upload_id, chosen=every == "1")


def _ids(name: str) -> list[int]:
    """Numbers of rows in the form; Invalid for anything else."""
    given = request.form.getlist(name)
    if len(given) > MOST_SHOWN or not all(one.isascii() and one.isdecimal() and len(one) < 18 for one in given):
        raise Invalid(f"{name} must be at most {MOST_SHOWN} numbers of rows.")
    return [int(one) for one in given]
