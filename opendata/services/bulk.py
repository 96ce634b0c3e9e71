"""One change to many datasets of an agency: all of them or none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from uuid import UUID

from opendata.catalog.records import DatasetRecord, RecordState, Tombstone
from opendata.errors import TooLarge
from opendata.services import writing
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.naming import wrong
from opendata.services.rights import Right, demand_over
from opendata.store import queries

MOST = 1000
"""Datasets in one transaction."""


def change(catalogue: Catalogue, actor: Actor, organization: str, names: Sequence[str], what: str) -> list[UUID]:
    """Make the datasets private or public, or withdraw them; their ids. Administrators of their agency may.

    Invalid where one of them is another agency's; NotFound; NotAllowed; TooLarge beyond `MOST`.
    """
    if len(names) > MOST:
        raise TooLarge(f"At most {MOST} datasets at once.")
    done = []
    with catalogue.sessions.write.begin() as session:
        owner = queries.address(session, "organization", organization).id
        demand_over(actor, Right.WITHDRAW_MANY, owner)
        for name in dict.fromkeys(names):
            held = writing.opened(catalogue, session, actor, name)
            if held.row.organization_id != owner:
                raise wrong("datasets", f"{name[:100]} does not belong to this organization.")
            done.append(held.row.id)
            held.write(_changed(held.before, what, catalogue))
    return done


def _changed(before: DatasetRecord, what: str, catalogue: Catalogue) -> DatasetRecord:
    if what != "delete":
        return dataclasses.replace(before, private=what == "private")
    if before.state is RecordState.WITHDRAWN:
        return before
    return dataclasses.replace(before, state=RecordState.WITHDRAWN, tombstone=Tombstone(catalogue.now()))
