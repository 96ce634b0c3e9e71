"""Signing in and out, and what people look after themselves: their password and their API tokens."""

from __future__ import annotations

from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, NotAllowed, TooMany
from opendata.services import access, accounts, signing_in, single_sign_on
from opendata.services.passwords import MIN_CHARACTERS
from opendata.web import inside, signing
from opendata.web.desk_contexts import AccountContext, PasswordContext, SignInContext
from opendata.web.identity import actor, session_secret, the_catalogue
from opendata.web.wording import in_words

blueprint = inside.make_blueprint("account", __name__)

OPEN = frozenset({"account.sign_in", "account.try_sign_in", "account.sign_out"})
"""What needs no session."""


@blueprint.before_request
def show_in() -> ResponseReturnValue | None:
    """All but signing in is for those who have; all but the password waits for those who must change it."""
    if request.endpoint in OPEN:
        return None
    if request.endpoint in ("account.password", "account.change_password") and actor().signed_in:
        return None
    return inside.show_in()


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form; who is signed in already goes on at once."""
    given = request.args.get("next", "")
    if actor().signed_in:
        return redirect(inside.local_path(given) or inside.first_page(actor()), 303)
    return render_template("account/sign_in.html", page=SignInContext(inside.local_path(given)))


@blueprint.post("/sign-in")
def try_sign_in() -> ResponseReturnValue:
    """A new session, or the form again: with the same words whatever was wrong."""
    form, given = request.form, inside.local_path(request.form.get("next", ""))
    email, password = form.get("email", ""), form.get("password", "")
    try:
        user_id = access.prove(the_catalogue(), email, password, address=signing.visit().address)
    except NotAllowed:
        return render_template("account/sign_in.html", page=SignInContext(given, email, refused=True)), 403
    except TooMany as error:
        page = SignInContext(given, email, wait=max(1, error.retry_after // 60))
        return render_template("account/sign_in.html", page=page), 429, {"Retry-After": str(error.retry_after)}
    return signing.enter(signing_in.proven(the_catalogue(), user_id, signing.visit(), given))


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session, here and in the store; who came by a provider is told how to leave that too."""
    came_by = single_sign_on.came_by(the_catalogue(), session_secret())
    there = url_for("single_sign_on.signed_out", provider=came_by) if came_by else url_for("pages.front")
    return signing.leave(make_response(redirect(there, 303)))


@blueprint.get("")
def account() -> str:
    """Who am I, what may I do, which tokens have I."""
    return _account(done=request.args.get("done", ""))


def _account(**given: object) -> str:
    found = accounts.own_account(the_catalogue(), actor())
    page = AccountContext(found, accounts.MAX_DAYS, **given)  # type: ignore[arg-type]
    return render_template("account/account.html", page=page)


@blueprint.post("/tokens")
def create_token() -> ResponseReturnValue:
    """Make a token and show it: this answer is the only one that ever holds it."""
    name, days = request.form.get("token_name", ""), request.form.get("token_days", "").strip()
    try:
        number = int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0
        token = accounts.new_token(the_catalogue(), actor(), name, number if days else None)
    except Invalid as error:
        return _account(token_name=name, token_days=days, problems=in_words(error.problems)), 400
    return _account(new_token=token)


@blueprint.post("/tokens/<uuid:token_id>/revoke")
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    """End a token."""
    accounts.revoke_token(the_catalogue(), actor(), token_id)
    return redirect(url_for("account.account", done="revoked"), 303)


@blueprint.get("/password")
def password() -> str:
    """The form to change one's own password."""
    return _password(request.args.get("next", ""))


def _password(given: str, **problems: object) -> str:
    asker = actor()
    page = PasswordContext(
        inside.local_path(given),
        asker.email,
        asker.must_change_password,
        MIN_CHARACTERS,
        **problems,  # type: ignore[arg-type]
    )
    return render_template("account/password.html", page=page)


@blueprint.post("/password")
def change_password() -> ResponseReturnValue:
    """Change it; every other session of this account ends."""
    form = request.form
    try:
        accounts.change_password(
            the_catalogue(),
            actor(),
            form.get("old", ""),
            form.get("new", ""),
            address=request.remote_addr or "",
            session_secret=session_secret(),
        )
    except Invalid as error:
        return _password(form.get("next", ""), problems=in_words(error.problems)), 400
    return redirect(inside.local_path(form.get("next", "")) or url_for("account.account", done="password"), 303)
