"""Hosts that do not answer: after some failures in a row, all that is to be asked of such a host waits.

Kept in the memory of the process; what waits for it is told in the queue, and so holds for every worker.
"""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from opendata.store.operations import Job
from opendata.store.states import JobStatus

DEAD = 3
"""Failures in a row after which a host is left alone for a while."""
FIRST_WAIT = dt.timedelta(minutes=10)
"""How long, at first. It doubles with each further failure, up to LONGEST_WAIT."""
LONGEST_WAIT = dt.timedelta(hours=6)
MOST_HOSTS = 10_000
"""Hosts remembered; the one that failed longest ago is forgotten first."""

FETCH_JOB, LINK_JOB = "fetch", "link-check"
WAITING_KINDS = (FETCH_JOB, LINK_JOB)


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


class Hosts:
    """How often in a row each host has not answered. May be used by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, dt.datetime]] = {}

    def failed(self, host: str, now: dt.datetime) -> dt.datetime | None:
        """It did not answer: the moment until which it is left alone, None as long as it is asked on."""
        with self._lock:
            number = self._failures.pop(host, (0, now))[0] + 1
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(20, number - DEAD)) if number >= DEAD else dt.timedelta()
            self._failures[host] = (number, now + wait)
            if len(self._failures) > MOST_HOSTS:
                self._failures.pop(next(iter(self._failures)))
        return now + wait if wait else None

    def answered(self, host: str) -> None:
        """It answered, whatever it said."""
        with self._lock:
            self._failures.pop(host, None)

    def waits_until(self, host: str, now: dt.datetime) -> dt.datetime | None:
        """The moment until which it is left alone, None where it may be asked."""
        with self._lock:
            number, until = self._failures.get(host, (0, now))
        return until if number >= DEAD and until > now else None


def let_wait(session: Session, host: str, until: dt.datetime) -> None:
    """Whatever is queued for this host is done after `until`."""
    session.execute(
        update(Job)
        .where(
            Job.host == host,
            Job.kind.in_(WAITING_KINDS),
            Job.status == JobStatus.NEW,
            or_(Job.not_before.is_(None), Job.not_before < until),
        )
        .values(not_before=until)
        .execution_options(synchronize_session=False)
    )
