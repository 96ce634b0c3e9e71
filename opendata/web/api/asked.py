"""Reads a request of /api/v1 by what its operation declares: parameters, body, If-Match."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from uuid import UUID

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from opendata.errors import NotFound, Problem
from opendata.web.api.contract import FORM_TYPE, Body, Operation
from opendata.web.api.problems import Malformed
from opendata.web.api.shapes import Json

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|\Z)')


def parameters(op: Operation, path: dict[str, Any]) -> dict[str, Any]:
    """Every declared parameter by its name, read. Malformed for an unknown one; NotFound for a path that cannot be."""
    query = [one for one in op.parameters if one.place == "query"]
    known = {one.name for one in query}
    for name in request.args:
        if name not in known:
            message = f"“{name[:100]}” is not known here. Known: {', '.join(sorted(known)) or 'none'}."
            raise Malformed(message, [Problem("unknown_parameter", message, name[:100])])
    found: dict[str, Any] = {one.name: one.read(request.args.getlist(one.name)) for one in query}
    for one in op.parameters:
        if one.place == "path":
            found[one.name] = _of_path(one.schema, str(path[one.name]))
    return found


def _of_path(schema: dict[str, Any], given: str) -> Any:
    if schema.get("format") == "uuid":
        try:
            return UUID(given)
        except ValueError:
            raise NotFound("There is nothing of that id.") from None
    if schema.get("type") == "integer":
        if not re.fullmatch(r"[0-9]{1,16}", given) or not schema["minimum"] <= int(given) <= schema["maximum"]:
            raise NotFound("There is nothing of that number.")
        return int(given)
    if len(given) > schema.get("maxLength", 200):
        raise NotFound("There is nothing of that name.")
    return given


def body(declared: Body) -> tuple[Json, str]:
    """The JSON of the body and its media type; a form is left to the view."""
    given = request.mimetype
    if declared.by_view:
        request.max_content_length = None if given == FORM_TYPE else declared.max_bytes
        return None, given
    if not given and not request.get_data(cache=True) and not declared.required:
        return None, ""
    if given not in declared.content:
        raise UnsupportedMediaType(f"Send {' or '.join(declared.content)}.")
    if given == FORM_TYPE:
        return None, given
    if (request.content_length or 0) > declared.max_bytes:
        raise RequestEntityTooLarge(f"A body here has at most {declared.max_bytes} bytes.")
    request.max_content_length = declared.max_bytes
    data = request.get_data(cache=True)
    if not data and not declared.required:
        return None, given
    return parsed(data), given


def parsed(data: bytes) -> Json:
    """The JSON. BadRequest for what is none, and for what no database takes."""
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except (ValueError, UnicodeError) as error:
        raise BadRequest(f"The body is no JSON: {str(error)[:200]}") from None
    if rb"\u0000" in data and _has_nul(found):
        raise BadRequest("The body holds a NUL character.")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _has_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(map(_has_nul, value))


def if_match() -> frozenset[str] | None:
    """The versions that If-Match names; None where it is not sent or is "*".

    Our tags are "VERSION.HASH": the first part is the state of the record, the second the bytes of one answer about
    it. A proxy that compresses makes a tag weak; the state that it names is the same.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    tags = [match[1] for match in _TAG.finditer(given)]
    return frozenset(tag.partition(".")[0] for tag in tags)


def fingerprint() -> str:
    """What tells this request from another one: SHA-256 in hex of method, address and body; of a form its parts."""
    digest = hashlib.sha256()
    digest.update(f"{request.method} {request.full_path}\n{request.mimetype}\n".encode())
    if request.mimetype == FORM_TYPE:
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(f"{len(name)} {name} {len(value)} {value}\n".encode())
        for name, file in sorted(request.files.items(multi=True)):
            digest.update(f"{name} {file.filename}\n".encode())
            while piece := file.stream.read(1024**2):
                digest.update(piece)
            file.stream.seek(0)
    else:
        digest.update(request.get_data(cache=True))
    return digest.hexdigest()
