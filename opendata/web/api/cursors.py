"""Cursors: where a list goes on, as a text that says nothing to anybody else and fits only the list it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from opendata.catalog.base64url import decoded, encoded
from opendata.errors import Invalid, Problem
from opendata.web.api.contract import Answer, Call
from opendata.web.api.shapes import Json


class WrongCursor(Invalid):
    """A cursor that this list did not give: it reads well, and leads nowhere."""


def encode(place: str, asked: Mapping[str, Any]) -> str:
    """The cursor behind `place` of the list that was `asked` for by these parameters; "" for no place."""
    if not place:
        return ""
    told = json.dumps([_digest(asked), place], separators=(",", ":"))
    return encoded(told.encode())


def decode(cursor: str, asked: Mapping[str, Any]) -> str:
    """The place; "" for the beginning. WrongCursor for what is no cursor, or one of another list."""
    if not cursor:
        return ""
    try:
        digest, place = json.loads(decoded(cursor))
    except (ValueError, TypeError, RecursionError):
        raise strange() from None
    if digest != _digest(asked):
        raise _wrong("belongs to a list that was asked for by other parameters")
    if not isinstance(place, str) or not place:
        raise strange()
    return place


def id_of(call: Call) -> UUID | None:
    """The id behind which a list goes on; None for the beginning. WrongCursor for one that is none of this list."""
    place = decode(call["cursor"], call.given)
    try:
        return UUID(place) if place else None
    except ValueError:
        raise strange() from None


def number_of(call: Call) -> int | None:
    """The number behind which a list goes on; None for the beginning. WrongCursor for one that is none of this list."""
    place = decode(call["cursor"], call.given)
    if not place:
        return None
    if not (place.isascii() and place.isdecimal() and len(place) < 19):
        raise strange()
    return int(place)


def page(call: Call, items: Json, place: object | None) -> Answer:
    """A part of a list that goes on behind `place`; None at its end."""
    following = encode("" if place is None else str(place), call.given)
    return Answer({"items": items, "next": following or None}, next=following)


def strange() -> WrongCursor:
    """The error for a cursor whose place is none."""
    return _wrong("is none that this list gave")


def _digest(asked: Mapping[str, Any]) -> str:
    """Eight characters of what the list was asked for by; how many at once and which fields may change between."""
    kept = {name: value for name, value in asked.items() if name not in ("cursor", "limit", "fields")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _wrong(what: str) -> WrongCursor:
    message = f"“cursor” {what}. Begin without one."
    return WrongCursor(message, [Problem("wrong_cursor", message, "cursor")])
