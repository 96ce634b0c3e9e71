"""The desk: what one typed into forms and did not save, kept while one types, gone on with, or thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.errors import Invalid
from opendata.services import file_desk, form_drafts
from opendata.services.form_drafts import DraftLine
from opendata.web import inside
from opendata.web.forms.carrying import OURS
from opendata.web.forms.sheet import draft_of, title_of
from opendata.web.forms.typed import bounded
from opendata.web.identity import actor, the_catalogue
from opendata.web.rendering import clock

blueprint = inside.make_blueprint("desk_drafts", __name__, "/desk/drafts")

FORMS: Mapping[str, tuple[str, str, str]] = {
    "dataset": ("desk_datasets.edit", "desk_datasets.new", "slug"),
    "study": ("desk_studies.edit", "desk_studies.new", "slug"),
    "organization": ("desk_organizations.edit", "desk_organizations.new", "slug"),
}
"""By kind of record: the pages that edit one and that make one, and what the first calls the record's name or id."""
OF_FILES = ("file", "disclosure")
"""Kinds of forms that are of a record's files: what is said of one (or a new link), who may have them."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """All drafts of who asks."""
    lines = tuple((one, url_of(one)) for one in form_drafts.mine(the_catalogue(), actor()))
    return render_template("desk/drafts.html", drafts=lines, done=request.args.get("done", ""))


def url_of(draft: DraftLine) -> str:
    """Where one goes on with it; "" where this site has no such form."""
    if draft.kind in OF_FILES:
        return _url_of_files(draft)
    edit, new, name = FORMS.get(draft.kind, ("", "", ""))
    if draft.object_id and edit in current_app.view_functions:
        return url_for(edit, **{name: str(draft.object_id)}, draft=str(draft.id))  # type: ignore[arg-type]
    return url_for(new, draft=str(draft.id)) if new in current_app.view_functions else ""


def _url_of_files(draft: DraftLine) -> str:
    """The form of a file, of a new link, of who may have them; "" where that or its record is there no more."""
    if draft.object_id is None:
        return ""
    dataset_id, resource_id = file_desk.record_of(the_catalogue(), draft.object_id)
    if dataset_id is None:
        return ""
    if resource_id is None:
        page = "desk_files.ask_disclosure" if draft.kind == "disclosure" else "desk_files.new_link"
        return url_for(page, slug=str(dataset_id), draft=str(draft.id))
    return url_for("desk_files.edit", slug=str(dataset_id), resource_id=resource_id, draft=str(draft.id))


@blueprint.post("")
def keep() -> Response:
    """Keep what a form holds at this moment, for static/js/drafts.js: JSON with its id and words to show."""
    form, kind = request.form, request.form.get("form-kind", "")
    if kind not in (*FORMS, *OF_FILES):
        raise Invalid("form-kind names no kind of form.")
    pairs = [pair for pair in bounded(form.items(multi=True)) if pair[0] not in OURS]
    kept = form_drafts.keep(
        the_catalogue(),
        actor(),
        kind,
        pairs,
        object_id=draft_of(form.get("form-object", "")),
        title=title_of(list(form.items())),
        base_version=form.get("form-version", ""),
        draft=draft_of(form.get("form-draft", "")),
    )
    return jsonify(draft=str(kept.id), said=_("Kept at %(time)s", time=clock(kept.modified)))


@blueprint.post("/<uuid:draft_id>/discard")
def discard(draft_id: UUID) -> ResponseReturnValue:
    """Throw it away."""
    form_drafts.discard(the_catalogue(), actor(), draft_id)
    going_on = inside.local_path(request.form.get("next", ""))
    return redirect(f"{going_on}?done=discarded" if going_on else url_for("desk_drafts.index", done="discarded"), 303)
