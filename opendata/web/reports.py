"""The form by which anybody tells what is wrong with a record."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid
from opendata.services import datasets, reports
from opendata.web.contexts import ReportContext
from opendata.web.identity import actor, the_catalogue
from opendata.web.wording import in_words

blueprint = Blueprint("reports", __name__)


def _context(slug: str, **given: object) -> ReportContext:
    record = datasets.record(the_catalogue(), actor(), slug)
    return ReportContext(
        title=record.title,
        url=url_for("datasets.page", slug=record.slug),
        action=url_for("reports.report", slug=record.slug),
        demo=record.demo,
        **given,  # type: ignore[arg-type]
    )


@blueprint.get("/dataset/<slug>/report")
def report(slug: str) -> str:
    """The empty form."""
    return render_template("report.html", page=_context(slug))


@blueprint.post("/dataset/<slug>/report")
def send(slug: str) -> ResponseReturnValue:
    """Take the report, or show the form again with what is wrong with it."""
    message, contact = request.form.get("message", ""), request.form.get("contact", "")
    try:
        reports.report_problem(the_catalogue(), slug, message, contact, request.remote_addr or "")
    except Invalid as error:
        page = _context(slug, message=message, contact=contact, problems=in_words(error.problems))
        return render_template("report.html", page=page), 400
    return render_template("report.html", page=_context(slug, sent=True))
