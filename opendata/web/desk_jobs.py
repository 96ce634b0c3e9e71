"""The pages of harvesting, put together from what the services tell: a source, a job with its report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from opendata.catalog.problem_words import in_words, saying
from opendata.catalog.run_words import in_language, sentence
from opendata.search.arguments import clean
from opendata.services import desk, desk_pending, desk_previews, desk_problems, schedule, sources
from opendata.services.desk_previews import PreviewLine
from opendata.services.desk_problems import ProblemFilter
from opendata.services.results import JobLine, JobReport, ProblemLine
from opendata.web import inside
from opendata.web.desk_contexts import (
    FilterChoice,
    JobContext,
    PreviewRow,
    ProblemRow,
    RecordPreviewContext,
    SourceContext,
)
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.listing import card_view
from opendata.web.previews import UNNAMED, unlinked
from opendata.web.rendering import number
from opendata.web.tables import csv_answer

PROBLEMS_PER_PAGE = 100
MOST_PROBLEMS = 1_000_000
MOST_QUERY = 200
"""Characters by which problems can be narrowed."""
LIVE = ("new", "in_progress")
COLUMNS = ("identifier", "severity", "code", "field", "value", "message", "hint")
"""Of a downloaded report, as CSV and as JSON."""
DRY_RUN, CANCELLED = sentence("dry_run"), sentence("cancelled")
"""What the engine says of such jobs, which the page has signs for."""
SUFFIXES = {"json": ".json", "xml": ".xml", "turtle": ".ttl", "csv": ".csv", "html": ".html"}
"""How the file of an original ends, by a word in its media type."""


def source_context(name: str) -> SourceContext:
    """A source with its latest jobs."""
    found = desk.source(the_catalogue(), actor(), name)
    share, frequency = found.settings.withdraw_share, found.settings.frequency
    timed = not frequency or frequency == schedule.MANUAL or frequency in schedule.INTERVALS
    return SourceContext(
        page=found,
        title=found.line.kind,
        options=tuple((key, value) for key, value in found.settings.options.items() if value),
        local=sources.is_local(found.line.type, found.line.url),
        frequency=label("frequency", frequency) if timed else frequency,
        share="" if share is None else f"{share * 100:g} %",
        running=next((job for job in found.jobs if job.status in LIVE), None),
        waiting=next((job for job in found.jobs if job.status == "waiting"), None),
        done=request.args.get("done", ""),
    )


def job_context(job_id: int) -> JobContext:
    """A job with the problems that the address asks for."""
    page, wanted = inside.page_number(), _filter()
    offset = (page - 1) * PROBLEMS_PER_PAGE
    report = desk.report(the_catalogue(), actor(), job_id, PROBLEMS_PER_PAGE, offset, wanted)
    job, asked = report.job, _asked(wanted)
    return JobContext(
        report=report,
        source=desk.source(the_catalogue(), actor(), job.source),
        message=_message(job),
        counts=tuple((result, count) for result, count in job.counts.items() if count),
        problems=tuple(_row(line, job_id) for line in report.problems),
        first=offset + 1 if report.problems else 0,
        last=offset + len(report.problems),
        pagination=inside.leaf(page, report.total, PROBLEMS_PER_PAGE, "desk.job", job_id=job_id, **asked),
        filters=_filters(job_id, wanted) if report.kept else (),
        q=wanted.q,
        narrowed=bool(asked),
        csv_url=url_for("desk.job_csv", job_id=job_id, **asked),
        json_url=url_for("desk.job_json", job_id=job_id, **asked),
        live=job.status in LIVE,
        share=_share(job),
        previews=_previews(job),
        pending=desk_pending.pending(the_catalogue(), actor(), job_id) if job.status == "waiting" else (),
        done=request.args.get("done", ""),
    )


def preview_context(job_id: int, position: int) -> RecordPreviewContext:
    """The page of a record that a dry run found."""
    line, found = desk_previews.preview(the_catalogue(), actor(), job_id, position)
    made = replace(unlinked(found), organization_url="")
    source = desk.report(the_catalogue(), actor(), job_id, 0).job.source
    return RecordPreviewContext(made, _preview_row(line, job_id), job_id, source)


def report_csv(job_id: int) -> Response:
    """The problems that the address asks for, as a table."""
    found = _whole_report(job_id)
    rows = (tuple(row.values()) for row in _rows(found))
    return csv_answer(f"{found.job.source}-{job_id}-problems.csv", COLUMNS, rows)


def report_json(job_id: int) -> Response:
    """The same rows as JSON, with the job that they are of."""
    found = _whole_report(job_id)
    job = found.job
    times = {key: value.isoformat() if (value := getattr(job, key)) else None for key in ("started", "finished")}
    told = {"id": job.id, "source": job.source, "status": job.status, "dry_run": job.dry_run, **times}
    message = in_language(job.message, page_language())
    content = {"job": {**told, "counts": dict(job.counts), "message": message}, "problems": list(_rows(found))}
    response = Response(json.dumps(content, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{job.source}-{job_id}-problems.json"'
    return response


def raw_record(job_id: int, identifier: str) -> Response:
    """The original of an item, as a file to keep: what a stranger wrote is never shown as a page of ours."""
    content, media_type = desk_problems.raw(the_catalogue(), actor(), job_id, identifier)
    suffix = next((ending for word, ending in SUFFIXES.items() if word in media_type.lower()), ".bin")
    response = Response(content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="record-{job_id}{suffix}"'
    return response


def _whole_report(job_id: int) -> JobReport:
    return desk.report(the_catalogue(), actor(), job_id, MOST_PROBLEMS, 0, _filter())


def _rows(report: JobReport) -> list[Mapping[str, str]]:
    rows = (_row(line, report.job.id) for line in report.problems)
    return [
        {column: str(getattr(row if column in ("message", "hint") else row.line, column)) for column in COLUMNS}
        for row in rows
    ]


def _filter() -> ProblemFilter:
    given = {name: clean(request.args.get(name, ""))[:MOST_QUERY] for name in ("severity", "code", "field", "q")}
    said = saying(given["q"], page_language()) if given["q"] else frozenset[str]()
    return ProblemFilter(**given, said=said)


def _asked(wanted: ProblemFilter) -> dict[str, Any]:
    """The filter as an address has it."""
    given = {name: getattr(wanted, name) for name in ("severity", "code", "field", "q")}
    return {name: value for name, value in given.items() if value}


def _filters(job_id: int, wanted: ProblemFilter) -> tuple[FilterChoice, ...]:
    counted = desk_problems.choices(the_catalogue(), actor(), job_id)
    names = {"severity": _("Severity"), "code": _("Kind of problem"), "field": _("Field")}
    return tuple(
        FilterChoice(
            name=name,
            label=words,
            value=getattr(wanted, name),
            choices=tuple((code, f"{_choice(name, code)} ({number(count)})") for code, count in counted[name].items()),
        )
        for name, words in names.items()
        if len(counted[name]) > 1 or getattr(wanted, name)
    )


def _choice(name: str, code: str) -> str:
    if name == "severity":
        return label("severity", code)
    return code or "–"


def _row(line: ProblemLine, job_id: int) -> ProblemRow:
    words = in_words(line.code, line.message, line.hint, page_language(), field=line.field, value=line.value)
    raw_url = url_for("desk.raw", job_id=job_id, identifier=line.identifier) if line.has_raw else ""
    return ProblemRow(line, words.message, words.hint, words.language, raw_url)


def _message(job: JobLine) -> str:
    """What the job itself says, without what the page says in the reader's language anyway."""
    text = job.message.removeprefix(DRY_RUN).strip()
    return "" if job.status == "waiting" or text == CANCELLED else text


def _share(job: JobLine) -> int | None:
    return min(100, sum(job.counts.values()) * 100 // job.total) if job.total else None


def _previews(job: JobLine) -> tuple[PreviewRow, ...]:
    if not job.dry_run:
        return ()
    found = desk_previews.previews(the_catalogue(), actor(), job.id)
    return tuple(_preview_row(line, job.id) for line in found)


def _preview_row(line: PreviewLine, job_id: int) -> PreviewRow:
    view = None
    if line.card is not None:
        record = replace(line.card.record, slug=UNNAMED)
        made = card_view(replace(line.card, record=record))
        at = url_for("desk.preview", job_id=job_id, position=line.position)
        view = replace(made, url=at, organization_url="")
    return PreviewRow(line, view, tuple(_row(problem, job_id) for problem in line.problems))
