"""Which rows of a checked upload are to be published: all good ones at first, fewer where somebody takes some out."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from opendata.errors import Conflict
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.uploads.viewing_queries import GOOD, found
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
        there = (UploadRow.upload_id == upload_id, UploadRow.id.in_(shown), GOOD)
        session.execute(update(UploadRow).where(*there).values(chosen=UploadRow.id.in_(chosen)))


def choose_all(catalogue: Catalogue, actor: Actor, upload_id: UUID, *, chosen: bool) -> None:
    """Choose every good row, or none. Conflict as in `choose`."""
    with catalogue.sessions.write.begin() as session:
        _demand_open(session, actor, upload_id)
        session.execute(update(UploadRow).where(UploadRow.upload_id == upload_id, GOOD).values(chosen=chosen))


def chosen_ids(catalogue: Catalogue, actor: Actor, upload_id: UUID) -> tuple[int, ...] | None:
    """The good rows that are chosen; None where all of them are."""
    with catalogue.sessions.read() as session:
        found(session, actor, upload_id)
        good = (UploadRow.upload_id == upload_id, GOOD)
        total = session.scalar(select(func.count()).select_from(UploadRow).where(*good)) or 0
        chosen = tuple(session.scalars(select(UploadRow.id).where(*good, UploadRow.chosen)))
    return None if len(chosen) == total else chosen


def _demand_open(session: Session, actor: Actor, upload_id: UUID) -> None:
    row, _ = found(session, actor, upload_id)
    if row.status is not UploadStatus.CHECKED:
        raise Conflict(f"The upload {upload_id} is {row.status} by now, so its rows are not chosen any more.")
