"""Who asks: the session of a browser, the token of a program, else the public."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from flask import current_app, g, request

from opendata.services import access
from opendata.services.actors import PUBLIC, Actor
from opendata.services.catalogue import Catalogue

SESSION_COOKIE = "session"
"""Set at sign-in; holds the session's token and nothing else. See `session_cookie` for its name over HTTPS."""


def session_cookie() -> str:
    """The name of the cookie. Over HTTPS a prefix binds it to this very host (RFC 6265bis §4.1.3.2)."""
    return f"__Host-{SESSION_COOKIE}" if current_app.config["SECURE"] else SESSION_COOKIE


def session_secret() -> str:
    """What the session's cookie holds; "" without one."""
    return request.cookies.get(session_cookie(), "")


def the_catalogue() -> Catalogue:
    """The catalogue that this application serves."""
    catalogue: Catalogue = current_app.extensions["catalogue"]
    return catalogue


def actor() -> Actor:
    """Who asks, found once a request. A token in a header comes before the session's cookie."""
    if "actor" not in g:
        asker = _find_actor()
        g.actor = replace(asker, address=network_address()) if asker.signed_in else asker
    found: Actor = g.actor
    return found


def network_address() -> str:
    """Where the request came from, past the proxies that are trusted."""
    return (request.remote_addr or "")[:64]


def _find_actor() -> Actor:
    scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    # A token may stand there bare, as CKAN's clients send it; other schemes are for a proxy in front of us.
    if scheme and (not credentials or scheme.lower() == "bearer"):
        return access.actor_for_token(the_catalogue(), credentials.strip() or scheme)
    if key := request.headers.get("X-CKAN-API-Key", "").strip():
        return access.actor_for_token(the_catalogue(), key)
    if secret := session_secret():
        return access.actor_for_session(the_catalogue(), secret)
    return PUBLIC


def count(kind: str, object_id: UUID | None) -> None:
    """One more view or download of an object, unless a robot asks. In memory: nobody waits for it."""
    if object_id is None:
        return
    g.setdefault("counted", []).append((kind, object_id))
    if request.method == "GET":
        catalogue = the_catalogue()
        catalogue.counters.count(kind, object_id, request.user_agent.string, catalogue.today())


def count_again(counted: Iterable[tuple[str, UUID]]) -> None:
    """What making a page counted (`g.counted`), for a page that is sent as it was kept."""
    for kind, object_id in counted:
        count(kind, object_id)
