"""Permanent addresses: from an id to where the record lives today."""

from __future__ import annotations

from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.store import queries

KINDS = ("dataset", "study", "organization")


def locate(catalogue: Catalogue, actor: Actor, record_id: str) -> tuple[str, str]:
    """Kind and slug of the record with that id. NotFound. Whether it may be seen is decided where it leads."""
    del actor
    with catalogue.sessions.read() as session:
        for kind in KINDS:
            try:
                found = queries.address(session, kind, record_id)
            except NotFound:
                continue
            if str(found.id) == record_id.lower():
                return kind, found.slug
    raise NotFound(f"There is no record {record_id!r}.")
