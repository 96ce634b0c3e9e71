"""The second factor: asked for at sign-in, set up and looked after at the account."""

from __future__ import annotations

from dataclasses import replace

import segno
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from opendata.errors import Invalid, NotAllowed, TooMany
from opendata.services import second_factor, signing_in
from opendata.web import inside, signing
from opendata.web.identity import actor, session_secret, the_catalogue
from opendata.web.sign_in_contexts import CodeContext, RecoveryCodesContext, SecondFactorContext
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("second_factor", __name__, "/account")

OPEN = frozenset({"second_factor.code", "second_factor.try_code"})
"""What comes before there is a session."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """Setting it up is open to those for whom nothing else is."""
    if request.endpoint in OPEN or (actor().must_set_second_factor and not actor().must_change_password):
        return None
    return inside.show_in()


@blueprint.get("/sign-in/code")
def code() -> ResponseReturnValue:
    """The second step; without a first one, or ten minutes after it, back to that."""
    if not signing_in.is_waiting(the_catalogue(), signing.cookie(signing.STEP_COOKIE)):
        return redirect(url_for("account.sign_in"), 303)
    return render_template("account/code.html", page=CodeContext())


@blueprint.post("/sign-in/code")
def try_code() -> ResponseReturnValue:
    """A session, or the form again."""
    note, given = signing.cookie(signing.STEP_COOKIE), request.form.get("code", "")[:100]
    if not signing_in.is_waiting(the_catalogue(), note):
        return redirect(url_for("account.sign_in"), 303)
    try:
        return signing.enter(signing_in.by_code(the_catalogue(), note, given, signing.visit()))
    except NotAllowed:
        page = CodeContext(refused=True, recovery="recovery" in request.form)
        return render_template("account/code.html", page=page), 403
    except TooMany as error:
        page = CodeContext(wait=max(1, error.retry_after // 60))
        return render_template("account/code.html", page=page), 429, {"Retry-After": str(error.retry_after)}


@blueprint.get("/second-factor")
def page() -> str:
    """What there is, or how to set it up."""
    wanted, done = inside.local_path(request.args.get("next", "")), request.args.get("done", "")
    return _page(wanted, done=done)


def _page(wanted: str, sealed: str = "", **given: object) -> str:
    asker, state = actor(), second_factor.state(the_catalogue(), actor())
    page = SecondFactorContext(state, next=wanted, required=asker.must_set_second_factor, **given)  # type: ignore[arg-type]
    if state.since is None:
        offer = second_factor.offer(the_catalogue(), asker, sealed)
        page = replace(page, words=offer.words, sealed=offer.sealed, qr=_qr(offer.address))
    return render_template("account/second_factor.html", page=page)


def _qr(address: str) -> Markup:
    """The address as a picture. Colours are fixed, dark on light, since cameras look for that."""
    drawn = segno.make(address, error="m", micro=False)
    # What is drawn are squares: nothing of the address stands in the markup.
    return Markup(drawn.svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704


@blueprint.post("/second-factor")
def turn_on() -> ResponseReturnValue:
    """Set it up, and show the recovery codes: this answer is the only one that ever holds them."""
    form, wanted = request.form, inside.local_path(request.form.get("next", ""))
    sealed, given, password = (form.get(name, "") for name in ("sealed", "code", "password"))
    try:
        codes = second_factor.turn_on(the_catalogue(), actor(), sealed, given, password, session_secret())
    except Invalid as error:
        return _page(wanted, sealed, problems=in_words(error.problems)), 400
    return _codes(codes, wanted, fresh=True)


@blueprint.post("/second-factor/codes")
def renew_codes() -> ResponseReturnValue:
    """New recovery codes instead of the old ones."""
    try:
        codes = second_factor.renew_codes(the_catalogue(), actor(), request.form.get("code", ""))
    except Invalid as error:
        return _page("", part="renew", problems=in_words(error.problems)), 400
    return _codes(codes, "", fresh=False)


@blueprint.post("/second-factor/off")
def turn_off() -> ResponseReturnValue:
    """Go on without, where the settings let them."""
    form = request.form
    try:
        second_factor.turn_off(the_catalogue(), actor(), form.get("password", ""), form.get("code", ""))
    except Invalid as error:
        return _page("", part="off", problems=in_words(error.problems)), 400
    return redirect(url_for("second_factor.page", done="second_factor_off"), 303)


def _codes(codes: tuple[str, ...], wanted: str, *, fresh: bool) -> str:
    page = RecoveryCodesContext(codes, fresh, wanted or url_for("account.account"))
    return render_template("account/recovery_codes.html", page=page)
