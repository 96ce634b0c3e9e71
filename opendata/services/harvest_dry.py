"""A rehearsal: everything is read, cleaned, checked and compared; no record is stored, not even a file.

At the command line nothing at all is written. As a job it keeps its counts, its problems, and the first records as they
would appear.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord
from opendata.catalog.run_words import sentence
from opendata.errors import Problem, SourceError, Stopped
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
    Unchanged,
)
from opendata.harvesting.paging import Loop as Repeats
from opendata.services.harvest_items import guarded
from opendata.services.harvest_jobs import Begun, note
from opendata.services.harvest_listing import Opened
from opendata.services.harvest_loop import Progress
from opendata.services.harvest_problems import MAX_PROBLEMS, REPEATED, ProblemList, storable, unnamed
from opendata.services.heartbeat import Reason, Watch
from opendata.services.preparing import Refused
from opendata.services.results import JobLine, JobReport, ProblemLine
from opendata.services.timelimit import Limiter, TooSlow
from opendata.store import codec
from opendata.store.harvests import HarvestPreview, HarvestRecord
from opendata.store.states import ItemResult, JobStatus

logger = logging.getLogger(__name__)

SHOWN = 20
"""Records of a rehearsal that are kept as they would appear."""

STORED_EVERY = 100

DRY = sentence("dry_run")


@dataclass(frozen=True, slots=True)
class Line:
    """What would become of one item; `result` None for one that is listed twice."""

    identifier: str
    result: ItemResult | None
    problems: tuple[Problem, ...] = ()
    record: DatasetRecord | None = None
    raw: bytes = b""


@dataclass
class Rehearsal:
    """One rehearsal of a source."""

    opened: Opened
    limits: Limiter = field(default_factory=lambda: Limiter(float("inf")))
    counts: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)
    complete: bool = False
    total: int | None = None
    _seen: Repeats = field(default_factory=Repeats)

    def lines(self, listing: Iterator[Event]) -> Iterator[Line]:
        """What would become of each item, counted; the end of the listing is noted."""
        for event in listing:
            match event:
                case Found() | Raw():
                    line = self._line(event)
                    self.counts.update([line.result.value] if line.result else [])
                    yield line
                case Failed():
                    self.counts[ItemResult.REJECTED.value] += 1
                    yield Line(event.identifier, ItemResult.REJECTED, event.problems, raw=event.raw)
                case Same():
                    self.counts[ItemResult.UNCHANGED.value] += 1
                case Position():
                    self.total = self.total if event.total is None else event.total
                case Complete() | Unchanged():
                    self.complete = True
                case Incomplete(reason):
                    self.reasons.append(reason)

    @property
    def status(self) -> JobStatus:
        """What a run would end with."""
        clean = self.complete and not self.counts[ItemResult.REJECTED.value]
        return JobStatus.COMPLETE if clean else JobStatus.INCOMPLETE

    @property
    def message(self) -> str:
        """What is said of it."""
        return " ".join([DRY, *self.reasons])

    def _line(self, item: Found | Raw) -> Line:
        if item.identifier and self._seen.seen(item.identifier):
            return Line(item.identifier, None, (REPEATED,))
        catalogue = self.opened.catalogue
        made = unnamed(item.identifier, item.raw) or guarded(catalogue, item, self.limits, store_files=False)
        if isinstance(made, Gone):
            return Line(item.identifier, ItemResult.WITHDRAWN)
        if isinstance(made, Refused):
            return Line(item.identifier, ItemResult.REJECTED, made.problems, raw=made.raw)
        wanted = select(HarvestRecord.content_hash).where(
            HarvestRecord.source_id == self.opened.source.id, HarvestRecord.identifier == item.identifier
        )
        with catalogue.sessions.read() as session:
            stored = session.scalar(wanted)
        same = stored == made.content_hash
        result = ItemResult.CREATED if stored is None else ItemResult.UNCHANGED if same else ItemResult.UPDATED
        return Line(item.identifier, result, made.problems, made.record, made.raw)


def report(opened: Opened, limit: int | None, progress: Progress | None) -> JobReport:
    """What a run would come to; nothing is written anywhere."""
    rehearsal = Rehearsal(opened)
    problems: list[ProblemLine] = []
    status, started, total = None, opened.catalogue.now(), 0
    try:
        for line in rehearsal.lines(opened.events(limit=limit)):
            total += len(line.problems)
            problems += _problem_lines(line) if len(problems) < MAX_PROBLEMS else []
            if progress:
                progress(sum(rehearsal.counts.values()), rehearsal.total)
    except SourceError as error:
        status = JobStatus.ERROR
        rehearsal.reasons = [error.message]
    job = JobLine(
        0, opened.source.name, (status or rehearsal.status).value, started, opened.catalogue.now(),
        dict(rehearsal.counts), rehearsal.message,
    )  # fmt: skip
    return JobReport(job, tuple(problems[:MAX_PROBLEMS]), more=max(0, total - MAX_PROBLEMS), total=total)


def keep(opened: Opened, begun: Begun, watch: Watch) -> None:
    """The rehearsal as the job `begun`: previews of the first records, problems, counts, and its end."""
    kept = _Kept(opened, begun, watch, Rehearsal(opened, watch.limits))
    try:
        kept.take()
    except (Stopped, TooSlow):
        kept.close(*kept.told())
    except SourceError as error:
        kept.close(JobStatus.ERROR, f"{DRY} {error.message}")
    except Exception as error:
        logger.exception("rehearsal broke")
        kept.close(JobStatus.ERROR, f"{DRY} {sentence('unexpected', word=type(error).__name__, said=error)}")
    else:
        kept.close(*kept.told())


@dataclass
class _Kept:
    opened: Opened
    begun: Begun
    watch: Watch
    rehearsal: Rehearsal
    pending: list[Line] = field(default_factory=list)
    shown: int = 0

    def __post_init__(self) -> None:
        self.problems = ProblemList(self.begun.id, self.opened.source.id)

    def take(self) -> None:
        """All of it, or as far as it goes."""
        try:
            for line in self.rehearsal.lines(self.opened.events(limit=self.begun.limit, stopped=self.watch.stopped)):
                self.pending.append(line)
                if len(self.pending) >= (STORED_EVERY if self.shown >= SHOWN else SHOWN):
                    self._store()
                if self.watch.stopped():
                    return
        finally:
            self._store()

    def told(self) -> tuple[JobStatus, str]:
        """How it ended."""
        if self.watch.reason is Reason.CANCELLED:
            return JobStatus.CANCELLED, f"{DRY} {sentence('cancelled')}"
        if self.watch.reason is Reason.TIME and not self.rehearsal.complete:
            return JobStatus.INCOMPLETE, f"{DRY} {sentence('too_long')}"
        return self.rehearsal.status, self.rehearsal.message

    def close(self, status: JobStatus, message: str) -> None:
        """Note the end on the job."""
        now = self.opened.catalogue.now()
        text = f"{message} {self.problems.told()}".strip()[:4000]
        with self.opened.catalogue.sessions.write.begin() as session:
            note(session, self.begun, self.rehearsal.counts, now, status=status, message=text, finished=now)

    def _store(self) -> None:
        lines, self.pending = tuple(self.pending), []
        now = self.opened.catalogue.now()
        with self.opened.catalogue.sessions.write.begin() as session:
            for line in lines:
                self.problems.add(session, line.identifier, line.problems, line.raw, now)
                self._show(session, line)
            note(session, self.begun, self.rehearsal.counts, now, total=self.rehearsal.total)

    def _show(self, session: Session, line: Line) -> None:
        if self.shown >= SHOWN or line.result is None:
            return
        title = line.record.title.values()[0].value if line.record and line.record.title.values() else ""
        self.shown += 1
        session.add(
            HarvestPreview(
                job_id=self.begun.id,
                position=self.shown,
                identifier=storable(line.identifier),
                title=title,
                result=line.result,
                record=codec.dump(line.record) if line.record else None,
                problems=[{key: storable(value) for key, value in asdict(one).items()} for one in line.problems],
            )
        )


def _problem_lines(line: Line) -> Sequence[ProblemLine]:
    return [ProblemLine(line.identifier, p.severity, p.code, p.field, p.message, p.hint) for p in line.problems]
