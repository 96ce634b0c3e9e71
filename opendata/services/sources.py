"""Harvest sources: adding, removing, and which are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.catalog.normalise import slug as make_slug
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from opendata.harvesting import registry
from opendata.harvesting.contract import Source
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.rights import Right, demand
from opendata.store import queries
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.organizations import Organization

FREQUENCIES = {
    "hourly": dt.timedelta(hours=1),
    "daily": dt.timedelta(days=1),
    "weekly": dt.timedelta(weeks=1),
    "monthly": dt.timedelta(days=30),
}
"""How long after a run the next is due; any other word, or none, means by hand only."""


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
    """Add the source. Invalid names every wrong field; Conflict when the name is taken."""
    demand(actor, Right.MANAGE_SOURCES)
    options = _check(catalogue, actor, new)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        if session.scalar(select(HarvestSource.id).where(HarvestSource.name == new.name)):
            raise Conflict(f"There is a source {new.name!r} already. Choose another name, or remove it first.")
        row = HarvestSource(
            name=new.name,
            title=new.title or new.name,
            type=new.type,
            url=_absolute(new),
            options=options,
            frequency=new.frequency,
            organization_id=_organization_id(session, new.organization),
            created=now,
            modified=now,
        )
        session.add(row)
        session.flush()
        note(session, actor, now, "source", row.id, "created", after={"name": new.name, "url": new.url})


def remove(catalogue: Catalogue, actor: Actor, name: str) -> int:
    """Remove the source; its records stay. How many those are."""
    demand(actor, Right.MANAGE_SOURCES)
    with catalogue.sessions.write.begin() as session:
        row = queries.source_row(session, name)
        records = select(func.count()).where(HarvestRecord.source_id == row.id, HarvestRecord.dataset_id.is_not(None))
        kept = session.scalar(records) or 0
        note(session, actor, catalogue.now(), "source", row.id, "removed", before={"name": name, "url": row.url})
        session.delete(row)
    return kept


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
    if new.name != make_slug(new.name, max_length=60) or not new.name:
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
    if problems:
        raise Invalid(f"The source {new.name!r} cannot be added.", problems)
    if new.type == "folder":
        _check_folder(catalogue, actor, new.url)
    elif not new.url.lower().startswith(("http://", "https://")):
        message = f"{new.url!r} is no web address. It must begin with http:// or https://."
        raise Invalid(message, [Problem("url", message, "url")])
    registry.check_options(registry.harvester(new.type), new.options)
    return dict(new.options)


def _check_folder(catalogue: Catalogue, actor: Actor, path: str) -> None:
    """The command line may name any folder; everybody else one below [harvest] folders."""
    real = Path(path).resolve()
    if not real.exists():
        raise Invalid(f"{path}: there is no such directory or zip.", [Problem("url", "No such path.", "url")])
    if actor.system:
        return
    allowed = [Path(folder).resolve() for folder in catalogue.config.harvest.folders]
    if not any(real.is_relative_to(folder) for folder in allowed):
        raise NotAllowed(f"{path}: folder sources are allowed only below the directories of [harvest] folders.")


def _absolute(new: NewSource) -> str:
    return str(Path(new.url).resolve()) if new.type == "folder" else new.url


def _organization_id(session: Session, slug: str) -> UUID | None:
    if not slug:
        return None
    found = session.scalar(select(Organization.id).where(Organization.slug == slug))
    if found is None:
        raise NotFound(f"There is no organisation {slug!r}. Add it with: opendata organization add {slug} --title …")
    return found
