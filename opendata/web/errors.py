"""Every failure as an answer: the class decides the status; people get a page, programs one shape of JSON, readers of
feeds a few lines.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from urllib.parse import quote

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import HTTPException

from opendata import errors
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Disclosure
from opendata.search.arguments import MAX_QUERY_CHARACTERS, clean
from opendata.services.actors import PUBLIC, Actor
from opendata.web.answer_contexts import ClosedContext, ErrorContext, TombstoneContext
from opendata.web.identity import actor

logger = logging.getLogger(__name__)

STATUS: dict[type[errors.CatalogueError], int] = {
    errors.Invalid: 400,
    errors.NotFound: 404,
    errors.Gone: 410,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
    errors.Changed: 412,
    errors.Locked: 423,
    errors.TooLarge: 413,
    errors.TooMany: 429,
    errors.SourceError: 502,
    errors.Stopped: 503,
    errors.Unavailable: 503,
    errors.NoSpace: 507,
    errors.CatalogueError: 500,
}

PAGE = "errors/error.html"
CHECKSUM_MISMATCH = 460
"""Of the tus protocol; no status that is registered."""

_WORDS = {
    400: (_l("This request cannot be understood"), _l("Something in the address or the form is not as it must be.")),
    401: (_l("Please sign in"), _l("This page is only for those who have signed in.")),
    403: (
        _l("You may not see this"),
        _l("This is not open to everybody. The page of the record says why and until when."),
    ),
    404: (_l("There is no such page"), _l("The address may be mistyped, or the page was never here. Try a search.")),
    405: (_l("This request cannot be understood"), _l("This address does not take requests of this kind.")),
    409: (_l("This was changed meanwhile"), _l("Somebody else has changed it. Open it again and repeat your change.")),
    410: (_l("This was withdrawn"), _l("The record was here and has been withdrawn.")),
    413: (_l("This is too large"), _l("What was sent is larger than this site takes.")),
    429: (_l("Too many requests"), _l("Please wait a little and try again. Programs can use the API with a token.")),
    500: (_l("Something went wrong here"), _l("The fault is ours and has been recorded. Please try again later.")),
    502: (_l("Another site does not answer"), _l("What was asked for comes from another site, which does not answer.")),
    503: (
        _l("Not available at the moment"),
        _l("A part of the catalogue does not answer. Please try again in a minute."),
    ),
    507: (
        _l("There is no room on the disk of this site"),
        _l("What was stored before is as it was. Please tell those who run the site, and try again later."),
    ),
}

_NOT_YOURS = (
    _l("You may not see this"),
    _l("What you may do here is not enough for this. An administrator of your agency can change that."),
)

_REBUILDING = (
    _l("The search is being made ready"),
    _l("This site has a new version, for which its index is made anew. Please try again in a few minutes."),
)


def wants_json() -> bool:
    """Whether the asker is a program: below /api/, or one that prefers JSON to HTML."""
    if request.path.startswith("/api/"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def wants_lines() -> bool:
    """Whether the asker reads a feed: such a program shows its user what it was answered, or nothing."""
    return request.path.startswith("/feeds/") and not wants_json()


def _status(error: errors.CatalogueError) -> int:
    if isinstance(error, errors.NotAllowed) and not error.signed_in:
        return 401
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(status: int, message: str, error: Exception | None = None) -> Response:
    """The failure as a page, or for a program as JSON or as lines; the one place where each is made."""
    if "actor" not in g:
        g.actor = PUBLIC if status >= 500 or wants_json() else _reader()
    problems = error.problems if isinstance(error, errors.Invalid) else ()
    if wants_json():
        response = _for_programs(status, message, problems)
    else:
        title, advice = _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
        if isinstance(error, errors.SearchRebuilding):
            title, advice = _REBUILDING
        if status == 403 and g.actor.signed_in and not isinstance(error, errors.NotPublic):
            title, advice = _NOT_YOURS
        is_said = any(one.message == message for one in problems)
        detail = message if isinstance(error, errors.Invalid) and not is_said else ""
        words = clean(request.args.get("q", ""))[:MAX_QUERY_CHARACTERS] if status == 503 else ""
        context = ErrorContext(status, str(title), str(advice), detail, problems, words)
        response = _lines(context) if wants_lines() else make_response(render_template(PAGE, page=context))
    response.status_code = status
    response.cache_control.no_store = True
    if isinstance(error, errors.TooMany | errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _lines(told: ErrorContext) -> Response:
    """What the page of an error says, and nothing else of it."""
    wrong = (f"{one.field}: {one.message}" if one.field else one.message for one in told.problems)
    found = filter(None, (f"{told.status} {told.title}", told.advice, told.detail, *wrong))
    return Response("".join(f"{line}\n" for line in found), mimetype="text/plain")


def _reader() -> Actor:
    """Whose page it is, for the menu above it. The page must come out even where the store does not answer."""
    try:
        return actor()
    except errors.CatalogueError:
        return PUBLIC


def _for_programs(status: int, message: str, problems: Sequence[errors.Problem]) -> Response:
    """Problem details (RFC 9457): `code` and `problems` are ours; the type is none of its own but the status."""
    known = {one.value: one.phrase for one in HTTPStatus}
    response = jsonify(
        type="about:blank",
        title=known.get(status, "Checksum Mismatch" if status == CHECKSUM_MISMATCH else "Error"),
        status=status,
        detail=message,
        code=_code(status),
        problems=[_problem(problem) for problem in problems],
    )
    response.mimetype = "application/problem+json"
    return response


def _problem(problem: errors.Problem) -> dict[str, str]:
    """With a JSON Pointer into the body (as a URI fragment, RFC 6901 §6) where its field is one already."""
    return {**asdict(problem), "pointer": problem.field if problem.field.startswith("#") else ""}


def _code(status: int) -> str:
    names = {
        400: "invalid",
        401: "sign_in",
        403: "not_allowed",
        404: "not_found",
        405: "method_not_allowed",
        409: "conflict",
    }
    names |= {410: "gone", 413: "too_large", 429: "too_many", 500: "error", 502: "source_error", 503: "unavailable"}
    names |= {408: "too_slow", 412: "wrong_version", 415: "wrong_type", 423: "locked", 507: "no_space"}
    names |= {422: "not_as_the_rules", CHECKSUM_MISMATCH: "checksum_mismatch"}
    return names.get(status, "invalid" if status < 500 else "error")


def catalogue_error(error: errors.CatalogueError) -> ResponseReturnValue:
    """An error that the catalogue raised on purpose."""
    log_trouble(error)
    return answer(_status(error), error.public, error)


def log_trouble(error: errors.CatalogueError) -> None:
    """Log what whoever asks is not told."""
    if error.public != error.message:
        logger.error("%s", error.message)


def not_public(error: errors.NotPublic) -> ResponseReturnValue:
    """Why a file is not open, and when it will be."""
    record, disclosure = error.record, error.disclosure
    if wants_json() or not isinstance(record, DatasetRecord) or not isinstance(disclosure, Disclosure):
        return answer(403, error.message, error)
    context = ClosedContext(record.title, url_for("datasets.page", slug=record.slug), record.demo, disclosure)
    response = make_response(render_template("errors/closed.html", page=context), 403)
    response.cache_control.no_store = True
    return response


def moved(error: errors.Moved) -> ResponseReturnValue:
    """301 to the same page below the record's present name, with the query."""
    arguments = {**(request.view_args or {}), "slug": error.slug}
    query = request.query_string.decode("ascii", "ignore")
    location = url_for(str(request.endpoint), **arguments) + (f"?{query}" if query else "")
    response = redirect(location, 301)
    # A slug may be given back one day, so nobody shall remember for ever where it led.
    response.cache_control.max_age = 3600
    return response


def gone(error: errors.Gone) -> ResponseReturnValue:
    """The tombstone: what it was, when and why it was withdrawn."""
    record = error.record
    if wants_json() or not isinstance(record, DatasetRecord | StudyRecord) or record.tombstone is None:
        return answer(410, error.message, error)
    context = TombstoneContext(record=record, tombstone=record.tombstone, is_study=isinstance(record, StudyRecord))
    return render_template("datasets/tombstone.html", page=context), 410


def http_error(error: HTTPException) -> ResponseReturnValue:
    """What Flask itself refuses: an unknown address, a wrong method, a crash (logged by then)."""
    status = error.code or 500
    if request.url_rule is None and status == 404 and _without_slash(request.path):
        query = request.query_string.decode("ascii", "ignore")
        return redirect(quote(request.script_root + request.path.rstrip("/")) + (f"?{query}" if query else ""), 301)
    response = answer(status, str(error.description or error.name))
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Content-Range", "Retry-After"):
            response.headers[name] = value
    return response


def _without_slash(path: str) -> bool:
    """Whether a page is there when the last slash is left out."""
    adapter = request_ctx.url_adapter
    return adapter is not None and len(path) > 1 and path.endswith("/") and adapter.test(path.rstrip("/"), "GET")


def install(app: Flask) -> None:
    """Answer every error of `app`."""
    app.register_error_handler(errors.CatalogueError, catalogue_error)
    app.register_error_handler(errors.NotPublic, not_public)
    app.register_error_handler(errors.Moved, moved)
    app.register_error_handler(errors.Gone, gone)
    app.register_error_handler(HTTPException, http_error)
