"""The desk: records that may be one, and what the sources of a record gave of it."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.errors import Conflict, Invalid
from opendata.services import dividing, editing, joining, match_lists
from opendata.services.match_lists import ComparedField, MatchLine
from opendata.web import inside
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.match_contexts import ComparedRow, MatchContext, MatchesContext, MatchRow
from opendata.web.provenance import field_label
from opendata.web.rendering import number

blueprint = inside.make_blueprint("matches", __name__, "/desk")

PER_PAGE = 20


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
def edit(slug: str) -> ResponseReturnValue:
    """Where the form of a record was once."""
    return redirect(url_for("desk_datasets.edit", slug=slug), 301)


@blueprint.post("/records/<slug>")
def save(slug: str) -> ResponseReturnValue:
    """Make what one source says of the record (`divide`) a record of its own."""
    made = dividing.divide(the_catalogue(), actor(), slug, request.form.get("divide", ""))
    return redirect(url_for("desk_datasets.edit", slug=made, done="divided"), 303)


@blueprint.get("/records/<slug>/raw/<name>")
def raw(slug: str, name: str) -> Response:
    """The record as that source gave it, byte for byte, to be saved."""
    found = editing.raw(the_catalogue(), actor(), slug, name)
    answer = Response(found.content, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    return answer
