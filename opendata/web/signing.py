"""How a browser is let in and out: the cookie of its session, and that of the note between the two steps."""

from __future__ import annotations

from flask import Response, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from opendata.services import access, guesses
from opendata.services.access import Visit
from opendata.services.signing_in import NOTE_SECONDS, Entered
from opendata.web import inside
from opendata.web.identity import session_cookie, session_secret, the_catalogue

STEP_COOKIE, KNOWN_COOKIE = "second-step", "known-browser"


def visit() -> Visit:
    """Where the browser is."""
    return Visit(request.remote_addr or "", request.user_agent.string, cookie(KNOWN_COOKIE))


def enter(entered: Entered) -> ResponseReturnValue:
    """On to where they wanted with a new session, or to the second step. What this browser had before ends."""
    end_session()
    if entered.note:
        response = make_response(redirect(url_for("second_factor.code"), 303))
        set_cookie(response, STEP_COOKIE, entered.note, NOTE_SECONDS)
        return response
    asker = access.actor_for_session(the_catalogue(), entered.secret)
    response = make_response(redirect(inside.local_path(entered.next) or inside.first_page(asker), 303))
    drop_cookie(response, STEP_COOKIE)
    days = the_catalogue().config.security.session_days
    _set(response, session_cookie(), entered.secret, days * 86_400)
    if asker.user_id is not None:
        note = guesses.known_note(the_catalogue(), asker.user_id)
        set_cookie(response, KNOWN_COOKIE, note, guesses.KNOWN_SECONDS)
    return response


def go_on(response: Response, secret: str) -> Response:
    """The session of this browser has another secret from now on."""
    _set(response, session_cookie(), secret, the_catalogue().config.security.session_days * 86_400)
    return response


def leave(response: Response) -> Response:
    """End the session, here and in the store."""
    end_session()
    _drop(response, session_cookie())
    drop_cookie(response, STEP_COOKIE)
    return response


def end_session() -> None:
    """End the session that this browser had, if it had one."""
    if secret := session_secret():
        access.sign_out(the_catalogue(), secret)


def cookie(name: str) -> str:
    """What our cookie of that name holds; "" without one."""
    return request.cookies.get(_full(name), "")


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    """Have the browser keep it, out of reach of scripts and of forms on other sites."""
    _set(response, _full(name), value, seconds)


def drop_cookie(response: Response, name: str) -> None:
    """Have the browser forget it."""
    if _full(name) in request.cookies:
        _drop(response, _full(name))


def _full(name: str) -> str:
    """Over HTTPS a prefix binds it to this very host (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{name}" if current_app.config["SECURE"] else name


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    secure = bool(current_app.config["SECURE"])
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")


def _drop(response: Response, name: str) -> None:
    secure = bool(current_app.config["SECURE"])
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
