"""The register of commissioned studies: pages, and taking in what tables and uploads say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import Deliverable, RecordState, StudyRecord, Tombstone
from opendata.catalog.validation import clean_study, validate_study
from opendata.errors import Gone, Invalid, Moved, NotFound, Problem
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.datasets import subject_names
from opendata.services.ingest import UPLOAD_UNDONE
from opendata.services.register_updates import kept, same
from opendata.services.results import StudyPage
from opendata.services.rights import Right, demand_over, may_over
from opendata.services.studies_writing import Writing, is_visible, locked, owner_of, with_ours
from opendata.services.study_ties import seen_by
from opendata.store import queries

__all__ = ["Saved", "is_undone", "is_visible", "page", "revert", "save", "take_back"]


def page(catalogue: Catalogue, actor: Actor, name: str) -> StudyPage:
    """The study called `name` (slug or id). NotFound; Moved when that is not its present slug; Gone when withdrawn."""
    with catalogue.sessions.read() as session:
        address = queries.address(session, "study", name)
        found = queries.study_page(session, address.id)
        if may_over(actor, Right.SEE_UNPUBLISHED, owner_of(found)):
            found = seen_by(session, actor, queries.study_page(session, address.id, public_only=False))
    if not is_visible(found, actor):
        raise NotFound(f"There is no study called {name!r}.")
    if address.slug != name:
        raise Moved(f"The study is at {address.slug} now.", address.slug)
    if found.state == RecordState.WITHDRAWN:
        raise Gone(f"The study {name!r} was withdrawn.", found)
    may_edit = may_over(actor, Right.EDIT_RECORDS, owner_of(found))
    return StudyPage(found, catalogue.today(), subject_names(found.subjects), f"/id/{found.id}", may_edit)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a study that was handed in. `warnings` tell what of it could not be taken as it was."""

    id: UUID
    changed: bool
    warnings: tuple[Problem, ...] = ()


class Review(Protocol):
    """Keeps for a reviewer what the actor of an upload may not make public by themselves."""

    def submits(self, session: Session, found: StudyRecord, before: StudyRecord | None) -> bool:
        """Whether what would become public has to be sent in: `before` is None, or was not public."""

    def proposes_study(self, session: Session, before: StudyRecord, after: StudyRecord) -> bool:
        """Whether the change of a public study has to be proposed; then it is."""

    def sent(self, session: Session, record: StudyRecord) -> None:
        """Say of what was written that it was sent in, or made public by one person alone."""


def save(
    session: Session, catalogue: Catalogue, actor: Actor, given: StudyRecord, review: Review | None = None
) -> Saved:
    """Register the study, or write over the one with its register number. Invalid with every problem.

    It is taken as far as it can be. The organisation must be one of ours (`organization.id`). Datasets that name the
    register number are tied to it. A study that is known, and of which nothing new is said, is left alone. With
    `review`, what the actor may not make public waits. The caller commits.
    """
    record, warnings = clean_study(given)
    _check(record, given)
    demand_over(actor, Right.EDIT_RECORDS, owner_of(record))
    known = queries.study_by_register_number(session, record.register_number)
    if known is None:
        made = _written(Writing(catalogue, session, actor), replace(record, slug="", id=None), "", review)
        return Saved(_id(made), changed=True, warnings=tuple(warnings))
    writing = locked(catalogue, session, actor, known)
    stored = writing.stood
    demand_over(actor, Right.EDIT_RECORDS, owner_of(stored))
    record, action = kept(record, stored), "updated"
    if is_undone(stored):
        record, action = replace(record, state=RecordState.PUBLISHED, tombstone=None), "restored"
    if same(record, stored):
        return Saved(known, changed=False, warnings=tuple(warnings))
    if review is None or not review.proposes_study(session, stored, record):
        _written(writing, record, action, review)
    return Saved(known, changed=True, warnings=tuple(warnings))


def _written(writing: Writing, record: StudyRecord, action: str, review: Review | None) -> StudyRecord:
    """Written, or sent in where it has to be."""
    if review is None:
        return writing.write(record, action)
    waits = review.submits(writing.session, record, writing.before)
    stored = writing.write(replace(record, state=RecordState.IN_REVIEW) if waits else record, action)
    if waits or writing.before is None:
        review.sent(writing.session, stored)
    return stored


def is_undone(stored: StudyRecord) -> bool:
    """Whether the upload that brought it was undone: such a study comes back when it is registered again."""
    gone = stored.tombstone if stored.state is RecordState.WITHDRAWN else None
    return gone is not None and gone.reason == UPLOAD_UNDONE


def take_back(
    session: Session, catalogue: Catalogue, actor: Actor, study_id: UUID, reason: str = UPLOAD_UNDONE
) -> None:
    """Withdraw the study since the upload that brought it is undone. Its datasets are tied to it no more."""
    writing = locked(catalogue, session, actor, study_id)
    stone = Tombstone(catalogue.now(), reason)
    bare = (replace(one, deliverables=tuple(map(_undelivered, one.deliverables))) for one in writing.stood.contracts)
    gone = replace(writing.stood, state=RecordState.WITHDRAWN, tombstone=stone, contracts=tuple(bare))
    writing.write(gone, loose=True)


def _undelivered(owed: Deliverable) -> Deliverable:
    return replace(owed, dataset=None)


def revert(session: Session, catalogue: Catalogue, actor: Actor, earlier: StudyRecord) -> None:
    """Write the study as it stood; `earlier` is of one that is still in the register."""
    writing = locked(catalogue, session, actor, _id(earlier))
    writing.write(with_ours(writing.stood, replace(earlier, slug=writing.stood.slug)), "reverted")


def _check(record: StudyRecord, given: StudyRecord) -> None:
    problems = [problem for problem in validate_study(record) if problem.severity == "error"]
    if not record.register_number:
        problems.append(Problem("register_number", "A study needs its register number.", "register_number"))
    if problems:
        raise Invalid(f"The study {given.register_number or given.title.show('en').value!r} cannot be taken.", problems)


def _id(record: StudyRecord) -> UUID:
    if record.id is None:
        raise ValueError("a study that was never stored has no id")
    return record.id
