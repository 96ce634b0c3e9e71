"""Permanent addresses: from an id to where the record lives today."""

from __future__ import annotations

from contextlib import suppress

from opendata.errors import Gone, NotFound
from opendata.services import datasets, register
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.store import queries

KINDS = ("dataset", "study", "organization")


def locate(catalogue: Catalogue, actor: Actor, record_id: str) -> tuple[str, str]:
    """Kind and slug of the record with that id. NotFound also for one that the actor may not know of."""
    for kind in KINDS:
        try:
            with catalogue.sessions.read() as session:
                found = queries.address(session, kind, record_id)
            if str(found.id) == record_id.lower() or found.joined:
                _look(catalogue, actor, kind, found.slug)
                return kind, found.slug
        except NotFound:
            continue
    raise NotFound(f"There is no record {record_id!r}.")


def _look(catalogue: Catalogue, actor: Actor, kind: str, slug: str) -> None:
    """NotFound when the actor may not know of the record: its slug would tell its title."""
    with suppress(Gone):
        if kind == "dataset":
            datasets.record(catalogue, actor, slug)
        elif kind == "study":
            register.page(catalogue, actor, slug)
