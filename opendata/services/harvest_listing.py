"""A source opened for a run: its harvester, its client, and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from sqlalchemy import select

from opendata.catalog.run_words import sentence
from opendata.catalog.values import OrganizationRef
from opendata.errors import SourceError, TooLarge
from opendata.harvesting import registry
from opendata.harvesting.contract import Event, Found, Harvester, Incomplete, Raw, Run, Same, Source
from opendata.harvesting.credentials import Credentials
from opendata.services.catalogue import Catalogue
from opendata.services.clients import client_for
from opendata.services.harvest_jobs import Begun
from opendata.services.harvest_plan import Plan, plan
from opendata.services.placing import Placer
from opendata.services.sources import as_source, credentials_of
from opendata.store import queries
from opendata.store.harvests import HarvestRecord, HarvestSource
from opendata.store.organizations import Organization
from opendata.store.states import ItemResult
from opendata.store.to_records import organization_ref


@dataclass(frozen=True, slots=True)
class Opened:
    """`trouble` is why it cannot be read at all, "" where it can."""

    catalogue: Catalogue
    source: Source
    harvester: Harvester
    organization: OrganizationRef | None
    credentials: Credentials | None = None
    trouble: str = ""

    def plan(self, row: HarvestSource, full: bool | None) -> Plan:
        """What a run of it lists."""
        return plan(row, self.source, self.harvester, self.catalogue.config, self.catalogue.now(), full=full)

    def placer(self) -> Placer:
        """Where its records belong."""
        return Placer(self.organization, f"source:{self.source.name}", self.catalogue.now())

    def events(
        self, begun: Begun | None = None, limit: int | None = None, stopped: Callable[[], bool] | None = None
    ) -> Iterator[Event]:
        """What the source yields, at most `limit` records; a capped listing ends as incomplete. Without a job
        everything is listed anew.
        """
        if self.trouble:
            raise SourceError(self.trouble)
        with closing(client_for(self.catalogue, self.source, self.credentials, stopped)) as client:
            run = Run(self.source, client, limit=limit)
            if stopped:
                run = replace(run, stopped=stopped)
            if begun:
                run = self._for_job(run, begun.plan)
            try:
                yield from capped(self.harvester.harvest(run), limit)
            except TooLarge as error:
                raise SourceError(error.message) from error

    def _for_job(self, run: Run, given: Plan) -> Run:
        position = given.bookmark.token if given.bookmark else None
        run = replace(run, since=given.since, full=given.full, position=position, validators=given.validators)
        return replace(run, known=self._known) if given.trusted else run

    def _known(self, identifier: str) -> str:
        """The mark of the item as it stands in the catalogue; "" where it must be read again."""
        wanted = select(HarvestRecord.validator).where(
            HarvestRecord.source_id == self.source.id,
            HarvestRecord.identifier == identifier,
            HarvestRecord.raw_hash != "",
            HarvestRecord.dataset_id.is_not(None),
            HarvestRecord.result != ItemResult.WITHDRAWN,
        )
        with self.catalogue.sessions.read() as session:
            return session.scalar(wanted) or ""


def opened(catalogue: Catalogue, name: str) -> Opened:
    """The source of that name. NotFound."""
    with catalogue.sessions.read() as session:
        row = queries.source_row(session, name)
        organization = session.get(Organization, row.organization_id) if row.organization_id else None
        source = as_source(row)
        made = Opened(catalogue, source, registry.harvester(source.type), organization_ref(organization))
        try:
            credentials = credentials_of(catalogue, row)
        except SourceError as error:
            return replace(made, trouble=error.message)
        return replace(made, source=as_source(row, credentials), credentials=credentials)


def capped(events: Iterator[Event], limit: int | None) -> Iterator[Event]:
    """The events up to the record number `limit`."""
    found = 0
    for event in events:
        yield event
        found += isinstance(event, Found | Raw | Same)
        if limit is not None and found >= limit:
            yield Incomplete(sentence("limit_reached", number=limit))
            return
