"""New datasets, written in one transaction: under free names, where they belong, with what follows from them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, Tombstone
from opendata.catalog.stored import is_public, record_id
from opendata.errors import Invalid, Problem
from opendata.services import four_eyes, queue
from opendata.services.accepting import accepted, claim, ids_taken, new_record, organization_named, refuse
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.grouping import put_in_groups
from opendata.services.merging import merged
from opendata.services.placing import Placer
from opendata.services.rights import Right, demand_over
from opendata.services.studies_named import Studies
from opendata.services.submissions import Saying
from opendata.store.datasets import Dataset
from opendata.store.from_records import published
from opendata.store.inserting import insert_datasets
from opendata.store.purged import PurgedRecord
from opendata.store.states import ReviewAction


def all_accepted(records: Sequence[DatasetRecord], rows: Sequence[str]) -> list[DatasetRecord]:
    """The records as new ones are written. Invalid names everything that is wrong, by the row of each."""
    problems: list[Problem] = []
    checked = []
    for record, row in zip(records, rows, strict=True):
        try:
            checked.append(accepted(new_record(record)))
        except Invalid as error:
            problems += [dataclasses.replace(one, row=row or one.row) for one in error.problems]
    refuse(problems)
    return checked


@dataclasses.dataclass
class Creation:
    """New datasets in one transaction."""

    catalogue: Catalogue
    session: Session
    actor: Actor
    now: dt.datetime
    chosen_ids: Sequence[Collection[UUID]]
    """The ids of files that the writer gave, of each record; all others are new."""
    given: Collection[UUID]
    """The ids of datasets that the writer gave."""
    sends_in: bool = False

    def run(
        self, records: Sequence[DatasetRecord], rows: Sequence[str], groups: Collection[UUID]
    ) -> list[DatasetRecord]:
        """Write them, whose values are checked, and what follows from them."""
        made = self._named([self._placed(record) for record in records], rows)
        insert_datasets(self.session, made, self.now)
        for record in made:
            note(self.session, self.actor, self.now, "dataset", record_id(record), "created")
            four_eyes.see(self.session, self.actor, self.now, "dataset", None, record)
            if self.sends_in and record.state is RecordState.IN_REVIEW:
                Saying(self.session, self.catalogue, self.actor, self.now).say(
                    "dataset", record, ReviewAction.SUBMITTED
                )
            if groups:
                put_in_groups(self.session, self.actor, record_id(record), groups)
        queue.index_datasets(self.session, self.now, [record_id(one) for one in made])
        self._fetch(made)
        return made

    def _fetch(self, made: Sequence[DatasetRecord]) -> None:
        """Queue the linked files, as a harvest does: what is known here need not be asked of the store."""
        alive = (one for one in made if one.state is not RecordState.WITHDRAWN)
        if self.catalogue.config.harvest.fetch_files:
            for file in (file for one in alive for file in one.resources):
                if file.id and file.download_url:
                    queue.fetch_file(self.session, self.now, file.id, file.download_url)

    def _placed(self, record: DatasetRecord) -> DatasetRecord:
        """The record under its organisation and study, as a new one is stored."""
        organization = organization_named(self.session, record.organization)
        owner = organization.id if organization else None
        demand_over(self.actor, Right.EDIT_RECORDS, owner)
        if self.sends_in and is_public(record) and owner and four_eyes.waits(self.session, self.actor, owner):
            record = dataclasses.replace(record, state=RecordState.IN_REVIEW)
        if is_public(record):
            demand_over(self.actor, Right.PUBLISH_RECORDS, owner)
        config, today = self.catalogue.config, self.catalogue.today()
        made = merged(record, None, today, fetch=config.harvest.fetch_files)
        files = tuple(dataclasses.replace(one, created=self.now, metadata_modified=self.now) for one in made.resources)
        return dataclasses.replace(
            made,
            organization=organization,
            study=Studies().study(self.session, record) or record.study,
            resources=files,
            tombstone=Tombstone(self.now) if record.state is RecordState.WITHDRAWN else None,
            metadata_created=self.now,
            metadata_modified=self.now,
            published_at=published(record, None, self.now),
            creator_id=self.actor.user_id,
        )

    def _named(self, records: Sequence[DatasetRecord], rows: Sequence[str]) -> list[DatasetRecord]:
        """The records under names and ids that are free, their files too."""
        chosen = [(one, row) for one, row in zip(records, rows, strict=True) if one.slug]
        problems = claim(self.session, self.actor, self.now, *zip(*chosen, strict=True)) if chosen else []
        if self.given:
            problems += self._ids_taken(records, rows)
        for record, had in zip(records, self.chosen_ids, strict=True):
            problems += ids_taken(self.session, {one.id for one in record.resources if one.id} - set(had), record)
        refuse(problems)
        rest = [one for one in records if not one.slug]
        given = Placer(None, "", self.now).slugs(self.session, rest) if rest else {}
        return [one if one.slug else dataclasses.replace(one, slug=given[id(one)]) for one in records]

    def _ids_taken(self, records: Sequence[DatasetRecord], rows: Sequence[str]) -> list[Problem]:
        """Ids that others have. A record that was purged may come back under the one it had."""
        found = set(self.session.scalars(select(Dataset.id).where(Dataset.id.in_(self.given))))
        self.session.execute(delete(PurgedRecord).where(PurgedRecord.id.in_(self.given)))
        return [
            Problem("id_taken", "Dataset id already exists", "id", row, value=str(one.id))
            for one, row in zip(records, rows, strict=True)
            if one.id in found
        ]
