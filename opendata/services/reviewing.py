"""Review: what is sent in, said about it, returned with reasons, accepted, taken back; and changes that are proposed.

A new record waits in the state in_review. What is public stays as it is while a change of it is proposed: the record as
it would be stands at the note of the proposal, and is written by the one write path when somebody accepts it. Nobody
accepts what they sent in themselves, unless there is nobody else (services.four_eyes).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, StudyRecord
from opendata.catalog.stored import record_id
from opendata.errors import Conflict, Invalid, Problem
from opendata.services import (
    disclosing,
    four_eyes,
    history,
    neighbours,
    proposing,
    studies_writing,
    submissions,
    writing,
)
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.conflicts import Clash
from opendata.services.differences import Difference
from opendata.services.four_eyes import Eyes
from opendata.services.missing import Missing, missing
from opendata.services.proposing import needs_review as needs_review
from opendata.services.proposing import owner_of
from opendata.services.revisions import Record
from opendata.services.rights import Right, demand_over
from opendata.services.submissions import Saying, open_proposal
from opendata.services.uploads import waiting
from opendata.store.editing import ReviewNote
from opendata.store.states import ReviewAction

MOST = 5_000
"""Characters of a word in a review."""


@dataclass(frozen=True, slots=True)
class Word:
    """A step of a review, or a word in it. `field` is what it is about, "" the whole record."""

    id: int
    at: dt.datetime
    actor: str
    action: str
    field: str
    message: str
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits: what would differ from the record as it stands, and what others changed meanwhile."""

    word: Word
    differences: tuple[Difference, ...]
    clashes: tuple[Clash, ...]
    mine: bool
    files: tuple[ResourceRecord, ...] = ()
    """Those that it brings, which only they have who edit the record."""


@dataclass(frozen=True, slots=True)
class Talk:
    """All that was said about a record, oldest first, what waits, and what is missing of it."""

    words: tuple[Word, ...]
    proposal: Proposal | None
    missing: tuple[Missing, ...]
    sent_by_me: bool
    eyes: Eyes = Eyes.FREE
    """Whether the asker may make public what waits, or the draft: alone, or somebody else."""
    returned: bool = False
    """A change that the asker proposed came back: they may go on with it, or give it up."""


def talk(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Talk:
    """What was said about the record. NotFound; NotAllowed for who does not edit there."""
    with catalogue.sessions.read() as session:
        record = history.present(session, actor, kind, name)
        demand_over(actor, Right.EDIT_RECORDS, owner_of(record))
        rows = session.scalars(select(ReviewNote).where(ReviewNote.object_id == record.id).order_by(ReviewNote.id))
        words = tuple(_word(row) for row in rows)
        waiting_change = open_proposal(session, record_id(record))
        proposal = _proposal(session, actor, kind, record, waiting_change) if waiting_change is not None else None
        mine = submissions.sender(session, record_id(record)) == actor.user_id is not None
        waits = waiting_change is not None or record.state is RecordState.IN_REVIEW
        eyes = four_eyes.eyes(session, actor, record, sent=waits)
        back = submissions.returned_proposal(session, record_id(record)) if waiting_change is None else None
    returned = back is not None and back.user_id is not None and back.user_id == actor.user_id
    return Talk(words, proposal, missing(record, catalogue.today()), mine, eyes, returned)


def submit(
    catalogue: Catalogue, actor: Actor, kind: str, name: str, message: str = "", *, if_version: str | None = None
) -> Record:
    """Send a draft in for review. Conflict for one that is no draft; Invalid for what publishing would refuse."""

    def change(work: _Work) -> Record:
        if work.record.state is not RecordState.DRAFT:
            raise Conflict(f"Only a draft is sent in for review; {name!r} is {work.record.state.value}.")
        work.say(ReviewAction.SUBMITTED, _text(message))
        return work.write(replace(work.record, state=RecordState.IN_REVIEW))

    return _done(catalogue, actor, kind, name, change, if_version)


def comment(catalogue: Catalogue, actor: Actor, kind: str, name: str, message: str, field: str = "") -> None:
    """Say something about the record, or about one field of it. Invalid without words."""

    def change(work: _Work) -> Record:
        if field and field.partition(".")[0] not in _names(work.record):
            raise _wrong("unknown_field", f"{field[:80]!r} is no field of the record.", "field")
        work.say(ReviewAction.COMMENT, _text(message, required=True), field)
        return work.record

    _done(catalogue, actor, kind, name, change)


def send_back(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    name: str,
    message: str,
    *,
    if_version: str | None = None,
    upload_id: UUID | None = None,
) -> Record:
    """Return what is in review, or refuse a proposed change, with the reasons. Invalid without words; Conflict.

    `upload_id`: it is decided with a whole upload, whose sender is written to once.
    """

    def change(work: _Work) -> Record:
        demand_over(actor, Right.REVIEW_RECORDS, owner_of(work.record))
        waits = open_proposal(work.session, record_id(work.record))
        if work.record.state is not RecordState.IN_REVIEW and waits is None:
            raise Conflict(f"{name!r} is not in review, so it cannot be returned.")
        work.say(ReviewAction.RETURNED, _text(message, required=True))
        if work.record.state is not RecordState.IN_REVIEW:
            return work.record
        return work.write(replace(work.record, state=RecordState.DRAFT))

    return _done(catalogue, actor, kind, name, change, if_version, upload_id)


def take_back(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Record:
    """Make a draft again of what is in review, or give a change up that waits or was returned. Conflict where there is
    none.
    """

    def change(work: _Work) -> Record:
        waits = open_proposal(work.session, record_id(work.record))
        if waits is None:
            returned = submissions.returned_proposal(work.session, record_id(work.record))
            waits = returned if returned is not None and returned.user_id == actor.user_id else None
        if work.record.state is not RecordState.IN_REVIEW and waits is None:
            raise Conflict(f"{name!r} is not in review, so it cannot be taken back.")
        work.say(ReviewAction.TAKEN_BACK, "")
        submissions.keep_files(work.session, catalogue, record_id(work.record))
        if work.record.state is not RecordState.IN_REVIEW:
            return work.record
        return work.write(replace(work.record, state=RecordState.DRAFT))

    return _done(catalogue, actor, kind, name, change)


def publish(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    name: str,
    message: str = "",
    *,
    if_version: str | None = None,
    upload_id: UUID | None = None,
) -> Record:
    """Make a draft public, or accept what is in review or proposed. NotAllowed for who sent it in; Conflict where there
    is nothing to publish, or where a proposed change meets what others wrote since. `upload_id` as in `send_back`.
    """

    def change(work: _Work) -> Record:
        record, waits = work.record, open_proposal(work.session, record_id(work.record))
        if waits is None and record.state not in (RecordState.DRAFT, RecordState.IN_REVIEW):
            raise Conflict(f"{name!r} is {record.state.value}: there is nothing to publish.")
        if waits is not None:
            demand_over(actor, Right.REVIEW_RECORDS, owner_of(record))
            if record.state is RecordState.WITHDRAWN:
                raise Conflict(f"{name!r} was withdrawn since: restore it first, or return the proposed change.")
            four_eyes.see(work.session, actor, work.at, kind, record, record, sent=True)
        if waits is None and record.state is RecordState.DRAFT:
            return work.write(replace(record, state=RecordState.PUBLISHED))
        uploaded = waits.upload_id if waits is not None else submissions.upload_of(work.session, record_id(record))
        work.say(ReviewAction.ACCEPTED, _text(message))
        if waits is None:
            stands = work.write(replace(record, state=RecordState.PUBLISHED))
        else:
            stands = work.accept(proposing.decided(work.session, kind, record, waits), waits)
            submissions.keep_files(work.session, catalogue, record_id(record))
        if uploaded is not None:
            waiting.note_accepted(work.session, uploaded, record, stands)
        return stands

    return _done(catalogue, actor, kind, name, change, if_version, upload_id)


def propose(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    name: str,
    change: Callable[[Record], Record] | Record,
    message: str = "",
    *,
    if_version: str | None = None,
) -> Word:
    """Keep a change of a public record for a reviewer; nothing of the record is another yet. It takes the place of the
    asker's own that waits, and goes on with it where `change` makes one record of another. Invalid as writing.replace;
    Conflict where nothing is changed, or somebody else's waits.
    """
    kept: list[ReviewNote] = []

    def propose_it(work: _Work) -> Record:
        begun = proposing.going_on(work.session, actor, kind, work.record) or work.record
        wanted = work.accepted(change(begun) if callable(change) else change)
        kept.append(proposing.propose(work.saying, kind, work.record, wanted, _text(message)))
        return work.record

    _done(catalogue, actor, kind, name, propose_it, if_version)
    return _word(kept[0])


def proposed(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Record | None:
    """The record as the waiting change would have it, None where none waits: for who goes on with it."""
    with catalogue.sessions.read() as session:
        record = history.present(session, actor, kind, name)
        demand_over(actor, Right.EDIT_RECORDS, owner_of(record))
        found = proposing.going_on(session, actor, kind, record)
        return neighbours.shown(session, actor, found) if found is not None else None


@dataclass
class _Work:
    """A record in the transaction that changes it, or says something about it."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    kind: str
    held: writing.Rewriting | studies_writing.Writing
    at: dt.datetime
    upload_id: UUID | None = None

    @property
    def record(self) -> Record:
        """As it stands."""
        return self.held.before if isinstance(self.held, writing.Rewriting) else self.held.stood

    @property
    def saying(self) -> Saying:
        """Who says something about it."""
        return Saying(self.session, self.catalogue, self.actor, self.at, self.upload_id)

    def accepted(self, wanted: Record) -> Record:
        """As it may be written. Invalid."""
        return proposing.acceptable(self.catalogue, self.session, self.actor, self.record, wanted)

    def accept(self, wanted: Record, waits: ReviewNote) -> Record:
        """Write the change that waited: what an upload said as its word, else as written by hand."""
        before = self.record
        if isinstance(before, DatasetRecord) and (item := waiting.word_of(self.session, waits)) is not None:
            return waiting.write(self.session, self.catalogue, self.actor, before, item)
        if isinstance(self.held, writing.Rewriting):
            self.held.why = waits.message
        if not isinstance(before, DatasetRecord):
            return self.write(wanted)
        since = disclosing.opened(self.session, before, self.catalogue.today())
        stands = self.write(wanted)
        if isinstance(stands, DatasetRecord):
            disclosing.tell_all(self.session, self.catalogue, self.actor, before, stands, since)
        return stands

    def write(self, wanted: Record) -> Record:
        """Write it. Invalid; NotAllowed."""
        wanted = self.accepted(wanted)
        if isinstance(self.held, writing.Rewriting) and isinstance(wanted, DatasetRecord):
            return self.held.write(wanted)
        if isinstance(self.held, studies_writing.Writing) and isinstance(wanted, StudyRecord):
            before, stored = self.held.stood, self.held.write(wanted)
            four_eyes.see(self.session, self.actor, self.at, self.kind, before, stored)
            return stored
        raise TypeError(f"a {type(wanted).__name__} was written as a {self.kind}")

    def say(self, action: ReviewAction, message: str, field: str = "") -> ReviewNote:
        """Note the word, and tell those whom it concerns."""
        return self.saying.say(self.kind, self.record, action, message, field=field)


def _done(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    name: str,
    change: Callable[[_Work], Record],
    if_version: str | None = None,
    upload_id: UUID | None = None,
) -> Record:
    with catalogue.sessions.write.begin() as session:
        opening = studies_writing.opened if kind == "study" else writing.opened
        held: writing.Rewriting | studies_writing.Writing = opening(catalogue, session, actor, name, if_version)
        return change(_Work(catalogue, session, actor, kind, held, catalogue.now(), upload_id))


def _proposal(session: Session, actor: Actor, kind: str, record: Record, waits: ReviewNote) -> Proposal:
    found = proposing.shown(session, actor, kind, record, waits)
    mine = waits.user_id is not None and waits.user_id == actor.user_id
    return Proposal(_word(waits), found.differences, found.clashes, mine, found.files)


def _word(row: ReviewNote) -> Word:
    return Word(row.id, row.at, row.actor, row.action.value, row.field, row.message, row.user_id)


def _text(message: str, *, required: bool = False) -> str:
    message = message.strip()
    if required and not message:
        raise _wrong("no_reason", "Write what is to be done.", "message")
    if len(message) > MOST:
        raise _wrong("too_long", f"At most {MOST} characters.", "message")
    return message


def _wrong(code: str, message: str, field: str) -> Invalid:
    return Invalid(message, [Problem(code, message, field)])


def _names(record: Record) -> Sequence[str]:
    return [*(one.name for one in dataclasses.fields(record)), "file", "contract"]
