"""What a visit to a link came to, whether the file was fetched or the link only looked at; kept with its history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from opendata.errors import CatalogueError, TooLarge
from opendata.harvesting.client import FetchError
from opendata.store.datasets import Resource
from opendata.store.links import LinkCheck

KEPT = 20
"""Visits kept of each link, the newest."""
ENOUGH = 3
"""Visits in a row without an answer after which a link is broken."""
PASSING = (0, 408, 425, 429, 500, 502, 503, 504)
"""HTTP statuses of trouble that may pass; 0: no answer came."""


class LinkStatus(StrEnum):
    """What a link is."""

    UNCHECKED = ""
    OK = "ok"
    BROKEN = "broken"
    GONE = "gone"
    REFUSED = "refused"
    UNKNOWN = "unknown"


BAD = (LinkStatus.BROKEN, LinkStatus.GONE)
"""Links that lead to nothing."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One look: `http_status` 0 where no answer came. `etag` and `last_modified` are of what is there now."""

    status: LinkStatus
    http_status: int = 0
    reason: str = ""
    etag: str = ""
    last_modified: str = ""

    @property
    def answered(self) -> bool:
        """Whether the host said anything, or was not asked because it may not be."""
        return bool(self.http_status) or self.status is not LinkStatus.UNKNOWN


def of_error(error: CatalogueError) -> Visit:
    """What a failed request tells of its link."""
    if isinstance(error, TooLarge):
        return Visit(LinkStatus.OK, 200)
    if not isinstance(error, FetchError):
        return Visit(LinkStatus.BROKEN, 200, error.message)
    reason = (f"{error.status} {error.reason}" if error.status else error.reason)[:1000]
    if error.refused or error.status in (401, 403, 407, 451):
        return Visit(LinkStatus.REFUSED, error.status, reason)
    if error.status in (404, 410):
        return Visit(LinkStatus.GONE, error.status, reason)
    if error.status in PASSING or error.status < 400:  # an answer that broke off
        return Visit(LinkStatus.UNKNOWN, error.status, reason)
    return Visit(LinkStatus.BROKEN, error.status, reason)


def keep(session: Session, row: Resource, visit: Visit, now: dt.datetime) -> None:
    """Note the visit on the resource and in its history. One silence tells nothing: a link that was bad stays so, a
    good one becomes unknown, and broken after ENOUGH of them.
    """
    row.link_checked = now
    if visit.status is LinkStatus.UNKNOWN:
        row.link_failures += 1
        if row.link_status not in BAD:
            row.link_status = LinkStatus.BROKEN if row.link_failures >= ENOUGH else LinkStatus.UNKNOWN
            row.link_problem = visit.reason
    else:
        row.link_failures = 0
        row.link_status, row.link_problem = visit.status, visit.reason
    session.add(
        LinkCheck(
            resource_id=row.id, checked=now, status=row.link_status, http_status=visit.http_status, reason=visit.reason
        )
    )
    session.flush()
    old = select(LinkCheck.id).where(LinkCheck.resource_id == row.id).order_by(LinkCheck.id.desc()).offset(KEPT)
    last = session.scalar(old.limit(1))
    if last is not None:
        session.execute(delete(LinkCheck).where(LinkCheck.resource_id == row.id, LinkCheck.id <= last))
