"""All accounts at the desk, and hand-overs: who answers for what, and what nobody answers for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import handover, organization_desk, people, responsible, users
from opendata.services.handover import Done, Load, Preview
from opendata.services.people import Person
from opendata.services.responsible import Unowned
from opendata.services.users import UserChange
from opendata.web import inside
from opendata.web.contexts import Pagination
from opendata.web.identity import actor, the_catalogue
from opendata.web.rendering import shown
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("desk_people", __name__, "/desk")

PER_PAGE = 50
LONGEST = 200
HISTORY_PER_PAGE = 20
GIVEN = ("person", "successor", "organization", "note")


@dataclass(frozen=True, slots=True)
class PeopleContext:
    """desk/people.html. `states` are those to sift by."""

    people: tuple[Person, ...]
    words: str
    state: str
    states: tuple[str, ...]
    pagination: Pagination
    done: str = ""


@dataclass(frozen=True, slots=True)
class PersonContext:
    """desk/person.html. `load` is what the person answers for."""

    person: Person
    load: Load
    own: bool
    """Whether it is the asker's."""
    problems: tuple[Problem, ...] = ()
    done: str = ""


@dataclass(frozen=True, slots=True)
class HandoverContext:
    """desk/handover.html. `preview` is what would be done, None while nobody is named."""

    given: dict[str, str]
    owners: tuple[tuple[str, str], ...]
    history: tuple[Done, ...]
    unowned: tuple[Unowned, ...]
    pagination: Pagination
    """Of what has no owner."""
    history_pages: Pagination
    preview: Preview | None = None
    problems: tuple[Problem, ...] = ()
    done: str = ""
    count: str = ""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("/people")
def index() -> str:
    """The accounts that are asked for."""
    words, given, page = request.args.get("q", "")[:LONGEST], request.args.get("state", ""), inside.page_number()
    if given and given not in people.STATES:
        raise Invalid(f"state is {given[:40]!r}; allowed are {', '.join(people.STATES)}.")
    state = people.state_called(given)
    found = people.listing(the_catalogue(), actor(), words, state, PER_PAGE, (page - 1) * PER_PAGE)
    leaf = inside.leaf(page, found.total, PER_PAGE, "desk_people.index", q=words or None, state=given or None)
    context = PeopleContext(found.people, words, given, people.STATES, leaf, request.args.get("done", ""))
    return render_template("desk/people.html", page=context)


@blueprint.get("/people/<uuid:user_id>")
def person(user_id: UUID) -> str:
    """One account."""
    return _person(user_id, done=request.args.get("done", ""))


@blueprint.post("/people/<uuid:user_id>/state")
def turn(user_id: UUID) -> ResponseReturnValue:
    """End the account, or let it be used again."""
    state = request.form.get("state", "")
    if state not in ("active", "deleted"):
        raise Invalid(f"state is {state[:40]!r}; allowed are active and deleted.")
    try:
        users.update(the_catalogue(), actor(), str(user_id), UserChange(state=state))
    except Conflict:
        problem = Problem("own_account", "Nobody can end the account that they are signed in with.")
        return _person(user_id, problems=in_words([problem])), 409
    return redirect(url_for("desk_people.person", user_id=user_id, done=f"account_{state}"), 303)


def _person(user_id: UUID, **given: object) -> str:
    found = people.one(the_catalogue(), actor(), user_id)
    load = handover.load_of(the_catalogue(), actor(), str(user_id))
    page = PersonContext(found, load, found.id == actor().user_id, **given)  # type: ignore[arg-type]
    return render_template("desk/person.html", page=page)


@blueprint.get("/handover")
def hand_over_form() -> ResponseReturnValue:
    """The form; with a person and a successor named, what it would do."""
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in GIVEN}
    if not (given["person"] and given["successor"]):
        return _handover(given, done=request.args.get("done", ""), count=request.args.get("count", "")[:10])
    try:
        names = given["person"], given["successor"], given["organization"]
        shown_ = handover.preview(the_catalogue(), actor(), *names)
    except Invalid as error:
        return _handover(given, problems=in_words(error.problems)), 400
    return _handover(given, preview=shown_)


@blueprint.post("/handover")
def hand_over() -> ResponseReturnValue:
    """Do it."""
    given = {name: request.form.get(name, "").strip() for name in GIVEN}
    try:
        done = handover.hand_over(
            the_catalogue(), actor(), given["person"], given["successor"], given["organization"], given["note"]
        )
    except Invalid as error:
        return _handover(given, problems=in_words(error.problems)), 400
    return redirect(url_for("desk_people.hand_over_form", done="handed_over", count=done.total), 303)


@blueprint.post("/handover/unowned")
def adopt() -> ResponseReturnValue:
    """Let somebody answer for what has no owner in an agency."""
    form = {name: request.form.get(name, "").strip() for name in ("organization", "kind", "user")}
    if form["kind"] not in responsible.TABLES:
        raise NotFound("Nobody answers for this.")
    try:
        count = handover.adopt(the_catalogue(), actor(), form["organization"], form["kind"], form["user"])
    except Invalid as error:
        return _handover(dict.fromkeys(GIVEN, ""), problems=in_words(error.problems)), 400
    return redirect(url_for("desk_people.hand_over_form", done="assigned", count=count), 303)


def _handover(given: dict[str, str], **more: object) -> str:
    found = organization_desk.parents(the_catalogue(), actor())
    unowned, number, elder = (
        responsible.unowned(the_catalogue(), actor()),
        inside.page_number(),
        inside.page_number("history"),
    )
    history = handover.history(the_catalogue(), actor(), HISTORY_PER_PAGE + 1, (elder - 1) * HISTORY_PER_PAGE)
    further = len(history) > HISTORY_PER_PAGE
    page = HandoverContext(
        given=given,
        owners=tuple((slug, shown(title).value) for slug, title in found),
        history=history[:HISTORY_PER_PAGE],
        history_pages=Pagination(
            elder, elder + further, _history_url(elder - 1), _history_url(elder + 1) if further else "", ()
        ),
        unowned=unowned[(number - 1) * PER_PAGE : number * PER_PAGE],
        pagination=inside.leaf(number, len(unowned), PER_PAGE, "desk_people.hand_over_form", _anchor="unowned"),
        **more,  # type: ignore[arg-type]
    )
    return render_template("desk/handover.html", page=page)


def _history_url(number: int) -> str:
    """The leaf of that number; "" before the first."""
    return url_for("desk_people.hand_over_form", history=number, _anchor="history") if number > 0 else ""
