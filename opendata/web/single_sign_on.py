"""Signing in by a provider: the way there and back, the question to the owner of an account, the way out."""

from __future__ import annotations

import logging
from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Conflict, Invalid, NotAllowed, TooMany
from opendata.services import identities, single_sign_on
from opendata.services.id_tokens import Forged
from opendata.services.openid import ProviderDown
from opendata.services.single_sign_on import NOTE_SECONDS, Back
from opendata.web import inside, signing
from opendata.web.identity import actor, the_catalogue
from opendata.web.sign_in_contexts import ConfirmContext, SignedOutContext, TroubleContext
from opendata.web.wording import in_words

logger = logging.getLogger(__name__)

blueprint = inside.make_blueprint("single_sign_on", __name__, "/account")

UNDER_WAY, TO_CONFIRM = "sso", "sso-confirm"
"""Cookies of the two notes."""
STATUS: dict[str, int] = {"down": 503, "forged": 400, "turned_down": 403, "unknown": 403, "other": 409}
"""Why nobody was signed in, and what the page answers."""


@blueprint.app_context_processor
def ways_in() -> dict[str, object]:
    """For the pages of the sign-in and of one's account: asked only where a template calls them."""
    return {
        "sign_in_buttons": lambda: single_sign_on.buttons(the_catalogue()),
        "own_identities": lambda: identities.mine(the_catalogue(), actor()),
    }


@blueprint.get("/sso/<provider>/start")
def start(provider: str) -> ResponseReturnValue:
    """On to the provider."""
    try:
        begun = single_sign_on.begin(
            the_catalogue(), actor(), provider, inside.local_path(request.args.get("next", ""))
        )
    except ProviderDown as error:
        return _trouble(provider, "down", error.message)
    response = make_response(redirect(begun.address, 303))
    signing.set_cookie(response, UNDER_WAY, begun.note, NOTE_SECONDS)
    return response


@blueprint.get("/sso/<provider>/return")
def come_back(provider: str) -> ResponseReturnValue:
    """Back from it: signed in, or asked, or told why not. What was begun is over in any case."""
    note, answer = signing.cookie(UNDER_WAY), request.args.to_dict()
    try:
        back = single_sign_on.finish(the_catalogue(), actor(), provider, note, answer, signing.visit())
    except ProviderDown as error:
        return _over(_trouble(provider, "down", error.message))
    except single_sign_on.TurnedDown as error:
        return _over(_trouble(provider, "turned_down", error.message))
    except Forged as error:
        return _over(_trouble(provider, "forged", error.message))
    except NotAllowed as error:
        return _over(_trouble(provider, "unknown" if not error.signed_in else "other", error.message))
    return _over(_on(provider, back))


def _on(provider: str, back: Back) -> ResponseReturnValue:
    if back.entered is not None:
        return signing.enter(back.entered)
    if not back.note:
        return _trouble(provider, "unknown", "", back.said)
    response = make_response(redirect(url_for("single_sign_on.confirm"), 303))
    signing.set_cookie(response, TO_CONFIRM, back.note, NOTE_SECONDS)
    return response


def _over(answer: ResponseReturnValue) -> ResponseReturnValue:
    response = make_response(answer)
    signing.drop_cookie(response, UNDER_WAY)
    return response


def _trouble(provider: str, why: str, told: str, said: str = "") -> ResponseReturnValue:
    """Why it came to nothing. What exactly was wrong stands in the log, for the operator."""
    logger.warning("single sign-on failed provider=%s why=%s: %s", provider[:40], why, told[:500])
    found = single_sign_on.provider_of(the_catalogue(), provider)
    page = TroubleContext(why, found.title or found.name, url_for("single_sign_on.start", provider=provider), said)
    return render_template("account/sso_trouble.html", page=page), STATUS[why]


@blueprint.get("/sso/confirm")
def confirm() -> ResponseReturnValue:
    """The question whether it is the same person; without one, to the sign-in."""
    try:
        return _confirm()
    except NotAllowed:
        return redirect(url_for("account.sign_in"), 303)


def _confirm(**given: object) -> str:
    asked = single_sign_on.to_confirm(the_catalogue(), actor(), signing.cookie(TO_CONFIRM))
    return render_template("account/sso_confirm.html", page=ConfirmContext(asked, **given))  # type: ignore[arg-type]


@blueprint.post("/sso/confirm")
def try_confirm() -> ResponseReturnValue:
    """It is: the identity opens the account from now on."""
    form, note = request.form, signing.cookie(TO_CONFIRM)
    password, code = form.get("password", ""), form.get("code", "")
    try:
        entered = single_sign_on.confirm(the_catalogue(), actor(), note, password, code, signing.visit())
    except Invalid as error:
        return _confirm(problems=in_words(error.problems)), 400
    except TooMany as error:
        wait = max(1, error.retry_after // 60)
        return _confirm(wait=wait), 429, {"Retry-After": str(error.retry_after)}
    except (NotAllowed, Conflict):
        return redirect(url_for("account.sign_in"), 303)
    answer = signing.enter(entered) if entered else redirect(url_for("account.account", done="identity_linked"), 303)
    response = make_response(answer)
    signing.drop_cookie(response, TO_CONFIRM)
    return response


@blueprint.post("/sso/unlink/<uuid:identity_id>")
def unlink(identity_id: UUID) -> ResponseReturnValue:
    """The identity opens the account no more."""
    try:
        identities.unlink(the_catalogue(), actor(), identity_id)
    except Conflict:
        return redirect(url_for("account.account", done="identity_stays"), 303)
    return redirect(url_for("account.account", done="identity_unlinked"), 303)


@blueprint.get("/signed-out")
def signed_out() -> str:
    """Signed out here; signing out of the provider as well is offered, since somebody else may sit down next."""
    name = request.args.get("provider", "")
    known = next((one for one in single_sign_on.buttons(the_catalogue()) if one.name == name), None)
    url = url_for("single_sign_on.sign_out_there", provider=name) if known else ""
    return render_template("account/signed_out.html", page=SignedOutContext(known.title if known else "", url))


@blueprint.get("/sso/<provider>/sign-out")
def sign_out_there(provider: str) -> ResponseReturnValue:
    """On to the provider's own way out."""
    return redirect(single_sign_on.way_out(the_catalogue(), provider) or url_for("single_sign_on.signed_out"), 303)
