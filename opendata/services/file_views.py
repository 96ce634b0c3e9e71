"""Views of files as CKAN's clients make them: kept and given back, and shown by none of our pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.errors import Conflict, NotFound
from opendata.services import datasets
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.naming import wrong
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource
from opendata.store.tables import ResourceView

MOST = 50
"""Views of one file."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A view; `config` is what its kind needs besides."""

    resource_id: UUID
    title: str = ""
    description: str = ""
    view_type: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    id: UUID | None = None
    dataset_id: UUID | None = None


def listed(catalogue: Catalogue, actor: Actor, resource_id: UUID) -> tuple[FileView, ...]:
    """The views of a file that the actor may know of, in their order. NotFound."""
    with catalogue.sessions.read() as session:
        dataset_id = _visible(session, actor, resource_id)
        return tuple(_view(row, dataset_id) for row in _rows(session, resource_id))


def view(catalogue: Catalogue, actor: Actor, view_id: UUID) -> FileView:
    """One view. NotFound."""
    with catalogue.sessions.read() as session:
        row = _row(session, view_id)
        return _view(row, _visible(session, actor, row.resource_id))


def create(catalogue: Catalogue, actor: Actor, new: FileView) -> FileView:
    """Add the view behind the others. NotFound; NotAllowed; Conflict beyond `MOST`."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        dataset_id = _mine(session, actor, new.resource_id)
        places = [row.position for row in _rows(session, new.resource_id)]
        if len(places) >= MOST:
            raise Conflict(f"A file has {MOST} views at most.")
        row = ResourceView(resource_id=new.resource_id, position=max(places, default=-1) + 1, created=now)
        _write(row, new)
        session.add(row)
        session.flush()
        note(session, actor, now, "resource", new.resource_id, "view added", after={"title": new.title})
        return _view(row, dataset_id)


def update(catalogue: Catalogue, actor: Actor, view_id: UUID, changed: FileView) -> FileView:
    """Write the view anew; its file and its kind stay. NotFound; NotAllowed."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, view_id)
        dataset_id = _mine(session, actor, row.resource_id)
        kind = row.view_type
        _write(row, changed)
        row.view_type = kind
        note(session, actor, now, "resource", row.resource_id, "view changed", after={"title": changed.title})
        return _view(row, dataset_id)


def delete(catalogue: Catalogue, actor: Actor, view_id: UUID) -> None:
    """Remove the view. NotFound; NotAllowed."""
    with catalogue.sessions.write.begin() as session:
        row = _row(session, view_id)
        _mine(session, actor, row.resource_id)
        note(session, actor, catalogue.now(), "resource", row.resource_id, "view removed", before={"title": row.title})
        session.delete(row)


def reorder(catalogue: Catalogue, actor: Actor, resource_id: UUID, order: Sequence[UUID]) -> None:
    """Put these views first, in that order. Invalid for one of another file."""
    with catalogue.sessions.write.begin() as session:
        _mine(session, actor, resource_id)
        rows = {row.id: row for row in _rows(session, resource_id)}
        if set(order) - rows.keys():
            raise wrong("order", "This is no view of the file.")
        for place, key in enumerate(dict.fromkeys((*order, *rows))):
            rows[key].position = place


def _rows(session: Session, resource_id: UUID) -> Sequence[ResourceView]:
    wanted = select(ResourceView).where(ResourceView.resource_id == resource_id)
    return session.scalars(wanted.order_by(ResourceView.position, ResourceView.created)).all()


def _row(session: Session, view_id: UUID) -> ResourceView:
    row = session.get(ResourceView, view_id)
    if row is None:
        raise NotFound("There is no such view.")
    return row


def _visible(session: Session, actor: Actor, resource_id: UUID) -> UUID:
    """The dataset of a file that the actor may know of. NotFound."""
    dataset_id = session.scalar(select(Resource.dataset_id).where(Resource.id == resource_id))
    if dataset_id is None:
        raise NotFound("There is no such file.")
    record = queries.dataset_page(session, dataset_id, public_only=False)
    if record.state is RecordState.WITHDRAWN or not datasets.is_visible(record, actor):
        raise NotFound("There is no such file.")
    return dataset_id


def _mine(session: Session, actor: Actor, resource_id: UUID) -> UUID:
    dataset_id = _visible(session, actor, resource_id)
    demand_over(actor, Right.EDIT_RECORDS, session.get_one(Dataset, dataset_id).organization_id)
    return dataset_id


def _write(row: ResourceView, said: FileView) -> None:
    row.title, row.description, row.view_type, row.config = (
        said.title, said.description, said.view_type, dict(said.config),
    )  # fmt: skip


def _view(row: ResourceView, dataset_id: UUID) -> FileView:
    return FileView(row.resource_id, row.title, row.description, row.view_type, row.config or {}, row.id, dataset_id)
