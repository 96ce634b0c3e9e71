"""How a call comes in and its answer goes out: CKAN's Action API over HTTP, as ckanapi, curl and harvesters speak it.

Never redirects: ckanapi does not follow. The status repeats what the body says; clients read the body alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from opendata import errors
from opendata.services import index_wait, versions
from opendata.services.actors import PUBLIC
from opendata.web import rules
from opendata.web.ckan_api import registry
from opendata.web.ckan_api.errors import BadRequest, body_of
from opendata.web.ckan_api.params import Params, unfit
from opendata.web.ckan_api.registry import Action, Call, Json
from opendata.web.ckan_api.rules import ACTIONS
from opendata.web.errors import log_trouble
from opendata.web.identity import actor, the_catalogue
from opendata.web.revalidating import tag_of, unless_known
from opendata.web.this_site import the_site

blueprint = Blueprint("ckan_api", __name__, url_prefix="/api")

MOST_BYTES = 10 * 1024**2
"""The largest body without files."""
MOST_BYTES_OF_PUBLIC = 256 * 1024
"""The same from the public, who only asks: a body of small parts takes a second a megabyte to read."""
MOST_PARTS = 1000
KEPT_BYTES = 16 * 1024**2
"""What the answers kept by one process may take."""
LONGEST_KEPT = 2000
"""Characters of parameters; longer ones are asked by nobody twice."""
JSON_TYPE = "application/json;charset=utf-8"
SCRIPT_TYPE = "application/javascript;charset=utf-8"
CAP_HEADER = "X-Result-Capped"
"""Says how many the result was cut to."""
REVIEW_HEADER = "X-Review"
"""Says of a write what waits for a reviewer: "proposed", the dataset stays what it was; "in_review", it is no draft."""

_CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,99}\Z", re.ASCII)
_POST = "Invalid request. Please use POST method for your request"
_NOT_JSON = "Error decoding JSON data."


@blueprint.before_request
def _know_asker() -> None:
    """Who sends a token that nobody has is the public here, not refused: as CKAN does."""
    try:
        actor()
    except errors.NotAllowed:
        g.actor = PUBLIC
    if request.method == "GET" and "callback" in request.args:
        g.actor = PUBLIC  # any page may load a script, with the reader's cookie


@blueprint.get("", strict_slashes=False)
@blueprint.get("/<any('1', '2', '3'):version>", strict_slashes=False)
def version(version: str = "3") -> ResponseReturnValue:
    """Which API this is."""
    return sent(200, {"version": int(version)})


@blueprint.route("/action/<name>", methods=["GET", "POST"], strict_slashes=False)
@blueprint.route("/3/action/<name>", methods=["GET", "POST"], strict_slashes=False)
def run(name: str) -> ResponseReturnValue:
    """The result of the action `name`."""
    found = registry.find(name)
    if found is None:
        raise BadRequest(f"Action name not known: {name}")
    values = _given(found)
    rules.let_in(ACTIONS.get(name), actor(), reads=found.reads)
    if found.kept and not actor().signed_in:
        return _kept(found, values)
    call = _call(values)
    response = sent(200, _body(found, call), call.cap)
    if call.review:
        response.headers[REVIEW_HEADER] = call.review["state"]
    return response


def _call(values: dict[str, Any], version: str = "") -> Call:
    return Call(the_catalogue(), actor(), Params(values), dict(request.files), the_site(), version=version)


def _body(found: Action, call: Call) -> Json:
    result = found.run(call)
    body: dict[str, Json] = {"help": help_url(found.name), "success": True, "result": result}
    if call.changed:
        body["changed_entities"] = call.changed
    if call.review:
        body["review"] = call.review
    if call.next:
        body["next"] = call.next
    return body


Answers = versions.Kept[tuple[bytes, int | None]]
"""Bodies with the bounds that cut their results short, by action and parameters."""


def _size(answer: tuple[bytes, int | None]) -> int:
    return len(answer[0])


def _kept(found: Action, values: dict[str, Any]) -> Response:
    """The answer to the public as it was sent before, where nothing has changed since."""
    answers: Answers = current_app.extensions.setdefault("ckan_answers", Answers(KEPT_BYTES, _size))
    version = (index_wait.settled_version if found.waits else versions.of_site)(the_catalogue())
    asked = json.dumps(values, sort_keys=True, ensure_ascii=False)

    def make() -> tuple[bytes, int | None]:
        call = _call(values, version.site)
        body = json.dumps(_body(found, call), ensure_ascii=False).encode()
        for mark, written in call.written.items():
            body = body.replace(f'"{mark}"'.encode(), written, 1)
        return body, call.cap

    if len(asked) > LONGEST_KEPT or _callback() or "NOW" in asked:  # which means another instant each time
        call = _call(values)
        return sent(200, _body(found, call), call.cap)
    return sent(200, *answers.get(version.site, (found.name, asked), make))


def help_url(name: str) -> str:
    """Where the action is explained."""
    return f"{the_site().url}/api/3/action/help_show?name={name}"


def _given(found: Action) -> dict[str, Any]:
    """The parameters: of the body, else of the address where the action only reads."""
    asks = request.method in ("GET", "HEAD")
    if asks and not found.reads:
        raise BadRequest(f"JSON Error: {_POST}")
    values = {} if asks else _of_body()
    if not values and found.reads:
        values = _single(request.args)
    values.pop("callback", None)
    if why := unfit(values):
        raise BadRequest(f"JSON Error: {_NOT_JSON} {why}")
    return values


def _of_body() -> dict[str, Any]:
    """The parameters of a body: JSON, whatever its content type says; a form; or a form with files."""
    is_multipart = request.mimetype == "multipart/form-data"
    if not (is_multipart and actor().signed_in):
        request.max_content_length = MOST_BYTES if actor().signed_in else MOST_BYTES_OF_PUBLIC
    request.max_form_memory_size, request.max_form_parts = MOST_BYTES, MOST_PARTS
    if is_multipart:
        return _single(request.form)
    data = request.get_data(cache=True)
    if request.mimetype == "application/x-www-form-urlencoded" and not data.lstrip().startswith(b"{"):
        form = request.form
        values = list(form.values())
        # curl -d '{"id": "x"}' percent-encoded, or followed by "=1".
        if len(form) == 1 and len(values) == 1 and values[0] in ("", "1"):
            return _parsed(next(iter(form)))
        return _single(form)
    if data.rstrip().endswith(b"}=1"):
        data = data.rstrip().removesuffix(b"=1")
    return _parsed(data) if data.strip() else {}


def _parsed(data: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(data)
        json.dumps(value, ensure_ascii=False).encode()  # half a character is none
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"JSON Error: {_NOT_JSON} Error: {str(error)[:200]}") from None
    if not isinstance(value, dict):
        kind = repr(value)[:200]
        raise BadRequest(f"JSON Error: Request data JSON decoded to {kind} but it needs to be a dictionary.")
    return value


def _single(given: MultiDict[str, str]) -> dict[str, Any]:
    """One value as it is, several of one name as a list."""
    return {name: values[0] if len(values) == 1 else values for name, values in given.lists()}


def _callback() -> str:
    """The function that a script wants to be called; BadRequest where it is no name of one."""
    name = request.args.get("callback", "") if request.method == "GET" else ""
    if name and not _CALLBACK.match(name):
        raise BadRequest("The callback is no name of a function.")
    return name


def sent(status: int, body: Json | bytes, cap: int | None = None) -> Response:
    """`body` as JSON, or wrapped for a script that asked so; bytes are JSON already."""
    callback = _callback() if status == 200 else ""
    if callback:
        response = Response(f"{callback}({json.dumps(body)});", status, content_type=SCRIPT_TYPE)
    else:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False)
        response = Response(data, status, content_type=JSON_TYPE)
    if cap is not None:
        response.headers[CAP_HEADER] = str(cap)
    return _with_headers(response)


def _with_headers(response: Response) -> Response:
    """What caches and pages of other sites need to know. Other sites may read what the public may, never write."""
    response.vary.update(("Authorization", "X-CKAN-API-Key", "Cookie"))
    if request.method not in ("GET", "HEAD", "OPTIONS") or response.status_code != 200:
        response.headers["Cache-Control"] = "no-store"
    elif actor().signed_in:
        response.headers["Cache-Control"] = "private, no-store"
    else:
        response.headers["Cache-Control"] = "public, no-cache"
        response.set_etag(tag_of(response.get_data()))
        unless_known(response)
    return response


@blueprint.after_request
def _open_to_others(response: Response) -> Response:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = f"ETag, {CAP_HEADER}"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, X-CKAN-API-Key, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _failed(status: int, error: Mapping[str, Any]) -> Response:
    name = str((request.view_args or {}).get("name", ""))
    return sent(status, {"help": help_url(name), "success": False, "error": error})


@blueprint.errorhandler(BadRequest)
def bad_request(error: BadRequest) -> ResponseReturnValue:
    """No call at all."""
    return sent(400, f"Bad request: {error}")


@blueprint.errorhandler(errors.CatalogueError)
def catalogue_error(error: errors.CatalogueError) -> ResponseReturnValue:
    """An error that the catalogue raised on purpose."""
    g.setdefault("actor", PUBLIC)
    log_trouble(error)
    response = _failed(*body_of(error))
    if isinstance(error, errors.TooMany | errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.errorhandler(HTTPException)
def http_error(error: HTTPException) -> ResponseReturnValue:
    """What Flask itself refuses, and a crash (logged by then)."""
    g.setdefault("actor", PUBLIC)
    status = error.code or 500
    kind = "Validation Error" if status < 500 else "Internal Server Error"
    message = str(error.description or error.name) if status < 500 else "Internal Server Error"
    return _failed(status, {"message": message, "__type": kind})
