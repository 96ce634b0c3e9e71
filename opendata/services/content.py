"""What must not be public in the bytes of files: looked for once for each checksum, kept, and held back by it.

A file is held (Resource.held) while a finding that blocks stands against its bytes and nobody of its organisation has
answered for them. For the public it is withheld, as is a stored file that nobody has looked at yet: the one rule is
catalog.sensitive.standing, which store.to_records applies to whatever is read (store.queries.visible says it in SQL).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, false, not_, select, true, update
from sqlalchemy.orm import Session

from opendata.catalog import sensitive
from opendata.catalog.formats import TABLES
from opendata.catalog.records import TextStatus
from opendata.catalog.sensitive import Finding
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.store.content import ContentCheck, ContentDecision, ContentFinding
from opendata.store.datasets import Dataset, Resource, ResourceVersion
from opendata.store.queue import enqueue
from opendata.store.states import Severity

WITH_ASIDES = ("DOCX", "XLSX", "ODT", "ODS")
MOST_ROWS = 50_000
"""Filled rows of a sheet up to which its cells are looked at one by one; of a longer one, the text is."""

LOOK_JOB = "look"
MOST_QUEUED = 200
"""Files queued by one round of care."""


def look(
    reader: Reader, path: Path, filename: str, kind: str, pages: Sequence[str], limits: Limits
) -> tuple[Finding, ...]:
    """What the file of this kind (XLSX …) holds: its `pages` of text or its cells, and what stands beside them."""
    asides = reader.asides(path, filename, limits) if kind in WITH_ASIDES else ""
    sheets = reader.sheets(path, filename, MOST_ROWS, limits) if kind in TABLES else []
    found = []
    for sheet in sheets:
        found += sensitive.in_sheet(sheet.name, ((row.number, row.cells) for row in sheet.rows))
    whole = any(sheet.rows for sheet in sheets) and all(len(sheet.rows) < MOST_ROWS for sheet in sheets)
    if not whole:
        found += in_text(pages, asides)
    elif asides:
        found += in_text(("",), asides)
    return tuple(found[: sensitive.MOST_FINDINGS])


def in_text(pages: Sequence[str], asides: str = "") -> tuple[Finding, ...]:
    """What the pages hold; `asides` stand above the first of them."""
    first = f"{asides}\n{pages[0] if pages else ''}" if asides else (pages[0] if pages else "")
    return tuple(sensitive.in_pages((first, *pages[1:])))


def known(session: Session, checksum: str) -> tuple[Finding, ...] | None:
    """What these bytes hold by the present rules; None where they were not looked at yet."""
    version = session.scalar(select(ContentCheck.version).where(ContentCheck.checksum == checksum))
    if version != sensitive.VERSION:
        return None
    rows = session.scalars(
        select(ContentFinding).where(ContentFinding.checksum == checksum).order_by(ContentFinding.id)
    )
    return tuple(Finding(row.code, row.place, row.excerpt) for row in rows)


def keep(session: Session, checksum: str, findings: Sequence[Finding], now: dt.datetime) -> None:
    """Note that the bytes were looked at and what they hold, in place of what an earlier look found."""
    session.execute(delete(ContentFinding).where(ContentFinding.checksum == checksum))
    row = session.get(ContentCheck, checksum)
    if row is None:
        row = ContentCheck(checksum=checksum)
        session.add(row)
    row.version, row.checked = sensitive.VERSION, now
    for finding in {(one.code, one.place): one for one in findings}.values():
        severity = Severity.ERROR if finding.blocks else Severity.WARNING
        session.add(
            ContentFinding(
                checksum=checksum, code=finding.code, severity=severity, place=finding.place[:300],
                excerpt=finding.excerpt,
            )
        )  # fmt: skip
    session.flush()


def forget(session: Session, checksums: Collection[str]) -> None:
    """What was found in these bytes, which are gone. Who answered for them is kept."""
    session.execute(delete(ContentFinding).where(ContentFinding.checksum.in_(checksums)))
    session.execute(delete(ContentCheck).where(ContentCheck.checksum.in_(checksums)))


def queue_unlooked(catalogue: Catalogue) -> int:
    """Queue the look at files, and earlier versions of files, that were read before the present rules, some of them at
    a time. How many.
    """
    read = Resource.__table__.c.text_status != TextStatus.PENDING
    wanted = select(Resource.id).where(Resource.stored, read, not_(_looked_at(Resource))).limit(MOST_QUEUED)
    earlier = select(ResourceVersion.id).where(not_(_looked_at(ResourceVersion))).limit(MOST_QUEUED)
    with catalogue.sessions.read() as session:
        ids = [*session.scalars(wanted), *session.scalars(earlier)]
    if ids:
        with catalogue.sessions.write.begin() as session:
            for key in ids:
                said = {"resource": str(key)}
                enqueue(session, LOOK_JOB, said, catalogue.now(), lane=Lane.READ, priority=-5, dedupe=str(key))
    return len(ids)


def _looked_at(table: type[Resource] | type[ResourceVersion]) -> ColumnElement[bool]:
    return exists().where(ContentCheck.checksum == table.checksum, ContentCheck.version == sensitive.VERSION)


def blocked() -> ColumnElement[bool]:
    """Whether a finding blocks the bytes of Resource, as SQL."""
    return exists().where(ContentFinding.checksum == Resource.checksum, ContentFinding.severity == Severity.ERROR)


def decided() -> ColumnElement[bool]:
    """Whether somebody of the organisation of Resource's dataset answers for its bytes, as SQL."""
    return exists().where(
        ContentDecision.checksum == Resource.checksum,
        Dataset.id == Resource.dataset_id,
        ContentDecision.organization_id == Dataset.organization_id,
    )


def settle(session: Session, now: dt.datetime, dataset_ids: Collection[UUID]) -> list[UUID]:
    """Hold, and let go, the files of these datasets by what is known of their bytes: the files that changed.

    Bytes that nobody has looked at yet leave a file as it is, so one that was held stays so until they are read.
    """
    if not dataset_ids:
        return []
    looked_at = exists().where(ContentCheck.checksum == Resource.checksum)
    wanted = case((and_(blocked(), not_(decided())), true()), else_=false())
    rows = session.execute(
        select(Resource.id, Resource.held).where(
            Resource.dataset_id.in_(dataset_ids), Resource.stored, looked_at, Resource.held != wanted
        )
    ).all()
    for resource_id, held in rows:
        session.execute(
            update(Resource)
            .where(Resource.id == resource_id)
            .values(held=not held)
            .execution_options(synchronize_session="fetch")
        )
        note(session, SYSTEM, now, "resource", resource_id, "let go" if held else "held")
    return [resource_id for resource_id, _ in rows]
