"""Answers that scripts of any page may read (CORS): public ones alone, since no cookie and no token goes with that."""

from __future__ import annotations

from typing import TypeVar

from werkzeug.wrappers import Response

Answer = TypeVar("Answer", bound=Response)

EXPOSED = "Content-Disposition, Content-Range, ETag, Link, X-Total-Count"
"""Headers that such a script may read beside those that every script may."""


def shared(response: Answer) -> Answer:
    """`response`, which must be what everybody gets, for pages of other sites too."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    return response
