"""Serves every operation of the table alike: who may, how much, what was sent, what comes back and under which tag."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from opendata.errors import Problem
from opendata.services import idempotency
from opendata.services.actors import PUBLIC
from opendata.web import rules
from opendata.web.api import allowances, asked, problems
from opendata.web.api.asking import demand_sign_in
from opendata.web.api.contract import JSON_TYPE, Answer, Call, Operation, Table
from opendata.web.api.problems import Malformed
from opendata.web.api.shapes import Json
from opendata.web.identity import actor, the_catalogue

PREFIX = "/api/v1"
EXPOSED = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Content-Disposition"
ASKED_HEADERS = "Accept, If-None-Match, If-Modified-Since, Range"
KEY = '^"?[A-Za-z0-9._~:+/=-]{8,200}"?$'
KEPT_HEADERS = ("Location", "ETag", "Content-Type", "Link")


def make_blueprint(table: Table) -> Blueprint:
    """The routes of the table."""
    made = Blueprint("api", __name__, url_prefix=PREFIX)
    for op in table.operations:
        if op.elsewhere:
            continue
        rule = op.path.replace("/datasets/{name}", "/datasets/<named:name>").replace("{", "<").replace("}", ">")
        made.add_url_rule(rule, op.endpoint, _view(op), methods=[op.method], strict_slashes=False)
    problems.install(made)
    made.after_request(allowances.say)
    return made


def open_to_pages(response: Response) -> Response:
    """Pages of other sites may read what everybody may read: no cookie and no token goes with such a request."""
    if request.path.startswith(PREFIX) and request.method in ("GET", "HEAD", "OPTIONS"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = ASKED_HEADERS
            response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _view(op: Operation) -> Any:
    def view(**path: Any) -> ResponseReturnValue:
        asker, g.malformed = actor(), op.malformed
        allowances.take(asker, search=op.rate == "searches")
        if op.signed_in:
            demand_sign_in(asker)
            rules.let_in(op.rule, asker, reads=op.reads)
        call = Call(the_catalogue(), asker, asked.parameters(op, path), if_match=asked.if_match())
        if op.body is not None:
            call.data, call.media_type = asked.body(op.body)
        return _written(op, call) if not op.reads else _answered(op, call)

    return view


def _answered(op: Operation, call: Call) -> Response:
    found = op.view(call)
    return found if isinstance(found, Response) else _rendered(op, call, found)


def _written(op: Operation, call: Call) -> Response:
    """The answer of what changes something, once only for one Idempotency-Key."""
    key, user = _key(), call.actor.user_id
    if not key or user is None:
        return _answered(op, call)
    kept = idempotency.begin(call.catalogue, user, key, asked.fingerprint())
    if kept is not None:
        body = kept.body if kept.body is not None else b'{"note":"done before; the answer was too long to be kept"}'
        again = Response(body, kept.status, dict(kept.headers))
        again.headers["Idempotent-Replayed"] = "true"
        again.headers["Cache-Control"] = "no-store"
        return again
    done = False
    try:
        response = _answered(op, call)
        done = response.status_code < 300
    finally:
        if not done:
            idempotency.release(call.catalogue, user, key)
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    idempotency.finish(call.catalogue, user, key, response.status_code, headers, response.get_data())
    return response


def _key() -> str:
    """The Idempotency-Key: in quotes as the draft has it (a structured string), or bare as most send it."""
    given = request.headers.get(idempotency.HEADER)
    if given is None:
        return ""
    if not re.fullmatch(KEY.strip("^$"), given.strip()):
        message = f"{idempotency.HEADER} must be 8 to 200 letters, digits and -._~:+/=, such as a UUID."
        raise Malformed(message, [Problem("wrong_value", message, idempotency.HEADER)])
    return given.strip().strip('"')


def _rendered(op: Operation, call: Call, found: Answer) -> Response:
    if found.data is None:
        response = Response(status=found.status if found.status != 200 else 204)
    else:
        data = _chosen(found.data, call.given.get("fields"))
        response = Response(_dumped(data), found.status, mimetype=op.media_type)
    _head(response, call, found)
    if found.location:
        response.headers["Location"] = found.location
    if found.next:
        pairs = [(name, value) for name, values in request.args.lists() if name != "cursor" for value in values]
        target = f"{request.script_root}{request.path}?{urlencode([*pairs, ('cursor', found.next)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    for name, value in found.headers.items():
        response.headers[name] = value
    if op.reads and response.status_code == 200:
        response.make_conditional(request)
    return response


def _head(response: Response, call: Call, found: Answer) -> None:
    """Tag and caching: what everybody sees may be kept and must be asked for again, all else is kept nowhere."""
    if found.data is not None and response.status_code in (200, 201):
        digest = hashlib.sha256(response.get_data()).hexdigest()[:16]
        response.set_etag(f"{found.version}.{digest}" if found.version else digest)
    public = call.actor == PUBLIC and request.method in ("GET", "HEAD")
    response.headers["Cache-Control"] = "public, no-cache" if public else "private, no-store"
    response.vary.update(("Authorization", "Cookie", "X-CKAN-API-Key"))


class NameConverter(BaseConverter):
    """Names of records beside which an address stands that is none: /datasets/batch."""

    regex = "(?!batch/|batch$)[^/]+"


def _chosen(data: Json, fields: tuple[str, ...] | None) -> Json:
    """The wanted fields of an object, or of each item of a list."""
    if not fields:
        return data
    if isinstance(data, dict) and "items" in data and "next" in data:
        return {**data, "items": [{name: one[name] for name in fields} for one in data["items"]]}
    return {name: data[name] for name in fields}


def _dumped(data: Json) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


__all__ = ["JSON_TYPE", "PREFIX", "make_blueprint", "open_to_pages"]
