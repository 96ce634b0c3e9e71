"""Failures of /api/v1: problem details (RFC 9457), each thing that is wrong with a pointer to where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue

from opendata import errors
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.errors import Invalid, Problem
from opendata.web.api.cursors import WrongCursor
from opendata.web.api.shapes import Faults, Json, fields_of, moment
from opendata.web.errors import answer

MALFORMED, UNPROCESSABLE = 400, 422


class Malformed(Invalid):
    """What was sent is not of the declared shape, or not readable at all."""


def check(faults: Faults) -> None:
    """Malformed where there are any."""
    if faults.found:
        first = faults.found[0]
        more = f" ({len(faults.found)} in all)" if len(faults.found) > 1 else ""
        problems = [Problem(one.code, one.message, f"#{one.pointer}") for one in faults.found]
        raise Malformed(f"{first.pointer or 'The body'}: {first.message}{more}", problems)


def taken(kind: Any, data: Json) -> dict[str, Any]:
    """The fields of the dataclass `kind` that a body holds, each read. Malformed."""
    faults = Faults()
    found = fields_of(kind, data, "", faults)
    check(faults)
    return found or {}


def pointed(problems: Iterable[Problem], under: str = "") -> list[Problem]:
    """The problems of a record with pointers into the JSON that it came from: "title.ru" stands at #/title/ru.

    Fields of the files of a record are told without saying which file; they point to all of them.
    """
    return [_pointed(one, under) for one in problems]


@contextmanager
def with_pointers() -> Iterator[None]:
    """Whatever the rules of the catalogue refuse within is told with pointers into the body."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.message, pointed(error.problems)) from error


def _pointed(one: Problem, under: str) -> Problem:
    if one.field.startswith("#"):
        place = one.field.removeprefix("#")
    else:
        first, _, rest = one.field.partition(".")
        place = f"/{first}" if first in ("resources", "") or not rest else f"/{first}/{rest.replace('.', '/')}"
    return Problem(
        one.code, one.message, f"#{under}{place.rstrip('/')}", one.row, one.hint, one.severity, one.value[:200]
    )


def install(blueprint: Blueprint) -> None:
    """Answer the errors of a blueprint of /api/v1."""
    blueprint.register_error_handler(Invalid, _invalid)
    blueprint.register_error_handler(errors.Moved, _moved)
    blueprint.register_error_handler(errors.Gone, _gone)
    blueprint.register_error_handler(errors.Changed, _changed)


def _invalid(error: Invalid) -> ResponseReturnValue:
    """400 for what is not as the documentation says, where no other status was promised for that; 422 for what the
    rules of the catalogue refuse.
    """
    reads = request.method in ("GET", "HEAD") and not isinstance(error, WrongCursor)
    malformed = isinstance(error, Malformed) or reads
    return answer(g.get("malformed", MALFORMED) if malformed else UNPROCESSABLE, error.message, error)


def _moved(error: errors.Moved) -> ResponseReturnValue:
    """To the same thing below the record's present name, by the same method."""
    arguments = {**(request.view_args or {}), "name": error.slug}
    query = request.query_string.decode("ascii", "ignore")
    response = answer(308, error.message, error)
    response.headers["Location"] = url_for(str(request.endpoint), **arguments) + (f"?{query}" if query else "")
    return response


def _changed(error: errors.Changed) -> ResponseReturnValue:
    """Another version stands than that of If-Match: both, where they are known."""
    response: Response = answer(412, error.message, error)
    if error.stands and response.is_json:
        versions = {"given": error.given, "stands": error.stands}
        response.set_data(json.dumps({**response.get_json(), "versions": versions}, ensure_ascii=False))
    return response


def _gone(error: errors.Gone) -> ResponseReturnValue:
    """What stays of a withdrawn record."""
    response: Response = answer(410, error.message, error)
    record = error.record
    if isinstance(record, DatasetRecord | StudyRecord) and record.tombstone is not None and response.is_json:
        told = dict(response.get_json())
        told["tombstone"] = {
            "id": str(record.id),
            "withdrawn": moment(record.tombstone.withdrawn),
            "reason": record.tombstone.reason,
        }
        response.set_data(json.dumps(told, ensure_ascii=False))
    return response
