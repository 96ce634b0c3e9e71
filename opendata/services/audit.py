"""Who did what to which record: one row for every change, in the same transaction, never changed afterwards.

Whatever changes what the public sees of a dataset notes an event of it, of one of its files, or of its study: what
follows changes (services.sequence, and by it OAI-PMH, the events of the API and webhooks) goes by nothing else.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, insert, literal, select
from sqlalchemy.orm import Session

from opendata.services.actors import Actor
from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent, Upload
from opendata.store.organizations import Organization
from opendata.store.types import UTCDateTime

AGENCY_CHANGED, TIED, UNTIED, TARGET_MOVED = "agency changed", "tied", "untied", "target moved"
"""What happens to a dataset because of another record: its agency's name, its study, what it is related to."""

DERIVED = ("filled", AGENCY_CHANGED, TIED, UNTIED, TARGET_MOVED)
"""Events of datasets that neither a person nor a source caused at the dataset itself."""

HANDED_OVER, ASSIGNED = "handed over", "assigned"
"""Somebody else answers for the record."""

SIGNED_IN, SIGN_IN_FAILED = "signed in", "sign-in failed"

UNKNOWN = UUID(int=0)
"""The account of a failed sign-in that named none. What was typed is kept nowhere: it may be a password."""

SILENT = ("not the same", "table copied", HANDED_OVER, ASSIGNED)
"""Events by which nothing of what the public sees becomes another; so are answers to reports, and steps of uploads."""


def is_silent(action: str) -> bool:
    """Whether the record is the same as before for the public."""
    return action in SILENT or action.startswith(("report ", "review ", "upload "))


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
            address=actor.address,
            before=before,
            after=after,
        )
    )


def note_each(session: Session, actor: Actor, at: dt.datetime, action: str, datasets: Select[Any]) -> None:
    """Add one event for each dataset whose id `datasets` selects: one INSERT, however many they are."""
    name, who = actor.name or actor.email, actor.user_id
    ids = datasets.subquery()
    rows = select(
        literal("dataset"),
        ids.c[0],
        literal(action),
        literal(at, UTCDateTime),
        literal(who, Uuid),
        literal(name),
        literal(actor.address),
    )
    columns = ("kind", "object_id", "action", "at", "user_id", "actor", "address")
    session.execute(insert(DatasetEvent).from_select(columns, rows))


def note_upload(session: Session, actor: Actor, at: dt.datetime, upload: Upload, step: str) -> None:
    """Add the event of a step of a bulk upload, at the organisation that it is for; its records have their own."""
    after = {"upload": str(upload.id), "file": upload.filename}
    note(session, actor, at, "organization", upload.organization_id, f"upload {step}", after=after)


def note_agency(session: Session, actor: Actor, at: dt.datetime, organization_id: UUID) -> None:
    """The agency has another name or place: an event for each of its datasets, and of those of agencies below it."""
    below = select(Organization.id).where(Organization.id == organization_id).cte("below", recursive=True)
    below = below.union(select(Organization.id).join(below, Organization.parent_id == below.c.id))
    held = select(Dataset.id).where(Dataset.organization_id.in_(select(below.c.id)))
    note_each(session, actor, at, AGENCY_CHANGED, held)
