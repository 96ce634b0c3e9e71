"""Where people came from is forgotten after a while: network addresses are cut wherever they are kept, and so is how
readers who reported something can be reached.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete, select, update

from opendata.services import attempts, daily, hosts
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import LoginAttempt, UserSession
from opendata.store.base import touched
from opendata.store.operations import DatasetEvent, ReportedProblem

JOB = "cut-addresses"
AT_ONCE = 5000
"""Rows of one transaction."""
CONTACT_KEPT = dt.timedelta(days=180)
"""How long a reader who reported something can be reached."""

KEPT: tuple[tuple[Any, Any], ...] = (
    (DatasetEvent, DatasetEvent.at),
    (UserSession, UserSession.last_seen),
    (ReportedProblem, ReportedProblem.created),
)
"""What holds an address, and since when."""


def queue_due(catalogue: Catalogue) -> None:
    """Queue the job, unless it was queued within a day."""
    daily.queue(catalogue, JOB)


def cut(catalogue: Catalogue) -> int:
    """Cut what is older than [security] address_days, and contacts of readers older than `CONTACT_KEPT`; forget failed
    sign-ins that count no more. How many rows.
    """
    oldest = catalogue.now() - dt.timedelta(days=catalogue.config.security.address_days)
    done = sum(_cut(catalogue, table, at, oldest) for table, at in KEPT)
    done += _cut(catalogue, ReportedProblem, ReportedProblem.created, catalogue.now() - CONTACT_KEPT, "contact")
    with catalogue.sessions.write.begin() as session:
        stale = delete(LoginAttempt).where(LoginAttempt.at < catalogue.now() - attempts.WINDOW)
        return done + touched(session, stale) + hosts.forget(session, catalogue.now() - hosts.KEPT)


def _cut(catalogue: Catalogue, table: Any, at: Any, oldest: dt.datetime, column: str = "address") -> int:
    done, held = 0, getattr(table, column)
    while True:
        with catalogue.sessions.write.begin() as session:
            ids = session.scalars(select(table.id).where(at < oldest, held != "").limit(AT_ONCE)).all()
            if not ids:
                return done
            session.execute(update(table).where(table.id.in_(ids)).values({column: ""}))
            done += len(ids)
