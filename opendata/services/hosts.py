"""Hosts that do not answer: after some failures in a row, all that is to be asked of such a host waits.

Kept in the store: it holds for every worker, and what is queued for such a host meanwhile is not even taken up
(store.queue). Once its time is over, the first that is tried tells for all.
"""

from __future__ import annotations

import datetime as dt
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from opendata.store.base import touched
from opendata.store.links import RestingHost

DEAD = 3
"""Failures in a row after which a host is left alone for a while."""
FIRST_WAIT = dt.timedelta(minutes=10)
"""How long, at first. It doubles with each further failure, up to LONGEST_WAIT."""
LONGEST_WAIT = dt.timedelta(hours=6)
KEPT = dt.timedelta(days=7)
"""After so much longer a host is forgotten."""

FETCH_JOB, LINK_JOB = "fetch", "link-check"


def host_of(link: str) -> str:
    """The host of an address with its port where it names one, lower case, "" for what is no address."""
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return (f"{host}:{port}" if port else host)[:255]


def name_of(link: str) -> str:
    """The last part of the path of an address, "" where it has none."""
    try:
        return unquote(PurePosixPath(urlsplit(link).path).name)[:200]
    except ValueError:
        return ""


def failed(session: Session, host: str, now: dt.datetime) -> dt.datetime | None:
    """It did not answer: the moment until which it is left alone, None as long as it is asked on."""
    table = RestingHost.__table__
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    counted = insert(table).values(host=host, failures=1, until=now)
    again = counted.on_conflict_do_update(index_elements=["host"], set_={"failures": table.c.failures + 1})
    number: int = session.connection().execute(again.returning(table.c.failures)).scalar_one()
    if number < DEAD:
        return None
    until: dt.datetime = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(20, number - DEAD))
    touched(session, update(RestingHost).where(RestingHost.host == host).values(until=until))
    return until


def answered(session: Session, host: str) -> None:
    """It answered, whatever it said."""
    touched(session, delete(RestingHost).where(RestingHost.host == host))


def waits_until(session: Session, host: str, now: dt.datetime) -> dt.datetime | None:
    """The moment until which it is left alone, None where it may be asked."""
    return session.scalar(select(RestingHost.until).where(RestingHost.host == host, RestingHost.until > now))


def forget(session: Session, before: dt.datetime) -> int:
    """Forget hosts that have rested since before that instant, of which nothing was asked any more. How many."""
    return touched(session, delete(RestingHost).where(RestingHost.until < before))
