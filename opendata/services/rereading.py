"""Texts that are gone are read again from the files: they stand in no backup, and another version of the reader gives
other ones.
"""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import select

from opendata.catalog.records import TextStatus
from opendata.services import daily
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.reading import READER_VERSION
from opendata.store.datasets import Resource
from opendata.store.queue import enqueue

logger = logging.getLogger(__name__)

JOB = "reread"
KEPT = (TextStatus.TEXT, TextStatus.OCR, TextStatus.GARBLED)
"""Files with one of these have a text that is shown."""
BATCH = 1000
"""Files queued in one transaction."""


def queue_due(catalogue: Catalogue) -> None:
    """Queue the look for texts that are gone, unless it was queued within a day."""
    daily.queue(catalogue, JOB)


def kept(catalogue: Catalogue) -> frozenset[str]:
    """The checksums of the files whose text is here."""
    return frozenset(checksum for checksum, version in catalogue.page_texts.files() if version == READER_VERSION)


def queue_lost(catalogue: Catalogue) -> int:
    """Queue the reading of stored files that had a text, which is gone. How many files, by their bytes."""
    table = Resource.__table__.c
    wanted = select(Resource.checksum, Resource.id).where(
        Resource.stored, table.text_status.in_(KEPT), table.text_pages_read > 0
    )
    here = kept(catalogue)
    with catalogue.sessions.read() as session:
        lost: dict[str, UUID] = {checksum: key for checksum, key in session.execute(wanted) if checksum not in here}
    ids = sorted(lost.values())
    for start in range(0, len(ids), BATCH):
        with catalogue.sessions.write.begin() as session:
            for key in ids[start : start + BATCH]:
                said = {"resource": str(key)}
                enqueue(session, "read", said, catalogue.now(), lane=Lane.READ, priority=-5, dedupe=str(key))
    if ids:
        logger.warning("the texts of files are gone and are read again files=%d", len(ids))
    return len(ids)
