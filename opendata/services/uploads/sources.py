"""The source that all uploads of an agency hang on: what is known by a key stays so from one upload to the next."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from opendata.services.catalogue import Catalogue
from opendata.store.harvests import HarvestSource

SOURCE_TYPE = "upload"


def source_of(session: Session, organization_id: UUID) -> UUID | None:
    """The source of the agency; None where nothing was ever uploaded."""
    return session.scalar(
        select(HarvestSource.id).where(
            HarvestSource.type == SOURCE_TYPE, HarvestSource.organization_id == organization_id
        )
    )


def source_for(catalogue: Catalogue, organization_id: UUID, slug: str, user_id: UUID | None) -> UUID:
    """The source of the agency, made where it is missing: whoever publishes the first upload answers for it."""
    with catalogue.sessions.read() as session:
        found = source_of(session, organization_id)
    if found is not None:
        return found
    now = catalogue.now()
    source = HarvestSource(
        name=f"upload-{organization_id}", title=f"Upload: {slug}", type=SOURCE_TYPE, url="",
        organization_id=organization_id, responsible_id=user_id, active=False, created=now, modified=now,
    )  # fmt: skip
    try:
        with catalogue.sessions.write.begin() as session:
            session.add(source)
    except IntegrityError:  # another upload of the agency was first
        with catalogue.sessions.read() as session:
            if (found := source_of(session, organization_id)) is not None:
                return found
        raise
    return source.id
