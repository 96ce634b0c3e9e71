"""Studies written into the register: by people and programs, by tables and uploads; each in one transaction.

What is changed is read under the lock under which it is written, so of two writers none loses what the other wrote.
People and programs are told whatever is wrong (catalog.study_rules); tables are taken as far as they can be, and go by
services.register. Both write here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.records import Contract, RecordState, StudyRecord, Tombstone
from opendata.catalog.stored import is_public, record_id
from opendata.catalog.study_rules import problems_of
from opendata.catalog.validation import clean_study
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from opendata.services import four_eyes, queue, revisions
from opendata.services.accepting import organization_named, refuse
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.locking import unique
from opendata.services.naming import take_name
from opendata.services.rights import Right, demand_over, may_over
from opendata.services.study_ties import Ties, tie, tied, untie
from opendata.services.submissions import Saying
from opendata.services.unchanged import Versions, demand_unchanged
from opendata.store import queries
from opendata.store.codec import dump
from opendata.store.from_records import apply_study, new_study
from opendata.store.register import Study
from opendata.store.states import ReviewAction

Change = Callable[[StudyRecord], StudyRecord]
"""Makes of a study what it is to be. It is called in the transaction: it must be quick, and do nothing else."""

OURS = ("id", "demo", "datasets", "metadata_created", "metadata_modified", "published_at", "creator_id")
"""Fields of a study that nobody but the catalogue says."""

SHOWN_BY_DATASETS = ("slug", "title", "register_number", "contracts", "state", "private")
"""Fields of a study that its datasets show, or are found by."""

_TICK = dt.timedelta(microseconds=1)


def version(record: StudyRecord) -> str:
    """Names this state of the study: every change of what the register says of it gives another one."""
    return revisions.version(record)


def create(
    catalogue: Catalogue,
    actor: Actor,
    record: StudyRecord,
    *,
    slug: str = "",
    id: UUID | None = None,  # noqa: A002
    sends_in: bool = False,
) -> StudyRecord:
    """Register the study and give it as it is stored. Without a slug it gets one by its title. With `sends_in` what
    somebody else has to make public is sent in for review.

    Invalid names everything that is wrong, a register number that is taken too (number_taken). NotAllowed; an id of its
    own may be given by sysadmins alone. Datasets that name its number are tied to it.
    """
    if id is not None and not actor.sysadmin:
        raise NotAllowed("Only a sysadmin may say which id a study gets.", signed_in=actor.signed_in)
    wanted = dataclasses.replace(record, slug=slug or record.slug, id=id)
    with unique("name or number"), catalogue.sessions.write.begin() as session:
        waits = sends_in and is_public(wanted) and _waits(session, actor, wanted)
        if waits:
            wanted = dataclasses.replace(wanted, state=RecordState.IN_REVIEW)
        made = Writing(catalogue, session, actor).write(accepted(wanted, catalogue.today()))
        four_eyes.see(session, actor, catalogue.now(), "study", None, made)
        if waits:
            Saying(session, catalogue, actor, catalogue.now()).say("study", made, ReviewAction.SUBMITTED)
        return made


def _waits(session: Session, actor: Actor, wanted: StudyRecord) -> bool:
    """Whether somebody else has to make it public, where it is to be."""
    agency = organization_named(session, wanted.organization)
    return agency is not None and agency.id is not None and four_eyes.waits(session, actor, agency.id)


def replace(
    catalogue: Catalogue, actor: Actor, name: str, change: Change | StudyRecord, *, if_version: Versions = None
) -> StudyRecord:
    """Write the study called `name` anew and give it as it is stored. Nothing is written where nothing is changed.

    `change` is what it is to be, or makes that of what is stored. What a contract owes is the same by id, else by kind
    and period. Changed where another version stands than `if_version`; NotFound; NotAllowed; Invalid.
    """
    with unique("name or number"), catalogue.sessions.write.begin() as session:
        writing = opened(catalogue, session, actor, name, if_version)
        before = writing.stood
        wanted = with_ours(before, change(before) if callable(change) else change)
        if wanted == before:
            return before
        stored = writing.write(accepted(wanted, catalogue.today(), before))
        four_eyes.see(session, actor, catalogue.now(), "study", before, stored)
        return stored


def opened(catalogue: Catalogue, session: Session, actor: Actor, name: str, if_version: Versions = None) -> Writing:
    """The study called `name` (slug or id), locked, to be written in the transaction of `session`. As `replace`."""
    found = queries.address(session, "study", name)
    writing = locked(catalogue, session, actor, found.id)
    before = writing.stood
    if not is_visible(before, actor):
        raise NotFound(f"There is no study called {name!r}.")
    demand_over(actor, Right.EDIT_RECORDS, owner_of(before))
    demand_unchanged(f"the study {before.slug!r}", version(before), if_version)
    return writing


def locked(catalogue: Catalogue, session: Session, actor: Actor, study_id: UUID) -> Writing:
    """The study with that id, locked. NotFound. Whoever asks says whether the actor may."""
    queries.hold_study(session, study_id)
    row = queries.study_row(session, study_id)
    return Writing(catalogue, session, actor, row, queries.study_as_written(session, study_id))


def remove(
    catalogue: Catalogue, actor: Actor, name: str, reason: str = "", *, if_version: Versions = None
) -> StudyRecord:
    """Withdraw the study; its tombstone stays where it had been public. Nothing happens to one that is withdrawn.

    Its datasets stay tied to it, and say nothing of it until it is restored.
    """

    def withdrawn(before: StudyRecord) -> StudyRecord:
        if before.state is RecordState.WITHDRAWN:
            return before
        stone = Tombstone(catalogue.now(), reason)
        return dataclasses.replace(before, state=RecordState.WITHDRAWN, tombstone=stone)

    return replace(catalogue, actor, name, withdrawn, if_version=if_version)


def restore(catalogue: Catalogue, actor: Actor, name: str) -> StudyRecord:
    """Bring a withdrawn study back as what it was: published, or a draft. Conflict for one that is not withdrawn."""

    def restored(before: StudyRecord) -> StudyRecord:
        if before.state is not RecordState.WITHDRAWN:
            raise Conflict(f"The study {name!r} is not withdrawn.")
        state = RecordState.PUBLISHED if before.published_at else RecordState.DRAFT
        return dataclasses.replace(before, state=state, tombstone=None)

    return replace(catalogue, actor, name, restored)


def is_visible(found: StudyRecord, actor: Actor) -> bool:
    """Whether the actor may know that there is such a study. The tombstones of those that were public are public."""
    was_public = found.state is RecordState.WITHDRAWN and found.published_at is not None
    if (found.state is RecordState.PUBLISHED or was_public) and not found.private:
        return True
    return may_over(actor, Right.SEE_UNPUBLISHED, owner_of(found))


def owner_of(record: StudyRecord) -> UUID | None:
    """The agency that commissioned it."""
    return record.organization.id if record.organization else None


def accepted(record: StudyRecord, today: dt.date, before: StudyRecord | None = None) -> StudyRecord:
    """The study as it may be written over `before`. Invalid names everything of it that is wrong.

    What was wrong with `before` already may stay so.
    """
    problems = problems_of(record, today)
    known = {(one.code, one.value) for one in problems_of(before, today)} if before is not None and problems else set()
    refuse(one for one in problems if (one.code, one.value) not in known)
    names = [one.name for one in dataclasses.fields(record)]
    same = [name for name in names if before and getattr(record, name) == getattr(before, name)]
    return dataclasses.replace(clean_study(record)[0], **{name: getattr(before, name) for name in same})


def with_ours(before: StudyRecord, after: StudyRecord) -> StudyRecord:
    """`after` with all that is not for the writer to say as it is in `before`."""
    ours = {name: getattr(before, name) for name in OURS}
    return dataclasses.replace(after, slug=after.slug or before.slug, **ours)


@dataclasses.dataclass
class Writing:
    """A study in the transaction that writes it; a new one where nothing stood `before`."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    row: Study | None = None
    before: StudyRecord | None = None

    @property
    def stood(self) -> StudyRecord:
        """What stood before."""
        if self.before is None:
            raise ValueError("a new study did not stand before")
        return self.before

    def write(self, wanted: StudyRecord, action: str = "", *, loose: bool = False) -> StudyRecord:
        """Write what it is to be, whose values are checked; the study as it is stored then.

        `action` is what the event is called, where that is not to be told from the change. `loose`: its datasets are
        tied to it no more.
        """
        after = self._placed(wanted)
        if self.before is not None and after == self.before:
            return self.before
        self._allow(after)
        after = self._numbered(self._named(after))
        refuse(self._ties.problems(after))
        now = self._now()
        if self.row is None:
            after = dataclasses.replace(after, id=after.id or uuid4(), creator_id=self.actor.user_id)
            self.row = new_study(self.session, after, now)
        else:
            self._rename(after, now)
            apply_study(self.row, after, now)
        self.session.flush()
        datasets = self._datasets(after, now, loose=loose)
        stored = queries.study_as_written(self.session, self.row.id)
        self._tell(stored, action or self._action(after), now)
        queue.index_studies(self.session, now, [self.row.id])
        queue.index_datasets(self.session, now, datasets)
        return stored

    @cached_property
    def _ties(self) -> Ties:
        return Ties(self.session, self.actor, self.before)

    def _now(self) -> dt.datetime:
        now = self.catalogue.now()
        return now if self.row is None else max(now, self.row.metadata_modified + _TICK)

    def _placed(self, wanted: StudyRecord) -> StudyRecord:
        """Under its agency, with its tombstone, and what it owes under the ids that are known."""
        had, given = self.before.organization if self.before else None, wanted.organization
        same = given and had and had.id is not None and given.id == had.id
        organization = had if same else organization_named(self.session, given)
        if organization is None:
            message = "Name the agency that commissioned the study."
            refuse([Problem("no_organization", message, "organization")])
        stone = (self.before.tombstone if self.before else None) or wanted.tombstone or Tombstone(self.catalogue.now())
        stone_stays = stone if wanted.state is RecordState.WITHDRAWN else None
        contracts = self._ties.with_unseen(same_deliverables(wanted, self.before))
        return dataclasses.replace(wanted, organization=organization, tombstone=stone_stays, contracts=contracts)

    def _allow(self, after: StudyRecord) -> None:
        """NotAllowed for what the actor may not do here, or there where the study comes from."""
        before = self.before
        owners = {owner_of(one) for one in (before, after) if one is not None}
        gone = {one.state is RecordState.WITHDRAWN for one in (before, after) if one is not None}
        public = [one for one in (before, after) if one is not None and is_public(one)]
        for owner in owners:
            demand_over(self.actor, Right.EDIT_RECORDS, owner)
            if len(gone) > 1:
                demand_over(self.actor, Right.WITHDRAW_RECORDS, owner)
            if public and after.state is not RecordState.WITHDRAWN:
                demand_over(self.actor, Right.PUBLISH_RECORDS, owner)

    def _named(self, after: StudyRecord) -> StudyRecord:
        """Under a slug that is free for it."""
        own = self.before.id if self.before else None
        if after.slug and (self.before is None or after.slug != self.before.slug):
            try:
                take_name(self.session, "study", after.slug, own)
            except Invalid as error:
                refuse(dataclasses.replace(one, field="slug") for one in error.problems)
        return after if after.slug else dataclasses.replace(after, slug=self._free_slug(after))

    def _free_slug(self, after: StudyRecord) -> str:
        base = make_slug(after.title)
        taken = queries.taken_slugs(self.session, "study", base)
        numbered = f"{base}-{make_slug(after.register_number)}" if after.register_number else base
        further = (f"{numbered}-{number}" for number in range(2, len(taken) + 3))
        return next(one for one in (base, numbered, *further) if one not in taken)

    def _numbered(self, after: StudyRecord) -> StudyRecord:
        """Under a register number that no other study has; the problem tells nothing of that one but its number."""
        if self.before is None or after.register_number != self.before.register_number:
            holder = queries.study_by_register_number(self.session, after.register_number)
            if holder is not None and holder != after.id:
                message = f"The register has a study {after.register_number!r} already."
                refuse([Problem("number_taken", message, "register_number", value=after.register_number)])
        return after

    def _rename(self, after: StudyRecord, now: dt.datetime) -> None:
        if self.row is not None and after.slug != self.row.slug:
            queries.rename(self.session, "study", self.row.id, self.row.slug, after.slug, now)
            self.row.slug = after.slug

    def _datasets(self, after: StudyRecord, now: dt.datetime, *, loose: bool) -> Sequence[UUID]:
        """The datasets of which something is another now: they belong to it, do so no more, or show it otherwise."""
        if self.row is None:
            return ()
        if loose:
            return untie(self.session, self.actor, now, self.row.id)
        changed = self.before is None or any(
            getattr(after, name) != getattr(self.before, name) for name in SHOWN_BY_DATASETS
        )
        if not changed:
            return ()
        held = tied(self.session, self.row.id)
        gone = after.state is RecordState.WITHDRAWN
        fresh = () if gone else tie(self.session, self.actor, now, self.row.id, after)
        return [*held, *fresh]

    def _action(self, after: StudyRecord) -> str:
        if self.before is None:
            return "registered"
        if after.state is self.before.state:
            return "edited"
        states = {RecordState.WITHDRAWN: "withdrawn", RecordState.PUBLISHED: "published"}
        return "restored" if self.before.state is RecordState.WITHDRAWN else states.get(after.state, "edited")

    def _tell(self, stored: StudyRecord, action: str, now: dt.datetime) -> None:
        """The event with what was and what is of all that changed, and the revision."""
        told: dict[str, object] = {}
        was: dict[str, object] | None = None
        if self.before is not None:
            names = [one.name for one in dataclasses.fields(stored) if one.compare and one.name not in OURS]
            names = [name for name in names if getattr(stored, name) != getattr(self.before, name)]
            was, told = ({name: _told(one, name) for name in names} for one in (self.before, stored))
        if action == "withdrawn" and stored.tombstone:
            told["reason"] = stored.tombstone.reason
        note(self.session, self.actor, now, "study", record_id(stored), action, before=was, after=told or None)
        revisions.keep(self.session, "study", self.before, stored, now, self.actor, action)


def same_deliverables(after: StudyRecord, before: StudyRecord | None) -> tuple[Contract, ...]:
    """The contracts of `after`; what they owe has the ids that it had `before`: by id, else by kind and period."""
    known = {one.contract_number: list(one.deliverables) for one in before.contracts} if before else {}
    ids = {owed.id for some in known.values() for owed in some}
    contracts = []
    for contract in after.contracts:
        left = known.get(contract.contract_number, [])
        given = {owed.id for owed in contract.deliverables if owed.id in ids}
        free = [owed for owed in left if owed.id not in given]
        owed = []
        for one in contract.deliverables:
            if one.id not in given:
                same = next((other for other in free if (other.kind, other.period) == (one.kind, one.period)), None)
                if same is not None:
                    free.remove(same)
                one = dataclasses.replace(one, id=same.id if same else None)
            owed.append(one)
        contracts.append(dataclasses.replace(contract, deliverables=tuple(owed)))
    return tuple(contracts)


def _told(record: StudyRecord, name: str) -> object:
    """What an event tells of a field; of an organisation its slug."""
    if name == "organization":
        return record.organization.slug if record.organization else None
    return dump(getattr(record, name))
