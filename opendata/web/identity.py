"""Who asks: the session of a browser, the token of a program, else the public."""

from __future__ import annotations

from uuid import UUID

from flask import current_app, g, request

from opendata.services import access
from opendata.services.actors import PUBLIC, Actor
from opendata.services.catalogue import Catalogue

SESSION_COOKIE = "session"
"""Set at sign-in; holds the session's token and nothing else."""


def the_catalogue() -> Catalogue:
    """The catalogue that this application serves."""
    catalogue: Catalogue = current_app.extensions["catalogue"]
    return catalogue


def actor() -> Actor:
    """Who asks, found once a request. A token in the Authorization header comes before the session's cookie."""
    if "actor" not in g:
        g.actor = _find_actor()
    found: Actor = g.actor
    return found


def _find_actor() -> Actor:
    if header := request.headers.get("Authorization", ""):
        return access.actor_for_token(the_catalogue(), header.removeprefix("Bearer ").strip())
    if token := request.cookies.get(SESSION_COOKIE, ""):
        return access.actor_for_session(the_catalogue(), token)
    return PUBLIC


def count(kind: str, object_id: UUID | None) -> None:
    """One more view or download of an object, unless a robot asks. In memory: nobody waits for it."""
    if object_id is not None and request.method == "GET":
        catalogue = the_catalogue()
        catalogue.counters.count(kind, object_id, request.user_agent.string, catalogue.today())
