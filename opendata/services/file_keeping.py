"""Bytes that a file had before: kept as its earlier versions when others come, and let go when nothing names them.

All that people replace is kept. A source may send other bytes every day, so of what harvests replace only the newest
are kept, as many as [files] harvested_versions says: enough to see what a source changed, and to have back what it
broke, without storing a table of rates three hundred times a year.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Iterable
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from opendata.catalog.records import ResourceRecord
from opendata.services import content
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import forgetting
from opendata.store.datasets import Dataset, Resource, ResourceVersion
from opendata.store.tables import DataTable

logger = logging.getLogger(__name__)

TRIMMED_AT_ONCE = 200
"""Files of which one round of care removes versions."""


def keep(
    session: Session, actor: Actor, before: Iterable[ResourceRecord], row: Dataset, now: dt.datetime, why: str = ""
) -> None:
    """Keep the bytes that files of `row` had in `before` and have no more. A file that is gone takes them along."""
    had = {one.id: one for one in before if one.stored and one.checksum}
    for file in row.resources:
        one = had.get(file.id)
        if one is not None and not (file.stored and file.checksum == one.checksum):
            keep_one(session, actor, file.id, one, now, why)


def keep_one(
    session: Session, actor: Actor, resource_id: UUID, had: ResourceRecord, now: dt.datetime, why: str = ""
) -> None:
    """Keep what was stored of one file; nobody in particular replaced it where `actor` is no account."""
    last = session.execute(
        select(ResourceVersion.number, ResourceVersion.replaced)
        .where(ResourceVersion.resource_id == resource_id)
        .order_by(ResourceVersion.number.desc())
        .limit(1)
    ).one_or_none()
    session.add(
        ResourceVersion(
            id=uuid4(), resource_id=resource_id, number=last.number + 1 if last else 1, checksum=had.checksum,
            byte_size=had.byte_size or 0, filename=had.filename, format=had.format, media_type=had.media_type,
            created=last.replaced if last else had.created or now, replaced=now, user_id=actor.user_id, why=why,
        )
    )  # fmt: skip
    session.flush()


def trim(catalogue: Catalogue) -> int:
    """Remove the versions of harvested files that are more than the settings say, the oldest first. How many."""
    most = catalogue.config.files.harvested_versions
    harvested = ResourceVersion.user_id.is_(None)
    over = select(ResourceVersion.resource_id).where(harvested).group_by(ResourceVersion.resource_id)
    with catalogue.sessions.read() as session:
        files = session.scalars(over.having(func.count() > most).limit(TRIMMED_AT_ONCE)).all()
    removed = 0
    for resource_id in files:
        with catalogue.sessions.write.begin() as session:
            wanted = select(ResourceVersion).where(harvested, ResourceVersion.resource_id == resource_id)
            rows = session.scalars(wanted.order_by(ResourceVersion.number.desc()).offset(most)).all()
            checksums = {row.checksum for row in rows}
            for row in rows:
                session.delete(row)
            session.flush()
            unused = let_go(catalogue, session, checksums)
        for checksum in unused:  # another store, which has no part in the transaction
            catalogue.page_texts.delete(checksum)
        removed += len(rows)
        logger.info("versions trimmed resource=%s versions=%s", resource_id, len(rows))
    return removed


def let_go(catalogue: Catalogue, session: Session, checksums: Collection[str]) -> set[str]:
    """Delete those of the bytes that no file and no version names, and what was made of them. Which those are."""
    used = set(session.scalars(select(Resource.checksum).where(Resource.checksum.in_(checksums), Resource.stored)))
    used |= set(session.scalars(select(ResourceVersion.checksum).where(ResourceVersion.checksum.in_(checksums))))
    unused = set(checksums) - used
    content.forget(session, unused)
    copies = session.scalars(select(DataTable.key).where(DataTable.checksum.in_(unused), DataTable.key != "")).all()
    session.execute(delete(DataTable).where(DataTable.checksum.in_(unused)))
    kept = set(session.scalars(select(DataTable.key).where(DataTable.key.in_(copies))))
    forgetting.drop(catalogue, session, *unused, *(set(copies) - kept))
    return unused
