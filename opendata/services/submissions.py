"""Who sent a record in, or a change of it, what of that waits still, and who is told what becomes of it."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.stored import record_id
from opendata.services import letters, revisions
from opendata.services.actors import Actor, Role
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.revisions import Record
from opendata.services.rights import includes
from opendata.services.uploads import forgetting
from opendata.store import queries
from opendata.store.accounts import Membership, User
from opendata.store.editing import ProposedFile, ReviewNote
from opendata.store.organizations import Organization
from opendata.store.states import ReviewAction, UserState

SENT = (ReviewAction.SUBMITTED, ReviewAction.PROPOSED)
DECIDED = (ReviewAction.ACCEPTED, ReviewAction.RETURNED, ReviewAction.TAKEN_BACK)
MOST_TOLD = 50
"""Reviewers who are written to; an organisation that has more has other ways."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A record as a change would have it. `files` are the checksums that it brings, `word` is as in ReviewNote."""

    record: Record
    files: Collection[str] = ()
    word: bytes | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """Somebody who says something about records, in the transaction of `session`. `upload_id` is the upload that does
    it in their name: then nobody is written to for each record.
    """

    session: Session
    catalogue: Catalogue
    actor: Actor
    at: dt.datetime
    upload_id: UUID | None = None

    def say(
        self,
        kind: str,
        record: Record,
        action: ReviewAction,
        message: str = "",
        *,
        field: str = "",
        proposed: Proposed | None = None,
    ) -> ReviewNote:
        """Note the word, and tell those whom it concerns. The bytes that a proposal brings are kept for it."""
        actor, object_id = self.actor, record_id(record)
        row = ReviewNote(
            kind=kind, object_id=object_id, at=self.at, user_id=actor.user_id, actor=actor.name or actor.email,
            action=action, field=field, message=message, version=revisions.version(record), upload_id=self.upload_id,
            snapshot=_packed(proposed.record) if proposed else None, word=proposed.word if proposed else None,
        )  # fmt: skip
        sent_by = sender(self.session, object_id)
        self.session.add(row)
        self.session.flush()
        told = {"field": field} if field else None  # the words themselves stand at the note
        note(self.session, actor, self.at, kind, object_id, f"review {action.value}", after=told)
        if proposed is not None:
            keep_files(self.session, self.catalogue, object_id, proposed.files)
        if self.upload_id is None:
            tell(self.session, self.catalogue, actor, kind, record, row, sent_by)
        return row


def _packed(record: Record) -> bytes:
    return zlib.compress(json.dumps(revisions.lasting(record), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def keep_files(session: Session, catalogue: Catalogue, object_id: UUID, checksums: Collection[str] = ()) -> None:
    """Keep these bytes for a change of the record; let go of others that were kept so, where nothing else has them."""
    had = proposed_files(session, object_id)
    session.execute(delete(ProposedFile).where(ProposedFile.object_id == object_id))
    session.add_all(ProposedFile(object_id=object_id, checksum=one) for one in sorted(set(checksums)))
    session.flush()
    forgetting.drop(catalogue, session, *(had - set(checksums)))


def proposed_files(session: Session, *object_ids: UUID) -> set[str]:
    """The checksums of bytes that are kept for changes of these records."""
    wanted = select(ProposedFile.checksum).where(ProposedFile.object_id.in_(object_ids))
    return set(session.scalars(wanted))


def sender(session: Session, object_id: UUID) -> UUID | None:
    """Who sent it in, or proposed a change of it, last. One SELECT."""
    wanted = select(ReviewNote.user_id).where(ReviewNote.object_id == object_id, ReviewNote.action.in_(SENT))
    return session.scalar(wanted.order_by(ReviewNote.id.desc()).limit(1))


def upload_of(session: Session, object_id: UUID) -> UUID | None:
    """The upload that sent it in, or proposed a change of it, last; None where people did. One SELECT."""
    wanted = select(ReviewNote.upload_id).where(ReviewNote.object_id == object_id, ReviewNote.action.in_(SENT))
    return session.scalar(wanted.order_by(ReviewNote.id.desc()).limit(1))


def open_proposal(session: Session, object_id: UUID) -> ReviewNote | None:
    """The change that was proposed and waits still. One SELECT."""
    steps = (ReviewAction.PROPOSED, *DECIDED)
    wanted = select(ReviewNote).where(ReviewNote.object_id == object_id, ReviewNote.action.in_(steps))
    last = session.scalar(wanted.order_by(ReviewNote.id.desc()).limit(1))
    return last if last is not None and last.action is ReviewAction.PROPOSED else None


def returned_proposal(session: Session, object_id: UUID) -> ReviewNote | None:
    """The change that was returned last, and that nobody proposed anew or gave up since. One SELECT."""
    steps = (ReviewAction.PROPOSED, ReviewAction.SUBMITTED, *DECIDED)
    wanted = select(ReviewNote).where(ReviewNote.object_id == object_id, ReviewNote.action.in_(steps))
    last = session.scalars(wanted.order_by(ReviewNote.id.desc()).limit(2)).all()
    if [one.action for one in last] != [ReviewAction.RETURNED, ReviewAction.PROPOSED]:
        return None
    return last[1]


def forget(session: Session, ids: Iterable[UUID]) -> None:
    """What was said about these records, which are purged, and which bytes were kept for it."""
    gone = list(ids)
    session.execute(delete(ReviewNote).where(ReviewNote.object_id.in_(gone)))
    session.execute(delete(ProposedFile).where(ProposedFile.object_id.in_(gone)))


def tell(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    record: DatasetRecord | StudyRecord,
    said: ReviewNote,
    sent_by: UUID | None,
) -> None:
    """Write to those whom the word concerns: reviewers where something was sent in, else who sent it and who spoke."""
    if said.action in SENT:
        people = reviewers(session, record.organization.id if record.organization else None)
    else:
        spoke = select(ReviewNote.user_id).where(ReviewNote.object_id == said.object_id).distinct()
        ids = set(session.scalars(spoke)) if said.action is ReviewAction.COMMENT else {sent_by}
        wanted = select(User).where(User.id.in_(ids), User.state == UserState.ACTIVE)
        people = list(session.scalars(wanted))
    path = f"/desk/{'studies' if kind == 'study' else 'datasets'}/{record.slug}"
    for person in [one for one in people if one.id != actor.user_id][:MOST_TOLD]:
        language = letters.language_of(catalogue, person)
        letter = letters.written(
            catalogue,
            f"review_{said.action.value}",
            language,
            link=letters.address(catalogue, path, language),
            title=record.title.show(language),
            by=actor.name or actor.email,
            message=said.message,
        )
        letters.send(session, catalogue, person, letter)


def reviewer_names(session: Session, organization_id: UUID) -> tuple[str, ...]:
    """The names of those who may accept what is sent in there."""
    return tuple(sorted(one.name or one.username for one in reviewers(session, organization_id)[:MOST_TOLD]))


def reviewers(session: Session, organization_id: UUID | None) -> list[User]:
    """The people who may accept what is sent in there: reviewers and administrators of it and of those above it."""
    if organization_id is None:
        return []
    slugs = queries.organization_paths(session).get(organization_id, ())
    roles = [role for role in Role if includes(role, Role.REVIEWER)]
    wanted = select(User).join(Membership, Membership.user_id == User.id)
    wanted = wanted.join(Organization, Organization.id == Membership.organization_id)
    wanted = wanted.where(Organization.slug.in_(slugs), Membership.role.in_(roles), User.state == UserState.ACTIVE)
    return list(session.scalars(wanted.order_by(User.id).distinct()))
