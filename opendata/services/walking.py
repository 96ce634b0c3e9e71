"""Datasets for exports: one by name, some by id, or all of them one after the other without holding them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, OrganizationRecord
from opendata.errors import NotFound
from opendata.export.entry import Entry
from opendata.reading.tablepreview import TablePreview
from opendata.services import datasets
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.store import queries
from opendata.store.queries import walking

BATCH = 200
"""Records that are in memory together."""
MOST_TABLES = 100
"""Tables of one dataset whose columns are told."""


def entry(catalogue: Catalogue, actor: Actor, name: str, *, tables: bool = False) -> Entry:
    """The dataset called `name` (slug or id), for export. NotFound, Moved and Gone as `datasets.record`. With `tables`
    the first rows of at most MOST_TABLES of its files that anybody may have.

    Who may see more gets no more: what leaves in a format is what the public sees, or will see once it is published.
    """
    found = datasets.record(catalogue, actor, name)
    assert found.id is not None  # a stored record has an id
    with catalogue.sessions.read() as session:
        record = queries.dataset_page(session, found.id) if actor.signed_in else found
        known = walking.agencies(session, _agencies([record]))
        made = Entry.of(record, _agency_of(record, known), catalogue.today())
        if not tables:
            return made
        wanted = [file.resource.id for file in made.available if file.resource.stored and file.resource.id]
        previews = walking.previews(session, wanted[:MOST_TABLES])
    return replace(made, tables={one: TablePreview.from_json(text) for one, text in previews.items()})


def entries(catalogue: Catalogue, ids: Sequence[UUID]) -> list[Entry]:
    """Those of `ids` that are public, in that order. Nine SELECTs for each BATCH."""
    known: dict[UUID, OrganizationRecord] = {}
    found: list[Entry] = []
    for start in range(0, len(ids), BATCH):
        with catalogue.sessions.read() as session:
            found += _batch(catalogue, session, ids[start : start + BATCH], known)
    return found


def own_entries(catalogue: Catalogue, ids: Sequence[UUID]) -> list[Entry]:
    """As `entries`, without the relations that only others tell of: what is in it changes with its own record, its
    agency, its study and what it names itself, and with nothing else (services.sequence). For up to BATCH ids.
    """
    with catalogue.sessions.read() as session:
        return _batch(catalogue, session, ids, {}, incoming=False)


def walk(catalogue: Catalogue, *, since: dt.datetime | None = None, organization: str = "") -> Iterator[Entry]:
    """Every public dataset in the order of ids, read BATCH at a time: memory does not grow with the catalogue.

    `since`: only those changed then or later. `organization` (a slug): only its own and those of the agencies below
    it; NotFound. A record that is published while one walks may come or not; none comes twice.
    """
    within = _within(catalogue, organization) if organization else None
    known: dict[UUID, OrganizationRecord] = {}
    after: UUID | None = None
    while True:
        with catalogue.sessions.read() as session:
            ids = walking.public_ids_after(session, after, BATCH, since=since, organizations=within)
            found = _batch(catalogue, session, ids, known)
        yield from found
        if len(ids) < BATCH:
            return
        after = ids[-1]


def _batch(
    catalogue: Catalogue,
    session: Session,
    ids: Sequence[UUID],
    known: dict[UUID, OrganizationRecord],
    *,
    incoming: bool = True,
) -> list[Entry]:
    """The entries of `ids`; `known` are the agencies met so far."""
    records = walking.public_records(session, ids, incoming=incoming)
    known.update(walking.agencies(session, _agencies(records) - known.keys()))
    today = catalogue.today()
    return [Entry.of(record, _agency_of(record, known), today) for record in records]


def _agencies(records: Iterable[DatasetRecord]) -> set[UUID]:
    return {record.organization.id for record in records if record.organization and record.organization.id}


def _agency_of(record: DatasetRecord, known: Mapping[UUID, OrganizationRecord]) -> OrganizationRecord | None:
    return known.get(record.organization.id) if record.organization and record.organization.id else None


def _within(catalogue: Catalogue, slug: str) -> list[UUID]:
    """The agency and those below it."""
    with catalogue.sessions.read() as session:
        address = queries.address(session, "organization", slug)
        paths = queries.organization_paths(session)
    found = [one for one, path in paths.items() if address.slug in path]
    if not found:
        raise NotFound(f"There is no agency called {slug!r}.")
    return found
