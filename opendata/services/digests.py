"""What went wrong since a moment, for one organisation or for the whole site, in words and as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from opendata.catalog.moments import in_words
from opendata.catalog.run_words import in_language
from opendata.catalog.tables import table
from opendata.services.linking import link_of
from opendata.services.visits import BAD
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.links import LinkCheck
from opendata.store.states import JobStatus

MOST_LINES = 20
"""Harvests, and links, told one by one; of more, the number."""
TROUBLE = (JobStatus.ERROR, JobStatus.INCOMPLETE, JobStatus.WAITING)


@dataclass(frozen=True, slots=True)
class TroubledHarvest:
    """The last job of a source that went wrong. `status` is that of the job, or "stopped"; `job` 0 for no job."""

    source: str
    title: str
    status: str
    job: int
    message: str


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A link that worked, or was not looked at, before."""

    url: str
    problem: str
    dataset: str


@dataclass(frozen=True, slots=True)
class Digest:
    """All of it. `links` are the first of `broken`."""

    since: dt.datetime
    harvests: tuple[TroubledHarvest, ...] = ()
    links: tuple[BrokenLink, ...] = ()
    broken: int = 0

    @property
    def number(self) -> int:
        """Things that need attention."""
        return len(self.harvests) + self.broken


def gather(session: Session, since: dt.datetime, organizations: Collection[UUID] | None) -> Digest:
    """What went wrong after `since` (aware UTC), of those organisations, or (None) of all and of none."""
    harvests = _jobs(session, since, _of(HarvestSource, organizations)) + _stopped(
        session, since, _of(HarvestSource, organizations)
    )
    which = and_(_broke(since), _of(Dataset, organizations))
    links = select(link_of(), Resource.link_problem, Dataset.slug).join(Dataset, Dataset.id == Resource.dataset_id)
    number = select(func.count()).select_from(Resource).join(Dataset, Dataset.id == Resource.dataset_id)
    found = session.execute(links.where(which).order_by(Dataset.slug, Resource.position).limit(MOST_LINES)).all()
    broken = (session.scalar(number.where(which)) or 0) if found else 0
    return Digest(since, harvests, tuple(BrokenLink(*row) for row in found), broken)


def _of(owned: type[HarvestSource] | type[Dataset], organizations: Collection[UUID] | None) -> ColumnElement[bool]:
    return true() if organizations is None else owned.organization_id.in_(organizations)


def _jobs(session: Session, since: dt.datetime, theirs: ColumnElement[bool]) -> tuple[TroubledHarvest, ...]:
    """Of each source the last job that came to an end, where that was a bad one: what was mended since is no news."""
    ended = func.coalesce(HarvestJob.finished, HarvestJob.heartbeat, HarvestJob.started)
    over = HarvestJob.status.in_((*TROUBLE, JobStatus.COMPLETE))
    last = (
        select(func.max(HarvestJob.id))
        .where(over, HarvestJob.dry_run.is_(False))
        .group_by(HarvestJob.source_id)
    )  # fmt: skip
    rows = session.execute(
        select(HarvestSource.name, HarvestSource.title, HarvestJob.status, HarvestJob.id, HarvestJob.message)
        .join(HarvestSource, HarvestSource.id == HarvestJob.source_id)
        .where(HarvestJob.id.in_(last), HarvestJob.status.in_(TROUBLE), ended > since, theirs)
        .order_by(HarvestSource.name)
    )
    return tuple(
        TroubledHarvest(name, title or name, str(status), job, message) for name, title, status, job, message in rows
    )


def _stopped(session: Session, since: dt.datetime, theirs: ColumnElement[bool]) -> tuple[TroubledHarvest, ...]:
    rows = session.scalars(
        select(HarvestSource)
        .where(HarvestSource.active.is_(False), HarvestSource.stopped_reason != "", theirs)
        .where(HarvestSource.modified > since)
        .order_by(HarvestSource.name)
    )
    return tuple(TroubledHarvest(row.name, row.title or row.name, "stopped", 0, row.stopped_reason) for row in rows)


def _broke(since: dt.datetime) -> ColumnElement[bool]:
    """Bad now, looked at after `since`, and not bad at the last look before."""
    before = (
        select(LinkCheck.status)
        .where(LinkCheck.resource_id == Resource.id, LinkCheck.checked <= since)
        .order_by(LinkCheck.id.desc())
        .limit(1)
        .correlate(Resource)
        .scalar_subquery()
    )
    return and_(Resource.link_status.in_(BAD), Resource.link_checked > since, or_(before.is_(None), before.not_in(BAD)))


@cache
def _words() -> dict[str, dict[str, str]]:
    return table("alerts")


def word(name: str, language: str, **values: object) -> str:
    """A phrase of data/alerts.toml."""
    return _words()[name][language].format(**values)


def text(digest: Digest, language: str, site_url: str, timezone: str) -> str:
    """The digest as a plain letter."""
    lines = [word("since", language, since=in_words(digest.since, language, timezone)), ""]
    if digest.harvests:
        lines += [word("harvests", language), ""]
        lines += [_harvest_line(one, language, site_url) for one in digest.harvests[:MOST_LINES]]
        lines += _more(len(digest.harvests), language)
    if digest.broken:
        lines += [word("links", language, number=digest.broken), ""]
        lines += [_link_line(one, language, site_url) for one in digest.links]
        lines += _more(digest.broken, language)
    return "\n".join([*lines, word("unsubscribe", language, url=f"{site_url}/desk/alerts"), ""])


def _harvest_line(one: TroubledHarvest, language: str, site_url: str) -> str:
    place = f"/desk/jobs/{one.job}" if one.job else f"/desk/sources/{one.source}"
    said = f"\n  {in_language(one.message, language)[:500]}" if one.message else ""
    return f"- {one.title}: {word(one.status, language)}{said}\n  {site_url}{place}"


def _link_line(one: BrokenLink, language: str, site_url: str) -> str:
    return f"- {one.url}\n  {in_language(one.problem, language)}\n  {site_url}/dataset/{one.dataset}"


def _more(number: int, language: str) -> list[str]:
    return [word("more", language, number=number - MOST_LINES), ""] if number > MOST_LINES else [""]


def as_json(digest: Digest) -> dict[str, Any]:
    """The same for programs: docs/alerts.md tells what each key means."""
    return {
        "since": digest.since.isoformat(),
        "number": digest.number,
        "harvests": [
            {"source": one.source, "status": one.status, "job": one.job or None, "message": one.message}
            for one in digest.harvests[:MOST_LINES]
        ],
        "broken_links": digest.broken,
        "links": [{"url": one.url, "problem": one.problem, "dataset": one.dataset} for one in digest.links],
    }
