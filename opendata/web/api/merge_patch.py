"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from opendata.errors import Changed, Conflict
from opendata.web.api.problems import Malformed
from opendata.web.api.shapes import Json, hints, required

Made = TypeVar("Made")
TRIES = 5


def attempted(attempt: Callable[[Collection[str] | None], Made], if_match: Collection[str] | None) -> Made:
    """What `attempt` gives, which writes over the state that it read. Where somebody else wrote in between it reads
    again, unless the client named the state (`if_match`); so no change of others is lost. Conflict after many tries.
    """
    if if_match is not None:
        return attempt(if_match)
    for _ in range(TRIES):
        try:
            return attempt(None)
        except Changed:
            continue
    raise Conflict("Others are changing this record at this very moment. Try again.")


def patched(current: Json, patch: Json, kind: Any) -> Json:
    """`current` with `patch` over it. A field of `kind` that null takes away is as if it was never said: its default.

    Malformed for a patch that is no object: it would be a whole record.
    """
    if not isinstance(patch, dict):
        raise Malformed("A merge patch must be a JSON object.")
    result = merged(current, patch)
    needed = required(kind)
    for name, how in hints(kind):
        if name in patch and patch[name] is None and name in needed:
            result[name] = "" if how is str else {}
    return result


def merged(target: Json, patch: Json) -> Json:
    """The algorithm of RFC 7396 §2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
