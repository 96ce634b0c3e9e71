"""How a run ends: what became of missing records, its status, and what its source is to remember for the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from opendata.catalog.run_words import sentence
from opendata.services.harvest_decisions import close_overtaken
from opendata.services.harvest_jobs import note
from opendata.services.harvest_loop import Loop
from opendata.services.harvest_pausing import count_failure
from opendata.services.heartbeat import Reason
from opendata.services.withdrawing import Verdict, Withdrawal, judge_complete, judge_deleted, withdraw
from opendata.store import queries
from opendata.store.harvests import HarvestSource
from opendata.store.states import ItemResult, JobStatus

GOES_ON = sentence("goes_on")


@dataclass
class Ending:
    """The end of the run that `loop` holds."""

    loop: Loop
    verdict: Verdict = field(default_factory=Verdict)

    def finished(self) -> None:
        """The harvester came to an end of its own, or the run was told to stop."""
        tally, reason = self.loop.tally, self.loop.watch.reason
        if reason is Reason.CANCELLED:
            self._close(JobStatus.CANCELLED, sentence("cancelled"))
            return
        if reason is Reason.TIME and not tally.complete:
            seconds = self.loop.catalogue.config.harvest.job_seconds
            self._close(JobStatus.INCOMPLETE, f"{sentence('stopped_by_time', number=seconds)} {GOES_ON}", goes_on=True)
            return
        self._withdraw()
        self._close(self._status(), " ".join([*tally.reasons, self.verdict.message]))

    def broken(self, message: str, *, status: JobStatus = JobStatus.ERROR) -> None:
        """The run broke off. The next one goes on where this stopped, if it came further than it stood before."""
        self._close(status, message, goes_on=True)

    def _status(self) -> JobStatus:
        tally = self.loop.tally
        if self.verdict.pending and tally.complete:
            return JobStatus.WAITING
        failed = tally.counts[ItemResult.REJECTED.value] or tally.faults or self.verdict.trouble
        return JobStatus.COMPLETE if tally.complete and not failed else JobStatus.INCOMPLETE

    def _withdraw(self) -> None:
        loop, plan = self.loop, self.loop.begun.plan
        now, config = loop.catalogue.now(), loop.catalogue.config
        everything = loop.tally.complete and plan.full and loop.begun.limit is None
        with loop.catalogue.sessions.write.begin() as session:
            row = queries.source_row(session, loop.source.name)
            if everything:
                nameless = loop.tally.nameless
                self.verdict = judge_complete(session, row, config, loop.begun.first, now, nameless=nameless)
                close_overtaken(session, row.id, loop.begun.id)
            else:
                self.verdict = judge_deleted(session, row, config)
        if self.verdict.until:
            withdraw(loop.ingest, self.verdict.until, self._commit)
        decided = True
        while decided:
            with loop.catalogue.sessions.write.begin() as session:
                decided = bool(loop.ingest.redecide(session))

    def _commit(self, work: Withdrawal) -> None:
        self.loop.commit(lambda session: self.loop.told(session, work(session)))

    def _close(self, status: JobStatus, message: str, *, goes_on: bool = False) -> None:
        loop = self.loop
        now = loop.catalogue.now()
        text = " ".join(part for part in (message.strip(), loop.problems.told()) if part)
        with loop.catalogue.sessions.write.begin() as session:
            note(
                session, loop.begun, loop.tally.counts, now, status=status, message=text[:4000], finished=now,
                missing_count=self.verdict.missing, pending_count=self.verdict.pending,
                pending_until=self.verdict.pending_until,
            )  # fmt: skip
            self._remember(session, status, text, now, goes_on=goes_on)

    def _remember(self, session: Session, status: JobStatus, message: str, now: dt.datetime, *, goes_on: bool) -> None:
        """What the source is to know at its next run. A listing that was capped teaches nothing."""
        loop, tally = self.loop, self.loop.tally
        row = queries.source_row(session, loop.source.name)
        if status == JobStatus.ERROR:
            count_failure(session, row, message, now)
        elif status != JobStatus.CANCELLED:
            row.failures, row.last_success = 0, now
        if loop.begun.limit is not None:
            return
        if not (goes_on and tally.advanced):
            row.position = None
        if tally.complete:
            self._learn(row)

    def _learn(self, row: HarvestSource) -> None:
        tally, plan = self.loop.tally, self.loop.begun.plan
        clean = not tally.faults and not self.verdict.trouble
        if clean and plan.incremental:
            # A source whose clock is ahead would else be asked for changes of a time that is yet to come.
            row.since = min(tally.clock or self.loop.begun.started, self.loop.begun.started)
        if plan.full:
            row.last_full = self.loop.begun.started
        before = (row.validators or {}).get("values", {}) if tally.unchanged else {}
        values = dict(tally.validators or before) if clean and not tally.counts[ItemResult.REJECTED.value] else {}
        if plan.full or plan.trusted:
            row.validators = {"mapping": plan.mapping, "values": values}
