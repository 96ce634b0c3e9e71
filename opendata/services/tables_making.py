"""Columnar copies of the tables in stored files: made once for each checksum, by the reading process, for any file.

Who may see a copy is decided when it is asked for (services.tables), as for the file itself.
"""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, exists, not_, select
from sqlalchemy.orm import Session

from opendata.catalog.formats import TABLES
from opendata.catalog.records import TextStatus
from opendata.errors import NotFound, TooLarge
from opendata.reading.contract import Limits
from opendata.reading.extract import Reader
from opendata.reading.tabledata import TableData, TablesRead
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.queue import Lane
from opendata.services.uploads import forgetting
from opendata.store.datasets import Resource
from opendata.store.queue import enqueue
from opendata.store.tables import DataTable

logger = logging.getLogger(__name__)

JOB = "columns"
VERSION = 1
"""Raised whenever other copies are made of the same bytes; all are then made again."""
FORMATS = TABLES | {"Parquet"}
MOST_QUEUED = 200
"""Files queued by one round of care."""
MOST_SWEPT = 200
MOST_BYTES = 128 * 1024**2
"""Of one copy; the reading process itself may not write as much."""
PREFIX = "columns-"
TIMES = 3
"""Typing and writing all cells takes longer than reading the text of a file."""


def queue(session: Session, catalogue: Catalogue, resource_id: UUID, checksum: str, priority: int = -2) -> None:
    """Queue the copies of a stored file. Nothing is done twice for one checksum."""
    said = {"resource": str(resource_id)}
    enqueue(session, JOB, said, catalogue.now(), lane=Lane.READ, priority=priority, dedupe=f"{JOB}:{checksum}"[:64])


def queue_missing(catalogue: Catalogue) -> int:
    """Queue, some at a time, the tables that have no copy of the present version. How many."""
    made = exists().where(DataTable.checksum == Resource.checksum, DataTable.version == VERSION)
    read = Resource.__table__.c.text_status != TextStatus.PENDING  # reading tells the format, and queues the rest
    wanted = select(Resource.id, Resource.checksum).where(Resource.stored, read, Resource.format.in_(FORMATS))
    with catalogue.sessions.read() as session:
        rows = session.execute(wanted.where(not_(made)).limit(MOST_QUEUED)).all()
    if rows:
        with catalogue.sessions.write.begin() as session:
            for resource_id, checksum in rows:
                queue(session, catalogue, resource_id, checksum, priority=-6)
    return len(rows)


def make(catalogue: Catalogue, reader: Reader, resource_id: UUID) -> None:
    """Copy the tables of a stored file, unless its bytes have copies already."""
    with catalogue.sessions.read() as session:
        row = session.get(Resource, resource_id)
        if row is None or not row.stored or row.format not in FORMATS or _is_made(session, row.checksum):
            return
    settings = catalogue.config.jobs
    limits = Limits(seconds=settings.read_seconds * TIMES, memory_bytes=settings.read_memory_bytes)
    with _folder(catalogue) as folder:
        try:
            with catalogue.files.local_path(row.checksum) as path:
                read = reader.columns(path, row.filename or f"table.{row.format.lower()}", folder, limits)
        except NotFound:  # the bytes are lost
            read = TablesRead("failed", reason="its bytes are lost")
        _keep(catalogue, row.checksum, read, folder)
    logger.info("tables copied resource=%s status=%s tables=%s", resource_id, read.status, len(read.tables))


def _is_made(session: Session, checksum: str) -> bool:
    wanted = select(DataTable.checksum).where(DataTable.checksum == checksum, DataTable.version == VERSION)
    return session.scalar(wanted.limit(1)) is not None


@contextmanager
def _folder(catalogue: Catalogue) -> Iterator[Path]:
    """Where the reading process writes. What a killed worker leaves there is removed with other scratch."""
    incoming = catalogue.config.home / "incoming"
    incoming.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=incoming) as folder:
        yield Path(folder)


def _keep(catalogue: Catalogue, checksum: str, read: TablesRead, folder: Path) -> None:
    """Store the copies and say so, in place of earlier ones; nothing where the file was removed meanwhile."""
    rows = _rows(catalogue, checksum, read, folder)
    keys = [row.key for row in rows if row.key]
    with catalogue.sessions.write.begin() as session:
        before = session.scalars(select(DataTable.key).where(DataTable.checksum == checksum)).all()
        session.execute(delete(DataTable).where(DataTable.checksum == checksum))
        if session.scalar(select(Resource.id).where(Resource.checksum == checksum, Resource.stored).limit(1)):
            session.add_all(rows)
            session.flush()
            for key in session.scalars(select(Resource.id).where(Resource.checksum == checksum, Resource.stored)):
                note(session, SYSTEM, catalogue.now(), "resource", key, "table copied")
        _drop_unused(catalogue, session, {*before, *keys})


def _rows(catalogue: Catalogue, checksum: str, read: TablesRead, folder: Path) -> list[DataTable]:
    now = catalogue.now()
    if read.status != "ready":
        return [DataTable(checksum=checksum, number=0, status=read.status, problems=[read.reason], version=VERSION,
                          fields=[], created=now)]  # fmt: skip
    rows = []
    for table in read.tables:
        key, status = _stored(catalogue, table, folder)
        rows.append(
            DataTable(
                checksum=checksum, number=table.number, status=status, name=table.name, key=key, version=VERSION,
                fields=[{"id": one.name, "type": str(one.type), "unfit": one.unfit} for one in table.fields],
                rows=table.rows, problems=[dataclasses.asdict(one) for one in table.problems], created=now,
            )
        )  # fmt: skip
    return rows


def _stored(catalogue: Catalogue, table: TableData, folder: Path) -> tuple[str, str]:
    """Key and status of the copy."""
    if table.status != "ready":
        return "", table.status
    try:
        return catalogue.files.put_path(folder / f"{table.number}.parquet", max_bytes=MOST_BYTES).checksum, "ready"
    except TooLarge:
        return "", "too_large"
    except OSError:
        return "", "failed"


def sweep(catalogue: Catalogue) -> int:
    """Remove, some at a time, the copies of bytes that no file has any longer. How many tables."""
    held = exists().where(Resource.checksum == DataTable.checksum, Resource.stored)
    wanted = select(DataTable.checksum).where(not_(held)).distinct().limit(MOST_SWEPT)
    with catalogue.sessions.read() as session:
        unused = session.scalars(wanted).all()
    if not unused:
        return 0
    with catalogue.sessions.write.begin() as session:
        return forget(catalogue, session, session.scalars(wanted.where(DataTable.checksum.in_(unused))).all())


def forget(catalogue: Catalogue, session: Session, checksums: Collection[str]) -> int:
    """Remove the copies of these bytes. How many tables."""
    keys = session.scalars(select(DataTable.key).where(DataTable.checksum.in_(checksums))).all()
    session.execute(delete(DataTable).where(DataTable.checksum.in_(checksums)))
    _drop_unused(catalogue, session, set(keys))
    return len(keys)


def _drop_unused(catalogue: Catalogue, session: Session, keys: Collection[str]) -> None:
    """Two files may have the same table, and so one copy."""
    used = set(session.scalars(select(DataTable.key).where(DataTable.key.in_(keys))))
    forgetting.drop(catalogue, session, *(set(keys) - used))
