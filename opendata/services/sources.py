"""Harvest sources: adding, removing, and which are due."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import slug as make_slug
from opendata.catalog.values import Text
from opendata.errors import Conflict, Invalid, NotFound, Problem
from opendata.harvesting import registry
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import Option, Source
from opendata.services import processes
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.store import queries
from opendata.store.harvests import HarvestJob, HarvestRecord, HarvestSource
from opendata.store.operations import Job
from opendata.store.organizations import Organization
from opendata.store.queue import enqueue
from opendata.store.states import JobStatus

FREQUENCIES = {
    "hourly": dt.timedelta(hours=1),
    "daily": dt.timedelta(days=1),
    "weekly": dt.timedelta(weeks=1),
    "monthly": dt.timedelta(days=30),
}
"""How long after a run the next is due; any other word, or none, means by hand only."""

LOCAL_TYPES = frozenset({"folder"})
"""Kinds of source whose address is a path on the server."""

OPTION = "options."
"""Stands before the name of an option where a problem names its field: an option may be called as a field is."""

RESERVED = frozenset({"new"})
"""Names that would hide a page of the desk."""


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to add. `organization` is the slug of the agency that its records belong to unless they name one."""

    name: str
    type: str
    url: str
    title: str = ""
    organization: str = ""
    frequency: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def add(catalogue: Catalogue, actor: Actor, new: NewSource) -> None:
    """Add the source. Invalid names every wrong field, options as "options.NAME"; Conflict when the name is taken."""
    demand(actor, Right.MANAGE_SOURCES)
    options = _check(catalogue, actor, new)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        if session.scalar(select(HarvestSource.id).where(HarvestSource.name == new.name)):
            raise Conflict(f"There is a source {new.name!r} already. Choose another name, or remove it first.")
        organization_id = _organization_id(session, new.organization)
        demand_over(actor, Right.MANAGE_SOURCES, organization_id)
        row = HarvestSource(
            name=new.name,
            title=new.title or new.name,
            type=new.type,
            url=_absolute(new),
            options=options,
            frequency=new.frequency,
            organization_id=organization_id,
            created=now,
            modified=now,
        )
        session.add(row)
        session.flush()
        url = without_credentials(new.url)
        note(session, actor, now, "source", row.id, "created", after={"name": new.name, "url": url})


def remove(catalogue: Catalogue, actor: Actor, name: str) -> int:
    """Remove the source; its records stay. How many those are. Conflict while it is being harvested."""
    demand(actor, Right.MANAGE_SOURCES)
    with catalogue.sessions.write.begin() as session:
        row = queries.source_row(session, name)
        demand_over(actor, Right.MANAGE_SOURCES, row.organization_id)
        if is_running(catalogue, session, row.id):
            raise Conflict(f"The source {name!r} is being harvested. Wait for the end of its job.")
        records = select(func.count()).where(HarvestRecord.source_id == row.id, HarvestRecord.dataset_id.is_not(None))
        kept = session.scalar(records) or 0
        url = without_credentials(row.url)
        note(session, actor, catalogue.now(), "source", row.id, "removed", before={"name": name, "url": url})
        session.execute(delete(Job).where(*_waiting(name)))
        session.delete(row)
    return kept


def run_soon(catalogue: Catalogue, actor: Actor, name: str) -> bool:
    """Queue a harvest of the source for the worker; False where one waits already. Conflict for one that is off."""
    demand(actor, Right.RUN_HARVEST)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = queries.source_row(session, name)
        demand_over(actor, Right.RUN_HARVEST, row.organization_id)
        if not row.active:
            raise Conflict(f"The source {name!r} is switched off.")
        queued = enqueue(session, "harvest", {"source": name}, now, lane=Lane.HARVEST, priority=1, dedupe=name)
        if queued is not None:
            note(session, actor, now, "source", row.id, "run asked")
    return queued is not None


def is_waiting(session: Session, name: str) -> bool:
    """Whether a harvest of the source stands in the queue."""
    return session.scalar(select(Job.id).where(*_waiting(name)).limit(1)) is not None


def _waiting(name: str) -> tuple[ColumnElement[bool], ...]:
    return Job.kind == "harvest", Job.dedupe == name, Job.status == JobStatus.NEW


def is_running(catalogue: Catalogue, session: Session, source_id: UUID) -> bool:
    """Whether a living process harvests the source."""
    silent = catalogue.now() - dt.timedelta(seconds=catalogue.config.jobs.lease_seconds)
    running = select(HarvestJob).where(HarvestJob.source_id == source_id, HarvestJob.status == JobStatus.IN_PROGRESS)
    return any(
        job.heartbeat is not None and job.heartbeat > silent and not processes.is_dead(job.owner)
        for job in session.scalars(running)
    )


@dataclass(frozen=True, slots=True)
class SourceType:
    """A kind of source that can be added, with what it declares about itself, in English."""

    name: str
    title: str
    options: tuple[Option, ...]
    local: bool
    """Whether its address is a path on the server."""


def types() -> tuple[SourceType, ...]:
    """The installed kinds of source, by name."""
    made = (registry.harvester(name) for name in registry.names())
    return tuple(SourceType(one.name, one.title, one.options, one.name in LOCAL_TYPES) for one in made)


def owners(catalogue: Catalogue, actor: Actor) -> tuple[tuple[str, Text], ...]:
    """Slug and title of the organisations for which the actor may add sources."""
    demand(actor, Right.MANAGE_SOURCES)
    allowed = organizations_where(actor, Right.MANAGE_SOURCES)
    wanted = select(Organization).where(Organization.state == "active").order_by(Organization.slug)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted if allowed is None else wanted.where(Organization.id.in_(allowed))).all()
        return tuple((row.slug, row.title) for row in rows)


def due(catalogue: Catalogue) -> tuple[str, ...]:
    """Names of the active sources whose time has come."""
    now = catalogue.now()
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(HarvestSource).where(HarvestSource.active).order_by(HarvestSource.name)).all()
    return tuple(row.name for row in rows if row.frequency in FREQUENCIES and _is_due(row, now))


def _is_due(row: HarvestSource, now: dt.datetime) -> bool:
    return row.last_run is None or row.last_run + FREQUENCIES[row.frequency] <= now


def as_source(row: HarvestSource) -> Source:
    """The source as a harvester sees it, every declared option filled in."""
    options = registry.check_options(registry.harvester(row.type), row.options)
    return Source(id=row.id, name=row.name, type=row.type, url=row.url, options=options)


def _check(catalogue: Catalogue, actor: Actor, new: NewSource) -> dict[str, str]:
    """The given options, checked; Invalid lists everything that is wrong with the source."""
    problems = []
    if new.name != make_slug(new.name, max_length=60) or not new.name or new.name in RESERVED:
        problems.append(
            Problem(
                "name", f"{new.name!r} is no name for a source.", "name", hint="Use a-z, 0-9 and hyphens, 60 at most."
            )
        )
    if new.type not in registry.names():
        allowed = ", ".join(registry.names())
        problems.append(Problem("type", f"There is no source type {new.type!r}.", "type", hint=f"Allowed: {allowed}."))
    if new.frequency and new.frequency != "manual" and new.frequency not in FREQUENCIES:
        allowed = ", ".join(("manual", *FREQUENCIES))
        problems.append(Problem("frequency", f"Unknown frequency {new.frequency!r}.", "frequency", hint=allowed))
    if not new.organization and not actor.sysadmin:
        problems.append(Problem("no_owner", "Name the organisation that the source belongs to.", "organization"))
    if new.type in registry.names():
        problems += _address_problems(catalogue, actor, new) + _option_problems(new)
    if problems:
        what = " ".join(f"{problem.message} {problem.hint}".strip() for problem in problems)
        raise Invalid(f"The source {new.name!r} cannot be added. {what}", problems)
    return dict(new.options)


def _option_problems(new: NewSource) -> list[Problem]:
    try:
        registry.check_options(registry.harvester(new.type), new.options)
    except Invalid as error:
        return [replace(problem, field=f"{OPTION}{problem.field}") for problem in error.problems]
    return []


def _address_problems(catalogue: Catalogue, actor: Actor, new: NewSource) -> list[Problem]:
    if new.type in LOCAL_TYPES:
        return _folder_problems(catalogue, actor, new.url)
    try:
        parts = urlsplit(new.url)
        if parts.scheme in ("http", "https") and parts.hostname and not set(new.url) & set(" \r\n\t"):
            return []
    except ValueError:
        pass  # said below, as for any other address that is none
    message = f"{new.url!r} is no web address. It must begin with http:// or https://."
    return [Problem("url", message, "url")]


def _folder_problems(catalogue: Catalogue, actor: Actor, path: str) -> list[Problem]:
    """The command line may name any folder; everybody else one below [harvest] folders.

    Nothing is said about whether a path outside of them exists.
    """
    real = _real_path(path)
    allowed = [Path(folder).resolve() for folder in catalogue.config.harvest.folders]
    if not actor.system and not (real and any(real.is_relative_to(folder) for folder in allowed)):
        message = f"{path}: folder sources are allowed only below the directories of [harvest] folders."
        return [Problem("folder_not_allowed", message, "url")]
    if not real or not os.path.exists(real):  # noqa: PTH110 - Path.exists raises for a name that is too long
        return [Problem("no_folder", f"{path}: there is no such directory or zip.", "url")]
    return []


def _real_path(path: str) -> Path | None:
    """Where `path` leads to, symlinks followed; None for what is no path."""
    try:
        return Path(path).resolve() if path else None
    except (OSError, ValueError, RuntimeError):
        return None


def _absolute(new: NewSource) -> str:
    return str(Path(new.url).resolve()) if new.type in LOCAL_TYPES else new.url


def _organization_id(session: Session, slug: str) -> UUID | None:
    if not slug:
        return None
    found = session.scalar(select(Organization.id).where(Organization.slug == slug))
    if found is None:
        raise NotFound(f"There is no organisation {slug!r}. Add it with: opendata organization add {slug} --title …")
    return found
