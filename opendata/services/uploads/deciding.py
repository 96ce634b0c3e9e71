"""What of an upload waits for a reviewer, decided as a whole: accepted, or returned with reasons, record by record.

Each record is a transaction of its own, as where it is decided alone, so it may be broken off anywhere and done again.
What cannot be accepted, since others wrote the same meanwhile, goes on waiting, and stays to be decided by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from opendata.catalog.records import RecordState
from opendata.errors import CatalogueError, Conflict, Invalid, NotAllowed, NotFound, Problem, Unavailable
from opendata.services import letters, proposing, reviewing
from opendata.services.access import actor_for_user
from opendata.services.actors import Actor
from opendata.services.audit import note_upload
from opendata.services.catalogue import Catalogue
from opendata.services.four_eyes import Eyes, another
from opendata.services.queue import Lane
from opendata.services.rights import Right, demand_over, may
from opendata.services.submissions import DECIDED, MOST_TOLD, SENT, Saying, keep_files, reviewers
from opendata.store.accounts import User
from opendata.store.datasets import Dataset
from opendata.store.editing import ReviewNote
from opendata.store.operations import Job, Upload
from opendata.store.queue import enqueue
from opendata.store.register import Study
from opendata.store.states import JobStatus, ReviewAction, UserState

logger = logging.getLogger(__name__)

JOB = "upload-decide"
DECISIONS = (ACCEPT, RETURN) = "accept", "return"
MISSING = "There is no such upload."


@dataclass(frozen=True, slots=True)
class Decided:
    """How many records were decided, and how many wait on since they could not be."""

    decided: int
    left: int


def _waiting(upload_id: UUID) -> Select[ReviewNote]:
    later = aliased(ReviewNote)
    decided = select(later.id).where(
        later.object_id == ReviewNote.object_id, later.id > ReviewNote.id, later.action.in_((*SENT, *DECIDED))
    )
    proposed = ReviewNote.action == ReviewAction.PROPOSED
    wanted = select(ReviewNote).where(ReviewNote.upload_id == upload_id, ReviewNote.action.in_(SENT))
    return wanted.where(~decided.exists(), or_(proposed, _in_review(Dataset), _in_review(Study)))


def _in_review(table: type[Dataset] | type[Study]) -> ColumnElement[bool]:
    return select(table.id).where(table.id == ReviewNote.object_id, table.state == RecordState.IN_REVIEW).exists()


def waiting(session: Session, upload_id: UUID) -> int:
    """How many records, or changes of them, of the upload wait for a reviewer. One SELECT."""
    return session.scalar(select(func.count()).select_from(_waiting(upload_id).subquery())) or 0


def returned(session: Session, upload_id: UUID) -> int:
    """How many of them came back, to be mended, or were taken back. One SELECT."""
    later, again = aliased(ReviewNote), aliased(ReviewNote)
    follows = and_(later.object_id == ReviewNote.object_id, later.id > ReviewNote.id)
    back = later.action.in_((ReviewAction.RETURNED, ReviewAction.TAKEN_BACK))
    anew = and_(again.object_id == ReviewNote.object_id, again.id > later.id)
    last = select(later.id).where(follows, back, ~select(again.id).where(anew, again.upload_id == upload_id).exists())
    wanted = select(func.count(ReviewNote.object_id.distinct()))
    sent = and_(ReviewNote.upload_id == upload_id, ReviewNote.action.in_(SENT))
    return session.scalar(wanted.where(sent, last.exists())) or 0


def may_decide(session: Session, actor: Actor, upload: Upload) -> bool:
    """Whether the actor may decide what of it waits: a reviewer there, and somebody else than who sent it in."""
    own = upload.user_id is not None and upload.user_id == actor.user_id
    if not may(actor, Right.REVIEW_RECORDS, upload.organization_id):
        return False
    return not own or actor.sysadmin or another(session, actor, upload.organization_id) is not Eyes.OTHER


def deciding(session: Session, upload_id: UUID) -> bool:
    """Whether a decision is being carried out."""
    wanted = select(Job.id).where(
        Job.kind == JOB, Job.dedupe == str(upload_id), Job.status.in_((JobStatus.NEW, JobStatus.IN_PROGRESS))
    )
    return session.scalar(wanted.limit(1)) is not None


def decide(catalogue: Catalogue, actor: Actor, upload_id: UUID, decision: str, message: str = "") -> None:
    """Queue the decision on all that waits. NotFound; NotAllowed; Conflict where nothing waits; Invalid without the
    reasons of a return.
    """
    message = _words(decision, message)
    with catalogue.sessions.write.begin() as session:
        upload = _opened(session, actor, upload_id)
        said = {
            "upload": str(upload_id), "user": str(actor.user_id), "decision": decision, "message": message,
        }  # fmt: skip
        note_upload(session, actor, catalogue.now(), upload, f"review {_ACTIONS[decision].value}")
        enqueue(session, JOB, said, catalogue.now(), lane=Lane.UPLOAD, priority=2, dedupe=str(upload_id))


_ACTIONS = {ACCEPT: ReviewAction.ACCEPTED, RETURN: ReviewAction.RETURNED}


def _words(decision: str, message: str) -> str:
    message = message.strip()
    problem = None
    if decision == RETURN and not message:
        problem = Problem("no_reason", "Write what is to be done.", "message")
    elif len(message) > reviewing.MOST:
        problem = Problem("too_long", f"At most {reviewing.MOST} characters.", "message")
    if problem:
        raise Invalid(problem.message, [problem])
    return message


def _opened(session: Session, actor: Actor, upload_id: UUID) -> Upload:
    upload = session.get(Upload, upload_id, with_for_update=True)
    if upload is None:
        raise NotFound(MISSING)
    demand_over(actor, Right.REVIEW_RECORDS, upload.organization_id, MISSING)
    if not may_decide(session, actor, upload):
        raise NotAllowed("You sent this in yourself: somebody else has to accept it.")
    if not waiting(session, upload_id):
        raise Conflict("Nothing of this upload waits for review.")
    return upload


def carry_out(catalogue: Catalogue, actor: Actor, upload_id: UUID, decision: str, message: str = "") -> Decided:
    """Decide all that waits, now. As `decide`; Unavailable where the store is away, and what is left is decided by the
    same call again.
    """
    message = _words(decision, message)
    with catalogue.sessions.write.begin() as session:
        _opened(session, actor, upload_id)
        notes = [(one.kind, one.object_id) for one in session.scalars(_waiting(upload_id).order_by(ReviewNote.id))]
    left = 0
    for kind, object_id in sorted(notes, key=lambda one: one[0], reverse=True):  # studies first, as they are published
        try:
            step = reviewing.publish if decision == ACCEPT else reviewing.send_back
            step(catalogue, actor, kind, str(object_id), message, upload_id=upload_id)
        except Unavailable:
            raise
        except CatalogueError as error:
            left += 1
            logger.info("upload waits on upload=%s %s=%s reason=%s", upload_id, kind, object_id, error.message)
    with catalogue.sessions.write.begin() as session:
        upload = session.get_one(Upload, upload_id)
        sender = session.get(User, upload.user_id) if upload.user_id else None
        if len(notes) > left and sender is not None and sender.state == UserState.ACTIVE:
            _tell(
                session,
                catalogue,
                actor,
                upload,
                f"upload_{_ACTIONS[decision].value}",
                [sender],
                len(notes) - left,
                message,
            )
    logger.info("upload decided upload=%s decision=%s records=%s left=%s", upload_id, decision, len(notes) - left, left)
    return Decided(len(notes) - left, left)


def run(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """The job: in the name of who decided, with the rights of this moment."""
    try:
        actor = actor_for_user(catalogue, UUID(payload["user"]))
        carry_out(catalogue, actor, UUID(payload["upload"]), payload["decision"], payload["message"])
    except (Conflict, NotFound, NotAllowed) as error:  # decided one by one meanwhile, or the role is over
        logger.info("upload not decided upload=%s reason=%s", payload["upload"], error.message)


def give_up(session: Session, catalogue: Catalogue, actor: Actor, upload_id: UUID) -> int:
    """Take back the changes that the upload proposed and nobody decided. How many."""
    notes = session.scalars(_waiting(upload_id).where(ReviewNote.action == ReviewAction.PROPOSED)).all()
    saying = Saying(session, catalogue, actor, catalogue.now(), upload_id)
    for one in notes:
        stands = proposing.stands(session, one.kind, one.object_id)
        saying.say(one.kind, stands, ReviewAction.TAKEN_BACK)
        keep_files(session, catalogue, one.object_id)
    return len(notes)


def announce(session: Session, catalogue: Catalogue, actor: Actor, upload: Upload) -> None:
    """Write to the reviewers that something of the upload waits for them, where something does."""
    if number := waiting(session, upload.id):
        people: Sequence[User] = [one for one in reviewers(session, upload.organization_id) if one.id != actor.user_id]
        _tell(session, catalogue, actor, upload, "upload_sent", people[:MOST_TOLD], number)


def _tell(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    upload: Upload,
    name: str,
    people: Sequence[User],
    number: int,
    message: str = "",
) -> None:
    for person in people:
        language = letters.language_of(catalogue, person)
        letter = letters.written(
            catalogue, name, language, link=letters.address(catalogue, f"/desk/uploads/{upload.id}", language),
            title=upload.filename, by=actor.name or actor.email, count=number, message=message or "—",
        )  # fmt: skip
        letters.send(session, catalogue, person, letter)
