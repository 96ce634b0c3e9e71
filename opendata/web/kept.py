"""Public pages that are kept as they were sent, for as long as they are true: each time the version of the site is
asked, which costs one SELECT, and what was made from an earlier version is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec
from uuid import UUID

from flask import Flask, Response, current_app, g, make_response, request
from flask.typing import ResponseReturnValue

from opendata.services.versions import Kept, Version
from opendata.web.i18n import page_language
from opendata.web.identity import actor, count_again, the_catalogue
from opendata.web.revalidating import tag_of

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
Versioned = Callable[..., Version]

MOST_BYTES = 8 * 1024 * 1024
"""What the pages kept by one process may take."""
LONGEST_QUERY = 500
"""Characters; a longer one is asked by nobody twice."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer before anything that depends on who asks is put on it; `counted` is what looking at it counts."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    etag: str
    counted: tuple[tuple[str, UUID], ...]


class NotKept(Exception):
    """An answer that is no page: an error, a redirect, a stream."""

    def __init__(self, response: Response) -> None:
        self.response = response


def kept(versioned: Versioned) -> Callable[[View[P]], View[P]]:
    """Keeps what a view gives to the public, by address and language; it may depend on nothing else of the request.

    `versioned` is given the catalogue and the view's arguments.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def answered(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if actor().signed_in or len(request.query_string) > LONGEST_QUERY:
                return view(*args, **kwargs)
            version = versioned(the_catalogue(), *args, **kwargs)
            address = (request.script_root, request.path, request.query_string, page_language(), version.own)
            made: list[Response] = []
            pages: Kept[Page] = current_app.extensions["kept"]
            try:
                page = pages.get(version.site, address, lambda: _made(make_response(view(*args, **kwargs)), made))
            except NotKept as refused:
                return refused.response
            return _validated(made[0] if made else _again(page), page)

        return answered

    return decorate


def _made(response: Response, made: list[Response]) -> Page:
    """What is kept of the answer, which is sent itself."""
    if response.status_code != 200 or response.is_streamed:
        raise NotKept(response)
    made.append(response)
    body = response.get_data()
    return Page(body, tuple(response.headers.items()), tag_of(body), tuple(g.get("counted", ())))


def _again(page: Page) -> Response:
    count_again(page.counted)
    return Response(page.body, headers=list(page.headers))


def _validated(response: Response, page: Page) -> Response:
    response.set_etag(page.etag)
    response.cache_control.no_cache = True
    response.make_conditional(request.environ)
    return response


def install(app: Flask) -> None:
    """Give `app` room for the pages."""
    app.extensions["kept"] = Kept[Page](MOST_BYTES, lambda page: len(page.body))
