"""What a program asks with: its JSON and its parameters, each in its type, or the reason why not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest

from opendata.errors import Invalid, NotAllowed, Problem
from opendata.services.actors import Actor

JSON_BYTES = 2 * 1024**2
"""The largest JSON that is read: the ids of 100,000 rows and more."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL in JSON as we write it; neither database takes it, nor half a pair of surrogates."""

MOST_PAGE = 1_000_000
MOST_IDS = 100_000


def demand_sign_in(asker: Actor) -> None:
    """NotAllowed unless somebody is known behind the request."""
    if not asker.signed_in:
        raise NotAllowed("Sign in, or send a token: Authorization: Bearer TOKEN.", signed_in=False)


def wrong(field: str, message: str) -> Invalid:
    """The error for one wrong field or parameter."""
    return Invalid(message, [Problem("wrong_value", message, field)])


def given_json(*known: str) -> dict[str, Any]:
    """The object in the body, {} where there is no body. A key that is not among `known` is refused: it was meant."""
    request.max_content_length = JSON_BYTES
    if not request.get_data(cache=True):
        return {}
    try:
        given = request.get_json(force=True)
        said = json.dumps(given, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError):
        raise BadRequest("The body is nested too deeply, or holds half a character.") from None
    if _NUL.search(said):
        raise BadRequest("The body holds a NUL character.")
    if not isinstance(given, dict):
        raise BadRequest("The body must be a JSON object.")
    refuse_unknown(given, known)
    return given


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Invalid where a key is none of ours."""
    for key in given:
        if key not in known:
            raise wrong(key, f"“{key[:100]}” is not known here. Known: {', '.join(known) or 'none'}.")


def text(given: Mapping[str, Any], key: str, default: str = "") -> str:
    """A string of at most 1,000 characters."""
    value = given.get(key, default)
    if not isinstance(value, str) or len(value) > 1000:
        raise wrong(key, f"“{key}” must be text.")
    return value


def required(given: Mapping[str, Any], key: str) -> str:
    """A string that is not empty."""
    value = text(given, key).strip()
    if not value:
        raise wrong(key, f"“{key}” is missing.")
    return value


def ids(given: Mapping[str, Any], key: str) -> list[int] | None:
    """A list of numbers; None where it is not given."""
    value = given.get(key)
    if value is None:
        return None
    numbers = isinstance(value, list) and all(type(one) is int and 0 < one < 2**63 for one in value)
    if not numbers or len(value) > MOST_IDS:
        raise wrong(key, f"“{key}” must be a list of at most {MOST_IDS} ids.")
    return list(value)


def columns(given: Mapping[str, Any], key: str) -> dict[str, dict[str, str]] | None:
    """{kind: {heading: column}}; None where it is not given."""
    value = given.get(key)
    if value is None:
        return None
    whole = isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
    if not whole or not all(isinstance(column, str) for one in value.values() for column in one.values()):
        raise wrong(key, f"“{key}” must be an object of objects: the kind of a sheet, a heading, its column.")
    return {kind: dict(one) for kind, one in value.items()}


def number(name: str, default: int, most: int) -> int:
    """A parameter of the address, from 1 to `most`."""
    value = request.args.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and len(value) < 10 and 1 <= int(value) <= most):
        raise wrong(name, f"“{name}” must be a number from 1 to {most}.")
    return int(value)


def one_of(name: str, choices: Iterable[str]) -> str:
    """A parameter of the address that is "" or one of `choices`."""
    value = request.args.get(name, "")
    allowed = tuple(choices)
    if value and value not in allowed:
        raise wrong(name, f"“{name}” must be one of {', '.join(allowed)}.")
    return value
