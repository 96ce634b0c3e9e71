"""Four eyes: what an agency wants reviewed is made public by somebody else than who made it, where there is somebody.

Where nobody else may review, it is made public all the same, and the audit says that no second person saw it. Sysadmins
answer for themselves.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.catalog.stored import is_known, is_public
from opendata.errors import NotAllowed
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.rights import Right, may_over
from opendata.services.submissions import reviewers, sender

Record = DatasetRecord | StudyRecord

ALONE = "published alone"
"""What the event is called that tells of a publication which no second person saw."""


class Eyes(StrEnum):
    """Whether the asker may make it public: as it is; somebody else has to; or there is nobody else who could."""

    FREE = ""
    OTHER = "other"
    ALONE = "alone"


def eyes(session: Session, actor: Actor, record: Record, *, sent: bool) -> Eyes:
    """Whether the actor needs somebody else to make it public. `sent`: it was sent in, or a change was proposed."""
    if actor.sysadmin or actor.user_id is None or record.organization is None:
        return Eyes.FREE
    owner = record.organization.id
    if sent:
        own = record.id is not None and sender(session, record.id) == actor.user_id
    else:
        own = owner in actor.reviewed and record.creator_id == actor.user_id
    if not own:
        return Eyes.FREE
    if owner not in actor.reviewed:  # nobody asked for review: take it back, and publish it
        return Eyes.OTHER
    return Eyes.OTHER if any(one.id != actor.user_id for one in reviewers(session, owner)) else Eyes.ALONE


def waits(session: Session, actor: Actor, owner: UUID) -> bool:
    """Whether somebody else has to make public there what the actor makes: it is to be sent in for that."""
    if owner not in actor.reviewed or actor.sysadmin:
        return False
    return not may_over(actor, Right.PUBLISH_RECORDS, owner) or another(session, actor, owner) is Eyes.OTHER


def another(session: Session, actor: Actor, owner: UUID) -> Eyes:
    """Whether somebody else has to make public there what the actor made. One or two SELECTs where review is wanted."""
    if actor.sysadmin or actor.user_id is None or owner not in actor.reviewed:
        return Eyes.FREE
    return Eyes.OTHER if any(one.id != actor.user_id for one in reviewers(session, owner)) else Eyes.ALONE


def see(
    session: Session,
    actor: Actor,
    at: dt.datetime,
    kind: str,
    before: Record | None,
    after: Record,
    *,
    sent: bool = False,
) -> None:
    """NotAllowed where somebody else has to make it public; an event where nobody else could. Nothing for a record that
    does not become public, nor for one that was and comes back. `sent`: a change of it was proposed.
    """
    waited = sent or (before is not None and before.state is RecordState.IN_REVIEW)
    accepts = waited and after.state is RecordState.PUBLISHED
    if not accepts and (not is_public(after) or (before is not None and is_known(before))):
        return
    found = eyes(session, actor, after, sent=waited)
    if found is Eyes.OTHER and waited:
        raise NotAllowed("You sent this in yourself: somebody else has to accept it.")
    if found is Eyes.OTHER:
        raise NotAllowed("You made this record yourself: keep it a draft and send it in, for somebody else to publish.")
    if found is Eyes.ALONE and after.id is not None:
        note(session, actor, at, kind, after.id, ALONE)
