"""Which views count against the limits per address, and who is not counted. What runs at once is the services' gate."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, request

from opendata.services.limits import RateLimit
from opendata.web.identity import actor
from opendata.web.proxies import FORWARDED

LINKS_PER_MINUTE = 10
"""Short links that one address may make: each stays for ever, so nobody shall make them by machine."""

REPORTS_PER_MINUTE = 6
"""What one address may report within a minute; services.reporting bounds it by the day."""

COMPLETIONS_A_SEARCH = 5
"""Completion is asked for several times while one search is typed."""

P = ParamSpec("P")
R = TypeVar("R")


def limited(kind: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Counts calls of a view against the limit `kind` ("searches", "downloads", "links" …)."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            if not _exempt():
                limits: dict[str, RateLimit] = current_app.extensions["limits"]
                limits[kind].check(request.remote_addr or "")
            return view(*args, **kwargs)

        return counted

    return decorate


def _exempt() -> bool:
    """A program with a token, or somebody at this very machine."""
    return actor().token_id is not None or at_this_machine()


def at_this_machine() -> bool:
    """Whether the asker is at this very machine, without a proxy between."""
    try:
        loopback = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return loopback and not request.environ.get(FORWARDED)


def install(app: Flask, *, searches: int, downloads: int, comparisons: int) -> None:
    """Give `app` its limits: requests a minute from one address, 0 for none."""
    app.extensions["limits"] = {
        "searches": RateLimit(searches),
        "completions": RateLimit(searches * COMPLETIONS_A_SEARCH),
        "downloads": RateLimit(downloads),
        "comparisons": RateLimit(comparisons),
        "links": RateLimit(LINKS_PER_MINUTE),
        "reports": RateLimit(REPORTS_PER_MINUTE),
    }
