"""How much one may ask of /api/v1, and the headers that say how much is left.

RateLimit and RateLimit-Policy are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request

from opendata.errors import TooMany
from opendata.services.actors import Actor
from opendata.services.limits import RateLimit, address_group
from opendata.web.limits import at_this_machine


def install(app: Flask, *, per_address: int, per_account: int) -> None:
    """Give `app`, which has its other limits, those of requests a minute without a token and of an account.

    Searches without a token count against the limit of the pages' searches.
    """
    app.extensions["api_limits"] = {
        "address": RateLimit(per_address),
        "account": RateLimit(per_account),
        "search": app.extensions["limits"]["searches"],
    }


def take(asker: Actor, *, search: bool) -> None:
    """Count this request; TooMany where it is one too many. Nobody at this very machine is counted without a token."""
    limits: dict[str, RateLimit] = current_app.extensions["api_limits"]
    policies: tuple[str, ...]
    if asker.signed_in:
        policies, who = ("account",), str(asker.user_id)
    elif at_this_machine():
        return
    else:
        policies, who = ("address", "search") if search else ("address",), address_group(request.remote_addr or "")
    g.allowances = [(name, found) for name in policies if (found := limits[name].take(who)).limit]
    wait = max((found.wait for _, found in g.allowances), default=0)
    if wait:
        raise TooMany(f"These were too many requests a minute. Ask again in {wait} s.", wait)


def say(response: Response) -> Response:
    """Put on the headers: what is allowed a minute, and what of it is left."""
    told = g.get("allowances", ())
    if told:
        response.headers["RateLimit-Policy"] = ", ".join(f'"{name}";q={one.limit};w=60' for name, one in told)
        response.headers["RateLimit"] = ", ".join(f'"{name}";r={one.left};t={one.refill}' for name, one in told)
    return response
