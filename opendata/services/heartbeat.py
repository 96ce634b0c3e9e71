"""The sign of life of a run, and what a run must know of the outside: that it is to end, and why."""

from __future__ import annotations

import logging
import threading
import time
from enum import StrEnum
from types import TracebackType
from typing import Self

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from opendata.errors import CatalogueError
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import Begun
from opendata.services.timelimit import Limiter
from opendata.store.harvests import HarvestJob
from opendata.store.states import JobStatus

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often it is asked whether the run is to end, and whether a record takes too long."""

LAST_SECONDS = 60.0
"""How long over its time a run may go on that does not hear; then it is broken off where it stands."""


class Reason(StrEnum):
    """Why a run is to end before its end."""

    CANCELLED = "cancelled"
    TIME = "time"
    LOST = "lost"


class Watch:
    """Around a run: its heartbeat is renewed three times a lease by a thread of its own, however slow the source is.

    `reason` is why the run is to end, None while it may go on; `limits` breaks off what takes too long.
    """

    def __init__(self, catalogue: Catalogue, begun: Begun) -> None:
        self._catalogue = catalogue
        self._begun = begun
        self._over = threading.Event()
        seconds = catalogue.config.harvest.job_seconds
        self._end = time.monotonic() + seconds
        self.limits = Limiter(seconds + LAST_SECONDS)
        self.reason: Reason | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look, name=f"heartbeat-{self._begun.id}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.limits.close()

    def stopped(self) -> bool:
        """Whether the run is to end now."""
        if self.reason is None and time.monotonic() > self._end:
            self.reason = Reason.TIME
        return self.reason is not None

    def _look(self) -> None:
        lease = self._catalogue.config.jobs.lease_seconds
        beaten = time.monotonic()
        while not self._over.wait(min(LOOK_SECONDS, lease / 3)):
            self.limits.look()
            try:
                self.reason = self.reason or self._asked()
                if time.monotonic() - beaten >= lease / 3:
                    self._beat()
                    beaten = time.monotonic()
            except (SQLAlchemyError, CatalogueError):
                logger.exception("heartbeat failed")

    def _asked(self) -> Reason | None:
        """What the job's row says."""
        wanted = select(HarvestJob.stopping, HarvestJob.owner, HarvestJob.runs, HarvestJob.status)
        with self._catalogue.sessions.read() as session:
            row = session.execute(wanted.where(HarvestJob.id == self._begun.id)).one_or_none()
        if row is None or (row.owner, row.runs) != (self._begun.owner, self._begun.runs):
            return Reason.LOST
        if row.status != JobStatus.IN_PROGRESS:
            return Reason.LOST
        return Reason.CANCELLED if row.stopping else None

    def _beat(self) -> None:
        mine = update(HarvestJob).where(
            HarvestJob.id == self._begun.id,
            HarvestJob.owner == self._begun.owner,
            HarvestJob.runs == self._begun.runs,
        )
        with self._catalogue.sessions.write.begin() as session:
            session.execute(mine.values(heartbeat=self._catalogue.now()))
