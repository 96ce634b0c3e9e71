"""The loop of a run: what a harvester yields is gathered to batches, and each is written in one transaction.

With a batch its place in the listing, its counts and its problems are committed. A process that is killed loses what it
had gathered, and no more; whoever goes on repeats at most what lies between that place and the kill, without effect.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from opendata.errors import Problem, Unavailable
from opendata.harvesting.contract import (
    Complete,
    Event,
    Failed,
    Found,
    Gone,
    Incomplete,
    Position,
    Raw,
    Same,
    Since,
    Source,
    Unchanged,
    Validators,
)
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_items import UNEXPECTED, Item, Sorted, Sorter
from opendata.services.harvest_jobs import Begun, Lost, bookmark, note
from opendata.services.harvest_problems import REPEATED, ProblemList
from opendata.services.heartbeat import Watch
from opendata.services.ingest import Ingest, Outcome
from opendata.services.preparing import Prepared, Refused
from opendata.store import seen
from opendata.store.harvests import HarvestSource
from opendata.store.states import ItemResult

logger = logging.getLogger(__name__)

BATCH = 100
"""Items written in one transaction; when it fails, its items are written one by one."""

BATCH_BYTES = 8 * 1024 * 1024
"""Bytes of originals that are gathered at most."""

BATCH_SECONDS = 1.0
"""A slow source is written after this time, however little has come."""

Progress = Callable[[int, int | None], None]


@dataclass
class Tally:
    """What a run has come to so far. `advanced`: this process has committed a place to go on from."""

    counts: Counter[str]
    clock: dt.datetime | None
    total: int | None = None
    complete: bool = False
    unchanged: bool = False
    advanced: bool = False
    nameless: int = 0
    faults: int = 0
    validators: Mapping[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass
class Loop:
    """The state of one run."""

    catalogue: Catalogue
    source: Source
    begun: Begun
    ingest: Ingest
    watch: Watch
    progress: Progress | None = None
    batch: list[Item] = field(default_factory=list)
    place: Position | None = None

    def __post_init__(self) -> None:
        plan = self.begun.plan
        self.tally = Tally(Counter(self.begun.counts), plan.bookmark.clock if plan.bookmark else None)
        self.problems = ProblemList(self.begun.id, self.source.id, self.begun.problems)
        self.sorter = Sorter(self.catalogue, self.source, self.begun, self.watch.limits)
        self._bytes, self._since = 0, 0.0

    def take(self, listing: Iterable[Event]) -> None:
        """Take every event until the run is told to stop; what came before the source broke off is kept."""
        try:
            for event in listing:
                self._take(event)
                if self._is_full():
                    self._flush()
                if self.watch.stopped():
                    break
        except (Lost, Unavailable):
            self.batch.clear()
            self.place = None
            raise
        finally:
            self._flush()

    def commit(self, work: Callable[[Session], Counter[str]], **columns: Any) -> None:
        """Run `work` in one transaction that notes its counts on the job. It is all or nothing, the tally too."""
        kept = self.problems.total
        try:
            with self.catalogue.sessions.write.begin() as session:
                counts = self.tally.counts + work(session)
                note(session, self.begun, counts, self.catalogue.now(), **columns)
        except BaseException:
            self.problems.total = kept
            raise
        self.tally.counts = counts

    def told(self, session: Session, outcomes: Sequence[Outcome]) -> Counter[str]:
        """The outcomes counted, and their problems kept."""
        for outcome in outcomes:
            self.problems.add(session, outcome.identifier, outcome.problems, b"", self.catalogue.now())
        return Counter(outcome.result.value for outcome in outcomes)

    def _take(self, event: Event) -> None:
        match event:
            case Found() | Raw() | Failed():
                self.batch.append(event)
                self._bytes += len(event.raw)
            case Same() | Gone():
                self.batch.append(event)
            case Position():
                self.place = event
                self.tally.total = self.tally.total if event.total is None else event.total
            case Since(moment):
                self.tally.clock = self.tally.clock or moment
            case Validators(values):
                self.tally.validators = values
            case Unchanged():
                self._flush()
                self._all_unchanged()
            case Complete():
                self.tally.complete = True
            case Incomplete(reason):
                self.tally.reasons.append(reason)

    def _is_full(self) -> bool:
        if not self.batch and self.place is None:
            return False
        self._since = self._since or time.monotonic()
        late = time.monotonic() - self._since > BATCH_SECONDS
        return late or len(self.batch) >= BATCH or self._bytes >= BATCH_BYTES

    def _flush(self) -> None:
        """Write the batch in one transaction; if that fails, each item in its own, so that one bad item fails alone."""
        items, place = tuple(self.batch), self.place
        self.batch.clear()
        self.place, self._bytes, self._since = None, 0, 0.0
        if not items and place is None:
            return
        found = self.sorter.sort(items)
        try:
            self._write(found, place)
        except (Lost, Unavailable):
            raise
        except Exception:
            logger.warning("batch failed; writing its %s items one by one", len(found.ready), exc_info=True)
            self.ingest.placer.forget()
            refused = [one for item in found.ready for one in self._alone(item)]
            self._write(replace(found, ready=[], refused=[*found.refused, *refused]), place)
        self.tally.nameless += len(found.nameless)
        self.tally.faults += len(found.faults)
        self.ingest.replaced.clear()  # nobody takes a harvest back, and a long one must not grow
        if self.progress:
            self.progress(sum(self.tally.counts.values()), self.tally.total)

    def _write(self, found: Sorted, place: Position | None) -> None:
        def work(session: Session) -> Counter[str]:
            now = self.catalogue.now()
            counts = self.told(session, self.ingest.write(session, found.ready) if found.ready else [])
            seen.mark_seen(session, [*found.same, *found.listed], self.begun.id, now)
            seen.mark_deleted(session, found.gone, self.begun.id)
            for identifier in found.repeated:
                self.problems.add(session, identifier, [REPEATED], b"", now)
            for refused in found.refused:
                self.problems.add(session, refused.identifier, refused.problems, refused.raw, now)
            if place:
                self._keep_place(session, place, now)
            counts[ItemResult.UNCHANGED.value] += len(found.same)
            counts[ItemResult.REJECTED.value] += len(found.refused)
            return counts

        self.commit(work, total=self.tally.total, **({"position": place.token} if place else {}))
        self.tally.advanced = self.tally.advanced or place is not None

    def _keep_place(self, session: Session, place: Position, now: dt.datetime) -> None:
        if self.begun.limit is None:
            mark = bookmark(self.begun, place.token, self.tally.clock, now)
            row = update(HarvestSource).where(HarvestSource.id == self.source.id)
            session.execute(row.values(position=mark.dump()).execution_options(synchronize_session=False))

    def _alone(self, item: Prepared) -> Sequence[Refused]:
        """Write one item; it, refused, where the database does not take it."""
        try:
            self.commit(lambda session: self.told(session, self.ingest.write(session, [item])))
        except (Lost, Unavailable):
            raise
        except Exception as error:
            logger.exception("item broke identifier=%s", item.identifier)
            self.ingest.placer.forget()
            self.tally.faults += 1
            # What the database's driver says is short; SQLAlchemy adds the statement with all its values.
            reason = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
            return [Refused(item.identifier, (Problem(UNEXPECTED, reason),), item.raw)]
        return []

    def _all_unchanged(self) -> None:
        """Everything that the last complete listing had is there."""

        def work(session: Session) -> Counter[str]:
            there = seen.mark_all_seen(session, self.source.id, self.begun.id, self.catalogue.now())
            return Counter({ItemResult.UNCHANGED.value: there})

        self.commit(work)
        self.tally.complete = self.tally.unchanged = True
