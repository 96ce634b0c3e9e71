"""The desk: the list of records, and a record with where it stands, what waits, and what may be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.errors import Changed, Conflict, Invalid, NotAllowed, Problem
from opendata.services import desk_records, handover, history, life, reviewing
from opendata.services.desk_records import STATES, Wanted
from opendata.services.life import Standing
from opendata.services.missing import Missing
from opendata.web import changes, desk_files, desk_studies, desk_work, inside
from opendata.web.contexts import Link
from opendata.web.forms.wording import told
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.life_contexts import Lack, LifeContext, RecordsContext, Step

blueprint = inside.make_blueprint("desk_life", __name__, "/desk")

PER_PAGE = 25
KINDS = {"datasets": "dataset", "studies": "study"}
PLACES = {kind: place for place, kind in KINDS.items()}
FIELDS = {
    "dataset": (
        "title", "description", "keywords", "contributors", "license_id", "issued", "subjects", "themes", "resources",
    ),
    "study": ("title", "description", "performers", "contracts", "period", "subjects", "status"),
}  # fmt: skip
"""Fields about which something may be said."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """The desk is for those who have signed in."""
    return inside.show_in()


@blueprint.get("/records")
def index() -> str:
    """The records of one's organisations."""
    args, page = request.args, inside.page_number()
    wanted = Wanted(
        args.get("kind", ""), args.get("state", ""), args.get("q", "").strip()[:200], args.get("mine") == "1",
        args.get("sort") or desk_records.SORTS[0],
    )  # fmt: skip
    found = desk_records.records(the_catalogue(), actor(), wanted, PER_PAGE, (page - 1) * PER_PAGE)
    kept = {"kind": wanted.kind, "q": wanted.q, "mine": "1" if wanted.mine else "", "sort": args.get("sort", "")}
    kept = {name: value for name, value in kept.items() if value}
    states = [Link(label("life_state", ""), url_for("desk_life.index", **kept), not wanted.state)]  # type: ignore[arg-type]
    for one in STATES:
        words = f"{label('life_state', one)}: {found.counts[one]}"
        states.append(Link(words, url_for("desk_life.index", **kept, state=one), one == wanted.state))  # type: ignore[arg-type]
    leaf = inside.leaf(page, found.total, PER_PAGE, "desk_life.index", **kept, state=wanted.state or None)
    urls = {str(one.id): at(one.kind, one.slug) for one in found.lines}
    context = RecordsContext(found, wanted, tuple(states), urls, desk_work.beginnings(), leaf)
    return render_template("desk/records.html", page=context)


def at(kind: str, slug: str, **more: str) -> str:
    """The address of a record at the desk."""
    return url_for(f"desk_life.{kind}", slug=slug, **more)  # type: ignore[arg-type]


@blueprint.get("/datasets/<slug>")
def dataset(slug: str) -> ResponseReturnValue:
    """A dataset at the desk."""
    return _show("dataset", slug)


@blueprint.get("/studies/<slug>")
def study(slug: str) -> ResponseReturnValue:
    """A study at the desk."""
    return _show("study", slug)


def _show(kind: str, slug: str, status: int = 200, **more: object) -> ResponseReturnValue:
    standing = life.standing(the_catalogue(), actor(), kind, slug)
    if standing.record.slug != slug and status == 200:
        return redirect(at(kind, standing.record.slug), 308)
    return render_template("desk/life/show.html", page=_context(standing, **more)), status


def _context(standing: Standing, **more: object) -> LifeContext:
    record, talk, kind = standing.record, standing.talk, standing.kind
    proposal = talk.proposal
    lines = history.history(the_catalogue(), actor(), kind, record.slug, limit=1)[1]
    page = "studies.page" if kind == "study" else "datasets.page"
    edits = "edit" in standing.can
    edit_url = url_for("desk_studies.edit" if kind == "study" else "desk_datasets.edit", slug=record.slug)
    return LifeContext(
        standing=standing,
        place=PLACES[kind],
        steps=_steps(standing),
        words=tuple((one, changes.field_words(one.field, [record]) if one.field else "") for one in talk.words),
        lacks=_lacks(standing, edit_url),
        proposal=changes.rows(proposal.differences, [record]) if proposal else (),
        clashes=tuple(changes.field_words(one.field, [record]) for one in proposal.clashes) if proposal else (),
        fields=tuple((name, label("field", name)) for name in FIELDS[kind]),
        page_url=url_for(page, slug=record.slug),
        edit_url=edit_url,
        me=actor().name or actor().email,
        states=lines[0].number if lines else 0,
        done=request.args.get("done", "") if not more else "",
        files=desk_files.block(record.slug) if edits and isinstance(record, DatasetRecord) else None,
        study=desk_studies.block(record.slug) if edits and isinstance(record, StudyRecord) else None,
        **more,  # type: ignore[arg-type]
    )


def _steps(standing: Standing) -> tuple[Step, ...]:
    """The line of steps: those behind, the present one, those to come."""
    now = standing.record.state.value
    names = ["draft", "in_review", "published"]
    if not standing.reviewed and now != "in_review":
        names.remove("in_review")
    if now == "withdrawn":
        names.append("withdrawn")
    here = names.index(now)
    return tuple(
        Step(name, "now" if place == here else "done" if place < here else "coming") for place, name in enumerate(names)
    )


def _lacks(standing: Standing, edit_url: str) -> tuple[Lack, ...]:
    """What is missing, the languages of a text in one line; each leads to its field."""
    found: dict[tuple[str, str], Lack] = {}
    for one in standing.talk.missing:
        name = changes.field_words(one.field, [standing.record])
        alike = [other for other in standing.talk.missing if (other.field, other.code) == (one.field, one.code)]
        found.setdefault(
            (one.field, one.message),
            Lack(_lack(one, name, alike), one.blocking, f"{edit_url}#field-{one.field.partition('.')[0]}"),
        )
    return tuple(found.values())


def _lack(one: Missing, name: str, alike: Sequence[Missing]) -> str:
    if one.code == "language":
        languages = ", ".join(label("language", other.language) for other in alike)
        return str(_("%(field)s missing: %(languages)s", field=name, languages=languages))
    if one.code == "empty":
        return str(_("%(field)s: nothing is said", field=name))
    return f"{name}: {told(Problem(one.code, one.message, one.field, value=one.value)).message}"


def _problems(error: Invalid, why: str = "") -> tuple[Problem, ...]:
    """What is wrong in the page's language. `why` is said where no reason was given: what for depends on the step."""
    return tuple(
        replace(one, message=why, hint="") if one.code == "no_reason" and why else told(one) for one in error.problems
    )


def _refused(error: Conflict) -> str:
    """Why a step was not taken, where somebody else was quicker."""
    if isinstance(error, Changed):
        return str(
            _("Somebody changed this record after you opened the page. Look at it once more: this is how it is.")
        )
    return str(_("It is in another state by now: somebody was quicker. What can still be done stands below."))


STEPS = ("submit", "comment", "return", "take-back", "publish", "restore")


@blueprint.post("/<any(datasets,studies):place>/<slug>/<any(submit,comment,'return','take-back',publish,restore):step>")
def act(place: str, slug: str, step: str) -> ResponseReturnValue:
    """Take a step in the record's life; where that cannot be, the page again, which says why."""
    kind, typed = KINDS[place], request.form.get("message", "")[:20_000]
    try:
        _step(kind, slug, step, typed)
    except Invalid as error:
        problems = _problems(error, _("Write what is to be done."))
        return _show(kind, slug, 400, problems=problems, refused=error.message, typed=typed)
    except Conflict as error:
        return _show(kind, slug, 409, refused=_refused(error), typed=typed)
    return redirect(at(kind, slug, done=step), 303)


def _step(kind: str, slug: str, step: str, message: str) -> None:
    catalogue, who, version = the_catalogue(), actor(), request.form.get("version") or None
    match step:
        case "submit":
            reviewing.submit(catalogue, who, kind, slug, message, if_version=version)
        case "comment":
            reviewing.comment(catalogue, who, kind, slug, message, request.form.get("field", ""))
        case "return":
            reviewing.send_back(catalogue, who, kind, slug, message, if_version=version)
        case "take-back":
            reviewing.take_back(catalogue, who, kind, slug)
        case "publish":
            reviewing.publish(catalogue, who, kind, slug, message, if_version=version)
        case _:
            life.restore(catalogue, who, kind, slug)


@blueprint.get("/<any(datasets,studies):place>/<slug>/withdraw")
def ask_to_withdraw(place: str, slug: str) -> ResponseReturnValue:
    """Say what withdrawing does, show the tombstone, and ask for the reason."""
    return _ask(place, slug)


def _ask(place: str, slug: str, status: int = 200, **more: object) -> ResponseReturnValue:
    standing = life.standing(the_catalogue(), actor(), KINDS[place], slug)
    if "withdraw" not in standing.can:
        if standing.record.state is RecordState.WITHDRAWN:
            return redirect(at(KINDS[place], slug), 303)
        raise NotAllowed("You may not withdraw this record.")
    return render_template("desk/life/withdraw.html", page=_context(standing, **more)), status


@blueprint.post("/<any(datasets,studies):place>/<slug>/withdraw")
def withdraw(place: str, slug: str) -> ResponseReturnValue:
    """Withdraw the record; with `look`, show first what its address would say."""
    reason, version = request.form.get("reason", ""), request.form.get("version") or None
    if request.form.get("look"):
        return _ask(place, slug, typed=reason)
    try:
        life.withdraw(the_catalogue(), actor(), KINDS[place], slug, reason, if_version=version)
    except Invalid as error:
        why = _("Write why it is withdrawn: its address says so from now on.")
        return _ask(place, slug, 400, problems=_problems(error, why), typed=reason)
    except Conflict as error:
        return _ask(place, slug, 409, refused=_refused(error), typed=reason)
    return redirect(at(KINDS[place], slug, done="withdraw"), 303)


@blueprint.post("/<any(datasets,studies):place>/<slug>/responsible")
def assign(place: str, slug: str) -> ResponseReturnValue:
    """Note who answers for the record: who was named, who asks ("me"), or on purpose nobody."""
    kind, person, choice = KINDS[place], request.form.get("person", "").strip()[:320], request.form.get("choice", "")
    try:
        if not person and choice not in ("me", "nobody"):
            raise Invalid("Name somebody.", [Problem("handover_user", "Name somebody.", "user")])
        named = {"me": actor().email, "nobody": ""}.get(choice, person)
        handover.assign(the_catalogue(), actor(), kind, slug, named)
    except Invalid as error:
        problems = _problems(error)
        return _show(kind, slug, 400, problems=problems, refused=error.message, person=person)
    return redirect(at(kind, slug, done="assign"), 303)
