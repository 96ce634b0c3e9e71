"""Which rows of a checked upload are to be published: all that may be at first, fewer where some are taken out."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from opendata.errors import Conflict
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.viewing_queries import CHANGING, found
from opendata.store.operations import UploadRow
from opendata.store.states import UploadStatus


def choose(
    catalogue: Catalogue, actor: Actor, upload_id: UUID, shown: Collection[int], chosen: Collection[int]
) -> None:
    """Of the rows `shown` on a page choose these and no others; rows elsewhere stay as they are. Conflict where it is
    not being looked at any more.
    """
    with catalogue.sessions.write.begin() as session:
        _demand_open(session, actor, upload_id)
        there = (UploadRow.upload_id == upload_id, UploadRow.id.in_(shown), CHANGING)
        session.execute(update(UploadRow).where(*there).values(chosen=UploadRow.id.in_(chosen)))


def choose_all(catalogue: Catalogue, actor: Actor, upload_id: UUID, *, chosen: bool) -> None:
    """Choose every row that may be published, or none. Conflict as in `choose`."""
    with catalogue.sessions.write.begin() as session:
        _demand_open(session, actor, upload_id)
        session.execute(update(UploadRow).where(UploadRow.upload_id == upload_id, CHANGING).values(chosen=chosen))


def chosen_ids(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> tuple[int, ...] | None:
    """The chosen rows; None where nobody took any out."""
    with catalogue.sessions.read() as session:
        found(session, actor, upload_id)
        rows = (UploadRow.upload_id == upload_id, CHANGING)
        total = session.scalar(select(func.count()).select_from(UploadRow).where(*rows)) or 0
        chosen = tuple(session.scalars(select(UploadRow.id).where(*rows, UploadRow.chosen)))
    return None if chosen and len(chosen) == total else chosen


def _demand_open(session: Session, actor: Actor, upload_id: UUID) -> None:
    row, _ = found(session, actor, upload_id)
    if row.status is not UploadStatus.CHECKED:
        raise Conflict(f"The upload {upload_id} is {row.status} by now, so its rows are not chosen any more.")
