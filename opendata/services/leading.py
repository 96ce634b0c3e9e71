"""Whose word stands where several sources have one dataset, and what the others add.

The source with the lowest `priority` leads, of equal ones the one that had the dataset first. What each of them says is
kept beside the raw record for as long as there is more than one (HarvestRecord.said), so that it need not be harvested
again when another one leads.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, undefer

from opendata.catalog.records import DatasetRecord
from opendata.services.combining import Word, combined, said
from opendata.store.codec import dump, load
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.states import ItemResult

Held = Sequence[HarvestRecord]
Holders = Mapping[UUID, Held]
"""The harvest records of each dataset, with their sources and what they say."""


def holders(session: Session, ids: Collection[UUID], *, but: UUID | None = None) -> Holders:
    """Who has these datasets, without the source `but`. One SELECT."""
    wanted = select(HarvestRecord).where(HarvestRecord.dataset_id.in_(list(ids)))
    wanted = wanted.options(joinedload(HarvestRecord.source), undefer(HarvestRecord.said))
    found: defaultdict[UUID, list[HarvestRecord]] = defaultdict(list)
    if ids:
        for row in session.scalars(wanted if but is None else wanted.where(HarvestRecord.source_id != but)):
            if row.dataset_id:
                found[row.dataset_id].append(row)
    return found


def is_lost(row: HarvestRecord) -> bool:
    """Whether its source has the record no more."""
    return row.result is ItemResult.WITHDRAWN


def keep_word(row: HarvestRecord, record: DatasetRecord) -> None:
    """Keep what the source says."""
    row.said = zlib.compress(json.dumps(dump(record), ensure_ascii=False).encode("utf-8", "surrogatepass"), 6)


def word_of(row: HarvestRecord) -> DatasetRecord | None:
    """What the source says, as far as it is kept."""
    if not row.said:
        return None
    record: DatasetRecord = load(DatasetRecord, json.loads(zlib.decompress(row.said).decode("utf-8", "surrogatepass")))
    return record


def led(rows: Collection[HarvestRecord], stored: DatasetRecord) -> DatasetRecord | None:
    """What the dataset becomes of the words of `rows`, all that hold it; None where nobody speaks for it any more.

    Notes on them who leads. `stored` is the dataset as it stands: where only one source had it so far, its word is what
    stands there, and is kept from now on.
    """
    speaking = sorted((row for row in rows if not is_lost(row)), key=_rank)
    for row in rows:
        row.leads = bool(speaking) and row is speaking[0]
    words: list[Word] = []
    for row in speaking:
        if row.said is None:
            keep_word(row, said(stored))
        if record := word_of(row):
            # Who owns a record may change it, so that no agency makes itself the owner of what it only adds to.
            adds = bool(words) and row.source.organization_id is not None
            words.append(Word(row.source.name, replace(record, organization=None) if adds else record))
    return combined(words, stored if len(rows) > 1 else None) if words else None


def _rank(row: HarvestRecord) -> tuple[int, dt.datetime, int]:
    return row.source.priority, row.first_seen, row.id or 2**62


@dataclass(frozen=True, slots=True)
class _Pair:
    """SQL on one holder and, where it is asked of them, the others of its dataset."""

    mine: type[HarvestRecord]
    source: type[HarvestSource]

    def is_first(self) -> ColumnElement[bool]:
        """Whether no other that still has the dataset stands before it."""
        other, theirs = aliased(HarvestRecord), aliased(HarvestSource)
        earlier = or_(
            theirs.priority < self.source.priority,
            and_(theirs.priority == self.source.priority, other.first_seen < self.mine.first_seen),
            and_(
                theirs.priority == self.source.priority,
                other.first_seen == self.mine.first_seen,
                other.id < self.mine.id,
            ),
        )
        better = select(other.id).join(theirs, theirs.id == other.source_id)
        better = better.where(
            other.dataset_id == self.mine.dataset_id, other.result != ItemResult.WITHDRAWN, other.id != self.mine.id
        )
        return ~better.where(earlier).exists()

    def is_orphan(self) -> ColumnElement[bool]:
        """Whether nobody leads its dataset: the source that did was removed."""
        other = aliased(HarvestRecord)
        return ~select(other.id).where(other.dataset_id == self.mine.dataset_id, other.leads).exists()


def undecided(session: Session, source_id: UUID, most: int) -> Sequence[UUID]:
    """Datasets of the source, `most` of them, of which another leads than should, since priorities or sources changed.

    One SELECT. A dataset that this source alone has is passed over by its flag.
    """
    mine, source = aliased(HarvestRecord), aliased(HarvestSource)
    pair = _Pair(mine, source)
    wanted = select(mine.dataset_id).join(source, source.id == mine.source_id)
    wanted = wanted.where(
        mine.source_id == source_id, mine.dataset_id.is_not(None), mine.result != ItemResult.WITHDRAWN
    )
    wrong = or_(and_(mine.leads, ~pair.is_first()), and_(~mine.leads, or_(pair.is_first(), pair.is_orphan())))
    return [one for one in session.scalars(wanted.where(wrong).limit(most)) if one]
