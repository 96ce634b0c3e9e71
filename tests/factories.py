"""The smallest records that are taken, and what feeds them to the catalogue by the way that everything takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.harvesting.contract import Found
from opendata.services.actors import SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import Ingest, Outcome
from opendata.services.placing import Placer
from opendata.services.preparing import Prepared, prepare
from opendata.store import queries
from opendata.store.harvests import HarvestSource
from opendata.store.organizations import Organization
from opendata.worker import Worker

OPENS = dt.date(2026, 7, 1)
"""The day on which an embargoed file of these tests opens: a month after the clock's day."""
EMBARGOED = Disclosure(DisclosureStatus.EMBARGOED, until=OPENS)
WITHHELD = Disclosure(DisclosureStatus.WITHHELD, legal_ground="Закон о государственных секретах")


def ru(text: str) -> Text:
    """A Russian text."""
    return Text.of(text, "ru")


def record(title: str = "Качество воды", **changes: object) -> DatasetRecord:
    """A dataset that is taken without a warning."""
    return DatasetRecord(**{"title": ru(title), "license_id": "CC-BY-4.0", **changes})  # type: ignore[arg-type]


def link(url: str = "https://data.example/a.csv", **changes: object) -> ResourceRecord:
    """A file of which only its address is known."""
    return ResourceRecord(**{"key": url, "download_url": url, "format": "CSV", **changes})  # type: ignore[arg-type]


def found(identifier: str, dataset: DatasetRecord, files: dict[str, bytes] | None = None) -> Found:
    """The dataset as a harvester yields it; `files` by the key of their resource."""
    openers = {key: partial(_opened, content) for key, content in (files or {}).items()}
    return Found(identifier, dataset, f"raw {identifier}".encode(), "text/plain", openers)


def _opened(content: bytes) -> BinaryIO:
    return BytesIO(content)


def filed(title: str, text: str, *, name: str = "report.txt", **changes: object) -> Found:
    """A dataset with one text file that says `text`; `changes` are those of its resource."""
    resource = ResourceRecord(**{"key": name, "filename": name, **changes})  # type: ignore[arg-type]
    return found(title, record(title, resources=(resource,)), {name: text.encode()})


@dataclass
class Feed:
    """A source of which the tests themselves say what it lists."""

    catalogue: Catalogue
    name: str
    source_id: UUID
    actor: Actor = SYSTEM

    def take(self, *items: Found, gone: Iterable[str] = ()) -> list[Outcome]:
        """Write what is found, then what is gone, each in one transaction, as a run of the source does."""
        ready = [prepare(self.catalogue, item) for item in items]
        assert all(isinstance(one, Prepared) for one in ready), ready
        placer = Placer(None, f"source:{self.name}", self.catalogue.now())
        ingest = Ingest(self.catalogue, self.actor, self.source_id, placer)
        with self.catalogue.sessions.write.begin() as session:
            outcomes = ingest.write(session, [one for one in ready if isinstance(one, Prepared)])
            return outcomes + ingest.withdraw(session, gone)

    def one(self, item: Found) -> DatasetRecord:
        """Write one item and give it as it is stored."""
        outcome = self.take(item)[0]
        assert outcome.dataset_id is not None
        return stored(self.catalogue, outcome.dataset_id)


def feed(catalogue: Catalogue, name: str = "feed") -> Feed:
    """A new source of that name, or the one there is."""
    with catalogue.sessions.write.begin() as session:
        row = session.scalar(select(HarvestSource).where(HarvestSource.name == name))
        if row is None:
            now = catalogue.now()
            row = HarvestSource(name=name, title=name, type="ckan", url="https://x.example", created=now, modified=now)
            session.add(row)
            session.flush()
        return Feed(catalogue, name, row.id)


def stored(catalogue: Catalogue, dataset_id: UUID) -> DatasetRecord:
    """The dataset with all that is stored of it, whoever may see it."""
    with catalogue.sessions.read() as session:
        return queries.dataset_page(session, dataset_id, public_only=False)


def organization(catalogue: Catalogue, slug: str, parent: UUID | None = None) -> UUID:
    """A new agency."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = Organization(
            slug=slug, title=ru(slug), description=Text(), parent_id=parent, created=now, modified=now, identifier=slug
        )
        session.add(row)
        session.flush()
        return row.id


def member(organization_id: UUID, role: Role) -> Actor:
    """Somebody with that role in that agency."""
    return Actor(user_id=UUID(int=1), name="Someone", roles={organization_id: role})


def work(catalogue: Catalogue) -> None:
    """Do everything that waits in the queue."""
    Worker(catalogue).work(until_idle=True)
