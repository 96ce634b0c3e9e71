"""A change of a public record by somebody who may edit there, and not publish: kept beside the record until somebody
accepts it, and shown as what would differ.

It is kept as the record would be with it, and with the state that it was made of: what others write meanwhile stays
(services.conflicts). The bytes of its files are kept for it, and are for those who edit the record alone.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, ResourceRecord, StudyRecord
from opendata.catalog.stored import is_public, record_id
from opendata.errors import Changed, Conflict, NotFound
from opendata.services import neighbours, revisions, studies_writing
from opendata.services.accepting import accepted as accepted_dataset
from opendata.services.accepting import loosened, refuse, with_fresh_bytes
from opendata.services.actors import SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.conflicts import Clash, Merged, three_way
from opendata.services.differences import Difference, differences
from opendata.services.locking import readable
from opendata.services.results import OpenedFile
from opendata.services.revisions import Record
from opendata.services.rewriting import stored_record
from opendata.services.rights import Right, may_over
from opendata.services.study_ties import Ties
from opendata.services.submissions import (
    DECIDED,
    SENT,
    Proposed,
    Saying,
    keep_files,
    open_proposal,
    proposed_files,
    returned_proposal,
)
from opendata.store import queries
from opendata.store.codec import load
from opendata.store.editing import ProposedFile, ReviewNote
from opendata.store.harvests import HarvestRecord
from opendata.store.states import ReviewAction

KEEP_RETURNED = dt.timedelta(days=90)
"""How long a returned change that brings files is kept for who may go on with it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that waits, as it would be shown: what would differ, and what others changed in the same place since.
    `record` is what it would be, `files` are those that would have other bytes, or are new.
    """

    record: Record
    differences: tuple[Difference, ...]
    clashes: tuple[Clash, ...]
    files: tuple[ResourceRecord, ...] = ()


def stands(session: Session, kind: str, object_id: UUID) -> Record:
    """The record as it stands, for who writes in the transaction of `session`."""
    if kind == "study":
        return queries.study_as_written(session, object_id)
    return stored_record(queries.dataset_rows(session, [object_id])[0])


def needs_review(actor: Actor, before: Record, after: Record) -> bool:
    """Whether this change of a public record has to be proposed: the actor may edit there, and not publish."""
    owner = owner_of(before)
    public = is_public(before) or is_public(after)
    return public and may_over(actor, Right.EDIT_RECORDS, owner) and not may_over(actor, Right.PUBLISH_RECORDS, owner)


def owner_of(record: Record) -> UUID | None:
    """The organisation that it belongs to."""
    return record.organization.id if record.organization else None


def propose(
    saying: Saying, kind: str, stands: Record, wanted: Record, message: str, files: Collection[str] = ()
) -> ReviewNote:
    """Keep the change for a reviewer, in the transaction that holds the record; it takes the place of the asker's own
    that waits. `wanted` is as it may be written, `files` are the checksums of bytes that have come for it.
    Conflict where it needs no review, changes nothing, or meets somebody else's that waits.
    """
    refuse_others(saying.session, saying.actor, stands)
    if not needs_review(saying.actor, stands, wanted):
        raise Conflict("This change needs no review. Write it.")
    if not differences(stands, wanted) and wanted.state is stands.state:
        raise Conflict("Nothing is changed.")
    kept = fresh(wanted, {*files, *proposed_files(saying.session, record_id(stands))})
    return saying.say(kind, stands, ReviewAction.PROPOSED, message, proposed=Proposed(wanted, kept))


def fresh(wanted: Record, checksums: Collection[str]) -> set[str]:
    """Those of the checksums that files of the record have."""
    files = wanted.resources if isinstance(wanted, DatasetRecord) else ()
    return {one.checksum for one in files if one.stored} & set(checksums)


def refuse_others(session: Session, actor: Actor, stands: Record) -> None:
    """Conflict where a change by somebody else waits."""
    waits = open_proposal(session, record_id(stands))
    if waits is not None and waits.user_id != actor.user_id:
        raise Conflict(f"A change by {waits.actor} waits for review. It has to be decided first.")


def acceptable(
    catalogue: Catalogue, session: Session, actor: Actor, stands: Record, wanted: Record, files: Collection[str] = ()
) -> Record:
    """`wanted` as it may be written over what stands, `files` being the bytes that have come for it. Invalid."""
    if isinstance(stands, DatasetRecord) and isinstance(wanted, DatasetRecord):
        came = {*files, *proposed_files(session, record_id(stands))}
        ours = accepted_dataset(with_fresh_bytes(stands, wanted, came), stands)
        has_source = select(HarvestRecord.id).where(HarvestRecord.dataset_id == stands.id).limit(1)
        if session.scalar(has_source) is not None:
            refuse(loosened(stands, ours))
        return ours
    if isinstance(stands, StudyRecord) and isinstance(wanted, StudyRecord):
        study = studies_writing.with_ours(stands, wanted)
        owed = studies_writing.same_deliverables(study, stands)
        study = replace(study, contracts=Ties(session, actor, stands).with_unseen(owed))
        return studies_writing.accepted(study, catalogue.today(), stands)
    raise TypeError(f"a {type(wanted).__name__} was written over a {type(stands).__name__}")


def going_on(session: Session, actor: Actor, kind: str, stands: Record) -> Record | None:
    """The record as the asker's own change would have it that waits, or was returned; None where there is none."""
    waits = open_proposal(session, record_id(stands)) or returned_proposal(session, record_id(stands))
    if waits is None or waits.user_id is None or waits.user_id != actor.user_id:
        return None
    return merged(session, kind, stands, waits).record


def decided(session: Session, kind: str, stands: Record, waits: ReviewNote) -> Record:
    """The record with the change that waits, and with all that others wrote since. Changed where these meet."""
    found = merged(session, kind, stands, waits)
    if found.clashes:
        names = ", ".join(one.field for one in found.clashes)
        raise Changed(f"Others changed the same since this was proposed: {names}. Return it, to be proposed anew.")
    return found.record


def merged(session: Session, kind: str, stands: Record, waits: ReviewNote, reader: Actor | None = None) -> Merged:
    """What waits over what others wrote since; for a `reader`, of what they may know."""
    base, mine = stands, snapshot(session, kind, waits)
    if waits.version != revisions.version(stands):
        base = revisions.record_at(session, kind, record_id(stands), waits.version) or stands
    sides = (base, mine, stands)
    if reader is not None:
        sides = (neighbours.shown(session, reader, base), neighbours.shown(session, reader, mine), stands)
    return three_way(*sides)  # type: ignore[type-var]


def snapshot(session: Session, kind: str, waits: ReviewNote) -> Record:
    """The record as it was proposed. NotFound where that is not kept."""
    data = session.scalar(select(ReviewNote.snapshot).where(ReviewNote.id == waits.id))
    if data is None:
        raise NotFound("What was proposed is not kept any more.")
    found: Record = load(revisions.TYPES[kind], json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass")))
    return found


def shown(session: Session, actor: Actor, kind: str, stands: Record, waits: ReviewNote) -> Waiting:
    """What waits, for who may see it."""
    stands = neighbours.shown(session, actor, stands)
    both = merged(session, kind, stands, waits, actor)
    files = new_bytes(session, both.record)
    return Waiting(both.record, differences(stands, both.record), both.clashes, files)


def new_bytes(session: Session, record: Record) -> tuple[ResourceRecord, ...]:
    """The files of a record that has its waiting change in it whose bytes came for that."""
    came = proposed_files(session, record_id(record))
    files = record.resources if isinstance(record, DatasetRecord) else ()
    return tuple(one for one in files if one.stored and one.checksum in came)


def open_file(catalogue: Catalogue, actor: Actor, dataset: str, checksum: str) -> OpenedFile:
    """A file that a change brings which waits, or was returned. For who edits the record. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        stands = readable(session, actor, dataset)
        waits = open_proposal(session, record_id(stands)) or returned_proposal(session, record_id(stands))
        files = new_bytes(session, merged(session, "dataset", stands, waits).record) if waits is not None else ()
    for one in files:
        if one.checksum == checksum:
            return OpenedFile(
                stream=catalogue.files.open(checksum),
                filename=one.filename or "file",
                media_type=one.media_type or "application/octet-stream",
                byte_size=catalogue.files.size(checksum),
                checksum=checksum,
                inline_allowed=False,
            )
    raise NotFound("No change that waits brings such a file.")


def forget_returned(catalogue: Catalogue) -> int:
    """Give up changes with files that were returned, and that nobody went on with for `KEEP_RETURNED`. How many."""
    with catalogue.sessions.read() as session:
        if not (due := _left_lying(session, catalogue.now() - KEEP_RETURNED)):
            return 0
    with catalogue.sessions.write.begin() as session:
        due = _left_lying(session, catalogue.now() - KEEP_RETURNED)
        saying = Saying(session, catalogue, SYSTEM, catalogue.now())
        for object_id in due:
            saying.say("dataset", stands(session, "dataset", object_id), ReviewAction.TAKEN_BACK)
            keep_files(session, catalogue, object_id)
    return len(due)


def _left_lying(session: Session, before: dt.datetime) -> list[UUID]:
    """Records of which a change with files was returned before that, as the last that was done with it."""
    found = []
    for object_id in session.scalars(select(ProposedFile.object_id).distinct()):
        steps = select(ReviewNote.action, ReviewNote.at).where(
            ReviewNote.object_id == object_id, ReviewNote.action.in_((*SENT, *DECIDED))
        )
        last = session.execute(steps.order_by(ReviewNote.id.desc()).limit(1)).one_or_none()
        if last and last.action is ReviewAction.RETURNED and last.at < before:
            found.append(object_id)
    return found
