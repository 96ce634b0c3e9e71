"""Files that are held back by a mark of restricted use: their list, and the answers of an organisation's admins.

For the page of an upload: `held.upload` (GET, upload_id) lists the files that keep its rows back, and
`held.decide_upload` (POST, upload_id; form fields checksum, reason) answers for one and checks the upload again.
"""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid
from opendata.services import content_decisions
from opendata.services.uploads import answering, steps
from opendata.web import inside
from opendata.web.held_contexts import Asked, HeldContext, HeldUploadContext, places
from opendata.web.identity import actor, the_catalogue
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("held", __name__, "/desk/held")

PER_PAGE = 20


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """The held files of one's organisations."""
    return _page(Asked())


def _page(asked: Asked) -> str:
    page = inside.page_number()
    found = content_decisions.held(the_catalogue(), actor(), PER_PAGE, (page - 1) * PER_PAGE)
    context = HeldContext(
        files=tuple((file, places(file.marks)) for file in found.files),
        total=found.total,
        pagination=inside.leaf(page, found.total, PER_PAGE, "held.index"),
        done=request.args.get("done", ""),
        asked=asked,
    )
    return render_template("desk/held.html", page=context)


@blueprint.post("/<uuid:resource_id>")
def decide(resource_id: UUID) -> ResponseReturnValue:
    """Open the file with a reason, or keep it withheld on a legal ground."""
    form = request.form
    decision, reason, ground = form.get("decision", ""), form.get("reason", ""), form.get("legal_ground", "")
    try:
        if decision == "open":
            content_decisions.open_file(the_catalogue(), actor(), resource_id, reason)
        elif decision == "withhold":
            content_decisions.withhold(the_catalogue(), actor(), resource_id, ground)
        else:
            raise Invalid("A held file is opened, or kept withheld.")
    except Invalid as error:
        return _page(Asked(str(resource_id), decision, reason, ground, in_words(error.problems))), 400
    return redirect(url_for("held.index", done="file_opened" if decision == "open" else "file_withheld"), 303)


@blueprint.get("/uploads/<uuid:upload_id>")
def upload(upload_id: UUID) -> str:
    """The files that keep rows of the upload back."""
    return _upload_page(upload_id, Asked())


def _upload_page(upload_id: UUID, asked: Asked) -> str:
    found = answering.waiting(the_catalogue(), actor(), upload_id)
    context = HeldUploadContext(
        upload_url=url_for("uploads.show", upload_id=upload_id),
        decide_url=url_for("held.decide_upload", upload_id=upload_id),
        files=tuple((file, places(file.marks)) for file in found.files),
        may_decide=found.may_answer,
        asked=asked,
    )
    return render_template("desk/held_upload.html", page=context)


@blueprint.post("/uploads/<uuid:upload_id>")
def decide_upload(upload_id: UUID) -> ResponseReturnValue:
    """Answer for the file of that `checksum` with a `reason`; the upload is checked again."""
    checksum, reason = request.form.get("checksum", ""), request.form.get("reason", "")
    try:
        answering.answer(the_catalogue(), actor(), upload_id, checksum, reason)
    except Invalid as error:
        return _upload_page(upload_id, Asked(checksum, "open", reason, problems=in_words(error.problems))), 400
    steps.check_again(the_catalogue(), actor(), upload_id)
    return redirect(url_for("uploads.show", upload_id=upload_id), 303)
