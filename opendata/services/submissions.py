"""Who sent a record in, or a change of it, what of that waits still, and who is told what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.services import letters
from opendata.services.actors import Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.rights import includes
from opendata.store import queries
from opendata.store.accounts import Membership, User
from opendata.store.editing import ReviewNote
from opendata.store.organizations import Organization
from opendata.store.states import ReviewAction, UserState

SENT = (ReviewAction.SUBMITTED, ReviewAction.PROPOSED)
DECIDED = (ReviewAction.ACCEPTED, ReviewAction.RETURNED, ReviewAction.TAKEN_BACK)
MOST_TOLD = 50
"""Reviewers who are written to; an organisation that has more has other ways."""


def sender(session: Session, object_id: UUID) -> UUID | None:
    """Who sent it in, or proposed a change of it, last. One SELECT."""
    wanted = select(ReviewNote.user_id).where(ReviewNote.object_id == object_id, ReviewNote.action.in_(SENT))
    return session.scalar(wanted.order_by(ReviewNote.id.desc()).limit(1))


def open_proposal(session: Session, object_id: UUID) -> ReviewNote | None:
    """The change that was proposed and waits still. One SELECT."""
    steps = (ReviewAction.PROPOSED, *DECIDED)
    wanted = select(ReviewNote).where(ReviewNote.object_id == object_id, ReviewNote.action.in_(steps))
    last = session.scalar(wanted.order_by(ReviewNote.id.desc()).limit(1))
    return last if last is not None and last.action is ReviewAction.PROPOSED else None


def forget(session: Session, ids: Iterable[UUID]) -> None:
    """What was said about these records, which are purged."""
    session.execute(delete(ReviewNote).where(ReviewNote.object_id.in_(list(ids))))


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
