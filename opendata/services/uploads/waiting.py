"""Rows of an upload that may not become public by the word of who sent it: kept for a reviewer.

New records are sent in for review, changes of public ones are proposed, each with the word of its row: accepting that
writes it as the upload would have, so that the next table of the agency may change it again.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.catalog.stored import is_public, record_id
from opendata.errors import Conflict
from opendata.services import four_eyes, proposing
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.differences import differences
from opendata.services.four_eyes import ALONE, Eyes
from opendata.services.ingest import Ingest
from opendata.services.placing import Placer
from opendata.services.preparing import Prepared
from opendata.services.revisions import Record
from opendata.services.rights import Right, may_over
from opendata.services.studies_writing import with_ours
from opendata.services.submissions import Proposed, Saying, open_proposal, upload_of
from opendata.services.uploads.items import STUDY_ITEM, last_events, last_study_events
from opendata.services.uploads.sources import SOURCE_TYPE
from opendata.store.codec import dump, load
from opendata.store.editing import ReviewNote
from opendata.store.harvests import HarvestSource
from opendata.store.operations import UploadItem
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult, ReviewAction
from opendata.store.to_records import organization_ref


@dataclass(frozen=True, slots=True)
class Word:
    """What a row says, as the ingest takes it, and the source that says it."""

    source_id: UUID
    item: Prepared


@dataclass
class Reviewing:
    """What the sender of an upload may not make public waits for a reviewer; with `always` whatever would be public."""

    catalogue: Catalogue
    actor: Actor
    upload_id: UUID
    source_id: UUID
    filename: str
    always: bool = False
    _eyes: dict[UUID, Eyes] = field(default_factory=dict)

    def submits(self, session: Session, found: Record, before: Record | None) -> bool:
        """Whether the record would become public by this, and has to be sent in for that. One that was returned is sent
        in again by the table that mends it.
        """
        owner = proposing.owner_of(before or found)
        if before is None or before.state is RecordState.WITHDRAWN:
            return is_public(found) and (
                self._waits(owner) or (before is None and self._eye(session, owner) is Eyes.OTHER)
            )
        returned = before.state is RecordState.DRAFT and upload_of(session, record_id(before)) is not None
        return returned and (self._waits(owner) or self._eye(session, owner) is Eyes.OTHER)

    def proposes(
        self, session: Session, item: Prepared, before: DatasetRecord, after: DatasetRecord
    ) -> ItemResult | None:
        """What became of a change of a public record that has to be proposed; None where it is to be written."""
        if not any(self._waits(proposing.owner_of(one)) for one in (before, after)) or not differences(before, after):
            return None
        waits = self._own(session, before)
        if waits is not None and (word := word_of(session, waits)) and word.item.content_hash == item.content_hash:
            return ItemResult.UNCHANGED
        came = {one.checksum for one in item.record.resources if one.stored}
        self._propose(session, "dataset", before, Proposed(after, came, _packed(self.source_id, item)))
        return ItemResult.UPDATED

    def proposes_study(self, session: Session, before: StudyRecord, after: StudyRecord) -> bool:
        """Whether the change of a public study has to be proposed; then it is."""
        if not is_public(before) or not self._waits(proposing.owner_of(before)):
            return False
        self._own(session, before)
        self._propose(session, "study", before, Proposed(after))
        return True

    def sent(self, session: Session, record: Record) -> None:
        """Say of what was written that it was sent in, or made public by one person alone."""
        kind = "study" if isinstance(record, StudyRecord) else "dataset"
        if record.state is RecordState.IN_REVIEW:
            self._saying(session).say(kind, record, ReviewAction.SUBMITTED, self.filename)
        elif record.state is RecordState.PUBLISHED and self._eye(session, proposing.owner_of(record)) is Eyes.ALONE:
            note(session, self.actor, self.catalogue.now(), kind, record_id(record), ALONE)

    def _waits(self, owner: UUID | None) -> bool:
        return self.always or not may_over(self.actor, Right.PUBLISH_RECORDS, owner)

    def _eye(self, session: Session, owner: UUID | None) -> Eyes:
        if owner is None:
            return Eyes.FREE
        if owner not in self._eyes:
            self._eyes[owner] = four_eyes.another(session, self.actor, owner)
        return self._eyes[owner]

    def _own(self, session: Session, before: Record) -> ReviewNote | None:
        """The change by an upload of theirs that waits. Conflict where somebody else's does, or one typed by hand."""
        waits = open_proposal(session, record_id(before))
        if waits is not None and (waits.user_id != self.actor.user_id or waits.upload_id is None):
            raise Conflict(f"A change by {waits.actor} waits for review. It has to be decided first.")
        return waits

    def _propose(self, session: Session, kind: str, before: Record, proposed: Proposed) -> None:
        self._saying(session).say(kind, before, ReviewAction.PROPOSED, self.filename, proposed=proposed)

    def _saying(self, session: Session) -> Saying:
        return Saying(session, self.catalogue, self.actor, self.catalogue.now(), self.upload_id)


def _packed(source_id: UUID, item: Prepared) -> bytes:
    said = {
        "source": str(source_id), "identifier": item.identifier, "record": dump(item.record),
        "content_hash": item.content_hash, "raw": base64.b64encode(item.raw).decode(), "raw_type": item.raw_type,
        "raw_hash": item.raw_hash, "validator": item.validator,
    }  # fmt: skip
    return zlib.compress(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def word_of(session: Session, waits: ReviewNote) -> Word | None:
    """What the row said that proposed the change; None where people did."""
    data = session.scalar(select(ReviewNote.word).where(ReviewNote.id == waits.id))
    if data is None:
        return None
    said = json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
    item = Prepared(
        identifier=said["identifier"], record=load(DatasetRecord, said["record"]), content_hash=said["content_hash"],
        raw=base64.b64decode(said["raw"]), raw_type=said["raw_type"], problems=(), raw_hash=said["raw_hash"],
        validator=said["validator"],
    )  # fmt: skip
    return Word(UUID(said["source"]), item)


def write(session: Session, catalogue: Catalogue, actor: Actor, before: DatasetRecord, word: Word) -> DatasetRecord:
    """Write what the row said over the record; as it stands then. Conflict where the row means another record now."""
    source = session.get(HarvestSource, word.source_id)
    if source is None:
        raise Conflict("The uploads of this agency were removed. Return the change, to be typed anew.")
    owner = session.get(Organization, source.organization_id) if source.organization_id else None
    placer = Placer(
        organization_ref(owner) if owner else None, f"source:{SOURCE_TYPE}:{source.organization_id}", catalogue.now()
    )
    outcome = Ingest(catalogue, actor, source.id, placer).write(session, [word.item])[0]
    if outcome.dataset_id != before.id:
        raise Conflict("The row means another record by now. Return the change, to be uploaded anew.")
    session.flush()
    written = proposing.stands(session, "dataset", record_id(before))
    if not isinstance(written, DatasetRecord):
        raise TypeError("a dataset becomes a dataset")
    return written


def note_accepted(session: Session, upload_id: UUID, before: Record, stands: Record) -> None:
    """Keep with the upload that its row was accepted: what the record was before, and the last event of that."""
    session.flush()
    key = record_id(stands)
    mine = UploadItem.upload_id == upload_id
    if isinstance(stands, StudyRecord):
        mine = mine & (UploadItem.identifier == STUDY_ITEM + stands.register_number)
        event_id = last_study_events(session, [key]).get(key)
    else:
        mine = mine & (UploadItem.dataset_id == key)
        event_id = last_events(session, [key]).get(key)
    session.execute(update(UploadItem).where(mine).values(event_id=event_id))
    if before.state is RecordState.PUBLISHED:
        changed = update(UploadItem).where(mine, UploadItem.result == ItemResult.UPDATED, UploadItem.before.is_(None))
        session.execute(changed.values(before=dump(before)))


def study_as_proposed(session: Session, upload_id: UUID, stands: StudyRecord) -> StudyRecord:
    """The study as the upload has proposed it, where that waits; else as it stands."""
    waits = open_proposal(session, record_id(stands))
    if waits is None or waits.upload_id != upload_id:
        return stands
    found = proposing.snapshot(session, "study", waits)
    return with_ours(stands, found) if isinstance(found, StudyRecord) else stands
