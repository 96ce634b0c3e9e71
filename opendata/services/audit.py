"""Who did what to which record: one row for every change, in the same transaction, never changed afterwards."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.services.actors import Actor
from opendata.store.operations import DatasetEvent


def note(
    session: Session,
    actor: Actor,
    at: dt.datetime,
    kind: str,
    object_id: UUID,
    action: str,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    """Add the event; it is committed with the change it tells of. `before` and `after` hold what changed, as JSON."""
    session.add(
        DatasetEvent(
            kind=kind,
            object_id=object_id,
            action=action,
            at=at,
            user_id=actor.user_id,
            actor=actor.name or actor.email,
            before=before,
            after=after,
        )
    )
