"""Writing over a stored dataset: the rules of merging, the row, and the event that tells which fields changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, Tombstone
from opendata.services import file_keeping
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.merging import merged
from opendata.services.revisions import Change
from opendata.store.datasets import Dataset
from opendata.store.from_records import apply_dataset
from opendata.store.to_records import dataset_record, relation_target

UNCOMPARED_FIELDS = (
    "id", "slug", "metadata_created", "metadata_modified", "views", "downloads", "published_at", "creator_id",
    "source", "sources", "edited", "tombstone", "relations",
)  # fmt: skip
"""Fields of which an event does not tell by comparing records: not the source's, or not loaded."""


def stored_record(row: Dataset) -> DatasetRecord:
    """The dataset as it can be written again. Needs what `queries.dataset_rows` loads."""
    record = dataset_record(row, full=False, public_only=False, stored=True)
    return replace(record, relations=tuple(relation_target(one) for one in row.relations))


def rewrite(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    row: Dataset,
    found: DatasetRecord,
    *,
    now: dt.datetime,
    restore: bool = False,
    state: RecordState | None = None,
    action: str = "",
    told: Mapping[str, Any] | None = None,
) -> Change:
    """Write what is `found` over `row`, which stays withdrawn unless it is to be restored, and note the event.

    `state` is the one that it gets where that is another (what is restored is public else), `action` what the event is
    called (updated or restored where ""), `told` what it says besides the fields. What comes back is for the caller to
    keep (services.revisions), together with all else that changed.
    """
    before = stored_record(row)
    relations = list(row.relations)
    after = merged(found, before, catalogue.today(), fetch=catalogue.config.harvest.fetch_files)
    if restore or state is not None:
        after = replace(after, state=state or RecordState.PUBLISHED, tombstone=None)
    elif row.withdrawn_at:
        after = replace(after, tombstone=Tombstone(row.withdrawn_at, row.withdrawn_reason))
    apply_dataset(session, row, after, now)
    file_keeping.keep(session, actor, before.resources, row, now)
    fields = [name for name in found.__dataclass_fields__ if _differs(name, before, after)]
    fields += ["relations"] if row.relations != relations else []
    action = action or ("restored" if restore else "updated")
    note(session, actor, now, "dataset", row.id, action, after={"fields": fields, **(told or {})})
    return Change(before, _as_stored(row, after), action)


def _as_stored(row: Dataset, after: DatasetRecord) -> DatasetRecord:
    """The record that was just written to `row`, with the time and the ids of files that it has there."""
    ids = {one.key: one.id for one in row.resources}
    files = tuple(one if one.id else replace(one, id=ids.get(one.key)) for one in after.resources)
    return replace(after, resources=files, metadata_modified=row.metadata_modified, published_at=row.published_at)


def _differs(name: str, before: DatasetRecord, after: DatasetRecord) -> bool:
    if name in UNCOMPARED_FIELDS:
        return False
    old, new = getattr(before, name), getattr(after, name)
    if name in ("organization", "study"):  # other records, of which only the id is ours to tell
        return bool((old and old.id) != (new and new.id))
    return bool(old != new)
