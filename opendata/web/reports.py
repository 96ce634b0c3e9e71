"""The form by which anybody tells what is wrong with a record, and the page that shows what becomes of the report."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.catalog.values import Text
from opendata.errors import Conflict, Invalid, Problem
from opendata.services import reporting
from opendata.services.reporting import Followed
from opendata.web.contexts import Link
from opendata.web.i18n import page_language
from opendata.web.identity import the_catalogue
from opendata.web.limits import limited
from opendata.web.wording import in_words

blueprint = Blueprint("reports", __name__)

TRAP = "homepage"
"""A field that no person sees: what fills it in is a machine."""


@dataclass(frozen=True, slots=True)
class ReportContext:
    """report.html: the form, what was typed, what is wrong with it, and whether it was taken without a word (`sent`).
    `place` is the list that the record, a `study` or a dataset, is in; `agency`: one answers for it.
    """

    title: Text
    url: str
    action: str
    demo: bool
    place: str
    study: bool
    agency: bool
    message: str = ""
    contact: str = ""
    problems: tuple[Problem, ...] = ()
    sent: bool = False


@dataclass(frozen=True, slots=True)
class FollowContext:
    """report_state.html. `record` leads to the record, None where it is not public; `done` is what was just done."""

    report: Followed
    record: Link | None
    action: str
    done: str = ""
    message: str = ""
    problems: tuple[Problem, ...] = ()


@blueprint.get("/dataset/<slug>/report")
def report(slug: str) -> str:
    """The empty form."""
    return _form("dataset", slug)


@blueprint.post("/dataset/<slug>/report")
@limited("reports")
def send(slug: str) -> ResponseReturnValue:
    """Take the report, or show the form again with what is wrong with it."""
    return _take("dataset", slug)


@blueprint.get("/study/<slug>/report")
def report_study(slug: str) -> str:
    """The same for a study."""
    return _form("study", slug)


@blueprint.post("/study/<slug>/report")
@limited("reports")
def send_study(slug: str) -> ResponseReturnValue:
    """The same for a study."""
    return _take("study", slug)


@blueprint.get("/report/<token>")
def follow(token: str) -> str:
    """What has become of a report."""
    return _state(token, done=request.args.get("done", ""))


@blueprint.post("/report/<token>")
@limited("reports")
def reopen(token: str) -> ResponseReturnValue:
    """Ask once more."""
    message = request.form.get("message", "")
    try:
        reporting.reopen(the_catalogue(), token, message, request.remote_addr or "")
    except Invalid as error:
        return _state(token, message=message, problems=in_words(error.problems)), 400
    except Conflict:
        return redirect(url_for("reports.follow", token=token), 303)
    return redirect(url_for("reports.follow", token=token, done="reopened"), 303)


@blueprint.after_request
def keep_to_reader(response: Response) -> Response:
    """Whoever has the link reads the report: it stays in no cache, and goes to no other page."""
    if request.endpoint in ("reports.follow", "reports.reopen"):
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _form(kind: str, slug: str, **given: object) -> str:
    record = reporting.record(the_catalogue(), kind, slug)
    is_study = kind == "study"
    context = ReportContext(
        title=record.title,
        url=url_for("studies.page" if is_study else "datasets.page", slug=record.slug),
        action=url_for("reports.report_study" if is_study else "reports.report", slug=record.slug),
        demo=record.demo,
        place=url_for("discovery.studies" if is_study else "discovery.datasets"),
        study=is_study,
        agency=record.organization is not None,
        **given,  # type: ignore[arg-type]
    )
    return render_template("report.html", page=context)


def _take(kind: str, slug: str) -> ResponseReturnValue:
    message, contact = request.form.get("message", ""), request.form.get("contact", "")
    if request.form.get(TRAP):
        return _form(kind, slug, sent=True)
    try:
        token = reporting.report(
            the_catalogue(), kind, slug, message, contact, address=request.remote_addr or "", language=page_language()
        )
    except Invalid as error:
        return _form(kind, slug, message=message, contact=contact, problems=in_words(error.problems)), 400
    return redirect(url_for("reports.follow", token=token, done="sent"), 303)


def _state(token: str, **given: object) -> str:
    found = reporting.follow(the_catalogue(), token)
    record = None
    if found.slug:
        endpoint = "studies.page" if found.kind == "study" else "datasets.page"
        record = Link("", url_for(endpoint, slug=found.slug))
    action = url_for("reports.reopen", token=token)
    return render_template("report_state.html", page=FollowContext(found, record, action, **given))  # type: ignore[arg-type]
