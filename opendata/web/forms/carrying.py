"""A form that was sent after the session had ended: its words go through the sign-in and come back as a draft."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from opendata.errors import CatalogueError
from opendata.services import form_drafts
from opendata.services.actors import Actor
from opendata.web.desk_contexts import SignInContext
from opendata.web.errors import wants_json
from opendata.web.forms.sheet import TITLE, title_of, widen
from opendata.web.forms.typed import bounded
from opendata.web.identity import actor, the_catalogue

FORM = "application/x-www-form-urlencoded"
SIGN_IN = "/account/sign-in"
PREFIX = "carried."
OURS = ("act", "form-kind", "form-object", "form-version", "form-draft", TITLE)
"""Names of a form that are of no field."""


def install(app: Flask) -> None:
    """Let the forms of the desk of `app` be as large as a record, and come too late. Before the gate of its pages."""
    app.before_request(_too_late)


def _too_late() -> ResponseReturnValue | None:
    """The sign-in, with what was typed, where a form of the desk comes from nobody."""
    if request.method != "POST" or not request.path.startswith(("/desk/", SIGN_IN)) or request.mimetype != FORM:
        return None
    widen()
    if actor().signed_in or wants_json() or "form-kind" not in request.form:
        return None
    given = tuple((PREFIX + name, value) for name, value in bounded(request.form.items(multi=True)))
    return render_template(
        "account/sign_in.html", page=SignInContext(f"{request.script_root}{request.path}", carried=given)
    ), 401


def carried(form: MultiDict[str, str]) -> tuple[tuple[str, str], ...]:
    """The hidden fields of a sign-in that carries a form; for the sign-in's page after a wrong password."""
    return tuple(pair for pair in bounded(form.items(multi=True)) if pair[0].startswith(PREFIX))


def kept(user_id: UUID, form: MultiDict[str, str], going_on: str) -> str:
    """Where to go on to: `going_on`, with a draft of what the sign-in carried for who has just proved to be `user_id`.

    A second factor may still be asked for: the draft waits for its owner.
    """
    pairs = [(name.removeprefix(PREFIX), value) for name, value in carried(form)]
    if not pairs or not going_on:
        return going_on
    of = dict(pairs)
    typed = [(name, value) for name, value in pairs if name not in OURS]
    try:
        line = form_drafts.keep(
            the_catalogue(),
            Actor(user_id),
            of.get("form-kind", ""),
            typed,
            object_id=_uuid(of.get("form-object", "")),
            title=title_of(pairs),
            base_version=of.get("form-version", ""),
            draft=_uuid(of.get("form-draft", "")),
        )
    except CatalogueError:
        return going_on
    return f"{going_on.partition('?')[0]}?{urlencode({'draft': str(line.id)})}"


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
