"""The desk: where records come from, what the harvests came to, and what readers reported."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Conflict, Invalid
from opendata.services import desk, harvest_decisions, reports, sources
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, may
from opendata.services.uploads import viewing
from opendata.web import demand, desk_forms, desk_jobs, desk_work, inside
from opendata.web.contexts import Link
from opendata.web.desk_contexts import JobsContext, OverviewContext, ReportsContext, SourcesContext
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("desk", __name__)

JOBS_PER_PAGE = 25
REPORTS_PER_PAGE = 20
OVERVIEW_UPLOADS = 3
DECISIONS = {"confirmed": harvest_decisions.confirm, "refused": harvest_decisions.refuse}
"""What may be said to a job that waits: withdraw the records that it misses, or keep them."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """The overview."""
    found, scope = desk.overview(the_catalogue(), actor()), desk_work.asked()
    latest = None
    if may(actor(), Right.EDIT_RECORDS):
        latest = viewing.uploads(the_catalogue(), actor(), size=OVERVIEW_UPLOADS).uploads
    context = OverviewContext(
        found, desk_work.groups(scope), desk_work.scope_view(scope), desk_work.beginnings(), latest
    )
    return render_template("desk/overview.html", page=context)


@blueprint.get("/sources", endpoint="sources")
def source_list() -> str:
    """All sources that the asker may see."""
    found = desk.sources(the_catalogue(), actor())
    page = SourcesContext(found, may(actor(), Right.MANAGE_SOURCES), request.args.get("done", ""))
    return render_template("desk/sources.html", page=page)


@blueprint.get("/sources/new")
def new_source() -> str:
    """The form for a new source."""
    return desk_forms.empty_form()


@blueprint.post("/sources/new")
def add_source() -> ResponseReturnValue:
    """Add the source."""
    return desk_forms.add_source()


@blueprint.get("/sources/<name>")
def source(name: str) -> str:
    """One source with its jobs."""
    return render_template("desk/source.html", page=desk_jobs.source_context(name))


@blueprint.get("/sources/<name>/edit")
def edit_source(name: str) -> str:
    """The form that changes the source."""
    return desk_forms.edit_form(name)


@blueprint.post("/sources/<name>/edit")
def revise_source(name: str) -> ResponseReturnValue:
    """Change the source."""
    return desk_forms.revise_source(name)


@blueprint.post("/sources/<name>/run")
def run_source(name: str) -> ResponseReturnValue:
    """Queue a harvest, of everything where that is asked for."""
    full = True if request.form.get("full") else None
    queued = sources.run_soon(the_catalogue(), actor(), name, full=full)
    return _at_source(name, "queued" if queued else "waiting")


@blueprint.post("/sources/<name>/try")
def try_source(name: str) -> ResponseReturnValue:
    """Queue a dry run."""
    sources.run_soon(the_catalogue(), actor(), name, dry_run=True)
    return _at_source(name, "trying")


@blueprint.post("/sources/<name>/pause")
def pause_source(name: str) -> ResponseReturnValue:
    """Harvest it no more until it is resumed."""
    sources.pause(the_catalogue(), actor(), name)
    return _at_source(name, "paused")


@blueprint.post("/sources/<name>/resume")
def resume_source(name: str) -> ResponseReturnValue:
    """Harvest it again."""
    sources.resume(the_catalogue(), actor(), name)
    return _at_source(name, "resumed")


def _at_source(name: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("desk.source", name=name, done=done), 303)


@blueprint.get("/sources/<name>/remove")
def ask_to_remove(name: str) -> str:
    """Say what removing would do, and ask."""
    return render_template("desk/remove.html", page=desk_jobs.source_context(name))


@blueprint.post("/sources/<name>/remove")
def remove_source(name: str) -> ResponseReturnValue:
    """Remove the source; its records stay."""
    sources.remove(the_catalogue(), actor(), name)
    return redirect(url_for("desk.sources", done="removed"), 303)


@blueprint.get("/jobs")
def jobs() -> str:
    """The jobs, newest first."""
    page, name = inside.page_number(), request.args.get("source", "")
    found = desk.job_list(the_catalogue(), actor(), name or None, JOBS_PER_PAGE, (page - 1) * JOBS_PER_PAGE)
    leaf = inside.leaf(page, found.total, JOBS_PER_PAGE, "desk.jobs", source=name or None)
    return render_template("desk/jobs.html", page=JobsContext(found, name, leaf))


@blueprint.get("/jobs/<int(max=9223372036854775807):job_id>")
def job(job_id: int) -> str:
    """One job with its problems."""
    return render_template("desk/job.html", page=desk_jobs.job_context(job_id))


@blueprint.get("/jobs/<int(max=9223372036854775807):job_id>.csv")
def job_csv(job_id: int) -> Response:
    """The problems of the job that are asked for, as a table."""
    return desk_jobs.report_csv(job_id)


@blueprint.get("/jobs/<int(max=9223372036854775807):job_id>.json")
def job_json(job_id: int) -> Response:
    """The same as JSON, with the job."""
    return desk_jobs.report_json(job_id)


@blueprint.get("/jobs/<int(max=9223372036854775807):job_id>/records/<int(max=2147483647):position>")
def preview(job_id: int, position: int) -> str:
    """A record that a dry run found, as its page would look."""
    found = desk_jobs.preview_context(job_id, position)
    return render_template("desk/record_preview.html", page=found.dataset, preview=found)


@blueprint.get("/jobs/<int(max=9223372036854775807):job_id>/raw")
def raw(job_id: int) -> Response:
    """The original of an item."""
    return desk_jobs.raw_record(job_id, request.args.get("identifier", ""))


@blueprint.post("/jobs/<int(max=9223372036854775807):job_id>/cancel")
def cancel_job(job_id: int) -> ResponseReturnValue:
    """End it."""
    return _at_job(job_id, "stopping", harvest_decisions.cancel)


@blueprint.post("/jobs/<int(max=9223372036854775807):job_id>/decide")
def decide_job(job_id: int) -> ResponseReturnValue:
    """Withdraw the records that it misses, or keep them."""
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        raise Invalid(f"decision is {decision[:40]!r}; allowed are {' and '.join(DECISIONS)}.")
    return _at_job(job_id, decision, DECISIONS[decision])


def _at_job(job_id: int, done: str, act: Callable[[Catalogue, Actor, int], object]) -> ResponseReturnValue:
    """Do it, and show what became of it: somebody else may have been faster, or the job ended meanwhile."""
    try:
        act(the_catalogue(), actor(), job_id)
    except Conflict:
        done = "late"
    return redirect(url_for("desk.job", job_id=job_id, done=done), 303)


@blueprint.get("/problems")
def problems() -> str:
    """What readers reported."""
    return _reports()


def _reports(**given: object) -> str:
    state = reports.state(request.args.get("state", ""))
    page = inside.page_number()
    found = reports.listing(the_catalogue(), actor(), state, REPORTS_PER_PAGE, (page - 1) * REPORTS_PER_PAGE)
    total = sum(found.counts.values()) if state is None else found.counts.get(state, 0)
    chosen = state.value if state else ""
    states = [Link(label("report_state", "all"), url_for("desk.problems"), not chosen)]
    states += [
        Link(label("report_state", one.value), url_for("desk.problems", state=one.value), one is state)
        for one in reports.STATES
    ]
    context = ReportsContext(
        list=found,
        states=tuple(states),
        pagination=inside.leaf(page, total, REPORTS_PER_PAGE, "desk.problems", state=chosen or None),
        **given,  # type: ignore[arg-type]
    )
    return render_template("desk/problems.html", page=context)


@blueprint.post("/problems/<uuid:report_id>")
def decide(report_id: UUID) -> ResponseReturnValue:
    """Take the report up, answer it, or dismiss it."""
    answer = request.form.get("answer", "")
    decision = request.form.get("decision", "")
    if decision == "in_progress":
        reports.take(the_catalogue(), actor(), report_id)
        return redirect(url_for("desk.problems", done=decision), 303)
    try:
        reports.decide(the_catalogue(), actor(), report_id, decision, answer)
    except Invalid as error:
        return _reports(answered_id=str(report_id), answer=answer, problems=in_words(error.problems)), 400
    return redirect(url_for("desk.problems", done=decision), 303)


@blueprint.get("/searches")
def searches() -> str:
    """What people looked for, and what they did not find."""
    return demand.page()


@blueprint.get("/searches.csv")
def searches_csv() -> Response:
    """The same as a table."""
    return demand.table()
