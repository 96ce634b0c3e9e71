"""The desk: where records come from, what the harvests came to, and what readers reported."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid
from opendata.services import content_decisions, desk, reports, sources
from opendata.services.results import JobReport
from opendata.services.rights import Right, may
from opendata.services.uploads import viewing
from opendata.web import demand, desk_forms, inside
from opendata.web.contexts import Link
from opendata.web.desk_contexts import (
    JobContext,
    JobsContext,
    OverviewContext,
    ReportsContext,
    SourceContext,
    SourcesContext,
)
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.tables import csv_answer
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("desk", __name__)

JOBS_PER_PAGE = 25
PROBLEMS_PER_PAGE = 100
REPORTS_PER_PAGE = 20
OVERVIEW_UPLOADS = 3
MOST_PROBLEMS = 1_000_000
TROUBLE = ("error", "incomplete")
LIVE = ("new", "in_progress")
COLUMNS = ("identifier", "severity", "code", "field", "message", "hint")


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index() -> str:
    """The overview."""
    found = desk.overview(the_catalogue(), actor())
    held = content_decisions.waiting(the_catalogue(), actor())
    troubled = tuple(line for line in found.sources if line.last_job and line.last_job.status in TROUBLE)
    latest = None
    if may(actor(), Right.EDIT_RECORDS):
        latest = viewing.uploads(the_catalogue(), actor(), size=OVERVIEW_UPLOADS).uploads
    return render_template("desk/overview.html", page=OverviewContext(found, troubled, latest, held))


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


def _source(name: str) -> SourceContext:
    found = desk.source(the_catalogue(), actor(), name)
    kinds = {kind.name: kind for kind in sources.types()}
    kind = kinds.get(found.line.type)
    return SourceContext(
        page=found,
        title=kind.title if kind else found.line.type,
        options=tuple((key, value) for key, value in found.options.items() if value),
        local=found.line.type in sources.LOCAL_TYPES,
        done=request.args.get("done", ""),
    )


@blueprint.get("/sources/<name>")
def source(name: str) -> str:
    """One source with its jobs."""
    return render_template("desk/source.html", page=_source(name))


@blueprint.post("/sources/<name>/run")
def run_source(name: str) -> ResponseReturnValue:
    """Queue a harvest."""
    queued = sources.run_soon(the_catalogue(), actor(), name)
    return redirect(url_for("desk.source", name=name, done="queued" if queued else "waiting"), 303)


@blueprint.get("/sources/<name>/remove")
def ask_to_remove(name: str) -> str:
    """Say what removing would do, and ask."""
    return render_template("desk/remove.html", page=_source(name))


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


@blueprint.get("/jobs/<int:job_id>")
def job(job_id: int) -> str:
    """One job with its problems."""
    page = inside.page_number()
    offset = (page - 1) * PROBLEMS_PER_PAGE
    found = desk.report(the_catalogue(), actor(), job_id, PROBLEMS_PER_PAGE, offset)
    return render_template("desk/job.html", page=_job(found, page, offset))


def _job(found: JobReport, page: int, offset: int) -> JobContext:
    return JobContext(
        report=found,
        counts=tuple((result, number) for result, number in found.job.counts.items() if number),
        first=offset + 1 if found.problems else 0,
        last=offset + len(found.problems),
        pagination=inside.leaf(page, found.total, PROBLEMS_PER_PAGE, "desk.job", job_id=found.job.id),
        live=found.job.status in LIVE,
    )


@blueprint.get("/jobs/<int:job_id>.csv")
def job_csv(job_id: int) -> Response:
    """Every problem of the job as a table."""
    found = desk.report(the_catalogue(), actor(), job_id, MOST_PROBLEMS)
    rows = (tuple(str(getattr(line, column)) for column in COLUMNS) for line in found.problems)
    return csv_answer(f"{found.job.source}-{job_id}-problems.csv", COLUMNS, rows)


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
    """Answer the report, or dismiss it."""
    answer = request.form.get("answer", "")
    decision = request.form.get("decision", "")
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
