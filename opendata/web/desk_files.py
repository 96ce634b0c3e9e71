"""The desk: the files of a record. Added, put in order, given other bytes, taken out; with the forms of each.

Everything is a plain form; a large file is sent in pieces where JavaScript runs (static/js/upload.js), and the form
then carries the id of what has arrived.
"""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from opendata.catalog.normalise import clean_text
from opendata.errors import Invalid, Problem, TooLarge
from opendata.services import attaching, file_desk, file_versions, proposing
from opendata.web import downloads, inside
from opendata.web.desk_disclosure import disclosure_sheet
from opendata.web.desk_file_forms import at_list, file_sheet, link_sheet
from opendata.web.file_contexts import FilesBlock, FilesContext, OneFileContext, files_block, sending
from opendata.web.forms import sheet
from opendata.web.forms.sheet import Sheet
from opendata.web.identity import actor, the_catalogue
from opendata.web.sent_files import refused, sent
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("desk_files", __name__, "/desk/datasets/<slug>/files")

MOST_WHY = 2000


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


def block(slug: str) -> FilesBlock:
    """The files for the record's own page at the desk: templates/desk/files/_block.html shows them."""
    return files_block(file_desk.listed(the_catalogue(), actor(), slug))


@blueprint.get("")
def index(slug: str) -> str:
    """All files, with what may be done to each."""
    return _list(slug)


def _list(slug: str, problems: tuple[Problem, ...] = (), at: str = "") -> str:
    found = block(slug)
    page = FilesContext(found, sending(the_catalogue().config), request.args.get("done", ""), problems, at)
    return render_template("desk/files/list.html", page=page)


@blueprint.get("/status")
def status(slug: str) -> str:
    """How far the reading of each file is, to be asked for again while it goes on."""
    return render_template("desk/files/_states.html", files=block(slug))


@blueprint.post("")
def add(slug: str) -> ResponseReturnValue:
    """Add the file that was sent."""
    try:
        with sent() as (stream, filename):
            made = attaching.attach(the_catalogue(), actor(), slug, stream, filename, propose=True)
    except (Invalid, TooLarge) as error:
        return _list(slug, refused(error), "add"), 413 if isinstance(error, TooLarge) else 400
    return _at_list(slug, "added", made.id)


def _at_list(slug: str, done: str, resource_id: UUID | None = None) -> ResponseReturnValue:
    return redirect(at_list(slug, done, resource_id), 303)


@sheet.page(blueprint, "/link", "new_link", "add_link")
def link(slug: str) -> Sheet:
    """The form for a link."""
    return link_sheet(slug)


@sheet.page(blueprint, "/<uuid:resource_id>", "edit", "save")
def file(slug: str, resource_id: UUID) -> Sheet:
    """The form for what is said of a file."""
    return file_sheet(slug, resource_id)


@sheet.page(blueprint, "/disclosure", "ask_disclosure", "disclose")
def disclosure(slug: str) -> Sheet:
    """The form for who may have the files that the address names."""
    return disclosure_sheet(slug)


@blueprint.get("/<uuid:resource_id>/replace")
def ask_to_replace(slug: str, resource_id: UUID) -> str:
    """The form for other bytes."""
    return _one("replace", slug, resource_id)


def _one(name: str, slug: str, resource_id: UUID, problems: tuple[Problem, ...] = ()) -> str:
    found = file_desk.listed(the_catalogue(), actor(), slug)
    why = request.form.get("why", "")
    page = OneFileContext(found, found.file(resource_id), sending(the_catalogue().config), why, problems)
    return render_template(f"desk/files/{name}.html", page=page)


@blueprint.post("/<uuid:resource_id>/replace")
def replace(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """Give the file the bytes that were sent; those that it had stay as an earlier version."""
    why = clean_text(request.form.get("why", ""))[0][:MOST_WHY]
    try:
        with sent() as (stream, filename):
            attaching.attach(
                the_catalogue(), actor(), slug, stream, filename, replaces=resource_id, why=why, propose=True
            )
    except (Invalid, TooLarge) as error:
        again = _one("replace", slug, resource_id, refused(error))
        return again, 413 if isinstance(error, TooLarge) else 400
    return _at_list(slug, "replaced", resource_id)


@blueprint.get("/<uuid:resource_id>/remove")
def ask_to_remove(slug: str, resource_id: UUID) -> str:
    """Say what removing would do, and ask."""
    return _one("remove", slug, resource_id)


@blueprint.post("/<uuid:resource_id>/remove")
def remove(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """Take it out of the record."""
    file_desk.remove(the_catalogue(), actor(), slug, resource_id)
    return _at_list(slug, "removed")


@blueprint.post("/<uuid:resource_id>/move")
def move(slug: str, resource_id: UUID) -> ResponseReturnValue:
    """One place up or down."""
    steps = {"up": -1, "down": 1}.get(request.form.get("to", ""))
    if steps is None:
        raise Invalid("A file is moved up or down.")
    file_desk.move(the_catalogue(), actor(), slug, resource_id, steps)
    return _at_list(slug, "moved", resource_id)


@blueprint.get("/proposed/<checksum>")
def proposed(slug: str, checksum: str) -> ResponseReturnValue:
    """A file that a change brings which waits for a reviewer: for who edits the record, and only to be saved."""
    response = downloads.attachment(proposing.open_file(the_catalogue(), actor(), slug, checksum))
    response.headers["Content-Security-Policy"] = downloads.SANDBOX
    return response


@blueprint.post("/<uuid:resource_id>/versions/<int(max=2147483647):number>")
def version(slug: str, resource_id: UUID, number: int) -> ResponseReturnValue:
    """Withhold an earlier version with a reason, or show it again."""
    if request.form.get("decision") == "release":
        file_versions.release(the_catalogue(), actor(), slug, resource_id, number)
        return _at_list(slug, "version_released", resource_id)
    try:
        reason = request.form.get("reason", "")
        file_versions.withhold(the_catalogue(), actor(), slug, resource_id, number, reason)
    except Invalid as error:
        return _list(slug, in_words(error.problems), f"{resource_id}-{number}"), 400
    return _at_list(slug, "version_withheld", resource_id)
