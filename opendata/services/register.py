"""The register of commissioned studies: pages, and taking studies in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import RecordState, StudyRecord
from opendata.catalog.validation import clean_study, validate_study
from opendata.errors import Gone, Invalid, Moved, NotFound, Problem
from opendata.services import queue
from opendata.services.actors import Actor
from opendata.services.audit import TIED, UNTIED, note, note_each
from opendata.services.catalogue import Catalogue
from opendata.services.datasets import subject_names
from opendata.services.ingest import UPLOAD_UNDONE
from opendata.services.register_updates import kept, same
from opendata.services.results import StudyPage
from opendata.services.rights import Right, demand_over, may_over
from opendata.services.studies_named import datasets_that_name
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.from_records import apply_study, new_study


def page(catalogue: Catalogue, actor: Actor, name: str) -> StudyPage:
    """The study called `name` (slug or id). NotFound; Moved when that is not its present slug; Gone when withdrawn."""
    with catalogue.sessions.read() as session:
        address = queries.address(session, "study", name)
        found = queries.study_page(session, address.id)
        if may_over(actor, Right.SEE_UNPUBLISHED, found.organization.id if found.organization else None):
            found = queries.study_page(session, address.id, public_only=False)
    if not is_visible(found, actor):
        raise NotFound(f"There is no study called {name!r}.")
    if address.slug != name:
        raise Moved(f"The study is at {address.slug} now.", address.slug)
    if found.state == RecordState.WITHDRAWN:
        raise Gone(f"The study {name!r} was withdrawn.", found)
    return StudyPage(found, catalogue.today(), subject_names(found.subjects), f"/id/{found.id}")


def is_visible(found: StudyRecord, actor: Actor) -> bool:
    """Whether the actor may know that there is such a study."""
    if found.state in (RecordState.PUBLISHED, RecordState.WITHDRAWN) and not found.private:
        return True
    return may_over(actor, Right.SEE_UNPUBLISHED, found.organization.id if found.organization else None)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a study that was handed in. `warnings` tell what of it could not be taken as it was."""

    id: UUID
    changed: bool
    warnings: tuple[Problem, ...] = ()


def save(session: Session, catalogue: Catalogue, actor: Actor, given: StudyRecord) -> Saved:
    """Register the study, or write over the one with its register number. Invalid with every problem.

    The organisation must be one of ours (`organization.id`). Datasets that name the register number are tied to it.
    A study that is known, and of which nothing new is said, is left alone. The caller commits.
    """
    record, warnings = clean_study(given)
    _check(record, given)
    demand_over(actor, Right.EDIT_RECORDS, record.organization.id if record.organization else None)
    known = queries.study_by_register_number(session, record.register_number)
    action = "registered"
    if known is not None:
        stored = queries.study_page(session, known, public_only=False)
        demand_over(actor, Right.EDIT_RECORDS, stored.organization.id if stored.organization else None)
        record, action = kept(record, stored), "updated"
        if is_undone(stored):
            record, action = replace(record, state=RecordState.PUBLISHED, tombstone=None), "restored"
        if same(record, stored):
            return Saved(known, changed=False, warnings=tuple(warnings))
    now = catalogue.now()
    study_id = _write(session, record, known, now)
    _tie(session, actor, now, study_id, record)
    note(session, actor, now, "study", study_id, action)
    queue.index_studies(session, now, [study_id])
    return Saved(study_id, changed=True, warnings=tuple(warnings))


def is_undone(stored: StudyRecord) -> bool:
    """Whether the upload that brought it was undone: such a study comes back when it is registered again."""
    gone = stored.tombstone if stored.state is RecordState.WITHDRAWN else None
    return gone is not None and gone.reason == UPLOAD_UNDONE


def take_back(
    session: Session, catalogue: Catalogue, actor: Actor, study_id: UUID, reason: str = UPLOAD_UNDONE
) -> None:
    """Withdraw the study: mostly since the upload that brought it is undone. Its datasets are tied to it no more."""
    now = catalogue.now()
    row = queries.study_row(session, study_id)
    row.state, row.withdrawn_at, row.withdrawn_reason = RecordState.WITHDRAWN, now, reason
    row.metadata_modified = now
    for contract in row.contracts:
        for owed in contract.deliverables:
            owed.dataset_id = None
    tied = session.scalars(select(Dataset.id).where(Dataset.study_id == study_id)).all()
    note_each(session, actor, now, UNTIED, select(Dataset.id).where(Dataset.study_id == study_id))
    session.execute(update(Dataset).where(Dataset.study_id == study_id).values(study_id=None, metadata_modified=now))
    queue.index_datasets(session, now, tied)
    note(session, actor, now, "study", study_id, "withdrawn", after={"reason": reason})
    queue.index_studies(session, now, [study_id])


def bring_back(session: Session, catalogue: Catalogue, actor: Actor, study_id: UUID) -> None:
    """Restore the withdrawn study. Datasets that name its number are tied to it anew."""
    now, row = catalogue.now(), queries.study_row(session, study_id)
    row.state, row.withdrawn_at, row.withdrawn_reason = RecordState.PUBLISHED, None, ""
    row.metadata_modified = now
    session.flush()
    _tie(session, actor, now, study_id, queries.study_page(session, study_id, public_only=False))
    note(session, actor, now, "study", study_id, "restored")
    queue.index_studies(session, now, [study_id])


def revert(session: Session, catalogue: Catalogue, actor: Actor, earlier: StudyRecord) -> None:
    """Write the study as it stood; `earlier` is of one that is still in the register."""
    if earlier.id is None:
        raise ValueError("a study that was never stored cannot be reverted")
    now = catalogue.now()
    apply_study(queries.study_row(session, earlier.id), earlier, now)
    note(session, actor, now, "study", earlier.id, "reverted")
    queue.index_studies(session, now, [earlier.id])


def _tie(session: Session, actor: Actor, now: dt.datetime, study_id: UUID, record: StudyRecord) -> None:
    """Datasets that name the register number, or a contract of this study alone, belong to it from now on."""
    named = datasets_that_name(session, record, study_id)
    loose = select(Dataset.id).where(Dataset.id.in_(named), Dataset.study_id.is_(None))
    if named and (tied := session.scalars(loose).all()):
        note_each(session, actor, now, TIED, loose)
        session.execute(update(Dataset).where(Dataset.id.in_(tied)).values(study_id=study_id, metadata_modified=now))
        queue.index_datasets(session, now, tied)


def _check(record: StudyRecord, given: StudyRecord) -> None:
    problems = [problem for problem in validate_study(record) if problem.severity == "error"]
    if not record.register_number:
        problems.append(Problem("register_number", "A study needs its register number.", "register_number"))
    if problems:
        raise Invalid(f"The study {given.register_number or given.title.show('en').value!r} cannot be taken.", problems)


def _write(session: Session, record: StudyRecord, known: UUID | None, now: dt.datetime) -> UUID:
    if known is None:
        base = make_slug(record.title)
        taken = queries.taken_slugs(session, "study", base)
        slug = base if base not in taken else f"{base}-{make_slug(record.register_number)}"
        row = new_study(session, replace(record, slug=slug), now)
    else:
        row = queries.study_row(session, known)
        apply_study(row, record, now)
    session.flush()
    return row.id
