"""Review: what is sent in, said about it, returned with reasons, accepted, taken back; and changes that are proposed.

A new record waits in the state in_review. What is public stays as it is while a change of it is proposed: the record as
it would be stands at the note of the proposal, and is written by the one write path when somebody accepts it. Nobody
accepts what they sent in themselves, unless there is nobody else (services.four_eyes).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.errors import Changed, Conflict, Invalid, NotFound, Problem
from opendata.services import four_eyes, history, revisions, studies_writing, submissions, writing
from opendata.services.accepting import accepted, with_ours
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.conflicts import Clash, Merged, three_way
from opendata.services.differences import Difference, differences
from opendata.services.four_eyes import Eyes
from opendata.services.missing import Missing, missing
from opendata.services.revisions import Record
from opendata.services.rights import Right, demand_over, may_over
from opendata.services.study_ties import Ties
from opendata.services.submissions import open_proposal
from opendata.store.codec import load
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


@dataclass(frozen=True, slots=True)
class Talk:
    """All that was said about a record, oldest first, what waits, and what is missing of it."""

    words: tuple[Word, ...]
    proposal: Proposal | None
    missing: tuple[Missing, ...]
    sent_by_me: bool
    eyes: Eyes = Eyes.FREE
    """Whether the asker may make public what waits, or the draft: alone, or somebody else."""


def talk(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Talk:
    """What was said about the record. NotFound; NotAllowed for who does not edit there."""
    with catalogue.sessions.read() as session:
        record = history.present(session, actor, kind, name)
        demand_over(actor, Right.EDIT_RECORDS, _owner(record))
        rows = session.scalars(select(ReviewNote).where(ReviewNote.object_id == record.id).order_by(ReviewNote.id))
        words = tuple(_word(row) for row in rows)
        waiting = open_proposal(session, _id(record))
        proposal = _proposal(session, actor, kind, record, waiting) if waiting is not None else None
        mine = submissions.sender(session, _id(record)) == actor.user_id is not None
        waits = waiting is not None or record.state is RecordState.IN_REVIEW
        eyes = four_eyes.eyes(session, actor, record, sent=waits)
    return Talk(words, proposal, missing(record, catalogue.today()), mine, eyes)


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
    catalogue: Catalogue, actor: Actor, kind: str, name: str, message: str, *, if_version: str | None = None
) -> Record:
    """Return what is in review, or refuse a proposed change, with the reasons. Invalid without words; Conflict."""

    def change(work: _Work) -> Record:
        demand_over(actor, Right.REVIEW_RECORDS, _owner(work.record))
        waits = open_proposal(work.session, _id(work.record))
        if work.record.state is not RecordState.IN_REVIEW and waits is None:
            raise Conflict(f"{name!r} is not in review, so it cannot be returned.")
        work.say(ReviewAction.RETURNED, _text(message, required=True))
        if work.record.state is not RecordState.IN_REVIEW:
            return work.record
        return work.write(replace(work.record, state=RecordState.DRAFT))

    return _done(catalogue, actor, kind, name, change, if_version)


def take_back(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Record:
    """Make a draft again of what is in review, or give a proposed change up. Conflict where nothing waits."""

    def change(work: _Work) -> Record:
        waits = open_proposal(work.session, _id(work.record))
        if work.record.state is not RecordState.IN_REVIEW and waits is None:
            raise Conflict(f"{name!r} is not in review, so it cannot be taken back.")
        work.say(ReviewAction.TAKEN_BACK, "")
        if work.record.state is not RecordState.IN_REVIEW:
            return work.record
        return work.write(replace(work.record, state=RecordState.DRAFT))

    return _done(catalogue, actor, kind, name, change)


def publish(
    catalogue: Catalogue, actor: Actor, kind: str, name: str, message: str = "", *, if_version: str | None = None
) -> Record:
    """Make a draft public, or accept what is in review or proposed. NotAllowed for who sent it in; Conflict where there
    is nothing to publish, or where a proposed change meets what others wrote since.
    """

    def change(work: _Work) -> Record:
        record, waits = work.record, open_proposal(work.session, _id(work.record))
        if waits is None and record.state not in (RecordState.DRAFT, RecordState.IN_REVIEW):
            raise Conflict(f"{name!r} is {record.state.value}: there is nothing to publish.")
        if waits is not None or record.state is RecordState.IN_REVIEW:
            if waits is not None:
                demand_over(actor, Right.REVIEW_RECORDS, _owner(record))
                four_eyes.see(work.session, actor, work.at, kind, record, record, sent=True)
            work.say(ReviewAction.ACCEPTED, _text(message))
        if waits is not None:
            return work.write(_accepted(work.session, kind, record, waits))
        return work.write(replace(record, state=RecordState.PUBLISHED))

    return _done(catalogue, actor, kind, name, change, if_version)


def needs_review(actor: Actor, before: Record, after: Record) -> bool:
    """Whether this change of a public record has to be proposed: the actor may edit there, and not publish."""
    owner = _owner(before)
    public = any(one.state is RecordState.PUBLISHED and not one.private for one in (before, after))
    return public and may_over(actor, Right.EDIT_RECORDS, owner) and not may_over(actor, Right.PUBLISH_RECORDS, owner)


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
    """Keep a change of a public record for a reviewer; nothing of the record is another yet. It takes the place of one
    that waits. Files are changed by reviewers alone. Invalid as writing.replace; Conflict where nothing is changed.
    """
    kept: list[ReviewNote] = []

    def propose_it(work: _Work) -> Record:
        wanted = work.accepted(change(work.record) if callable(change) else change)
        if not needs_review(actor, work.record, wanted):
            raise Conflict("This change needs no review. Write it.")
        if not differences(work.record, wanted) and wanted.state is work.record.state:
            raise Conflict("Nothing is changed.")
        waits = open_proposal(work.session, _id(work.record))
        if waits is not None and waits.user_id != actor.user_id:
            raise Conflict(f"A change by {waits.actor} waits for review. It has to be decided first.")
        data = json.dumps(revisions.lasting(wanted), ensure_ascii=False).encode("utf-8", "surrogatepass")
        kept.append(work.say(ReviewAction.PROPOSED, _text(message), snapshot=zlib.compress(data)))
        return work.record

    _done(catalogue, actor, kind, name, propose_it, if_version)
    return _word(kept[0])


def proposed(catalogue: Catalogue, actor: Actor, kind: str, name: str) -> Record | None:
    """The record as the waiting change would have it, None where none waits: for who goes on with it."""
    with catalogue.sessions.read() as session:
        record = history.present(session, actor, kind, name)
        demand_over(actor, Right.EDIT_RECORDS, _owner(record))
        waits = open_proposal(session, _id(record))
        return history.shown(session, actor, _snapshot(session, kind, waits)) if waits is not None else None


@dataclass
class _Work:
    """A record in the transaction that changes it, or says something about it."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    kind: str
    held: writing.Rewriting | studies_writing.Writing
    at: dt.datetime

    @property
    def record(self) -> Record:
        """As it stands."""
        return self.held.before if isinstance(self.held, writing.Rewriting) else self.held.stood

    def accepted(self, wanted: Record) -> Record:
        """As it may be written. Invalid."""
        if isinstance(self.record, DatasetRecord) and isinstance(wanted, DatasetRecord):
            return accepted(with_ours(self.record, wanted), self.record)
        if isinstance(self.record, StudyRecord) and isinstance(wanted, StudyRecord):
            ours = studies_writing.with_ours(self.record, wanted)
            owed = studies_writing.same_deliverables(ours, self.record)
            ours = replace(ours, contracts=Ties(self.session, self.actor, self.record).with_unseen(owed))
            return studies_writing.accepted(ours, self.catalogue.today(), self.record)
        raise TypeError(f"a {type(wanted).__name__} was written over a {type(self.record).__name__}")

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

    def say(self, action: ReviewAction, message: str, field: str = "", snapshot: bytes | None = None) -> ReviewNote:
        """Note the word, and tell those whom it concerns."""
        actor, record = self.actor, self.record
        row = ReviewNote(
            kind=self.kind, object_id=_id(record), at=self.at, user_id=actor.user_id, actor=actor.name or actor.email,
            action=action, field=field, message=message, version=revisions.version(record), snapshot=snapshot,
        )  # fmt: skip
        sender = submissions.sender(self.session, _id(record))
        self.session.add(row)
        self.session.flush()
        told = {"field": field} if field else None  # the words themselves stand at the note
        note(self.session, actor, self.at, self.kind, _id(record), f"review {action.value}", after=told)
        submissions.tell(self.session, self.catalogue, actor, self.kind, record, row, sender)
        return row


def _done(
    catalogue: Catalogue,
    actor: Actor,
    kind: str,
    name: str,
    change: Callable[[_Work], Record],
    if_version: str | None = None,
) -> Record:
    with catalogue.sessions.write.begin() as session:
        opening = studies_writing.opened if kind == "study" else writing.opened
        held: writing.Rewriting | studies_writing.Writing = opening(catalogue, session, actor, name, if_version)
        return change(_Work(catalogue, session, actor, kind, held, catalogue.now()))


def _accepted(session: Session, kind: str, record: Record, waits: ReviewNote) -> Record:
    """The record with the change that waits, and with all that others wrote since."""
    merged = _merged(session, kind, record, waits)
    if merged.clashes:
        names = ", ".join(one.field for one in merged.clashes)
        raise Changed(f"Others changed the same since this was proposed: {names}. Return it, to be proposed anew.")
    return merged.record


def _merged(session: Session, kind: str, record: Record, waits: ReviewNote, reader: Actor | None = None) -> Merged:
    """What waits over what others wrote since; for a `reader`, of what they may know."""
    base, mine = record, _snapshot(session, kind, waits)
    if waits.version != revisions.version(record):
        base = revisions.record_at(session, kind, _id(record), waits.version) or record
    sides = (base, mine, record)
    if reader is not None:
        sides = (history.shown(session, reader, base), history.shown(session, reader, mine), record)
    return three_way(*sides)  # type: ignore[type-var]


def _snapshot(session: Session, kind: str, waits: ReviewNote) -> Record:
    wanted = select(ReviewNote.snapshot).where(ReviewNote.id == waits.id)
    data = session.scalar(wanted)
    if data is None:
        raise NotFound("What was proposed is not kept any more.")
    found: Record = load(revisions.TYPES[kind], json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass")))
    return found


def _proposal(session: Session, actor: Actor, kind: str, record: Record, waits: ReviewNote) -> Proposal:
    record = history.shown(session, actor, record)
    merged = _merged(session, kind, record, waits, actor)
    mine = waits.user_id is not None and waits.user_id == actor.user_id
    return Proposal(_word(waits), differences(record, merged.record), merged.clashes, mine)


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


def _owner(record: Record) -> UUID | None:
    return record.organization.id if record.organization else None


def _id(record: Record) -> UUID:
    if record.id is None:
        raise ValueError("a stored record has an id")
    return record.id
