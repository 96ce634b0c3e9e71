"""Joining two records that are one, and taking them apart again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.services import content, file_keeping, leading, queue, revisions
from opendata.services.actors import Actor
from opendata.services.audit import TARGET_MOVED, note, note_each
from opendata.services.catalogue import Catalogue
from opendata.services.combining import Word, combined, said
from opendata.services.proposals import no_pair, ordered
from opendata.services.rewriting import rewrite, stored_record
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.codec import dump, load
from opendata.store.datasets import Dataset, Relation, Resource
from opendata.store.from_records import apply_dataset
from opendata.store.harvests import HarvestRecord
from opendata.store.matches import MatchProposal
from opendata.store.register import Deliverable
from opendata.store.states import ProposalStatus
from opendata.store.to_records import resource_record

JOINED = "It was joined with another record."
"""The reason that stands on a record which leads to another one now."""

BY_HAND = "person"
"""The reason of a pair that a person named, without a proposal."""

BYTES = (
    "stored", "checksum", "byte_size", "media_type", "format", "text", "extraction_version", "fetched", "last_modified",
    "etag", "held", "fetch_problem",
)  # fmt: skip
"""What is known of the bytes of a file, which goes with it to the record that is kept."""


@dataclass
class _Pair:
    """A proposal with the two records, as far as they are there: `kept` stays, `joined` leads to it."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    proposal: MatchProposal
    kept: Dataset
    joined: Dataset

    @property
    def now(self) -> dt.datetime:
        return self.catalogue.now()

    def rewrite(self, row: Dataset, found: DatasetRecord, action: str, *, restore: bool = False) -> None:
        other = self.joined if row is self.kept else self.kept
        own = tuple(one for one in found.relations if one.target_id not in (self.kept.id, self.joined.id))
        change = rewrite(
            self.session,
            self.catalogue,
            self.actor,
            row,
            replace(found, relations=own),
            now=self.now,
            restore=restore,
            action=action,
            told={"with": str(other.id)},
        )
        self.keep([change])

    def keep(self, changes: Sequence[revisions.Change]) -> None:
        revisions.keep_all(self.session, "dataset", changes, self.now, self.actor)

    def decide(self, status: ProposalStatus) -> None:
        self.proposal.status, self.proposal.decided = status, self.now
        self.proposal.user_id = self.actor.user_id
        ids = [self.kept.id, self.joined.id]
        self.session.flush()
        content.settle(self.session, self.now, ids)
        queue.index_datasets(self.session, self.now, ids, prompt=False)
        queue.follow_files(self.session, self.now, ids, fetch=self.catalogue.config.harvest.fetch_files)


def named(catalogue: Catalogue, actor: Actor, first: str, second: str) -> int:
    """The proposal of these two datasets, made where there is none: for a pair that a person found. NotFound."""
    with catalogue.sessions.write.begin() as session:
        ids = [queries.address(session, "dataset", name).id for name in (first, second)]
        if ids[0] == ids[1]:
            raise Invalid("These are one record.", [Problem("same_record", "These are one record.")])
        given = dict(zip(ids, (first, second), strict=True))
        for row in queries.dataset_rows(session, ids):
            missing = queries.unless_known("dataset", row, given[row.id])
            demand_over(actor, Right.EDIT_RECORDS, row.organization_id, missing)
        pair = ordered(*ids)
        wanted = select(MatchProposal).where(MatchProposal.dataset_id == pair[0], MatchProposal.other_id == pair[1])
        known = session.scalar(wanted)
        if known is None:
            known = MatchProposal(
                dataset_id=pair[0], other_id=pair[1], score=1.0, reasons=[BY_HAND], created=catalogue.now()
            )
            session.add(known)
            session.flush()
        return known.id


def reject(catalogue: Catalogue, actor: Actor, proposal_id: int) -> None:
    """They are two; they are not proposed again. NotFound; NotAllowed; Conflict where they are joined."""
    with catalogue.sessions.write.begin() as session:
        pair = _pair(catalogue, session, actor, proposal_id)
        if pair.proposal.status is ProposalStatus.JOINED:
            raise Conflict("The two records are joined. Split them instead.")
        pair.proposal.status, pair.proposal.decided = ProposalStatus.REJECTED, pair.now
        pair.proposal.user_id = actor.user_id
        for row, other in ((pair.kept, pair.joined), (pair.joined, pair.kept)):
            note(session, actor, pair.now, "dataset", row.id, "not the same", after={"with": str(other.id)})


def join(catalogue: Catalogue, actor: Actor, proposal_id: int, keep: str = "") -> str:
    """Make one record of the two and give its slug. `keep` is the slug or id of the one that stays, the older where "".

    The other becomes a redirect; what hangs on it goes along. NotFound; NotAllowed; Conflict where they cannot be one.
    """
    with catalogue.sessions.write.begin() as session:
        pair = _pair(catalogue, session, actor, proposal_id, keep)
        _check(session, pair)
        kept, joined = stored_record(pair.kept), stored_record(pair.joined)
        held = leading.holders(session, [pair.kept.id, pair.joined.id])
        mine, theirs = list(held.get(pair.kept.id, ())), list(held.get(pair.joined.id, ()))
        words = [(leading.led(rows, record) or said(record)) for rows, record in ((mine, kept), (theirs, joined))]
        moved = _moved(pair, kept, theirs)
        for link in theirs:
            link.dataset_id = pair.kept.id
        if mine:
            found = leading.led([*mine, *theirs], kept)
        else:
            leading.led(theirs, joined)
            found = None
        found = found if found and theirs else combined([Word("", words[0]), Word("joined", words[1])], kept)
        pair.rewrite(pair.kept, found, "joined")
        take_bytes(pair.joined, pair.kept)
        _retire(pair)
        _move_ties(pair, moved)
        pair.proposal.moved = moved
        pair.decide(ProposalStatus.JOINED)
        return pair.kept.slug


def split(catalogue: Catalogue, actor: Actor, proposal_id: int) -> str:
    """Take the two apart again and give the slug of the one that comes back. NotFound; NotAllowed; Conflict.

    It comes back with its sources, address and history, and what was moved with it, as far as it still stands there.
    """
    with catalogue.sessions.write.begin() as session:
        proposal, _ = _proposal(session, actor, proposal_id)
        moved = proposal.moved
        if proposal.status is not ProposalStatus.JOINED or not moved:
            raise Conflict("The two records are not joined.")
        pair = _pair(catalogue, session, actor, proposal_id, moved["kept"])
        if pair.joined.merged_into_id != pair.kept.id:
            raise Conflict("The record was joined with another one since. Split that first.")
        held = leading.holders(session, [pair.kept.id]).get(pair.kept.id, ())
        theirs = [row for row in held if row.id in moved["records"]]
        mine = [row for row in held if row.id not in moved["records"]]
        kept, joined = stored_record(pair.kept), stored_record(pair.joined)
        for link in theirs:
            link.dataset_id = pair.joined.id
        pair.joined.merged_into_id = None
        pair.rewrite(pair.joined, leading.led(theirs, joined) or said(joined), "split", restore=True)
        _part(pair, mine, kept, moved)
        _move_back(pair, moved)
        proposal.moved = None
        pair.decide(ProposalStatus.SPLIT)
        return pair.joined.slug


def _part(pair: _Pair, mine: Sequence[HarvestRecord], kept: DatasetRecord, moved: dict[str, Any]) -> None:
    """The record that was kept becomes what its own sources say, or what it was where it has none."""
    found = leading.led(mine, kept)
    if found is None:
        earlier = replace(load(DatasetRecord, moved["before"]), edited=kept.edited, metadata_modified=pair.now)
        apply_dataset(pair.session, pair.kept, earlier, pair.now)
        file_keeping.keep(pair.session, pair.actor, kept.resources, pair.kept, pair.now)
        pair.keep([revisions.Change(kept, earlier, "split")])
        note(pair.session, pair.actor, pair.now, "dataset", pair.kept.id, "split", after={"with": str(pair.joined.id)})
    else:
        pair.rewrite(pair.kept, found, "split")
        if found.study is None:
            pair.kept.study_id = UUID(moved["study"]) if moved["study"] else None


def _proposal(session: Session, actor: Actor, proposal_id: int) -> tuple[MatchProposal, list[Dataset]]:
    row = session.get(MatchProposal, proposal_id, with_for_update=True, options=[undefer(MatchProposal.moved)])
    if row is None:
        raise NotFound(no_pair(proposal_id))
    pair = queries.dataset_rows(session, [row.dataset_id, row.other_id])
    for one in pair:
        demand_over(actor, Right.PUBLISH_RECORDS, one.organization_id, no_pair(proposal_id))
    return row, pair


def _pair(catalogue: Catalogue, session: Session, actor: Actor, proposal_id: int, keep: str = "") -> _Pair:
    proposal, rows = _proposal(session, actor, proposal_id)
    rows = sorted(rows, key=lambda row: (row.metadata_created, str(row.id)))
    if keep:
        chosen = [row for row in rows if keep in (row.slug, str(row.id))]
        if not chosen:
            raise Invalid(
                f"{keep!r} is neither of the two.", [Problem("keep", f"{keep!r} is neither of the two.", "keep")]
            )
        rows.sort(key=lambda row: row not in chosen)
    return _Pair(catalogue, session, actor, proposal, rows[0], rows[1])


def _check(session: Session, pair: _Pair) -> None:
    if pair.proposal.status is ProposalStatus.JOINED:
        raise Conflict("The two records are joined already.")
    for row in (pair.kept, pair.joined):
        if row.merged_into_id or row.state is not RecordState.PUBLISHED:
            raise Conflict(f"The record {row.slug!r} is not published, so it cannot be joined.")
    if pair.kept.private != pair.joined.private:
        raise Conflict("One of the records is private and the other is not, so they cannot be joined.")
    wanted = select(HarvestRecord.source_id).where(HarvestRecord.dataset_id.in_([pair.kept.id, pair.joined.id]))
    sources = session.scalars(wanted).all()
    if len(sources) != len(set(sources)):
        raise Conflict("A source has both records as two, so they cannot be one.")


def _moved(pair: _Pair, kept: DatasetRecord, theirs: Sequence[HarvestRecord]) -> dict[str, Any]:
    """What is needed to take them apart again."""
    session, joined = pair.session, pair.joined
    others = Relation.dataset_id.is_distinct_from(pair.kept.id)
    relations = session.scalars(select(Relation.id).where(Relation.target_dataset_id == joined.id, others)).all()
    owed = session.scalars(select(Deliverable.id).where(Deliverable.dataset_id == joined.id)).all()
    return {
        "kept": str(pair.kept.id),
        "records": [link.id for link in theirs],
        "relations": list(relations),
        "deliverables": [str(one) for one in owed],
        "views": joined.views,
        "downloads": joined.downloads,
        "study": str(pair.kept.study_id) if pair.kept.study_id else None,
        "before": dump(kept),
    }


def take_bytes(joined: Dataset, kept: Dataset) -> None:
    """Files that are not stored at the record that is kept, and are at the other, need not be fetched again.

    Unless they are more closed at the other: its copy may be of what has been taken from its address since.
    """
    have = {one.download_url: one for one in joined.resources if one.stored and one.download_url}
    for one in kept.resources:
        same = None if one.stored else have.get(one.download_url)
        if same and not resource_record(same).disclosure.is_stricter_than(resource_record(one).disclosure):
            _copy_bytes(same, one)


def _copy_bytes(source: Resource, target: Resource) -> None:
    for name in BYTES:
        setattr(target, name, getattr(source, name))
    target.filename = target.filename or source.filename
    target.preview = source.preview


def _retire(pair: _Pair) -> None:
    """The joined record leads to the other one from now on."""
    row = pair.joined
    before = stored_record(row)
    row.state, row.withdrawn_at, row.withdrawn_reason = RecordState.WITHDRAWN, pair.now, JOINED
    row.merged_into_id, row.metadata_modified = pair.kept.id, pair.now
    pair.keep([revisions.Change(before, stored_record(row), "merged")])
    note(pair.session, pair.actor, pair.now, "dataset", row.id, "merged", after={"into": str(pair.kept.id)})


def _move_ties(pair: _Pair, moved: dict[str, Any]) -> None:
    """Relations, deliverables and counts follow."""
    _point(pair, moved, pair.joined.id, pair.kept.id)
    pair.kept.views, pair.kept.downloads = pair.kept.views + moved["views"], pair.kept.downloads + moved["downloads"]
    pair.joined.views = pair.joined.downloads = 0


def _move_back(pair: _Pair, moved: dict[str, Any]) -> None:
    _point(pair, moved, pair.kept.id, pair.joined.id)
    pair.kept.views = max(0, pair.kept.views - moved["views"])
    pair.kept.downloads = max(0, pair.kept.downloads - moved["downloads"])
    pair.joined.views += moved["views"]
    pair.joined.downloads += moved["downloads"]


def _point(pair: _Pair, moved: dict[str, Any], before: UUID, after: UUID) -> None:
    """Let what leads to the one dataset lead to the other."""
    session = pair.session
    session.flush()
    relations = update(Relation).where(Relation.id.in_(moved["relations"]), Relation.target_dataset_id == before)
    related = select(Relation.dataset_id).where(Relation.id.in_(moved["relations"]), Relation.dataset_id.is_not(None))
    note_each(session, pair.actor, pair.now, TARGET_MOVED, related.distinct())
    owed = [UUID(one) for one in moved["deliverables"]]
    met = update(Deliverable).where(Deliverable.id.in_(owed), Deliverable.dataset_id == before)
    session.execute(relations.values(target_dataset_id=after).execution_options(synchronize_session=False))
    session.execute(met.values(dataset_id=after).execution_options(synchronize_session=False))
