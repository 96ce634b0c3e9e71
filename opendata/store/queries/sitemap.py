"""SELECTs for sitemaps: the public records in the order in which they came, so that only the last file grows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from opendata.store.queries.visible import is_visible
from opendata.store.register import Study

_TABLES: dict[str, type[Dataset] | type[Study]] = {"dataset": Dataset, "study": Study}


def public_total(session: Session, kind: str) -> int:
    """How many public records of `kind` (dataset, study) there are. One SELECT."""
    table = _TABLES[kind]
    return session.scalar(select(func.count()).select_from(table).where(is_visible(table))) or 0


def public_slugs(session: Session, kind: str, offset: int, limit: int) -> Sequence[tuple[str, dt.datetime]]:
    """Slug and last change of `limit` of them from `offset` on. One SELECT, which skips along an index alone."""
    table = _TABLES[kind]
    order = (table.metadata_created, table.id)
    chosen = select(table.id).where(is_visible(table)).order_by(*order).offset(offset).limit(limit).subquery()
    wanted = select(table.slug, table.metadata_modified).join(chosen, chosen.c.id == table.id).order_by(*order)
    return [(row.slug, row.metadata_modified) for row in session.execute(wanted)]


def agency_slugs(session: Session) -> Sequence[str]:
    """The slugs of all active organisations, in their order. One SELECT."""
    wanted = select(Organization.slug).where(Organization.state == "active").order_by(Organization.slug)
    return session.scalars(wanted).all()
