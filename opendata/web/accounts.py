"""Signing in and out, and what people look after themselves: name, address, password, tokens, open sessions."""

from __future__ import annotations

from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from opendata.errors import Invalid, NotAllowed, TooMany
from opendata.services import access, accounts, email_changes, sessions, signing_in, single_sign_on, tokens
from opendata.services.passwords import MIN_CHARACTERS
from opendata.web import agents, inside, signing
from opendata.web.account_contexts import AccountContext, SessionsContext, TokenForm
from opendata.web.desk_contexts import PasswordContext, SignInContext
from opendata.web.forms import carrying
from opendata.web.i18n import NAMES, offered, page_language
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
        user_id = access.prove(the_catalogue(), email, password, signing.visit())
    except NotAllowed:
        page = SignInContext(given, email, refused=True, carried=carrying.carried(form))
        return render_template("account/sign_in.html", page=page), 403
    except TooMany as error:
        page = SignInContext(given, email, wait=max(1, error.retry_after // 60), carried=carrying.carried(form))
        return render_template("account/sign_in.html", page=page), 429, {"Retry-After": str(error.retry_after)}
    wanted = carrying.kept(user_id, form, given)
    return signing.enter(signing_in.proven(the_catalogue(), user_id, signing.visit(), wanted))


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
    catalogue, asker = the_catalogue(), actor()
    page = AccountContext(
        account=accounts.own_account(catalogue, asker),
        tokens=tokens.listed(catalogue, asker, str(asker.user_id))[::-1],
        places=tuple((one.slug, one.title.show(page_language()).value) for one in tokens.places(catalogue, asker)),
        languages=tuple((code, NAMES[code]) for code in offered()),
        max_days=tokens.MAX_DAYS,
        **given,  # type: ignore[arg-type]
    )
    return render_template("account/account.html", page=page)


@blueprint.post("/profile")
def change_profile() -> ResponseReturnValue:
    """Another name, or language of letters."""
    name, language = request.form.get("name", ""), request.form.get("language", "")
    try:
        accounts.change_profile(the_catalogue(), actor(), name, language)
    except Invalid as error:
        return _account(part="profile", name=name, problems=in_words(error.problems)), 400
    return redirect(url_for("account.account", done="profile"), 303)


@blueprint.post("/email")
def change_email() -> ResponseReturnValue:
    """Another address, which is confirmed by a link that goes there."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        email_changes.ask(the_catalogue(), actor(), email, password)
    except Invalid as error:
        return _account(part="email", email=email, problems=in_words(error.problems)), 400
    return redirect(url_for("account.account", done="email"), 303)


@blueprint.post("/tokens")
def create_token() -> ResponseReturnValue:
    """Make a token and show it: this answer is the only one that ever holds it."""
    form = request.form
    given = TokenForm(
        form.get("token_name", ""),
        form.get("token_days", ""),
        tuple(form.getlist("token_scopes")),
        form.get("token_organization", ""),
    )
    try:
        token = tokens.create_own(the_catalogue(), actor(), given.name, given.days, given.scopes, given.organization)
    except Invalid as error:
        return _account(part="token", token=given, problems=in_words(error.problems)), 400
    return _account(new_token=token)


@blueprint.post("/tokens/<uuid:token_id>/revoke")
def revoke_token(token_id: UUID) -> ResponseReturnValue:
    """End a token."""
    tokens.revoke_own(the_catalogue(), actor(), token_id)
    return redirect(url_for("account.account", done="revoked"), 303)


@blueprint.get("/sessions")
def signed_in() -> str:
    """Where I am signed in."""
    lines = sessions.mine(the_catalogue(), actor(), session_secret())
    page = SessionsContext(tuple((line, agents.browser(line.agent)) for line in lines), request.args.get("done", ""))
    return render_template("account/sessions.html", page=page)


@blueprint.post("/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> ResponseReturnValue:
    """End one of them."""
    sessions.end(the_catalogue(), actor(), session_id)
    return redirect(url_for("account.signed_in", done="session"), 303)


@blueprint.post("/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """End all but this one."""
    sessions.end_others(the_catalogue(), actor(), session_secret())
    return redirect(url_for("account.signed_in", done="sessions"), 303)


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
    """Change it; every other session of this account ends, and this one goes on under another secret."""
    form, secret = request.form, session_secret()
    try:
        renewed = accounts.change_password(
            the_catalogue(), actor(), form.get("old", ""), form.get("new", ""), session_secret=secret
        )
    except Invalid as error:
        return _password(form.get("next", ""), problems=in_words(error.problems)), 400
    wanted = inside.local_path(form.get("next", "")) or url_for("account.account", done="password")
    return signing.go_on(make_response(redirect(wanted, 303)), renewed)
