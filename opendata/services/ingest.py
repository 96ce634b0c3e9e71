"""The write path of every found record: match, compare, merge, write, and enqueue what follows, in one transaction.

Harvests, uploads and the demo content all come through here, so a rule added here holds for all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.errors import Problem
from opendata.services import content, file_keeping, harvest_raws, leading, queue, revisions
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.combining import said
from opendata.services.edits import by_hand
from opendata.services.matching import UPLOAD, match
from opendata.services.merging import merged
from opendata.services.placing import Placer
from opendata.services.preparing import Prepared
from opendata.services.rewriting import rewrite, stored_record
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.from_records import apply_dataset, edited_column
from opendata.store.harvests import HarvestRecord, HarvestSource, compress
from opendata.store.inserting import insert_datasets
from opendata.store.states import ItemResult

DELETED_AT_SOURCE = "Deleted at its source."
"""The reason of a withdrawal that the source's own deletion caused; such a record comes back when its source has it."""

MISSING_AT_SOURCE = "No longer listed by its source."
"""The reason of a withdrawal of a record that complete listings came without for longer than the grace period."""

UPLOAD_UNDONE = "The upload that brought it was undone."
"""The reason of a withdrawal that takes an upload back."""

COMES_BACK = (DELETED_AT_SOURCE, MISSING_AT_SOURCE, UPLOAD_UNDONE)
"""Reasons after which a record is restored when its source has it again."""

DECIDED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item."""

    identifier: str
    result: ItemResult
    dataset_id: UUID | None = None
    problems: tuple[Problem, ...] = ()


class Review(Protocol):
    """Keeps for a reviewer what the actor of an upload may not make public by themselves."""

    def submits(self, session: Session, found: DatasetRecord, before: DatasetRecord | None) -> bool:
        """Whether what would become public by the item has to be sent in: `before` is None, or was not public."""

    def proposes(
        self, session: Session, item: Prepared, before: DatasetRecord, after: DatasetRecord
    ) -> ItemResult | None:
        """What became of a change of a public record that has to be proposed; None where it is to be written."""

    def sent(self, session: Session, record: DatasetRecord) -> None:
        """Say of what was written that it was sent in, or made public by one person alone."""


@dataclass
class Ingest:
    """Writes the items of one run of one source. `placer` remembers organisations and studies between batches."""

    catalogue: Catalogue
    actor: Actor
    source_id: UUID
    placer: Placer
    job_id: int | None = None
    review: Review | None = None
    """None: what comes is public at once, as all that is harvested."""
    now: dt.datetime = field(init=False)
    replaced: dict[UUID, DatasetRecord] = field(default_factory=dict)
    """The datasets that `write` wrote over, as they stood before: for those who may have to take it back."""
    changes: list[revisions.Change] = field(default_factory=list)
    """What is written and not kept yet."""

    def __post_init__(self) -> None:
        self.now = self.catalogue.now()

    def write(self, session: Session, items: Sequence[Prepared]) -> list[Outcome]:
        """Write `items`, whose identifiers differ, and enqueue what follows. The caller commits, or rolls all back."""
        self._begin()
        known = self._known(session, items)
        unchanged = [item for item in items if self._is_unchanged(item, known.get(item.identifier))]
        seen = {item.identifier for item in unchanged}
        changed = [item for item in items if item.identifier not in seen]
        self.placer.look_up(session, [item.record for item in changed])
        outcomes = self._touch(session, unchanged, known)
        rows = self._rows(session, changed, known)
        earlier = [known[item.identifier][0].id for item in changed if item.identifier in known]
        harvest_raws.keep(session, earlier, self.catalogue.config.harvest.keep_raws)
        others = leading.holders(session, [row.id for row in rows.values()], but=self.source_id)
        fresh = self._insert(session, [item for item in changed if item.identifier not in rows])
        for item in changed:
            link = known[item.identifier][0] if item.identifier in known else self._new_link(item)
            row = rows.get(item.identifier)
            if row is not None and (waits := self._proposed(session, row, item)):
                outcomes.append(Outcome(item.identifier, waits, row.id, item.problems))
                continue
            result = ItemResult.CREATED
            if row is not None:
                result = self._update(session, row, item, link, others.get(row.id, ()))
            dataset_id = fresh[item.identifier] if row is None else row.id
            self._link(session, item, link, dataset_id, result)
            outcomes.append(Outcome(item.identifier, result, dataset_id, item.problems))
        self._follow(session, outcomes)
        return outcomes

    def withdraw(self, session: Session, identifiers: Iterable[str], reason: str = DELETED_AT_SOURCE) -> list[Outcome]:
        """Withdraw what the source has deleted; unknown and already withdrawn records are left out.

        A dataset that other sources still have stays, and follows the word of the next of them.
        """
        self._begin()
        found = session.scalars(
            select(HarvestRecord).where(
                HarvestRecord.source_id == self.source_id,
                HarvestRecord.identifier.in_(list(identifiers)),
                HarvestRecord.dataset_id.is_not(None),
            )
        ).all()
        held = [one.dataset_id for one in found if one.dataset_id]
        queries.hold_datasets(session, held)
        datasets = {row.id: row for row in queries.dataset_rows(session, held)}
        others = leading.holders(session, list(datasets), but=self.source_id)
        outcomes = []
        for link in found:
            row = datasets.get(link.dataset_id) if link.dataset_id else None
            if row is None or row.state == RecordState.WITHDRAWN:
                continue
            link.result, link.last_seen, link.job_id = ItemResult.WITHDRAWN, self.now, self.job_id
            left = [one for one in others.get(row.id, ()) if not leading.is_lost(one)]
            if left:
                self._led(session, row, link, left, {"lost_by": str(self.source_id)})
                outcomes.append(Outcome(link.identifier, ItemResult.UPDATED, row.id))
                continue
            before = stored_record(row)
            row.state, row.withdrawn_at, row.withdrawn_reason = RecordState.WITHDRAWN, self.now, reason
            row.metadata_modified = self.now
            self.changes.append(revisions.Change(before, stored_record(row), "withdrawn"))
            note(session, self.actor, self.now, "dataset", row.id, "withdrawn", after={"reason": reason})
            outcomes.append(Outcome(link.identifier, ItemResult.WITHDRAWN, row.id))
        self._follow(session, outcomes)
        return outcomes

    def redecide(self, session: Session) -> list[Outcome]:
        """Let the right source lead where priorities changed or one was removed since the last run.

        At most `DECIDED_AT_ONCE` datasets: call it again, in another transaction, until it finds none.
        """
        self._begin()
        outcomes = []
        ids = leading.undecided(session, self.source_id, DECIDED_AT_ONCE)
        queries.hold_datasets(session, ids)
        held = leading.holders(session, ids)
        for row in queries.dataset_rows(session, ids):
            if found := leading.led(held[row.id], stored_record(row)):
                self._rewrite(session, row, found, told={"redecided": True})
                outcomes.append(Outcome("", ItemResult.UPDATED, row.id))
        self._follow(session, outcomes)
        return outcomes

    def revert(self, session: Session, earlier: Mapping[UUID, DatasetRecord]) -> None:
        """Write the datasets as they stood in `earlier`; their source's next word for them counts as a change."""
        self._begin()
        queries.hold_datasets(session, list(earlier))
        held = leading.holders(session, list(earlier))
        for row in queries.dataset_rows(session, list(earlier)):
            if row.merged_into_id:  # it is another one now, which the upload did not write
                continue
            before = stored_record(row)
            apply_dataset(session, row, earlier[row.id], self.now)
            file_keeping.keep(session, self.actor, before.resources, row, self.now)
            stands = replace(earlier[row.id], metadata_modified=self.now)
            self.changes.append(revisions.Change(before, stands, "reverted"))
            for link in held.get(row.id, ()):
                if link.said and link.leads:
                    leading.keep_word(link, said(earlier[row.id]))
            note(session, self.actor, self.now, "dataset", row.id, "reverted", after={"source": str(self.source_id)})
        session.execute(
            update(HarvestRecord)
            .where(HarvestRecord.source_id == self.source_id, HarvestRecord.dataset_id.in_(list(earlier)))
            .values(content_hash="", raw_hash="")
            .execution_options(synchronize_session=False)
        )
        self._follow(session, [Outcome("", ItemResult.UPDATED, key) for key in earlier])

    def _begin(self) -> None:
        """The instant of this transaction, which begins anew where an earlier one was rolled back."""
        self.now, self.changes = self.catalogue.now(), []

    def _known(
        self, session: Session, items: Sequence[Prepared]
    ) -> dict[str, tuple[HarvestRecord, RecordState | None]]:
        """What earlier runs left of these items, with the state of the dataset."""
        rows = session.execute(
            select(HarvestRecord, Dataset.state)
            .outerjoin(Dataset, Dataset.id == HarvestRecord.dataset_id)
            .where(
                HarvestRecord.source_id == self.source_id,
                HarvestRecord.identifier.in_([item.identifier for item in items]),
            )
        )
        return {link.identifier: (link, state) for link, state in rows}

    def _is_unchanged(self, item: Prepared, known: tuple[HarvestRecord, RecordState | None] | None) -> bool:
        if known is None:
            return False
        link, state = known
        gone = state is None or leading.is_lost(link)
        return link.content_hash == item.content_hash and not gone

    def _touch(
        self,
        session: Session,
        items: Sequence[Prepared],
        known: Mapping[str, tuple[HarvestRecord, RecordState | None]],
    ) -> list[Outcome]:
        """Unchanged items: only when they were last seen is written, and their raw copies where those are others."""
        links = [known[item.identifier][0] for item in items]
        if links:
            session.execute(
                update(HarvestRecord)
                .where(HarvestRecord.id.in_([link.id for link in links]))
                .values(last_seen=self.now, seen_job_id=self.job_id, missing_since=None)
                .execution_options(synchronize_session=False)
            )
        for link, item in zip(links, items, strict=True):
            if link.raw_hash != item.raw_hash or link.validator != item.validator:
                link.raw, link.raw_type = compress(item.raw), item.raw_type
                link.raw_hash, link.validator = item.raw_hash, item.validator
        return [Outcome(link.identifier, ItemResult.UNCHANGED, link.dataset_id) for link in links]

    def _rows(
        self,
        session: Session,
        items: Sequence[Prepared],
        known: dict[str, tuple[HarvestRecord, RecordState | None]],
    ) -> dict[str, Dataset]:
        """The stored dataset of each item that has one: by its identifier in this source, else as `matching` tells."""
        by_id: dict[UUID, str] = {}
        for item in items:
            link = known.get(item.identifier)
            if link is not None and link[0].dataset_id is not None:
                by_id[link[0].dataset_id] = item.identifier
        mine = set(by_id.values())
        rest = [item for item in items if item.identifier not in mine]
        if rest:
            by_id |= match(session, self._source(session), rest)
        queries.hold_datasets(session, list(by_id))
        return {by_id[row.id]: row for row in queries.dataset_rows(session, list(by_id))} if by_id else {}

    def _source(self, session: Session) -> HarvestSource:
        return session.get_one(HarvestSource, self.source_id)

    def _insert(self, session: Session, items: Sequence[Prepared]) -> dict[str, UUID]:
        """Write the items that are new. The id of each by its identifier."""
        slugs = self.placer.slugs(session, [item.record for item in items])
        fresh: dict[str, UUID] = {}
        records = []
        for item in items:
            fresh[item.identifier] = uuid4()
            record = self._merged(self.placer.place(session, item.record), None)
            record = replace(record, id=fresh[item.identifier], slug=slugs[id(item.record)])
            if self.review is not None:
                waits = self.review.submits(session, record, None)
                state = RecordState.IN_REVIEW if waits else record.state
                record = replace(record, state=state, creator_id=self.actor.user_id)
            records.append(record)
        insert_datasets(session, records, self.now)
        for item, record in zip(items, records, strict=True):
            told = {"source": str(self.source_id)}
            note(session, self.actor, self.now, "dataset", fresh[item.identifier], "created", after=told)
            if self.review is not None:
                self.review.sent(session, record)
        return fresh

    def _proposed(self, session: Session, row: Dataset, item: Prepared) -> ItemResult | None:
        """What became of the change where it has to wait for a reviewer; None where it is to be written."""
        if self.review is None or row.state != RecordState.PUBLISHED or row.private:
            return None
        before = stored_record(row)
        after = self._merged(self.placer.place(session, item.record), before)
        return self.review.proposes(session, item, before, after)

    def _update(
        self, session: Session, row: Dataset, item: Prepared, link: HarvestRecord, others: Sequence[HarvestRecord]
    ) -> ItemResult:
        """Write over `row`, which `others` have too; one that its source had deleted comes back with its history."""
        found = self.placer.place(session, item.record)
        if row.creator_id and link.id is None and not others and self._source(session).type != UPLOAD:
            # Somebody made it by hand; the source that has it too fills what they left empty, and takes nothing over.
            row.edited = edited_column(by_hand(stored_record(row), row.metadata_modified, row.creator_id))
        self.replaced[row.id] = before = stored_record(row)
        back = row.state == RecordState.WITHDRAWN and row.withdrawn_reason in COMES_BACK
        result = ItemResult.RESTORED if back else ItemResult.UPDATED
        if others:
            set_committed_value(link, "source", self._source(session))
            link.result = result
            leading.keep_word(link, found)
            found = leading.led((link, *others), before) or found
        waits = self.review is not None and self.review.submits(session, found, before)
        self._rewrite(session, row, found, restore=back, state=RecordState.IN_REVIEW if waits else None)
        if waits and self.review is not None:
            self.review.sent(session, stored_record(row))
        return result

    def _led(
        self,
        session: Session,
        row: Dataset,
        link: HarvestRecord,
        others: Sequence[HarvestRecord],
        told: Mapping[str, str],
    ) -> None:
        """Write the dataset as those who hold it have it now."""
        set_committed_value(link, "source", self._source(session))
        if found := leading.led((link, *others), stored_record(row)):
            self._rewrite(session, row, found, told=told)

    def _rewrite(self, session: Session, row: Dataset, found: DatasetRecord, **how: Any) -> None:
        self.changes.append(rewrite(session, self.catalogue, self.actor, row, found, now=self.now, **how))

    def _merged(self, found: DatasetRecord, stored: DatasetRecord | None) -> DatasetRecord:
        return merged(found, stored, self.catalogue.today(), fetch=self.catalogue.config.harvest.fetch_files)

    def _new_link(self, item: Prepared) -> HarvestRecord:
        """The place of an item that was not known before; with `dataset_id` None until it is written."""
        link = HarvestRecord(source_id=self.source_id, identifier=item.identifier, first_seen=self.now, leads=True)
        link.said = None
        return link

    def _link(
        self, session: Session, item: Prepared, link: HarvestRecord, dataset_id: UUID, result: ItemResult
    ) -> None:
        """The raw copy and the outcome, beside the dataset."""
        session.add(link)
        link.dataset_id, link.job_id, link.result = dataset_id, self.job_id, result
        link.content_hash, link.last_seen, link.harvested = item.content_hash, self.now, self.now
        link.seen_job_id, link.missing_since = self.job_id, None
        link.raw, link.raw_type = compress(item.raw), item.raw_type
        link.raw_hash, link.validator = item.raw_hash, item.validator

    def _follow(self, session: Session, outcomes: Sequence[Outcome]) -> None:
        """Keep what changed, and queue what that asks for: indexing, fetching linked files, reading stored ones."""
        revisions.keep_all(session, "dataset", self.changes, self.now, self.actor)
        self.changes = []
        changed = [o.dataset_id for o in outcomes if o.dataset_id and o.result != ItemResult.UNCHANGED]
        if not changed:
            return
        session.flush()
        content.settle(session, self.now, changed)
        queue.index_datasets(session, self.now, changed, prompt=False)
        alive = [o.dataset_id for o in outcomes if o.dataset_id in changed and o.result != ItemResult.WITHDRAWN]
        queue.follow_files(session, self.now, alive, fetch=self.catalogue.config.harvest.fetch_files)
