"""The background worker: claims jobs by lease, keeps the leases alive, stops cleanly on SIGTERM.

Each lane has a thread of its own; those that wait for other people's servers have several, so that a slow one holds up
nobody but itself.

Any number of workers may share one database. What a worker that died left behind is claimed again when its lease ends,
or at once by a worker of the same machine.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from opendata import logs
from opendata.errors import Unavailable
from opendata.reading.extract import Reader
from opendata.services import (
    ageing,
    alerts,
    care,
    fetching,
    harvest,
    hosts,
    index_check,
    index_wait,
    indexing,
    jobs,
    letters,
    linking,
    processes,
    proposals,
    reading,
    recounting,
    rereading,
    resets,
    tables_making,
    tidying,
    webhook_sending,
    wordlists,
)
from opendata.services.catalogue import Catalogue
from opendata.services.jobs import ClaimedJob
from opendata.services.queue import Lane

logger = logging.getLogger(__name__)

RENEW_SECONDS = 0.5
"""How often the worker sees to its leases."""

CARE_SECONDS = 60
"""How often the worker looks for embargoes that ended, due harvests and jobs that are to be forgotten."""

GRACE_SECONDS = 10.0
"""How long jobs at hand may go on after the word to stop."""

BATCH = {Lane.INDEX: 20}
"""Jobs claimed at once; index jobs are written together, in as few commits of the index as may be."""

WAITING_LANES = (Lane.HARVEST, Lane.FETCH)
"""Lanes in which [harvest] concurrency jobs go on at once: they mostly wait for other people's servers."""

MOST_REST = 5.0
"""Seconds. The index lane rests after a small batch for as long as that took, and no longer than this: every commit
reads and writes small segments again, so changes that come fast are better written in few commits."""

INDEXED_AT_ONCE = 1000
"""Records in one commit of the index; their texts are in memory together."""

INDEXED_WHILE_WAITED = 100
"""The same as long as searches wait for what was written beside: it comes after the commit at hand."""
WAITED_SECONDS = 60.0
"""How long after the last such search another one is expected."""

LOOK_SECONDS = 0.1
"""How often the worker looks whether somebody waits for the index."""


@dataclass
class Worker:
    """`parent` is the process without which this worker stops (0: it stands alone); `lanes` are those it works in.

    One interpreter runs one thread at a time, so lanes that are to use a processor of their own get their own process.
    """

    catalogue: Catalogue
    parent: int = 0
    lanes: Sequence[Lane] = tuple(Lane)
    owner: str = field(default_factory=processes.owner)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._told = False
        self._busy: dict[str, tuple[int, ...]] = {}
        self._ready = {lane: threading.Event() for lane in self.lanes}
        self._hurry = threading.Event()
        self._ended = threading.Event()
        self._ended.set()  # the first look is at once
        self._waited = index_wait.waited(self.catalogue)
        self._cared = self._asked = self._renewed = self._waited_at = float("-inf")

    def run(self, *, until_idle: bool = False) -> None:
        """Work until SIGTERM, Ctrl-C or the parent's end; with `until_idle` until nothing can be done now."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)
        self.work(until_idle=until_idle)

    def work(self, *, until_idle: bool = False) -> None:
        """As `run`, without touching signals: also for tests, which call it in their own thread.

        A job that goes on for longer than GRACE_SECONDS after the word to stop is given back to the queue. Every job
        may be broken off at any point, so its thread simply ends with the process.
        """
        jobs.take_back(self.catalogue)
        threads = [
            threading.Thread(target=self._lane, args=(lane,), name=f"lane-{lane}-{number}", daemon=True)
            for lane in self.lanes
            for number in range(self.catalogue.config.harvest.concurrency if lane in WAITING_LANES else 1)
        ]
        for thread in threads:
            thread.start()
        logger.info("worker started owner=%s", self.owner)
        pause = min(0.05 if until_idle else LOOK_SECONDS, self.catalogue.config.jobs.poll_seconds)
        try:
            while not self._told and not self._paused(pause, until_ended=until_idle):
                self._tend()
                self._wake()
                if self._orphaned() or (until_idle and not jobs.are_left(self.catalogue, self.owner)):
                    break
        finally:
            self.stop()
            for ready in self._ready.values():
                ready.set()
            end = time.monotonic() + GRACE_SECONDS
            for thread in threads:
                thread.join(timeout=max(0.0, end - time.monotonic()))
            jobs.release(self.catalogue, self.owner)
            logger.info("worker stopped owner=%s", self.owner)

    def stop(self) -> None:
        """Stop after the jobs at hand."""
        self._stop.set()
        self._hurry.set()
        self._ended.set()

    def _paused(self, seconds: float, *, until_ended: bool) -> bool:
        """Whether to stop, after that time; or, `until_ended`, once jobs have: what follows on them is due at once."""
        if not until_ended:
            return self._stop.wait(seconds)
        if self._ended.wait(seconds):
            self._ended.clear()
            self._asked = float("-inf")
        return self._stop.is_set()

    def _tell(self, *_: object) -> None:
        # No more than a flag: a signal may arrive while the event's own lock is held, and setting it would wait for it.
        self._told = True

    def _orphaned(self) -> bool:
        return bool(self.parent) and os.getppid() != self.parent

    def _tend(self) -> None:
        """Keep the leases alive, and now and then see to what is due by date. A store that is busy is asked again."""
        held = [job for ids in tuple(self._busy.values()) for job in ids]
        try:
            if held and time.monotonic() - self._renewed > RENEW_SECONDS:
                self._renewed = time.monotonic()
                jobs.renew(self.catalogue, self.owner, held)
            if time.monotonic() - self._cared > CARE_SECONDS:
                self._cared = time.monotonic()
                care.tend(self.catalogue)
        except Exception:
            logger.exception("tending failed")

    def _wake(self) -> None:
        """Wake the lanes that have something to do: one question instead of one by each thread."""
        self._wake_index()
        now = time.monotonic()
        if now - self._asked < self.catalogue.config.jobs.poll_seconds:
            return
        self._asked = now
        try:
            for lane in jobs.ready_lanes(self.catalogue, self.lanes):
                self._ready[lane].set()
        except Exception:
            logger.exception("looking for work failed")

    def _wake_index(self) -> None:
        """Wake the lane of the index at once where somebody waits for it."""
        waited = index_wait.waited(self.catalogue)
        if waited != self._waited and Lane.INDEX in self._ready:
            self._waited, self._waited_at = waited, time.monotonic()
            self._hurry.set()
            self._ready[Lane.INDEX].set()

    def _lane(self, lane: Lane) -> None:
        """Do jobs of the lane in this thread, until told to stop."""
        me = threading.current_thread().name
        self._ready[lane].wait()
        with _Handlers(self.catalogue, self._index_prompt) as handlers:
            while not self._stop.is_set():
                claimed = self._claim(lane)
                if not claimed:
                    self._ready[lane].clear()  # what came just now is found at the next look
                    if not self._stop.is_set():
                        self._ready[lane].wait()
                    continue
                self._busy[me] = tuple(job.id for job in claimed)
                started = time.monotonic()
                try:
                    for kind in dict.fromkeys(job.kind for job in claimed):
                        self._do(lane, [job for job in claimed if job.kind == kind], handlers)
                finally:
                    self._busy.pop(me, None)
                    self._ended.set()
                if lane is Lane.INDEX and len(claimed) < BATCH[lane]:
                    self._hurry.wait(min(MOST_REST, time.monotonic() - started))

    def _index_prompt(self, handlers: _Handlers) -> int:
        """Do what people and programs wrote before the next part of other work on the index; how large that may be."""
        me = f"{threading.current_thread().name}-prompt"
        if me not in self._busy and (claimed := self._claim(Lane.INDEX, prompt=True)):
            self._busy[me] = tuple(job.id for job in claimed)
            try:
                self._do(Lane.INDEX, claimed, handlers)
            finally:
                self._busy.pop(me, None)
        is_waited = time.monotonic() - self._waited_at < WAITED_SECONDS
        return min(INDEXED_AT_ONCE, INDEXED_WHILE_WAITED) if is_waited else INDEXED_AT_ONCE

    def _claim(self, lane: Lane, *, prompt: bool = False) -> Sequence[ClaimedJob]:
        try:
            if lane is Lane.INDEX:
                if not self._stop.is_set():
                    self._hurry.clear()  # what comes from now on is looked for again
                found = jobs.claim_prompt(self.catalogue, self.owner, BATCH[lane])
                if found or prompt:
                    return found
            return jobs.claim(self.catalogue, self.owner, lane, BATCH.get(lane, 1))
        except Exception:
            logger.exception("claiming failed lane=%s", lane)
            return ()

    def _do(self, lane: Lane, claimed: Sequence[ClaimedJob], handlers: _Handlers) -> None:
        """Run the jobs, together where they can be; when that fails, each alone, so that a bad one fails alone."""
        error = self._try(lane, claimed, handlers)
        if error is None or len(claimed) == 1 or isinstance(error, Unavailable):
            self._settle(claimed, error)
            return
        for job in claimed:
            self._settle([job], self._try(lane, [job], handlers))

    def _try(self, lane: Lane, claimed: Sequence[ClaimedJob], handlers: _Handlers) -> Exception | None:
        """What went wrong, None for nothing."""
        with logs.bound(lane=lane, job=",".join(str(job.id) for job in claimed)):
            started = time.monotonic()
            try:
                handlers.run(claimed)
            except Exception as error:
                logger.exception("job failed kind=%s", claimed[0].kind)
                return error
            logger.debug("job done kind=%s seconds=%.2f", claimed[0].kind, time.monotonic() - started)
            return None

    def _settle(self, claimed: Sequence[ClaimedJob], error: Exception | None) -> None:
        """Note the end of the jobs. Where the store does not take it, their leases end and they are done again."""
        try:
            if error is None:
                jobs.finish(self.catalogue, self.owner, claimed)
            elif isinstance(error, Unavailable):
                jobs.postpone(self.catalogue, self.owner, claimed, error.message)
            else:
                jobs.fail(self.catalogue, self.owner, claimed, f"{type(error).__name__}: {error}")
        except Exception:
            logger.exception("the end of jobs could not be noted")


class _Handlers:
    """What each kind of job does. The reader's child process lives as long as the lane."""

    def __init__(self, catalogue: Catalogue, between: Callable[[_Handlers], int]) -> None:
        """`between` is called before each part of the work on the index, and says how many records that may have."""
        self._catalogue, self._between = catalogue, between
        self._reader = Reader()
        self._kinds: Mapping[str, Callable[[Sequence[ClaimedJob]], None]] = {
            "index": self._index,
            indexing.REBUILD_JOB: self._rebuild,
            "harvest": partial(self._told, harvest.run_queued),
            hosts.FETCH_JOB: partial(self._told, fetching.work),
            hosts.LINK_JOB: partial(self._told, linking.work),
            alerts.JOB: partial(self._once, alerts.send_due),
            letters.JOB: partial(self._told, letters.work),
            resets.JOB: partial(self._told, resets.work),
            webhook_sending.JOB: partial(self._told, webhook_sending.work),
            "read": partial(self._each, lambda key: reading.read(catalogue, self._reader, key)),
            wordlists.JOB: partial(self._once, wordlists.refresh),
            recounting.JOB: self._recount,
            tidying.JOB: partial(self._once, tidying.tidy),
            rereading.JOB: partial(self._once, rereading.queue_lost),
            ageing.JOB: partial(self._once, ageing.cut),
            proposals.JOB: partial(self._told, proposals.run),
            "upload-check": self._check_upload,
            "upload-publish": self._publish_upload,
            "upload-decide": self._decide_upload,
            "look": partial(self._each, lambda key: reading.look(catalogue, self._reader, key)),
            tables_making.JOB: partial(self._each, lambda key: tables_making.make(catalogue, self._reader, key)),
            "ocr": partial(self._each, lambda key: reading.recognise(catalogue, self._reader, key)),
        }

    def __enter__(self) -> _Handlers:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def run(self, claimed: Sequence[ClaimedJob]) -> None:
        """Do them; all are of one kind."""
        self._kinds[claimed[0].kind](claimed)

    def _index(self, claimed: Sequence[ClaimedJob]) -> None:
        datasets = [UUID(key) for job in claimed for key in job.payload.get("datasets", ())]
        studies = [UUID(key) for job in claimed for key in job.payload.get("studies", ())]
        for ids, are_studies in ((datasets, False), (studies, True)):
            left = list(dict.fromkeys(ids))
            while left:
                most = self._between(self)
                part, left = left[:most], left[most:]
                indexing.index_records(self._catalogue, () if are_studies else part, part if are_studies else ())
        wordlists.queue_refresh(self._catalogue)

    def _recount(self, claimed: Sequence[ClaimedJob]) -> None:
        recounting.recount(self._catalogue, min(dt.date.fromisoformat(str(job.payload["since"])) for job in claimed))

    def _rebuild(self, _claimed: Sequence[ClaimedJob]) -> None:
        index_check.rebuild_if_due(self._catalogue)
        wordlists.queue_refresh(self._catalogue)

    def _check_upload(self, claimed: Sequence[ClaimedJob]) -> None:
        from opendata.services.uploads import jobs as uploads  # loads what reads and writes workbooks

        for job in claimed:
            uploads.check(self._catalogue, UUID(str(job.payload["upload"])))

    def _publish_upload(self, claimed: Sequence[ClaimedJob]) -> None:
        from opendata.services.uploads import jobs as uploads

        for job in claimed:
            user = str(job.payload.get("user") or "")
            uploads.publish(self._catalogue, UUID(str(job.payload["upload"])), UUID(user) if user else None)

    def _decide_upload(self, claimed: Sequence[ClaimedJob]) -> None:
        from opendata.services.uploads import deciding

        self._told(deciding.run, claimed)

    def _once(self, work: Callable[[Catalogue], object], _claimed: Sequence[ClaimedJob]) -> None:
        """However many of the kind were queued."""
        work(self._catalogue)

    def _told(self, work: Callable[[Catalogue, Mapping[str, Any]], object], claimed: Sequence[ClaimedJob]) -> None:
        for job in claimed:
            work(self._catalogue, job.payload)

    def _each(self, handle: Callable[[UUID], None], claimed: Sequence[ClaimedJob]) -> None:
        for job in claimed:
            handle(UUID(str(job.payload["resource"])))
