"""A form that was sent after the session had ended: its words go through the sign-in and come back as a draft.

Where somebody signs in by a provider, which no form can be carried through, and for forms that keep no drafts, the page
stays open with the words in it: they are sent again from there once one has signed in in another window. It is one of
our own pages that sends them, as it was at first (security.check_form_origin).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, cast
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from opendata.errors import CatalogueError
from opendata.services import form_drafts
from opendata.services.actors import Actor
from opendata.web import inside
from opendata.web.desk_contexts import SignInContext
from opendata.web.errors import wants_json
from opendata.web.forms.partial import Words, words_of
from opendata.web.forms.sheet import TITLE, title_of, widen
from opendata.web.forms.typed import bounded
from opendata.web.identity import actor, the_catalogue

FORM = "application/x-www-form-urlencoded"
WITH_FILES = "multipart/form-data"
SIGN_IN = "/account/sign-in"
PREFIX = "carried."
OURS = ("act", "form-kind", "form-object", "form-version", "form-draft", TITLE)
"""Names of a form that are of no field."""


def install(app: Flask) -> None:
    """Let the forms of the desk of `app` be as large as a record, and come too late. Before the gate of its pages."""
    app.before_request(_too_late)
    app.add_template_filter(again, "sent_again")


def _too_late() -> ResponseReturnValue | None:
    """The sign-in, with what was typed, where a form of the desk comes from nobody."""
    if request.method != "POST" or not request.path.startswith(("/desk/", SIGN_IN)):
        return None
    if request.mimetype not in (FORM, WITH_FILES):
        return None
    widen()
    if actor().signed_in or wants_json() or not request.path.startswith("/desk/") or request.url_rule is None:
        return None
    sent = _words()
    if not sent.pairs:
        return None
    given = tuple((PREFIX + name, value) for name, value in bounded(sent.pairs))
    kept_as_draft = any(name == "form-kind" for name, _ in sent.pairs)
    wanted = f"{request.script_root}{request.path}" if kept_as_draft else inside.here()
    page = SignInContext(wanted, carried=given, unkept=not kept_as_draft, file=sent.file)
    return render_template("account/sign_in.html", page=page), 401


def _words() -> Words:
    """What the form says. A file in it stays where it is: it is chosen again."""
    if request.mimetype == WITH_FILES:
        return words_of(cast("BinaryIO", request.stream), request.content_type or "")
    return Words(tuple(request.form.items(multi=True)), file=False)


def again(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The fields of the form that a sign-in carries, to be sent once more by who has signed in elsewhere: to be kept as
    a draft where the form is one that keeps itself, else as it was sent.
    """
    sent = [(name.removeprefix(PREFIX), value) for name, value in pairs]
    if any(name == "form-kind" for name, _ in sent):
        sent = [*(pair for pair in sent if pair[0] != "act"), ("act", "keep:title")]
    return tuple(sent)


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
