"""The sign of life of a harvest, so that a slow source is not taken for a dead process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from opendata.services.catalogue import Catalogue
from opendata.store.harvests import HarvestJob

logger = logging.getLogger(__name__)


@contextmanager
def alive(catalogue: Catalogue, job_id: int) -> Iterator[None]:
    """While inside, the job's heartbeat is renewed three times a lease, by a thread of its own."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(catalogue, job_id, over), name=f"heartbeat-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(catalogue: Catalogue, job_id: int, over: threading.Event) -> None:
    beat = update(HarvestJob).where(HarvestJob.id == job_id)
    while not over.wait(catalogue.config.jobs.lease_seconds / 3):
        try:
            with catalogue.sessions.write.begin() as session:
                session.execute(beat.values(heartbeat=catalogue.now()))
        except SQLAlchemyError:
            logger.exception("heartbeat failed")
