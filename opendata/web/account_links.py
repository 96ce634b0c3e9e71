"""The pages behind the links of letters: an invitation, a new password, a new address. They need no session.

To look at such a page uses nothing up, for mail servers look too: only what is sent from it counts.
"""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, NotFound, TooMany
from opendata.services import email_changes, invitations, resets, signing_in
from opendata.services.invitations import Answer
from opendata.web import inside, signing
from opendata.web.account_contexts import ForgottenContext, InvitationContext, NewAddressContext, ResetContext
from opendata.web.i18n import NAMES, offered, page_language
from opendata.web.identity import network_address, the_catalogue
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("account_links", __name__, "/account")


@blueprint.errorhandler(NotFound)
def over(_error: NotFound) -> ResponseReturnValue:
    """The link was used already, or its time is over: one page, whichever it was."""
    return render_template("account/link_over.html"), 410


@blueprint.get("/forgotten")
def forgotten() -> str:
    """The form to have a link sent."""
    return render_template("account/forgotten.html", page=ForgottenContext(sent="sent" in request.args))


@blueprint.post("/forgotten")
def send() -> ResponseReturnValue:
    """The same answer for every address."""
    email = request.form.get("email", "")
    try:
        resets.ask(the_catalogue(), email, network_address())
    except TooMany as error:
        page = ForgottenContext(email, wait=max(1, error.retry_after // 60))
        return render_template("account/forgotten.html", page=page), 429, {"Retry-After": str(error.retry_after)}
    return redirect(url_for("account_links.forgotten", sent=1), 303)


@blueprint.get("/reset/<secret>")
def reset(secret: str) -> str:
    """The form for the new password."""
    return _reset(secret)


def _reset(secret: str, **problems: object) -> str:
    page = ResetContext(resets.opened(the_catalogue(), secret), **problems)  # type: ignore[arg-type]
    return render_template("account/reset.html", page=page)


@blueprint.post("/reset/<secret>")
def set_password(secret: str) -> ResponseReturnValue:
    """The new password holds; on to the second step, or in."""
    try:
        user_id = resets.finish(the_catalogue(), secret, request.form.get("new", ""), network_address())
    except Invalid as error:
        return _reset(secret, problems=in_words(error.problems)), 400
    return signing.enter(signing_in.proven(the_catalogue(), user_id, signing.visit()))


@blueprint.get("/invitation/<secret>")
def invitation(secret: str) -> str:
    """The form that opens the account."""
    found = invitations.opened(the_catalogue(), secret)
    return _invitation(secret, found.name, found.language or page_language())


def _invitation(secret: str, name: str, language: str, **problems: object) -> str:
    found, languages = invitations.opened(the_catalogue(), secret), tuple((code, NAMES[code]) for code in offered())
    page = InvitationContext(found, languages, name, language, **problems)  # type: ignore[arg-type]
    return render_template("account/invitation.html", page=page)


@blueprint.post("/invitation/<secret>")
def accept(secret: str) -> ResponseReturnValue:
    """The account is open, and its owner is in."""
    form = request.form
    answer = Answer(form.get("name", ""), form.get("language", ""), form.get("new", ""))
    try:
        user_id = invitations.accept(the_catalogue(), secret, answer, network_address())
    except Invalid as error:
        return _invitation(secret, answer.name, answer.language, problems=in_words(error.problems)), 400
    return signing.enter(signing_in.proven(the_catalogue(), user_id, signing.visit()))


@blueprint.get("/email/<secret>")
def new_address(secret: str) -> str:
    """The button that confirms it."""
    page = NewAddressContext(email_changes.opened(the_catalogue(), secret))
    return render_template("account/new_address.html", page=page)


@blueprint.post("/email/<secret>")
def confirm_address(secret: str) -> ResponseReturnValue:
    """The account has the new address."""
    email_changes.confirm(the_catalogue(), secret, network_address())
    return redirect(url_for("account_links.address_confirmed"), 303)


@blueprint.get("/email/confirmed")
def address_confirmed() -> str:
    """It is done."""
    return render_template("account/new_address.html", page=NewAddressContext("", done=True))
