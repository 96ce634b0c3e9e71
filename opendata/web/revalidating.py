"""Answers that anybody may keep who asks each time whether they are still the same (RFC 9111, no-cache).

The tag alone decides. By its date an answer could seem to be the same where a record was withdrawn, or where what is
told of a neighbour (an agency, a licence) is another.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

from flask import Response, request

from opendata.web.identity import session_secret

Answer = TypeVar("Answer", bound=Response)


def tag_of(said: bytes | str) -> str:
    """The tag of an answer of these bytes, or of one that is made of nothing but `said`."""
    return hashlib.sha256(said.encode() if isinstance(said, str) else said).hexdigest()[:32]


def tagged(response: Answer, tag: str, modified: dt.datetime | None = None) -> Answer:
    """`response` with its tag and its date, to be kept by anybody; by nobody where the asker has a session."""
    response.set_etag(tag)
    response.last_modified = modified
    if session_secret():
        response.cache_control.no_store = True
    else:
        response.cache_control.public = True
        response.cache_control.no_cache = True
    return response


def unless_known(response: Answer) -> Answer:
    """`response`, or 304 without a body where the asker has one of its tag."""
    environ = {name: value for name, value in request.environ.items() if name != "HTTP_IF_MODIFIED_SINCE"}
    response.make_conditional(environ)
    return response


def streamed(response: Answer, pieces: Callable[[], Iterable[bytes]]) -> Answer:
    """`response`, which has its tag, with a body that is written while it is sent, where it is wanted."""
    unless_known(response)
    response.headers.pop("Content-Length", None)  # of the body that was not there yet
    if response.status_code != 304 and request.method != "HEAD":
        response.response = pieces()
    return response
