"""All that a page with a form does, whatever the form is of: a page declares a `Sheet` and calls `show` and `post`.

What was sent and not saved is kept as a draft before anything else is done with it, so no answer can lose it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from opendata.errors import Changed, Conflict, Invalid, NotAllowed, NotFound, Problem, TooLarge
from opendata.services import form_drafts
from opendata.services.completion_desk import SELF
from opendata.services.form_drafts import Draft, DraftLine
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice, Form
from opendata.web.forms.merging import ClashView, Merged
from opendata.web.forms.offers import Tells
from opendata.web.forms.placing import placed
from opendata.web.forms.typed import BODY_BYTES, MOST_PAIRS, Typed
from opendata.web.forms.views import FormView, Found, Said, Viewing
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue


@dataclass(frozen=True, slots=True)
class SheetView:
    """What the page around a form may use. `drafts` wait to be gone on with; `opened` is the one that is shown, and
    `outdated` says that what the form shows was changed since that was begun. `done` is of the address. `typed` is what
    the form holds, `previewed` whether what it would come to is asked for, `tells` what a file tells of the fields.
    """

    form: FormView
    here: str
    kind: str
    object_id: str
    drafts: tuple[DraftLine, ...] = ()
    opened: DraftLine | None = None
    outdated: bool = False
    done: str = ""
    title: str = ""
    typed: Typed = Typed()
    previewed: bool = False
    tells: Tells | None = None


def _unit(name: str) -> str:
    return name.partition(".")[0]


@dataclass(frozen=True)
class Sheet:
    """One form over one record. `stored` is what the form holds when nobody typed, `version` what `save` must still
    find; `save` gives the address to go on to, `page` the page. `offered` and `said` as for `Viewing`.
    """

    form: Form
    kind: str
    here: str
    save: Callable[[Answers, str], str]
    page: Callable[[SheetView], str]
    stored: Typed = Typed()
    begun: Typed | None = None
    """What it shows first where that is another: a change of the record that waits for review."""
    object_id: UUID | None = None
    version: str = ""
    content: str = ""
    """A `mark` of what the form shows, where that is less than `version` tells of: a change of anything else since the
    form was opened (a file was read) is no conflict."""
    title: str = ""
    """What its drafts are called where nobody types a title."""
    organization_id: UUID | None = None
    offered: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    said: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    lookup: Callable[[str, str], Sequence[Found]] | None = None
    """Kind of completion and what was typed -> what was found."""
    merge: Callable[[Answers, str], Merged] | None = None
    """Mine and the version that it was made from -> both together."""
    release: Callable[[str], Sheet] | None = None
    """Takes the sources' word for a field again -> the sheet of what the record is then."""
    field_of: Callable[[str], str] = _unit
    """What is released -> the field of the form that holds it."""
    tells: Tells | None = None
    """What a file of the record tells of the fields."""
    preview: Callable[[Answers], object] | None = None
    """Checks what is to be shown before it is saved. Invalid."""

    @property
    def token(self) -> str:
        """What the form sends back of the record that it shows."""
        return f"{self.version}~{self.content}" if self.content else self.version

    def meant(self, token: str) -> str:
        """The version that saving must find: that of now where the form still shows what it did when it was opened."""
        version, _, content = token.partition("~")
        return self.version if content and content == self.content else version


SheetOf = TypeVar("SheetOf", bound=Callable[..., Sheet])


def page(blueprint: Blueprint, rule: str, reading: str, writing: str) -> Callable[[SheetOf], SheetOf]:
    """Puts the form that a function makes at `rule`: `reading` is the endpoint that shows it, `writing` that which does
    what was pressed.
    """

    def put(sheet_of: SheetOf) -> SheetOf:
        blueprint.add_url_rule(rule, reading, lambda **values: show(sheet_of(**values)), methods=["GET"])
        blueprint.add_url_rule(rule, writing, lambda **values: post(sheet_of(**values)), methods=["POST"])
        return sheet_of

    return put


def show(sheet: Sheet) -> str:
    """The form: with the draft that the address names, else as the record stands, with the drafts that wait."""
    opened = _draft(sheet, request.args.get("draft", ""))
    typed = Typed.known(sheet.form, opened.form) if opened else sheet.begun or sheet.stored
    drafts = form_drafts.mine(the_catalogue(), actor(), sheet.kind, sheet.object_id)
    version = opened.line.base_version if opened else sheet.token
    looked = request.args.get("look", "")
    found = _found(sheet, looked, typed)
    viewing = replace(_viewing(sheet, typed), looked=looked, found=found)
    view = SheetView(
        form=viewing.view(version, str(opened.line.id) if opened else ""),
        here=sheet.here,
        kind=sheet.kind,
        object_id=str(sheet.object_id or ""),
        drafts=tuple(one for one in drafts if opened is None or one.id != opened.line.id),
        opened=opened.line if opened else None,
        outdated=bool(opened and sheet.version and sheet.meant(version) != sheet.version),
        done=request.args.get("done", ""),
        title=sheet.title,
        typed=typed,
        previewed=bool(opened and request.args.get("preview")),
        tells=sheet.tells,
    )
    return sheet.page(view)


def _viewing(sheet: Sheet, typed: Typed) -> Viewing:
    offers = sheet.tells.offers(sheet.form, typed) if sheet.tells else {}
    return Viewing(sheet.form, typed, offered=sheet.offered, said=sheet.said, offers=offers)


def _draft(sheet: Sheet, given: str) -> Draft | None:
    """The draft of that id, where it is one of the asker's for this very record."""
    try:
        found = form_drafts.open(the_catalogue(), actor(), UUID(given)) if given else None
    except (ValueError, NotFound):
        return None
    return found if found and (found.line.kind, found.line.object_id) == (sheet.kind, sheet.object_id) else None


def _found(sheet: Sheet, name: str, typed: Typed) -> tuple[Found, ...]:
    one = sheet.form.field(name) if name else None
    if one is None or not one.lookup or sheet.lookup is None:
        return ()
    return tuple(sheet.lookup(one.lookup, typed.first(name).strip()))


def widen() -> None:
    """Let this request's form be as large as a record may be. Before anything of it is read."""
    request.max_form_memory_size = BODY_BYTES
    request.max_form_parts = MOST_PAIRS


def post(sheet: Sheet) -> ResponseReturnValue:
    """Do what was pressed: add, remove or move a row, look something up, take it, show what it comes to, or save."""
    version = request.form.get("form-version", sheet.token)
    try:
        typed = Typed.posted(sheet.form, request.form)
    except TooLarge as error:
        typed = Typed.known(sheet.form, request.form.items(multi=True))
        return _again(sheet, typed, version, (Problem("form_too_large", error.message),), ""), 413
    typed = _with_choices(sheet, typed)
    act, _, target = request.form.get("act", "").partition(":")
    if act == "release" and sheet.release is not None:
        return _released(sheet, typed, version, target)
    if act in _ACTS:
        changed, at, look = _ACTS[act](typed, target)
        return _to_draft(sheet, changed, version, f"field-{at}", look=look)
    if act == "fill" and sheet.tells is not None:
        return _to_draft(sheet, sheet.tells.all(sheet.form, typed), version, "field-title")
    if act == "preview" and sheet.preview is not None:
        return _preview(sheet, typed, version, sheet.preview)
    return _save(sheet, typed, version)


def _with_choices(sheet: Sheet, typed: Typed) -> Typed:
    """What was typed, with the record's own words where those were chosen on the page of a conflict."""
    for name, value in request.form.items():
        if name.startswith("choose.") and value == "theirs":
            typed = typed.with_field(name.removeprefix("choose."), sheet.stored)
    return typed


Acted = tuple[Typed, str, str]
"""What the form holds then, where to go, and what to look up."""


def _add(typed: Typed, target: str) -> Acted:
    changed = typed.with_row(target)
    return changed, f"{target}-{changed.numbers(target)[-1]}", ""


def _remove(typed: Typed, target: str) -> Acted:
    return typed.without_row(target), target.rpartition("-")[0], ""


def _up(typed: Typed, target: str) -> Acted:
    return typed.moved(target, -1), target, ""


def _down(typed: Typed, target: str) -> Acted:
    return typed.moved(target, 1), target, ""


def _look(typed: Typed, target: str) -> Acted:
    return typed, target, target


def _take(typed: Typed, target: str) -> Acted:
    """Fill the fields beside the one that was looked up: `target` is its name and the values as JSON."""
    name, _, given = target.partition(":")
    try:
        values = json.loads(given)
    except ValueError:
        values = {}
    if not isinstance(values, dict):
        values = {}
    row = name.rpartition("-")[0]
    prefix = f"{row}-" if row else ""
    filled = ((name if key == SELF else f"{prefix}{key}"[:200], str(value)) for key, value in values.items())
    return typed.with_values(filled), name, ""


_ACTS: Mapping[str, Callable[[Typed, str], Acted]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "look": _look,
    "take": _take,
    "keep": lambda typed, target: (typed, target, ""),
}
"""By the first word of the button that was pressed; the rest says where."""


def _to_draft(sheet: Sheet, typed: Typed, version: str, anchor: str, **query: str) -> ResponseReturnValue:
    """Keep it, and show it again."""
    try:
        kept = keep(sheet, Typed.known(sheet.form, typed.pairs), version)
    except TooLarge as error:
        return _again(sheet, typed, version, (Problem("form_too_large", error.message),), ""), 413
    asked = {"draft": str(kept.id)} | {name: value for name, value in query.items() if value}
    return redirect(f"{sheet.here}?{urlencode(asked)}#{anchor}", 303)


def _preview(sheet: Sheet, typed: Typed, version: str, check: Callable[[Answers], object]) -> ResponseReturnValue:
    """Show what it would come to, or what is wrong with it."""
    answers = Answers(sheet.form, typed)
    answers.check(sheet.offered, sheet.stored)
    try:
        check(answers)
    except Invalid as error:
        return _kept_again(sheet, typed, version, _told(error)), 400
    return _to_draft(sheet, typed, version, "preview", preview="yes")


def _told(error: Invalid) -> Sequence[Problem]:
    return error.problems or (Problem("invalid", error.message),)


def keep(sheet: Sheet, typed: Typed, version: str) -> DraftLine:
    """Keep what was typed as the draft that the form belongs to, or as a new one."""
    return form_drafts.keep(
        the_catalogue(),
        actor(),
        sheet.kind,
        typed.pairs,
        object_id=sheet.object_id,
        organization_id=sheet.organization_id,
        title=title_of((*typed.pairs, (TITLE, sheet.title))),
        base_version=version,
        draft=draft_of(request.form.get("form-draft", "")),
    )


def draft_of(given: str) -> UUID | None:
    """The id that a form says its draft has."""
    try:
        return UUID(given)
    except ValueError:
        return None


TITLE = "form-title"
"""What a form says that its drafts are called, where nobody types a title."""


MOST_TITLE = 200
"""Characters of what a list calls it: nobody has checked what was typed."""


def title_of(pairs: Sequence[tuple[str, str]]) -> str:
    """What a list calls what was typed: its title in the language of the page, else in any, else what the form says."""
    titles = {name: value.strip() for name, value in pairs if _unit(name) in ("title", "name") or name == TITLE}
    otherwise = titles.pop(TITLE, "")
    first = titles.get(f"title.{page_language()}", "")
    return " ".join((first or next(filter(None, titles.values()), otherwise))[:MOST_TITLE].split())


def _save(sheet: Sheet, typed: Typed, version: str) -> ResponseReturnValue:
    answers = Answers(sheet.form, typed)
    answers.check(sheet.offered, sheet.stored)
    try:
        going_on = sheet.save(answers, sheet.meant(version))
    except Invalid as error:
        return _kept_again(sheet, typed, version, _told(error)), 400
    except Changed as error:
        if sheet.merge is None:
            told = Problem("changed_meanwhile", error.message)
            return _kept_again(sheet, typed, sheet.token, (told,)), 409
        merged = sheet.merge(Answers(answers.form, typed), sheet.meant(version))
        if merged.quiet and not merged.clashes and merged.version == sheet.version:
            return _save(replace(sheet, merge=None), merged.typed, sheet.token)
        return _conflict(sheet, typed, version, merged)
    except NotAllowed as error:
        return _kept_again(sheet, typed, version, (Problem("not_allowed", error.message),)), 403
    except Conflict as error:
        return _kept_again(sheet, typed, version, (Problem("conflict", error.message),)), 409
    if draft := draft_of(request.form.get("form-draft", "")):
        form_drafts.discard(the_catalogue(), actor(), draft)
    return redirect(going_on, 303)


def _kept_again(sheet: Sheet, typed: Typed, version: str, problems: Sequence[Problem]) -> str:
    """The form again, once what was typed is kept. Where it holds nothing but what it offered, there is no draft."""
    known = draft_of(request.form.get("form-draft", ""))
    if known is None and all(typed.of(one) == sheet.stored.of(one) for one in _units(sheet.form)):
        return _again(sheet, typed, version, problems, "")
    return _again(sheet, typed, version, problems, str(keep(sheet, typed, version).id))


def _again(sheet: Sheet, typed: Typed, version: str, problems: Sequence[Problem], draft: str) -> str:
    found = placed(sheet.form, typed, problems, page_language())
    view = replace(_viewing(sheet, typed), problems=found).view(version, draft)
    of = str(sheet.object_id or "")
    return sheet.page(SheetView(view, sheet.here, sheet.kind, of, title=sheet.title, typed=typed, tells=sheet.tells))


@dataclass(frozen=True, slots=True)
class ConflictContext:
    """desk/conflict.html. `pairs` are all that the form holds then, `draft` keeps what was typed."""

    here: str
    kind: str
    object_id: str
    clashes: tuple[ClashView, ...]
    pairs: tuple[tuple[str, str], ...]
    version: str
    draft: str


def _conflict(sheet: Sheet, typed: Typed, version: str, merged: Merged) -> ResponseReturnValue:
    """Somebody else saved meanwhile: what only one of the two changed is put together, the rest is asked."""
    kept = keep(sheet, typed, version)
    token = sheet.token if merged.version == sheet.version else merged.version
    context = ConflictContext(
        sheet.here, sheet.kind, str(sheet.object_id or ""), merged.clashes, merged.typed.pairs, token, str(kept.id)
    )
    return render_template("desk/conflict.html", page=context), 409


def _released(sheet: Sheet, typed: Typed, version: str, name: str) -> ResponseReturnValue:
    """Take the sources' word for a field; what else was typed stays typed."""
    if sheet.release is None:
        raise NotFound("This form has no sources.")
    fresh = sheet.release(name)
    field_name = sheet.field_of(name)
    changed = typed.with_field(field_name, fresh.stored)
    if all(changed.of(one) == sheet.stored.of(one) for one in _units(sheet.form) if one != field_name):
        return redirect(f"{sheet.here}?done=released#field-{field_name}", 303)
    current = fresh.token if sheet.meant(version) == sheet.version else version
    return _to_draft(replace(fresh, here=sheet.here), changed, current, f"field-{field_name}")


def _units(form: Form) -> frozenset[str]:
    return frozenset(_unit(part.name) for part in form.parts)
