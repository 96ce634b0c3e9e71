"""Datasets written by people and programs: made, changed, withdrawn and restored, each in one transaction.

What is changed is read under the lock under which it is written, so of two writers none loses what the other wrote.
What people write over the word of a source stays so (services.edits). Nothing here waits for the index.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, Tombstone
from opendata.catalog.stored import is_public
from opendata.errors import Conflict, NotAllowed
from opendata.services import content, edits, file_keeping, four_eyes, queue, revisions
from opendata.services.accepting import (
    accepted,
    claim,
    ids_taken,
    loosened,
    organization_named,
    refuse,
    with_ours,
)
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.creating import Creation, all_accepted
from opendata.services.grouping import put_in_groups
from opendata.services.locking import locked, unique
from opendata.services.merging import merged
from opendata.services.revisions import version as version
from opendata.services.rewriting import stored_record
from opendata.services.rights import Right, demand_over
from opendata.services.studies_named import Studies
from opendata.services.unchanged import Versions, demand_unchanged
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.from_records import apply_dataset
from opendata.store.harvests import HarvestRecord

Change = Callable[[DatasetRecord], DatasetRecord]
"""Makes of a record what it is to be. It is called in the transaction: it must be quick, and do nothing else."""


def create(
    catalogue: Catalogue,
    actor: Actor,
    record: DatasetRecord,
    *,
    slug: str = "",
    id: UUID | None = None,  # noqa: A002
    groups: Collection[UUID] = (),
    sends_in: bool = False,
) -> DatasetRecord:
    """Make the dataset and give it as it is stored. See `create_many`; `groups` are those of CKAN that it is put in."""
    wanted = dataclasses.replace(record, slug=slug or record.slug, id=id or record.id)
    return create_many(catalogue, actor, [wanted], groups=groups, sends_in=sends_in)[0]


def create_many(
    catalogue: Catalogue,
    actor: Actor,
    records: Sequence[DatasetRecord],
    *,
    groups: Collection[UUID] = (),
    sends_in: bool = False,
) -> list[DatasetRecord]:
    """Make all these datasets or none, and give them as they are stored, in their order. With `sends_in` what somebody
    else has to make public is sent in for review.

    A record without a slug gets one by its title. Invalid names everything that is wrong, `row` being the place in the
    list where there are several. NotAllowed; an id of its own may be given by sysadmins alone.
    """
    if not actor.sysadmin and any(record.id for record in records):
        raise NotAllowed("Only a sysadmin may say which id a dataset gets.", signed_in=actor.signed_in)
    rows = [str(number) for number in range(len(records))] if len(records) > 1 else [""] * len(records)
    checked = all_accepted(records, rows)
    with unique(), catalogue.sessions.write.begin() as session:
        chosen = [{one.id for one in record.resources if one.id} for record in records]
        given = {one.id for one in records if one.id}
        return Creation(catalogue, session, actor, catalogue.now(), chosen, given, sends_in).run(checked, rows, groups)


def replace(
    catalogue: Catalogue,
    actor: Actor,
    name: str,
    change: Change | DatasetRecord,
    *,
    if_version: Versions = None,
    groups: Collection[UUID] | None = None,
) -> DatasetRecord:
    """Write the dataset called `name` anew and give it as it is stored. Nothing is written where nothing is changed.

    `change` is what it is to be, or makes that of what is stored. Files are the same by id, else by key; what we hold
    of them stays while their address does. Changed where another version stands than `if_version` (services.unchanged).
    `groups` None leaves it in those it is in. NotFound; NotAllowed; Invalid.
    """
    with unique(), catalogue.sessions.write.begin() as session:
        writing = opened(catalogue, session, actor, name, if_version)
        wanted = change(writing.before) if callable(change) else change
        return writing.write(with_ours(writing.before, wanted), groups)


def opened(catalogue: Catalogue, session: Session, actor: Actor, name: str, if_version: Versions = None) -> Rewriting:
    """The dataset called `name`, locked, to be written in the transaction of `session`. As `replace`."""
    row = locked(session, actor, name)
    demand_over(actor, Right.EDIT_RECORDS, row.organization_id)
    before = stored_record(row)
    demand_unchanged(f"the dataset {row.slug!r}", version(before), if_version)
    return Rewriting(catalogue, session, actor, row, before)


@dataclasses.dataclass
class Rewriting:
    """A stored dataset in the transaction that changes it."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    row: Dataset
    before: DatasetRecord
    why: str = ""
    """Why files get other bytes, where they do."""

    def write(self, wanted: DatasetRecord, groups: Collection[UUID] | None = None) -> DatasetRecord:
        """Write what it is to be, as it was given; the record as it is stored then."""
        regrouped = groups is not None and put_in_groups(self.session, self.actor, self.row.id, groups)
        if wanted == self.before and not regrouped:
            return self.before
        after = self._placed(accepted(wanted, self.before))
        if after == self._standing(self.before) and not regrouped:
            return self.before
        self._allow(after)
        now = max(self.catalogue.now(), self.row.metadata_modified + revisions.TICK)
        self._rename(after, now)
        names = edits.changed(self.before, after)
        by_source = self._has_sources()
        if by_source:
            refuse(loosened(self.before, after))
        if by_source or self.before.edited:  # else the record is by hand as a whole
            after = dataclasses.replace(after, edited=edits.noted(self.before, names, now, self.actor.user_id))
        apply_dataset(self.session, self.row, after, now)
        file_keeping.keep(self.session, self.actor, self.before.resources, self.row, now, self.why)
        self._forget_tables()
        action = self._note(after, names, now)
        self.session.flush()
        if any(one.stored for one in after.resources):
            content.settle(self.session, now, [self.row.id])
        queue.index_datasets(self.session, now, [self.row.id])
        if after.resources:
            queue.follow_files(self.session, now, [self.row.id], fetch=self.catalogue.config.harvest.fetch_files)
        stands = self._stored(after)
        revisions.keep(self.session, "dataset", self.before, stands, now, self.actor, action)
        return stands

    def _placed(self, after: DatasetRecord) -> DatasetRecord:
        before = self.before.organization
        same = after.organization and before and after.organization.id == before.id
        organization = before if same else organization_named(self.session, after.organization)
        after = self._standing(after)
        study = after.study
        if after.register_number != self.before.register_number or after.identifiers != self.before.identifiers:
            study = Studies().study(self.session, after) or after.study
        return dataclasses.replace(after, organization=organization, study=study, tombstone=self._tombstone(after))

    def _standing(self, record: DatasetRecord) -> DatasetRecord:
        """The record with its files as they are today."""
        return merged(record, None, self.catalogue.today(), fetch=self.catalogue.config.harvest.fetch_files)

    def _tombstone(self, after: DatasetRecord) -> Tombstone | None:
        if after.state is not RecordState.WITHDRAWN:
            return None
        return self.before.tombstone or after.tombstone or Tombstone(self.catalogue.now())

    def _allow(self, after: DatasetRecord) -> None:
        """NotAllowed for what takes more than editing; Invalid for ids that others have."""
        before = self.before.organization
        owners = {one.id if one else None for one in (before, after.organization)}
        public = is_public(after) or (is_public(self.before) and after.state is not RecordState.WITHDRAWN)
        for owner in owners:  # who takes something out of sight need not wait for a reviewer
            demand_over(self.actor, Right.EDIT_RECORDS, owner)
            if public:
                demand_over(self.actor, Right.PUBLISH_RECORDS, owner)
        four_eyes.see(self.session, self.actor, self.catalogue.now(), "dataset", self.before, after)
        if RecordState.WITHDRAWN in (after.state, self.before.state) and after.state is not self.before.state:
            demand_over(self.actor, Right.WITHDRAW_RECORDS, self.row.organization_id)
            if self.row.merged_into_id:
                raise Conflict(f"The dataset {self.row.slug!r} was joined with another one. Split them instead.")
        had = {one.id for one in self.before.resources if one.id}
        refuse(ids_taken(self.session, had, after))

    def _rename(self, after: DatasetRecord, now: dt.datetime) -> None:
        if after.slug == self.row.slug:
            return
        refuse(claim(self.session, self.actor, now, [after]))
        queries.rename(self.session, "dataset", self.row.id, self.row.slug, after.slug, now)
        self.row.slug = after.slug

    def _has_sources(self) -> bool:
        return bool(
            self.session.scalar(select(HarvestRecord.id).where(HarvestRecord.dataset_id == self.row.id).limit(1))
        )

    def _forget_tables(self) -> None:
        """What was read of bytes that are others now."""
        had = {one.id: one.checksum for one in self.before.resources}
        for file in self.row.resources:
            if had.get(file.id, file.checksum) != file.checksum:
                file.preview, file.extraction_version = None, 0

    def _note(self, after: DatasetRecord, names: Sequence[str], now: dt.datetime) -> str:
        """What the event is called."""
        action = "edited"
        if after.state is not self.before.state:
            states = {RecordState.WITHDRAWN: "withdrawn", RecordState.PUBLISHED: "published"}
            back = self.before.state is RecordState.WITHDRAWN
            action = "restored" if back else states.get(after.state, action)
        names = (
            *names,
            *(one for one in edits.PLAIN if edits.told(self.before, one) != edits.told(after, one)),
        )
        was, told = ({name: edits.told(record, name) for name in names} for record in (self.before, after))
        if action == "withdrawn" and after.tombstone:
            told["reason"] = after.tombstone.reason
        note(self.session, self.actor, now, "dataset", self.row.id, action, before=was, after=told)
        return action

    def _stored(self, after: DatasetRecord) -> DatasetRecord:
        """The record as it stands in the session: with the times, keys and ids that writing gave."""
        organization = after.organization
        return dataclasses.replace(
            stored_record(self.row), organization=organization, study=after.study, relations=after.relations
        )


def remove(
    catalogue: Catalogue, actor: Actor, name: str, reason: str = "", *, if_version: Versions = None
) -> DatasetRecord:
    """Withdraw the dataset; its tombstone stays where it had been public. Nothing happens to one that is withdrawn.

    `if_version` as `replace` takes it.
    """

    def withdrawn(before: DatasetRecord) -> DatasetRecord:
        if before.state is RecordState.WITHDRAWN:
            return before
        stone = Tombstone(catalogue.now(), reason)
        return dataclasses.replace(before, state=RecordState.WITHDRAWN, tombstone=stone)

    return replace(catalogue, actor, name, withdrawn, if_version=if_version)


def restore(catalogue: Catalogue, actor: Actor, name: str) -> DatasetRecord:
    """Bring a withdrawn dataset back as what it was: published, or a draft. Conflict for one that is not withdrawn."""

    def restored(before: DatasetRecord) -> DatasetRecord:
        if before.state is not RecordState.WITHDRAWN:
            raise Conflict(f"The dataset {name!r} is not withdrawn.")
        state = RecordState.PUBLISHED if before.published_at else RecordState.DRAFT
        return dataclasses.replace(before, state=state, tombstone=None)

    return replace(catalogue, actor, name, restored)
