"""What an upload did to records: one item for each that it changed, from which it can be reported and undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import Session

from opendata.reading.sheets.drafts import Draft
from opendata.services.audit import DERIVED
from opendata.services.ingest import Ingest, Outcome
from opendata.services.uploads.keeping import title
from opendata.store.codec import dump
from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent, UploadItem
from opendata.store.register import Study
from opendata.store.states import ItemResult

STUDY_ITEM = "study:"
"""Begins the identifier of an item that is a study; its register number follows."""
SAID = DatasetEvent.action.startswith("review ")
"""What is said in a review changes nothing of a record: what comes of it has events of its own."""


def keep_items(
    session: Session, upload_id: UUID, ingest: Ingest, outcomes: Iterable[Outcome], drafts: Mapping[str, Draft]
) -> None:
    """Keep what was changed, in the transaction that changed it; unchanged records are only counted."""
    changed = [one for one in outcomes if one.dataset_id and one.result is not ItemResult.UNCHANGED]
    events = last_events(session, [one.dataset_id for one in changed if one.dataset_id])
    for one in changed:
        before = ingest.replaced.get(one.dataset_id) if one.dataset_id else None
        draft = drafts[one.identifier]
        session.add(
            UploadItem(
                upload_id=upload_id,
                row=draft.row.number,
                identifier=one.identifier,
                title=title(draft),
                result=one.result,
                dataset_id=one.dataset_id,
                event_id=events.get(one.dataset_id) if one.dataset_id else None,
                before=dump(before) if before else None,
            )
        )


def items_after(session: Session, upload_id: UUID, last: int) -> Sequence[UploadItem]:
    """The items of the upload that were kept after the item `last` (0: all of them), oldest first."""
    wanted = select(UploadItem).where(UploadItem.upload_id == upload_id, UploadItem.id > last).order_by(UploadItem.id)
    return session.scalars(wanted).all()


def last_events(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The last event of each of these datasets that a person or a source caused; what reading a file adds is none."""
    return _last(session, "dataset", ids, DatasetEvent.action.not_in(DERIVED))


def last_study_events(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The same of studies."""
    return _last(session, "study", ids, true())


def edited_since(upload_id: UUID) -> tuple[Select[int, str, str], Select[int, str, str]]:
    """Row, title and slug of the items whose studies, and of those whose datasets, somebody edited after the upload, in
    the order of rows. However many items there are, each is one SELECT.
    """
    columns = (UploadItem.row, UploadItem.title)
    number = func.substr(UploadItem.identifier, len(STUDY_ITEM) + 1)
    of_studies = select(*columns, Study.slug).join(Study, Study.register_number == number)
    of_studies = of_studies.where(UploadItem.identifier.startswith(STUDY_ITEM), UploadItem.dataset_id.is_(None))
    of_studies = of_studies.where(_later("study", Study.id, true()))
    of_datasets = select(*columns, Dataset.slug).join(Dataset, Dataset.id == UploadItem.dataset_id)
    of_datasets = of_datasets.where(_later("dataset", UploadItem.dataset_id, DatasetEvent.action.not_in(DERIVED)))
    mine, order = UploadItem.upload_id == upload_id, (UploadItem.row, UploadItem.id)
    return of_studies.where(mine).order_by(*order), of_datasets.where(mine).order_by(*order)


def _later(kind: str, object_id: Any, counts: ColumnElement[bool]) -> ColumnElement[bool]:
    after = DatasetEvent.id > func.coalesce(UploadItem.event_id, 0)
    return exists().where(DatasetEvent.object_id == object_id, after, DatasetEvent.kind == kind, counts, ~SAID)


def _last(session: Session, kind: str, ids: Sequence[UUID], counts: ColumnElement[bool]) -> dict[UUID, int]:
    wanted = select(DatasetEvent.object_id, func.max(DatasetEvent.id))
    wanted = wanted.where(DatasetEvent.object_id.in_(ids), DatasetEvent.kind == kind, counts, ~SAID)
    return {row[0]: row[1] for row in session.execute(wanted.group_by(DatasetEvent.object_id))}
