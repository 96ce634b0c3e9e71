"""A source that keeps failing is paused by itself, and says why, until a person resumes it."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy.orm import Session

from opendata.catalog.run_words import sentence
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.store.harvests import HarvestSource

logger = logging.getLogger(__name__)

MOST_FAILURES = 10
"""Runs in a row that end in error."""
PATIENCE = dt.timedelta(days=7)
"""A source has this long, however often it is asked: a server that is down for a night is no reason."""


def count_failure(session: Session, row: HarvestSource, message: str, now: dt.datetime) -> None:
    """A run of the source ended in error; the digest of failures tells of a pause that follows. Nothing commits."""
    row.failures += 1
    since = row.last_success or row.created
    if not row.active or row.failures < MOST_FAILURES or now - since < PATIENCE:
        return
    row.active, row.modified = False, now
    row.stopped_reason = sentence("paused", number=row.failures, said=message[:1000])
    note(session, SYSTEM, now, "source", row.id, "paused", after={"failures": row.failures})
    logger.warning("source paused by itself source=%s failures=%d", row.name, row.failures)
