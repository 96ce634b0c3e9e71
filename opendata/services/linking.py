"""Looks at the links of files on a schedule: HEAD, then the first bytes where HEAD is refused or says little.

Links of one host are looked at one after the other, in one job. Once a host has stayed silent, its other links are as
silent for this round: nobody waits for each of them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from opendata.catalog.formats import format_of
from opendata.catalog.records import RecordState
from opendata.catalog.run_words import reason
from opendata.errors import CatalogueError
from opendata.harvesting.client import FetchError, HttpClient
from opendata.harvesting.contract import Response
from opendata.reading.filetype import detect_open
from opendata.services import hosts, queue, visits
from opendata.services.catalogue import Catalogue
from opendata.services.clients import client_for
from opendata.services.hosts import FETCH_JOB, LINK_JOB, host_of, name_of
from opendata.services.visits import LinkStatus, Visit
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import Job
from opendata.store.queue import enqueue
from opendata.store.states import JobStatus

MOST_QUEUED = 500
"""Links queued by one round of care; the next round waits until most of them were looked at."""
AT_ONCE = 20
"""Links of one host in one job."""
FIRST = dt.timedelta(hours=1)
"""A new link is left alone for this long: its file is being fetched, which tells as much."""
SOON = dt.timedelta(hours=8)
"""After this long a link that did not answer is looked at again."""
HEAD_BYTES = 2048
"""Bytes of the beginning that tell what a file is."""
VAGUE = ("", "application/octet-stream", "binary/octet-stream", "text/plain")
"""Media types that servers send for anything."""
UNASKED = reason("unasked")


@dataclass(frozen=True, slots=True)
class Link:
    """A link to be looked at, what was promised to be there, and what was there last."""

    key: UUID
    url: str
    promised: str
    etag: str
    last_modified: str
    stored: bool
    wanted: bool
    """Whether it should be fetched, and was not."""


def link_of() -> ColumnElement[str]:
    """The address of a resource, as SQL: of the file, else of the page about it; "" for one that has none."""
    return func.coalesce(func.nullif(Resource.download_url, ""), Resource.access_url)


def check_due(catalogue: Catalogue) -> int:
    """Queue the links whose time has come, some of them at a time, so that they spread over the days. How many."""
    days = catalogue.config.harvest.link_days
    if not days:
        return 0
    now = catalogue.now()
    with catalogue.sessions.read() as session:
        waiting = select(Job.id).where(Job.kind == LINK_JOB, Job.status == JobStatus.NEW)
        if session.scalar(waiting.where(or_(Job.not_before.is_(None), Job.not_before <= now)).limit(1)) is not None:
            return 0
        found = _addresses(session, _due(now, dt.timedelta(days=days)), MOST_QUEUED)
    return _queue(catalogue, found)


def check_soon(catalogue: Catalogue, ids: Sequence[UUID]) -> int:
    """Queue the links of these files now. How many."""
    with catalogue.sessions.read() as session:
        found = _addresses(session, Resource.id.in_(ids), len(ids))
    return _queue(catalogue, found, priority=5)


def _due(now: dt.datetime, every: dt.timedelta) -> ColumnElement[bool]:
    silent = and_(Resource.link_status == LinkStatus.UNKNOWN, Resource.link_checked <= now - min(SOON, every))
    new = and_(Resource.link_checked.is_(None), Resource.created <= now - FIRST)
    return or_(new, Resource.link_checked <= now - every, silent)


def _addresses(session: Session, which: ColumnElement[bool], limit: int) -> Sequence[tuple[UUID, str]]:
    """Id and link of files of records that are not withdrawn; those not looked at for longest first."""
    rows = session.execute(
        select(Resource.id, link_of())
        .join(Dataset, Dataset.id == Resource.dataset_id)
        .where(which, link_of() != "", Dataset.state != RecordState.WITHDRAWN)
        .order_by(Resource.link_checked.nulls_first())
        .limit(limit)
    )
    return [(key, link) for key, link in rows]


def _queue(catalogue: Catalogue, found: Sequence[tuple[UUID, str]], priority: int = -10) -> int:
    by_host: dict[str, list[str]] = {}
    for key, link in found:
        by_host.setdefault(host_of(link), []).append(str(key))
    if found:
        with catalogue.sessions.write.begin() as session:
            for host, keys in by_host.items():
                for start in range(0, len(keys), AT_ONCE):
                    said = {"resources": keys[start : start + AT_ONCE]}
                    enqueue(
                        session, LINK_JOB, said, catalogue.now(), lane=queue.Lane.FETCH, host=host, priority=priority,
                        dedupe=f"{keys[start]}",
                    )  # fmt: skip
    return len(found)


def work(catalogue: Catalogue, payload: Mapping[str, Any]) -> None:
    """One job of the worker."""
    check(catalogue, [UUID(str(key)) for key in payload["resources"]])


def check(catalogue: Catalogue, ids: Sequence[UUID]) -> dict[UUID, Visit]:
    """Look at the links of these files, one after the other, and keep what was found at each at once: the next may be
    slow, and the process may end meanwhile.
    """
    seen: dict[UUID, Visit] = {}
    with client_for(catalogue, brisk=True) as client:
        for link in _links(catalogue, ids):
            with catalogue.sessions.read() as session:
                rests = hosts.waits_until(session, host_of(link.url), catalogue.now()) is not None
            unasked = Visit(LinkStatus.UNKNOWN, 0, UNASKED)
            visit = seen[link.key] = unasked if rests else look(client, link.url, link.promised)
            with catalogue.sessions.write.begin() as session:
                if visit.answered:
                    hosts.answered(session, host_of(link.url))
                elif not rests:
                    hosts.failed(session, host_of(link.url), catalogue.now())
                _keep(session, link, visit, catalogue.now())
    return seen


def look(client: HttpClient, url: str, promised: str = "") -> Visit:
    """What stands at `url`, where a file of the format `promised` ("": anything) should be."""
    if not client.robots(url):
        return _kept_out(client, url)
    try:
        head = client.head(url)
    except FetchError as error:
        visit = visits.of_error(error)
        if visit.status is LinkStatus.REFUSED and not error.status:
            return visit
        return visit if not error.status else _first_bytes(client, url, promised)
    except CatalogueError as error:
        return visits.of_error(error)
    if _says_enough(head, promised):
        return _ok(head)
    return _first_bytes(client, url, promised)


def _kept_out(client: HttpClient, url: str) -> Visit:
    """Why its robots.txt does not let us in: it says so, or it cannot be had, which means the same (RFC 9309 §2.3.1.4)
    but says nothing about the link.
    """
    try:
        client.peek(urljoin(url, "/robots.txt"))
    except CatalogueError as error:
        return visits.of_error(error)
    return Visit(LinkStatus.REFUSED, 0, reason("robots"))


def _says_enough(head: Response, promised: str) -> bool:
    """Whether the headers alone tell that what was promised is there."""
    is_page = head.media_type in ("text/html", "application/xhtml+xml")
    empty = head.headers.get("content-length", "") in ("", "0")
    return not empty and head.media_type not in VAGUE and (not is_page or promised in ("", "HTML"))


def _first_bytes(client: HttpClient, url: str, promised: str) -> Visit:
    try:
        answer = client.peek(url, HEAD_BYTES)
    except CatalogueError as error:
        return visits.of_error(error)
    if not answer.content:
        return Visit(LinkStatus.BROKEN, answer.status, reason("empty"))
    name = name_of(answer.url)
    if promised not in ("", "HTML") and detect_open(io.BytesIO(answer.content), name).format == "HTML":
        return Visit(LinkStatus.BROKEN, answer.status, reason("page_instead", format=promised))
    return _ok(answer)


def _ok(answer: Response) -> Visit:
    said = answer.headers
    return Visit(LinkStatus.OK, answer.status, "", said.get("etag", "")[:300], said.get("last-modified", "")[:100])


def _links(catalogue: Catalogue, ids: Sequence[UUID]) -> list[Link]:
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Resource).where(Resource.id.in_(ids)).order_by(Resource.id)).all()
    fetches = catalogue.config.harvest.fetch_files
    found = []
    for row in rows:
        url = row.download_url or row.access_url
        promised = row.format or format_of("", row.media_type, name_of(row.download_url))
        if url:
            found.append(
                Link(
                    key=row.id,
                    url=url,
                    promised=promised if row.download_url else "",
                    etag=row.etag,
                    last_modified=row.last_modified,
                    stored=row.stored and row.fetched is not None,
                    wanted=fetches and bool(row.download_url) and not row.stored and bool(row.fetch_problem),
                )
            )
    return found


def _keep(session: Session, link: Link, visit: Visit, now: dt.datetime) -> None:
    row = session.get(Resource, link.key)
    if row is None or (row.download_url or row.access_url) != link.url:
        return
    visits.keep(session, row, visit, now)
    if visit.status is LinkStatus.OK and (link.wanted or (link.stored and _is_new(link, visit))):
        said = {"resource": str(link.key), "again": link.stored}
        enqueue(
            session, FETCH_JOB, said, now, lane=queue.Lane.FETCH, dedupe=str(link.key), host=host_of(link.url)
        )  # fmt: skip


def _is_new(link: Link, visit: Visit) -> bool:
    """Whether the source marks its file otherwise than when it was fetched."""
    if link.etag and visit.etag:
        return link.etag.removeprefix("W/") != visit.etag.removeprefix("W/")
    return bool(link.last_modified and visit.last_modified) and link.last_modified != visit.last_modified
