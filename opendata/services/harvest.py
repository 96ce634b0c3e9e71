"""One run of one source: the loop, the transactions, the counts, and the isolation of errors."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from opendata import logs
from opendata.errors import CatalogueError, Conflict, Problem, SourceError, Unavailable
from opendata.harvesting import registry
from opendata.harvesting.client import HttpClient
from opendata.harvesting.contract import (
    Client,
    Complete,
    Event,
    Failed,
    Found,
    Gone,
    Incomplete,
    Position,
    Raw,
    Run,
    Same,
    Source,
    Unchanged,
)
from opendata.services import desk, processes
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.clients import policy
from opendata.services.harvest_problems import problem_row, unnamed
from opendata.services.heartbeat import alive
from opendata.services.ingest import Ingest, Outcome
from opendata.services.placing import Placer
from opendata.services.preparing import Prepared, Refused, prepare
from opendata.services.results import JobLine, JobReport, ProblemLine
from opendata.services.sources import as_source
from opendata.store import queries
from opendata.store.harvests import HarvestJob, HarvestRecord, HarvestSource
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult, JobStatus
from opendata.store.to_records import organization_ref

logger = logging.getLogger(__name__)

BATCH = 100
"""Items written in one transaction; when it fails, its items are written one by one."""

MAX_PROBLEMS = 10_000
"""Problems kept of one job; the count of rejected items goes on, and the job says that the list was cut."""

REPEATED = Problem("repeated", "The source lists this identifier twice; the first record was kept.", severity="warning")

Progress = Callable[[int, int | None], None]


@dataclass
class _Tally:
    """What a run has come to so far."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: int = 0
    seen: set[str] = field(default_factory=set)
    complete: bool = False
    reasons: list[str] = field(default_factory=list)


def run(
    catalogue: Catalogue,
    name: str,
    *,
    actor: Actor,
    dry_run: bool = False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> JobReport:
    """Harvest the source `name` to its end. The job's report; a source that cannot be read gives status error.

    Every batch is committed with its events and the jobs that follow it, so a killed run leaves whole records only,
    and running again gives the undisturbed result. `dry_run` reads and checks everything and stores nothing.
    """
    with catalogue.sessions.read() as session:
        row = queries.source_row(session, name)
        source = as_source(row)
        organization = session.get(Organization, row.organization_id) if row.organization_id else None
        placer = Placer(organization_ref(organization), f"source:{name}", catalogue.now())
    if dry_run:
        return _Dry(catalogue, source).report(limit, progress)
    job_id = _open_job(catalogue, source.id, actor)
    with logs.bound(source=name, job=job_id):
        _Harvest(catalogue, source, job_id, actor, placer, progress).run(limit)
    return desk.report(catalogue, actor, job_id)


def _open_job(catalogue: Catalogue, source_id: UUID, actor: Actor) -> int:
    """A new job. Conflict while another run of the source is alive; a dead one is closed."""
    now = catalogue.now()
    silent = now - dt.timedelta(seconds=catalogue.config.jobs.lease_seconds)
    running = select(HarvestJob).where(HarvestJob.source_id == source_id, HarvestJob.status == JobStatus.IN_PROGRESS)
    with catalogue.sessions.write.begin() as session:
        for job in session.scalars(running):
            if job.heartbeat and job.heartbeat > silent and not processes.is_dead(job.owner):
                raise Conflict(f"Job {job.id} of this source is still running. Wait for its end.")
            job.status, job.finished, job.message = (
                JobStatus.ERROR,
                now,
                "Interrupted: its process ended without a word.",
            )
        job = HarvestJob(
            source_id=source_id, status=JobStatus.IN_PROGRESS, owner=processes.owner(), created_by=actor.user_id,
            created=now, started=now, heartbeat=now,
        )  # fmt: skip
        session.add(job)
        session.get_one(HarvestSource, source_id).last_run = now  # so that it is not due again while it runs
        session.flush()
        return job.id


def events(catalogue: Catalogue, source: Source, limit: int | None) -> Iterator[Event]:
    """What the source yields, at most `limit` records; a capped listing ends as incomplete."""
    with closing(HttpClient(policy(catalogue.config))) as client:
        found = 0
        run = Run(source=source, client=cast("Client", client), limit=limit)
        for event in registry.harvester(source.type).harvest(run):
            yield event.read() if isinstance(event, Raw) else event
            found += isinstance(event, Found | Raw)
            if limit is not None and found >= limit:
                yield Incomplete(f"Stopped after {limit} records, as asked.")
                return


@dataclass
class _Harvest:
    """The state of one run."""

    catalogue: Catalogue
    source: Source
    job_id: int
    actor: Actor
    placer: Placer
    progress: Progress | None
    tally: _Tally = field(default_factory=_Tally)

    def __post_init__(self) -> None:
        self.ingest = Ingest(self.catalogue, self.actor, self.source.id, self.placer, self.job_id)

    def run(self, limit: int | None) -> None:
        """Take everything, and close the job whatever happens."""
        started = self.catalogue.now()
        try:
            with alive(self.catalogue, self.job_id):
                self._take_all(events(self.catalogue, self.source, limit))
        except (SourceError, Unavailable) as error:
            self._close(JobStatus.ERROR, error.message)
        except Exception as error:
            logger.exception("harvest broke")
            self._close(JobStatus.ERROR, f"Unexpected {type(error).__name__}: {error}")
        else:
            clean = self.tally.complete and not self.tally.counts[ItemResult.REJECTED]
            self._close(JobStatus.COMPLETE if clean else JobStatus.INCOMPLETE, " ".join(self.tally.reasons))
        counts = " ".join(f"{key}={value}" for key, value in sorted(self.tally.counts.items()))
        seconds = (self.catalogue.now() - started).total_seconds()
        logger.info("harvest finished %s seconds=%.0f", counts, seconds)

    def _take_all(self, listing: Iterable[Event]) -> None:
        """Take every event; what came before the source broke off is kept."""
        batch: list[Prepared] = []
        gone: list[str] = []
        try:
            self._sort(listing, batch, gone)
        finally:
            self._flush(batch, gone)

    def _sort(self, listing: Iterable[Event], batch: list[Prepared], gone: list[str]) -> None:
        for event in listing:
            match event:
                case Found():
                    self._take(event, batch)
                case Gone(identifier):
                    gone.append(identifier)
                case Failed():
                    self._reject(Refused(event.identifier, event.problems, event.raw))
                case Complete():
                    self.tally.complete = True
                case Incomplete(reason):
                    self.tally.reasons.append(reason)
                case Position():
                    self._flush(batch, gone)
                case Same(identifier):
                    self._touch([identifier])
                case Unchanged():
                    self._touch(None)
                    self.tally.complete = True
            if len(batch) >= BATCH or len(gone) >= BATCH:
                self._flush(batch, gone)

    def _touch(self, identifiers: Sequence[str] | None) -> None:
        with self.catalogue.sessions.write.begin() as session:
            counts = Counter({ItemResult.UNCHANGED.value: self.ingest.touch(session, identifiers)})
            self._note_counts(session, self.tally.counts + counts)
        self.tally.counts += counts

    def _take(self, found: Found, batch: list[Prepared]) -> None:
        """Prepare one item; whatever it does, it fails alone. Unavailable where our store is away: all would fail."""
        if found.identifier in self.tally.seen:
            self._problems(found.identifier, [REPEATED])
            return
        self.tally.seen.add(found.identifier)
        try:
            ready = unnamed(found.identifier, found.raw) or prepare(self.catalogue, found)
        except Unavailable:
            raise
        except Exception as error:
            logger.exception("item broke identifier=%s", found.identifier)
            problem = Problem("unexpected", f"Unexpected {type(error).__name__}: {error}")
            ready = Refused(found.identifier, (problem,), found.raw)
        if isinstance(ready, Refused):
            self._reject(ready)
        else:
            batch.append(ready)

    def _flush(self, batch: list[Prepared], gone: list[str]) -> None:
        """Write the batch in one transaction; if that fails, each item in its own, so that one bad item fails alone."""
        items, removed = tuple(batch), tuple(gone)
        batch.clear()
        gone.clear()
        try:
            self._commit(items, removed)
        except Exception:
            logger.warning("batch failed; writing its %s items one by one", len(items), exc_info=True)
            self.placer.forget()
            for item in items:
                self._commit_alone(item)
            self._commit((), removed)
        if self.progress:
            self.progress(sum(self.tally.counts.values()), None)

    def _commit_alone(self, item: Prepared) -> None:
        try:
            self._commit((item,), ())
        except Exception as error:
            logger.exception("item broke identifier=%s", item.identifier)
            self.placer.forget()
            # What the database's driver says is short; SQLAlchemy adds the statement with all its values.
            reason = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
            self._reject(Refused(item.identifier, (Problem("unexpected", reason),), item.raw))

    def _commit(self, items: Sequence[Prepared], removed: Sequence[str]) -> None:
        kept = self.tally.problems
        try:
            with self.catalogue.sessions.write.begin() as session:
                outcomes = self.ingest.write(session, items) if items else []
                outcomes += self.ingest.withdraw(session, removed) if removed else []
                for outcome in outcomes:
                    self._store_problems(session, outcome.identifier, outcome.problems)
                counts = Counter(outcome.result.value for outcome in outcomes)
                self._note_counts(session, self.tally.counts + counts)
        except BaseException:
            self.tally.problems = kept
            raise
        self.tally.counts += counts

    def _reject(self, refused: Refused) -> None:
        """Count the item as rejected and keep its problems."""
        self.tally.counts[ItemResult.REJECTED.value] += 1
        self._problems(refused.identifier, refused.problems, refused.raw)

    def _problems(self, identifier: str, problems: Sequence[Problem], raw: bytes = b"") -> None:
        with self.catalogue.sessions.write.begin() as session:
            self._store_problems(session, identifier, problems, raw)
            self._note_counts(session, self.tally.counts)

    def _store_problems(self, session: Session, identifier: str, problems: Sequence[Problem], raw: bytes = b"") -> None:
        for problem in problems:
            self.tally.problems += 1
            if self.tally.problems > MAX_PROBLEMS:
                return
            session.add(problem_row(self.job_id, self.source.id, identifier, problem, raw, self.catalogue.now()))

    def _note_counts(self, session: Session, counts: Counter[str]) -> None:
        """The counts so far and a sign of life, in the same transaction."""
        columns = {f"{result.value}_count": counts[result.value] for result in ItemResult}
        session.execute(
            update(HarvestJob).where(HarvestJob.id == self.job_id).values(heartbeat=self.catalogue.now(), **columns)
        )

    def _close(self, status: JobStatus, message: str) -> None:
        now = self.catalogue.now()
        if self.tally.problems > MAX_PROBLEMS:
            message += f" The first {MAX_PROBLEMS} of {self.tally.problems} problems were kept."
        with self.catalogue.sessions.write.begin() as session:
            self._note_counts(session, self.tally.counts)
            job = session.get_one(HarvestJob, self.job_id)
            job.status, job.message, job.finished = status, message.strip()[:4000], now
            row = queries.source_row(session, self.source.name)
            if status == JobStatus.ERROR:
                row.failures += 1
            else:
                row.failures, row.last_success = 0, now


@dataclass
class _Dry:
    """A rehearsal: everything is read, cleaned, checked and compared; nothing is stored, not even a file."""

    catalogue: Catalogue
    source: Source
    seen: set[str] = field(default_factory=set)

    def report(self, limit: int | None, progress: Progress | None) -> JobReport:
        """What a run would come to."""
        counts: Counter[str] = Counter()
        problems: list[ProblemLine] = []
        status, reasons = JobStatus.INCOMPLETE, []
        started = self.catalogue.now()
        try:
            for event in events(self.catalogue, self.source, limit):
                match event:
                    case Found(identifier) if identifier in self.seen:
                        problems += _lines(identifier, [REPEATED])
                    case Found():
                        self.seen.add(event.identifier)
                        outcome = self._compare(event)
                        counts[outcome.result.value] += 1
                        problems += _lines(outcome.identifier, outcome.problems)
                    case Failed():
                        counts[ItemResult.REJECTED.value] += 1
                        problems += _lines(event.identifier, event.problems)
                    case Incomplete(reason):
                        reasons.append(reason)
                    case Complete() | Unchanged():
                        status = JobStatus.COMPLETE
                    case Same():
                        counts[ItemResult.UNCHANGED.value] += 1
                if progress:
                    progress(sum(counts.values()), None)
        except SourceError as error:
            status, reasons = JobStatus.ERROR, [error.message]
        if counts[ItemResult.REJECTED.value] and status == JobStatus.COMPLETE:
            status = JobStatus.INCOMPLETE
        message = " ".join(["Dry run: nothing was stored.", *reasons])
        job = JobLine(0, self.source.name, status.value, started, self.catalogue.now(), dict(counts), message)
        return JobReport(job, tuple(problems[:MAX_PROBLEMS]), more=max(0, len(problems) - MAX_PROBLEMS))

    def _compare(self, found: Found) -> Outcome:
        try:
            ready = unnamed(found.identifier, found.raw) or prepare(self.catalogue, found, store_files=False)
        except CatalogueError as error:
            ready = Refused(found.identifier, (Problem("unusable", error.message),))
        if isinstance(ready, Refused):
            return Outcome(found.identifier, ItemResult.REJECTED, None, ready.problems)
        with self.catalogue.sessions.read() as session:
            stored = session.scalar(
                select(HarvestRecord.content_hash).where(
                    HarvestRecord.source_id == self.source.id, HarvestRecord.identifier == found.identifier
                )
            )
        same = stored == ready.content_hash
        result = ItemResult.CREATED if stored is None else ItemResult.UNCHANGED if same else ItemResult.UPDATED
        return Outcome(found.identifier, result, None, ready.problems)


def _lines(identifier: str, problems: Sequence[Problem]) -> list[ProblemLine]:
    return [ProblemLine(identifier, p.severity, p.code, p.field, p.message, p.hint) for p in problems]
