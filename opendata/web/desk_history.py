"""The desk: the states that a record had, what differs between two of them, and bringing one back."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from opendata.errors import Conflict, Invalid
from opendata.services import history
from opendata.web import changes, inside
from opendata.web.desk_life import KINDS, at
from opendata.web.identity import actor, the_catalogue
from opendata.web.life_contexts import CompareContext, HistoryContext, RestoreContext

blueprint = inside.make_blueprint("desk_history", __name__, "/desk/<any(datasets,studies):place>/<slug>/history")

PER_PAGE = 50
MOST_NUMBER = 2**31 - 1


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("")
def index(place: str, slug: str) -> str:
    """The states, newest first."""
    kind, before = KINDS[place], _number("before", 0)
    record, lines = history.history(the_catalogue(), actor(), kind, slug, before=before, limit=PER_PAGE + 1)
    following = lines[PER_PAGE - 1].number if len(lines) > PER_PAGE else 0
    context = HistoryContext(kind, place, record, lines[:PER_PAGE], following)
    return render_template("desk/history/list.html", page=context)


def _number(name: str, other: int) -> int:
    """A number of the address; Invalid for what is none."""
    given = request.args.get(name, "")
    if not given:
        return other
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise Invalid(f"{name} is {given[:40]!r}; allowed is the number of a state.")
    return int(given)


@blueprint.get("/compare")
def compare(place: str, slug: str) -> str:
    """What differs between two states; `second` 0: the record as it stands now."""
    first, second = _number("first", 1), _number("second", 0)
    if second and first > second:
        first, second = second, first
    found = history.difference(the_catalogue(), actor(), KINDS[place], slug, first, second)
    record = found.records[1]
    rows = changes.rows(found.differences, found.records)
    back = history.restorable(the_catalogue(), actor(), KINDS[place], slug, {first, second})
    context = CompareContext(place, record, found.first, found.second, rows, tuple(sorted(back)))
    return render_template("desk/history/compare.html", page=context, slug=slug)


@blueprint.get(f"/<int(max={MOST_NUMBER}):number>/restore")
def preview(place: str, slug: str, number: int) -> str:
    """What bringing the state back would change, and what it would not."""
    return _preview(place, slug, number)


def _preview(place: str, slug: str, number: int, refused: str = "") -> str:
    kind = KINDS[place]
    found = history.preview(the_catalogue(), actor(), kind, slug, number, request.form.getlist("loosen"))
    record, _ = history.history(the_catalogue(), actor(), kind, slug, limit=1)
    _, then = history.state(the_catalogue(), actor(), kind, slug, number)
    notes = tuple((one, changes.field_words(one.field, [record, then])) for one in found.notes)
    rows = changes.rows(found.differences, [record, then])
    context = RestoreContext(place, record, found.line, found.version, rows, notes, found.is_worth_it, refused)
    return render_template("desk/history/restore.html", page=context)


@blueprint.post(f"/<int(max={MOST_NUMBER}):number>/restore")
def restore(place: str, slug: str, number: int) -> ResponseReturnValue:
    """Bring the state back."""
    version = request.form.get("version") or None
    loosen = request.form.getlist("loosen")[:200]
    try:
        back = history.restore(the_catalogue(), actor(), KINDS[place], slug, number, loosen=loosen, if_version=version)
    except (Conflict, Invalid) as error:
        return _preview(place, slug, number, error.message), 409 if isinstance(error, Conflict) else 400
    return redirect(at(KINDS[place], slug, done="proposed" if back.waits else "revision"), 303)
