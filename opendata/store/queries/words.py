"""What the lists that help to search are made of, and the few facts by which a suggested record is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, bindparam, literal, null, select, union_all
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
    """Those of these datasets and studies that are visible. One SELECT, none where nothing is asked for."""
    if not datasets and not studies:
        return {}
    found: dict[UUID, Brief] = {}
    rows = session.execute(_briefs(), {"datasets": list(datasets), "studies": list(studies)})
    for visible, kind, id_, slug, study, type_, issued, *title in rows:
        year = issued.year if issued else 0
        if visible:
            found[id_] = Brief(kind, id_, slug, Text(*title), study, type_.value if type_ else "", year)
    return found


@cache
def _briefs() -> CompoundSelect[Any]:
    """Put together once: every page of a record asks it."""
    asked = ((Dataset, "dataset", "datasets"), (Study, "study", "studies"))
    return union_all(
        *(_brief(table, kind).where(table.id.in_(bindparam(ids, expanding=True))) for table, kind, ids in asked)
    )


def _brief(table: type[Dataset] | type[Study], kind: str) -> Select[Any]:
    """Whether it is visible, and the columns of a Brief, with those of its title last; studies have neither study,
    type nor year."""
    # As a condition it would have SQLite go through all visible records by their index instead of seeking these ids.
    visible = is_visible(table)
    columns = table.__table__.c
    title = [columns[f"title_{part}"] for part in ("kk", "ru", "en", "other", "original")]
    if table is Study:
        return select(visible, literal(kind), columns.id, columns.slug, *(null() for _ in range(3)), *title)
    own = (columns.study_id, columns.type, columns.issued)
    return select(visible, literal(kind), columns.id, columns.slug, *own, *title)
