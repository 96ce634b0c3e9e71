"""What the lists that help to search are made of, and the few facts by which a suggested record is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.values import Keyword, Text
from opendata.store.datasets import Dataset
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study


class Named(NamedTuple):
    """A public record by its titles and keywords; `newest` grows with the day on which it came."""

    id: UUID
    title: Text
    keywords: tuple[Keyword, ...]
    newest: int


class Brief(NamedTuple):
    """A public record in one line. `type` and `year` ("" and 0 for none) are those of a dataset."""

    kind: str
    id: UUID
    slug: str
    title: Text
    study_id: UUID | None = None
    type: str = ""
    year: int = 0


def named_after(
    session: Session, table: type[Dataset] | type[Study], after: UUID | None = None, limit: int = 1000
) -> Sequence[Named]:
    """Visible records in the order of ids, from behind `after`: for walking through all of them. One SELECT."""
    wanted = select(table.id, table.title, table.keywords, table.metadata_created).where(is_visible(table))
    if after is not None:
        wanted = wanted.where(table.id > after)
    rows = session.execute(wanted.order_by(table.id).limit(limit))
    return [Named(row.id, row.title, row.keywords or (), int(row.metadata_created.timestamp())) for row in rows]


def briefs(session: Session, datasets: Collection[UUID], studies: Collection[UUID]) -> dict[UUID, Brief]:
    """Those of these datasets and studies that are visible. A SELECT for each kind that is asked for."""
    found: dict[UUID, Brief] = {}
    if datasets:
        columns = (Dataset.id, Dataset.slug, Dataset.title, Dataset.study_id, Dataset.type, Dataset.issued)
        for row in session.execute(select(*columns).where(Dataset.id.in_(datasets), is_visible(Dataset))):
            year = row.issued.year if row.issued else 0
            found[row.id] = Brief("dataset", row.id, row.slug, row.title, row.study_id, row.type.value, year)
    if studies:
        wanted = select(Study.id, Study.slug, Study.title).where(Study.id.in_(studies), is_visible(Study))
        found |= {row.id: Brief("study", row.id, row.slug, row.title) for row in session.execute(wanted)}
    return found
