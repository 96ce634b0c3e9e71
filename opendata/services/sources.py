"""Harvest sources: adding, changing, pausing and removing them, and which are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from opendata.catalog.values import Text
from opendata.errors import ConfigError, Conflict, Invalid, NotFound, SourceError
from opendata.harvesting import registry
from opendata.harvesting.client import without_credentials
from opendata.harvesting.contract import Option, Source
from opendata.harvesting.credentials import Credentials, shown_address
from opendata.services import matching, owned, schedule
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.harvest_jobs import is_alive
from opendata.services.hosts import host_of
from opendata.services.queue import Lane
from opendata.services.rights import Right, demand, demand_over, organizations_where
from opendata.services.secrets import seal, unseal
from opendata.services.source_rules import (
    ADDRESSES,
    OPTION,
    WEB,
    GivenCredentials,
    NewSource,
    check,
    demand_version,
    in_address,
    is_local,
    origin,
    without_secret,
)
from opendata.store import queries
from opendata.store.accounts import User
from opendata.store.harvests import HarvestJob, HarvestRecord, HarvestSource
from opendata.store.operations import Job
from opendata.store.organizations import Organization
from opendata.store.queue import enqueue
from opendata.store.states import JobStatus

__all__ = ["OPTION", "GivenCredentials", "NewSource", "is_local"]

FIELDS = ("title", "url", "options", "frequency", "priority", "withdraw_share", "grace_days", "full_days")
"""What is stored of a NewSource as it is."""

DRY = ":dry"
"""Follows the name of the source in the queue's key of a dry run, which waits beside a harvest."""


class Changes(TypedDict, total=False):
    """What of a source is to be changed; what is not named stays. `credentials` None takes them away."""

    title: str
    url: str
    organization: str
    frequency: str
    options: dict[str, str]
    priority: int
    withdraw_share: float | None
    grace_days: int | None
    full_days: int | None
    credentials: GivenCredentials | None


@dataclass(frozen=True, slots=True)
class Revised:
    """What became of a change. `dropped`: the credentials were taken away, for they were those of another address."""

    changed: tuple[str, ...]
    dropped: bool


def add(catalogue: Catalogue, actor: Actor, new: NewSource) -> None:
    """Add the source. Invalid names every wrong field, options as "options.NAME"; Conflict when the name is taken.

    A user and password that stand in the address become its credentials.
    """
    demand(actor, Right.MANAGE_SOURCES)
    new = without_secret(new)
    check(catalogue, actor, new)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        if session.scalar(select(HarvestSource.id).where(HarvestSource.name == new.name)):
            raise Conflict(f"There is a source {new.name!r} already. Choose another name, or remove it first.")
        organization_id = _organization_id(session, new.organization)
        demand_over(actor, Right.MANAGE_SOURCES, organization_id)
        row = HarvestSource(
            name=new.name,
            type=new.type,
            organization_id=organization_id,
            responsible_id=session.scalar(select(User.id).where(User.id == actor.user_id)),
            credentials=_sealed(catalogue, new.credentials),
            created=now,
            modified=now,
            **_stored(new),
        )
        session.add(row)
        session.flush()
        note(session, actor, now, "source", row.id, "created", after=_told(new))


def revise(
    catalogue: Catalogue, actor: Actor, name: str, changes: Changes, *, if_versions: Collection[str] | None = None
) -> Revised:
    """Change the source, within its kind and name. Invalid as in `add`. Changed where none of `if_versions` stands.

    Credentials belong to one origin: where the address moves to another one they are dropped, unless they are given
    with it, so that nobody can have another's key sent to a server of their own.
    """
    demand(actor, Right.MANAGE_SOURCES)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = owned.source(session, actor, Right.MANAGE_SOURCES, name)
        demand_version(row, if_versions)
        plain = settings(row)
        given = without_secret(replace(plain, **changes))
        check(catalogue, actor, given, known=plain)
        organization_id = _organization_id(session, given.organization)
        demand_over(actor, Right.MANAGE_SOURCES, organization_id)
        dropped = _keep_credentials(catalogue, row, given, told="credentials" in changes)
        changed = tuple(key for key, value in _everything(given).items() if value != _everything(plain)[key])
        for key, value in _stored(given).items():
            setattr(row, key, value)
        row.organization_id, row.modified = organization_id, now
        if "frequency" in changed:
            row.next_run = None if row.last_run else _next_run(catalogue, row, now)
        secret = {"credentials": "dropped"} if dropped else _secret_told(given, told="credentials" in changes)
        if changed or secret:
            told = {key: _told(given)[key] for key in changed}
            was = {key: _told(plain)[key] for key in changed}
            note(session, actor, now, "source", row.id, "revised", before=was, after={**told, **secret})
    return Revised((*changed, *secret), dropped)


def pause(catalogue: Catalogue, actor: Actor, name: str) -> None:
    """Let the source be harvested no more until it is resumed. A harvest that waits is taken out of the queue."""
    _switch(catalogue, actor, name, active=False)


def resume(catalogue: Catalogue, actor: Actor, name: str) -> None:
    """Let a paused source be harvested again."""
    _switch(catalogue, actor, name, active=True)


def _switch(catalogue: Catalogue, actor: Actor, name: str, *, active: bool) -> None:
    demand(actor, Right.RUN_HARVEST)
    with catalogue.sessions.write.begin() as session:
        row = owned.source(session, actor, Right.RUN_HARVEST, name)
        if row.active == active:
            return
        row.active, row.modified = active, catalogue.now()
        if active:
            row.stopped_reason, row.failures = "", 0
        else:
            session.execute(delete(Job).where(*_waiting(name)))
        note(session, actor, catalogue.now(), "source", row.id, "resumed" if active else "paused")


def remove(catalogue: Catalogue, actor: Actor, name: str, *, if_versions: Collection[str] | None = None) -> int:
    """Remove the source; its records stay. How many those are. Conflict while it is being harvested, Changed
    where none of `if_versions` stands.
    """
    demand(actor, Right.MANAGE_SOURCES)
    with catalogue.sessions.write.begin() as session:
        row = owned.source(session, actor, Right.MANAGE_SOURCES, name)
        demand_version(row, if_versions)
        if is_running(catalogue, session, row.id):
            raise Conflict(f"The source {name!r} is being harvested. Wait for the end of its job.")
        records = select(func.count()).where(HarvestRecord.source_id == row.id, HarvestRecord.dataset_id.is_not(None))
        kept = session.scalar(records) or 0
        url = shown_address(row.url)
        note(session, actor, catalogue.now(), "source", row.id, "removed", before={"name": name, "url": url})
        session.execute(delete(Job).where(*_waiting(name, f"{name}{DRY}")))
        matching.remember(session, row)
        session.delete(row)
    return kept


def enqueue_run(catalogue: Catalogue, session: Session, row: HarvestSource, *, priority: int = 0, **wish: Any) -> bool:
    """Queue a run of the source, with what it is asked for; False where one waits already. Nothing commits."""
    key = f"{row.name}{DRY}" if wish.get("dry_run") else row.name
    queued = enqueue(
        session, "harvest", {"source": row.name, **wish}, catalogue.now(),
        lane=Lane.HARVEST, dedupe=key, priority=priority, host=host_of(row.url),
    )  # fmt: skip
    return queued is not None


def run_soon(catalogue: Catalogue, actor: Actor, name: str, *, full: bool | None = None, dry_run: bool = False) -> bool:
    """Queue a harvest of the source for the worker; False where one waits already. Conflict for one that is off.

    `full` None lets the engine choose between a full listing and the changes. A dry run may be tried with a source that
    is off as well.
    """
    demand(actor, Right.RUN_HARVEST)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = owned.source(session, actor, Right.RUN_HARVEST, name)
        if not row.active and not dry_run:
            raise Conflict(f"The source {name!r} is switched off. Resume it first.")
        user = str(actor.user_id) if actor.user_id else None
        queued = enqueue_run(catalogue, session, row, priority=1, user=user, full=full, dry_run=dry_run)
        if queued:
            note(session, actor, now, "source", row.id, "dry run asked" if dry_run else "run asked")
    return queued


def is_waiting(session: Session, name: str, *, dry_run: bool = False) -> bool:
    """Whether a harvest (or a dry run) of the source stands in the queue."""
    key = f"{name}{DRY}" if dry_run else name
    return session.scalar(select(Job.id).where(*_waiting(key)).limit(1)) is not None


def _waiting(*keys: str) -> tuple[ColumnElement[bool], ...]:
    return Job.kind == "harvest", Job.dedupe.in_(keys), Job.status == JobStatus.NEW


def is_running(catalogue: Catalogue, session: Session, source_id: UUID) -> bool:
    """Whether a living process harvests the source."""
    running = select(HarvestJob).where(HarvestJob.source_id == source_id, HarvestJob.status == JobStatus.IN_PROGRESS)
    return any(is_alive(catalogue, job) for job in session.scalars(running))


@dataclass(frozen=True, slots=True)
class SourceType:
    """A kind of source that can be added, with what it declares about itself, in English."""

    name: str
    title: str
    options: tuple[Option, ...]
    addresses: tuple[str, ...]
    """What its address may begin with; "path" stands for a path on the server."""


def types() -> tuple[SourceType, ...]:
    """The installed kinds of source, by name."""
    made = (registry.harvester(name) for name in registry.names())
    return tuple(SourceType(one.name, one.title, one.options, ADDRESSES.get(one.name, WEB)) for one in made)


def form(catalogue: Catalogue, actor: Actor, name: str) -> tuple[NewSource, bool]:
    """The settings of a source for those who may change them, and whether it has credentials."""
    demand(actor, Right.MANAGE_SOURCES)
    with catalogue.sessions.read() as session:
        row = owned.source(session, actor, Right.MANAGE_SOURCES, name)
        return settings(row), has_credentials(row)


def owners(catalogue: Catalogue, actor: Actor) -> tuple[tuple[str, Text], ...]:
    """Slug and title of the organisations for which the actor may add sources."""
    demand(actor, Right.MANAGE_SOURCES)
    allowed = organizations_where(actor, Right.MANAGE_SOURCES)
    wanted = select(Organization).where(Organization.state == "active").order_by(Organization.slug)
    with catalogue.sessions.read() as session:
        rows = session.scalars(wanted if allowed is None else wanted.where(Organization.id.in_(allowed))).all()
        return tuple((row.slug, row.title) for row in rows)


def due(catalogue: Catalogue) -> tuple[str, ...]:
    """Names of the active sources whose time has come, longest waiting first."""
    with catalogue.sessions.read() as session:
        return tuple(row.name for row in _due(catalogue, session))


def queue_due(catalogue: Catalogue) -> None:
    """Queue the sources whose time has come, each once."""
    with catalogue.sessions.read() as session:
        rows = _due(catalogue, session)
    if not rows:
        return
    with catalogue.sessions.write.begin() as session:
        for row in rows:
            enqueue_run(catalogue, session, row)


def _due(catalogue: Catalogue, session: Session) -> list[HarvestSource]:
    now = catalogue.now()
    times = ((next_run(catalogue, row), row) for row in queries.sources_due(session, now))
    return [row for time, row in times if time is not None and time <= now]


def next_run(catalogue: Catalogue, row: HarvestSource) -> dt.datetime | None:
    """When the source is due; None for one that is off or run by hand.

    What never ran waits for one interval from when it was added, so that it can be tried before.
    """
    if not row.active or row.frequency in ("", schedule.MANUAL):
        return None
    if row.next_run is not None:
        return row.next_run
    return _next_run(catalogue, row, row.last_run or row.created)


def _next_run(catalogue: Catalogue, row: HarvestSource, after: dt.datetime) -> dt.datetime | None:
    timezone, jitter = catalogue.config.site.timezone, catalogue.config.harvest.jitter
    return schedule.next_run(row.frequency, after, timezone=timezone, name=row.name, jitter=jitter)


def as_source(row: HarvestSource, credentials: Credentials | None = None) -> Source:
    """The source as a harvester sees it, every declared option filled in. The keys of a bucket are the harvester's own
    to use; all other credentials are the client's alone.
    """
    options = registry.check_options(registry.harvester(row.type), row.options)
    own = {}
    if credentials and credentials.kind == "s3":
        own = {"access_key_id": credentials.name, "secret_access_key": credentials.value}
    return Source(id=row.id, name=row.name, type=row.type, url=row.url, options=options, credentials=own)


def credentials_of(catalogue: Catalogue, row: HarvestSource) -> Credentials | None:
    """What the source is read with; None where it is open to all. SourceError where they cannot be opened."""
    try:
        if not row.credentials:
            return found.checked() if (found := in_address(row.url)) else None
        return GivenCredentials(**unseal(catalogue, row.credentials)).checked()
    except (ConfigError, TypeError, Invalid) as error:
        raise SourceError(f"{row.name}: {error}") from None


def settings(row: HarvestSource) -> NewSource:
    """The source as it could be added again, without its credentials."""
    owner = row.organization.slug if row.organization else ""
    kept = {key: getattr(row, key) for key in FIELDS}
    return NewSource(name=row.name, type=row.type, organization=owner, **{**kept, "url": without_credentials(row.url)})


def has_credentials(row: HarvestSource) -> bool:
    """Whether the source is read with credentials. Nothing more can be said of them."""
    return bool(row.credentials) or in_address(row.url) is not None


def _plain(credentials: Credentials | GivenCredentials) -> dict[str, str]:
    return {"kind": credentials.kind, "name": credentials.name, "value": credentials.value}


def _sealed(catalogue: Catalogue, credentials: GivenCredentials | None) -> bytes | None:
    return seal(catalogue, _plain(credentials)) if credentials else None


def _keep_credentials(catalogue: Catalogue, row: HarvestSource, given: NewSource, *, told: bool) -> bool:
    """Store the credentials that were given, or keep those there are; True where these had to be dropped."""
    if told or given.credentials:
        row.credentials = _sealed(catalogue, given.credentials)
        return False
    had = has_credentials(row)
    if origin(row.url, row.options) != origin(given.url, given.options):
        row.credentials = None
        return had
    if not row.credentials and had:  # of the time when they stood in the address
        row.credentials = _sealed(catalogue, in_address(row.url))
    return False


def _stored(new: NewSource) -> dict[str, Any]:
    url = str(Path(new.url).resolve()) if is_local(new.type, new.url) else new.url
    kept = {key: getattr(new, key) for key in FIELDS}
    return {**kept, "url": url, "title": new.title or new.name, "options": dict(new.options)}


def _told(new: NewSource) -> dict[str, Any]:
    """What an event says of the source: never its credentials."""
    return {**_everything(new), "url": shown_address(_everything(new)["url"])}


def _everything(new: NewSource) -> dict[str, Any]:
    return {"name": new.name, "organization": new.organization, **_stored(new)}


def _secret_told(given: NewSource, *, told: bool) -> dict[str, str]:
    if not told and given.credentials is None:
        return {}
    return {"credentials": f"given ({given.credentials.kind})" if given.credentials else "removed"}


def _organization_id(session: Session, slug: str) -> UUID | None:
    if not slug:
        return None
    found = session.scalar(select(Organization.id).where(Organization.slug == slug))
    if found is None:
        raise NotFound(f"There is no agency {slug!r}. Add it with: opendata organization add {slug} --title …")
    return found
