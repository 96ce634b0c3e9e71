"""Lists of records to be read to their end by programs: in the order of ids, which no change of a record moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.errors import NotFound
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.neighbours import seen_by
from opendata.services.rights import Right, organizations_where
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study

STATES = ("public", "draft", "in_review", "private", "withdrawn")
"""What may be listed: what everybody sees, and what is seen by the people of its organisation alone."""


def datasets(
    catalogue: Catalogue,
    actor: Actor,
    after: UUID | None,
    limit: int,
    *,
    organization: str = "",
    since: dt.datetime | None = None,
    state: str = "public",
) -> tuple[list[DatasetRecord], UUID | None]:
    """Up to `limit` datasets behind the id `after`, complete, and the id to go on behind; None at the end.

    A record that stays as it is from the first answer to the last is in exactly one of them. `organization`: only
    those of that agency (slug or id) and of those below it; `since`: only those changed then or later; `state`: one of
    STATES.
    """
    with catalogue.sessions.read() as session:
        where = _conditions(session, Dataset, actor, organization, since, state)
        ids = _ids(session, Dataset, where, after, limit)
        found = queries.records(session, ids[:limit], public_only=not actor.signed_in)
        found = seen_by(session, actor, found) if actor.signed_in else found
    return found, ids[limit - 1] if len(ids) > limit else None


def studies(
    catalogue: Catalogue,
    actor: Actor,
    after: UUID | None,
    limit: int,
    *,
    organization: str = "",
    since: dt.datetime | None = None,
    state: str = "public",
) -> tuple[list[StudyRecord], UUID | None]:
    """As `datasets`, for the register."""
    with catalogue.sessions.read() as session:
        where = _conditions(session, Study, actor, organization, since, state)
        ids = _ids(session, Study, where, after, limit)
        found = queries.study_cards(session, ids[:limit])
    return found, ids[limit - 1] if len(ids) > limit else None


def _ids(
    session: Session, table: Any, where: Collection[ColumnElement[bool]], after: UUID | None, limit: int
) -> Sequence[UUID]:
    """One more than `limit`, to know whether there is one."""
    wanted = select(table.id).where(*where).order_by(table.id).limit(limit + 1)
    return list(session.scalars(wanted if after is None else wanted.where(table.id > after)))


def _conditions(
    session: Session, table: Any, actor: Actor, organization: str, since: dt.datetime | None, state: str
) -> list[ColumnElement[bool]]:
    where = [is_visible(table) if state == "public" else _hidden(table, actor, state)]
    if organization:
        address = queries.address(session, "organization", organization)
        paths = queries.organization_paths(session)
        within = [one for one, path in paths.items() if address.slug in path]
        if not within:
            raise NotFound(f"There is no agency called {organization!r}.")
        where.append(table.organization_id.in_(within))
    if since is not None:
        where.append(table.metadata_modified >= since)
    return where


def _hidden(table: Any, actor: Actor, state: str) -> ColumnElement[bool]:
    """What the actor may see of what the public does not."""
    allowed = organizations_where(actor, Right.SEE_UNPUBLISHED)
    kind: ColumnElement[bool] = {
        "draft": table.state == RecordState.DRAFT,
        "in_review": table.state == RecordState.IN_REVIEW,
        "private": and_(table.state == RecordState.PUBLISHED, table.private.is_(True)),
        "withdrawn": table.state == RecordState.WITHDRAWN,
    }[state]
    if allowed is None:
        return kind
    return and_(kind, table.organization_id.in_(allowed))
