"""Lists as CKAN cuts them: `limit` and `offset`, a bound that is told, and a name to go on behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.registry import Call

MOST_NAMES = 1000
MOST_DICTS = 25
MOST_OF_GROUP = 10
"""CKAN's own bounds: of lists of names, of agencies with all fields, of the datasets that an agency shows."""

T = TypeVar("T")


def window(call: Call, listed: Sequence[T], name: Callable[[T], str], most: int) -> list[T]:
    """The part of `listed` that is asked for, of `most` at most.

    Where that bound cuts it, the answer says how to go on: the next call sends the last name as `after`.
    """
    limit, offset = call.data.number_or_none("limit"), call.data.number("offset", 0)
    start = _behind(call, listed, name) + offset
    size = most if limit is None else min(limit, most)
    found = list(listed[start : start + size])
    if (limit is None or limit > most) and start + size < len(listed) and found:
        call.cap, call.next = most, name(found[-1])
    return found


def _behind(call: Call, listed: Sequence[T], name: Callable[[T], str]) -> int:
    after = call.data.text("after")
    if not after:
        return 0
    place = next((number for number, one in enumerate(listed, 1) if name(one) == after), None)
    if place is None:
        raise ValidationError({"after": [f"There is no {after[:100]!r} in this list"]})
    return place


def bounded(call: Call, name: str, default: int, most: int) -> int:
    """The number asked for as `name`, of `most` at most, which is told."""
    number = call.data.number(name, default)
    if number > most:
        call.cap = most
    return min(number, most)
