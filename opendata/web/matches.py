"""The desk: records that may be one, and fields of a record written by hand."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.catalog.problem_words import in_words
from opendata.errors import Conflict, Invalid, Problem
from opendata.services import dividing, editing, joining, match_lists
from opendata.services.edits import FILE
from opendata.services.match_lists import ComparedField, MatchLine
from opendata.web import inside
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.match_contexts import ComparedRow, EditContext, EditRow, MatchContext, MatchesContext, MatchRow
from opendata.web.provenance import field_label
from opendata.web.rendering import number

blueprint = inside.make_blueprint("matches", __name__, "/desk")

PER_PAGE = 20
FORM = (
    "title.kk", "title.ru", "title.en", "description.kk", "description.ru", "description.en", "keywords", "license_id",
    "themes", "subjects", "issued", "modified", "contributors", "contacts",
)  # fmt: skip
"""Fields that the form shows."""
FILE_FORM = ("license_id", "disclosure")
"""Fields of each file that the form shows."""
MOST_FILES = 50
LONG = ("description", "contributors", "contacts")


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("/matches")
def index() -> str:
    """The pairs about which one may decide: those that wait, or the decided ones."""
    page, decided = inside.page_number(), request.args.get("show") == "decided"
    found = match_lists.matches(the_catalogue(), actor(), decided=decided, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    context = MatchesContext(
        rows=tuple(MatchRow(line, _reasons(line)) for line in found.lines),
        total=found.total,
        decided=decided,
        pagination=inside.leaf(page, found.total, PER_PAGE, "matches.index", show="decided" if decided else None),
        done=request.args.get("done", ""),
    )
    return render_template("desk/matches.html", page=context)


@blueprint.get("/matches/<int(max=2147483647):pair>")
def show(pair: int) -> str:
    """Both records side by side."""
    return _show(pair)


def _show(pair: int, refused: str = "") -> str:
    found = match_lists.match(the_catalogue(), actor(), pair)
    rows = tuple(
        ComparedRow(field_label(found.line.first, one.name), _in_words(one))
        for one in found.fields
        if one.first or one.second
    )
    context = MatchContext(found.line, _reasons(found.line), rows, refused)
    return render_template("desk/match.html", page=context)


def _in_words(one: ComparedField) -> ComparedField:
    """The kinds of the records in words."""
    if one.name != "type":
        return one
    return replace(one, first=label("dataset_type", one.first), second=label("dataset_type", one.second))


@blueprint.post("/matches/<int(max=2147483647):pair>")
def decide(pair: int) -> ResponseReturnValue:
    """Join the two (`keep` names the record that stays), reject the pair, or split it again."""
    decision = request.form.get("decision", "")
    try:
        if decision == "join":
            joining.join(the_catalogue(), actor(), pair, request.form.get("keep", ""))
        elif decision == "reject":
            joining.reject(the_catalogue(), actor(), pair)
        elif decision == "split":
            joining.split(the_catalogue(), actor(), pair)
        else:
            raise Invalid("A pair is joined, rejected, or split.")
    except Conflict as error:
        return _show(pair, error.message), 409
    return redirect(url_for("matches.index", done=decision), 303)


def _reasons(line: MatchLine) -> tuple[str, ...]:
    """Why the pair was proposed, in words."""
    words = []
    for reason in line.reasons:
        name, _space, value = reason.partition(" ")
        match name:
            case "title":
                words.append(
                    _("titles: %(percent)s %% of the words in common", percent=number(round(float(value) * 100)))
                )
            case "organization":
                words.append(_("same agency"))
            case "year":
                words.append(_("same year: %(year)s", year=value))
            case "type":
                words.append(_("same kind: %(kind)s", kind=label("dataset_type", value)))
            case "doi":
                words.append(_("same DOI"))
            case _:
                words.append(_("named by a person"))
    return tuple(words)


@blueprint.get("/records/<slug>")
def edit(slug: str) -> str:
    """The form for the main fields of a record."""
    return _form(slug)


def _told(problem: Problem) -> Problem:
    words = in_words(
        problem.code, problem.message, problem.hint, page_language(), field=problem.field, value=problem.value
    )
    return replace(problem, message=words.message, hint=words.hint)


def _form(slug: str, error: Invalid | None = None) -> str:
    record, fields = editing.fields(the_catalogue(), actor(), slug)
    files = {f"{FILE}{one.key}.{name}" for one in record.resources[:MOST_FILES] for name in FILE_FORM}
    problems = tuple(_told(one) for one in error.problems) if error else ()
    rows = tuple(
        EditRow(
            field=one,
            label=field_label(record, one.name),
            id=f"field-{one.name}".replace(" ", "_"),
            value=request.form.get(one.name, one.value) if error else one.value,
            long=one.name.startswith(LONG),
            problems=tuple(
                each.message for each in problems if each.field.partition(".")[0] == one.name.partition(".")[0]
            ),
        )
        for one in fields
        if one.name in FORM or one.name in files or one.edit
    )
    context = EditContext(
        record, url_for("datasets.page", slug=record.slug), rows, request.args.get("done", ""), problems
    )
    return render_template("desk/record_edit.html", page=context)


@blueprint.post("/records/<slug>")
def save(slug: str) -> ResponseReturnValue:
    """Write what was changed in the form.

    With `release` the source's word for that field is taken again; with `divide` what that source says becomes a record
    of its own.
    """
    released = ""
    try:
        if source := request.form.get("divide"):
            made = dividing.divide(the_catalogue(), actor(), slug, source)
            return redirect(url_for("matches.edit", slug=made, done="divided"), 303)
        if released := request.form.get("release", ""):
            editing.release(the_catalogue(), actor(), slug, [released])
        else:
            _, fields = editing.fields(the_catalogue(), actor(), slug)
            given = {
                one.name: request.form[one.name].replace("\r\n", "\n")
                for one in fields
                if one.name in request.form and request.form[one.name].replace("\r\n", "\n").strip() != one.value
            }
            editing.edit(the_catalogue(), actor(), slug, given)
    except Invalid as error:
        return _form(slug, error), 400
    return redirect(url_for("matches.edit", slug=slug, done="released" if released else "saved"), 303)


@blueprint.get("/records/<slug>/raw/<name>")
def raw(slug: str, name: str) -> Response:
    """The record as that source gave it, byte for byte, to be saved."""
    found = editing.raw(the_catalogue(), actor(), slug, name)
    answer = Response(found.content, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    return answer
