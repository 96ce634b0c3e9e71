"""What every table stands on: naming of constraints, the engine with its transactions, and sessions.

SQLite's driver opens transactions by its own rules, which breaks savepoints and lets a reader become a writer in the
middle, where it deadlocks with another. So the driver is told to leave transactions alone and we say BEGIN ourselves:
plain for reading, IMMEDIATE for sessions that write, which then wait for the lock at their start and never later.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Delete, Engine, MetaData, Update, Uuid, create_engine, event, make_url, text
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from opendata.errors import ConfigError, Unavailable
from opendata.store import trouble

BUSY_SECONDS = 30
"""How long a SQLite connection waits for the write lock."""

MAPPED_BYTES = 256 * 1024 * 1024
"""What SQLite reads of a file as memory: that is shared by all processes, and a page takes no call of the system."""

WRITE = "opendata_write"
"""The execution option of connections that will write."""

PATIENCE = "opendata_patience"
"""The execution option of such connections that wait for the write lock so many seconds and no longer, on SQLite."""


class Base(DeclarativeBase):
    """The root of every table. Constraints get names by rule, so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class HasId:
    """A random UUID as primary key, known before the row is written."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4, sort_order=-1)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makers of sessions: `read` for looking, `write` for what will change something (one at a time on SQLite)."""

    read: sessionmaker[Session]
    write: sessionmaker[Session]


def make_engine(
    url: str, *, pool_size: int = 10, busy_seconds: int = BUSY_SECONDS, damaged: str = trouble.RESTORE
) -> Engine:
    """An engine for `url`: sqlite:///PATH or postgresql+psycopg://…; nothing is connected yet.

    A plain postgresql:// is read as psycopg's. JSON is written compactly, in its own letters. `busy_seconds` is how
    long a SQLite writer waits for another; `damaged` is what to do with a file that is damaged. ConfigError where
    PostgreSQL's driver is not installed.
    """
    address = make_url(url)
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"json_serializer": partial(json.dumps, ensure_ascii=False, separators=(",", ":"))}
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": busy_seconds}, **options)
        event.listen(engine, "connect", partial(_set_up_sqlite, busy_seconds))
        event.listen(engine, "begin", partial(_begin_sqlite, busy_seconds))
    else:
        try:
            engine = create_engine(address, pool_size=pool_size, pool_pre_ping=True, **options)
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"[database] url: the driver {error.name} is not installed. Run: pip install 'opendata-kz[postgresql]'"
            ) from None
    trouble.watch(engine, damaged)
    return engine


def make_sessions(engine: Engine) -> Sessions:
    """The makers of sessions on `engine`. What was read stays readable after a commit."""
    writing = engine.execution_options(**{WRITE: True})
    return Sessions(
        read=sessionmaker(engine, expire_on_commit=False), write=sessionmaker(writing, expire_on_commit=False)
    )


def touched(session: Session, statement: Update | Delete) -> int:
    """Carry out the statement; how many rows it touched. Objects that the session holds already stay as they were."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]


def check(engine: Engine) -> None:
    """Raise Unavailable when the store does not answer."""
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise Unavailable(f"The store does not answer: {error}. Look at [database] url.", part="store") from error


@contextmanager
def answering() -> Iterator[None]:
    """Trouble with the store itself, not with what is read or written there, is Unavailable."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(f"The store does not answer: {error.orig}", part="store") from error


def _set_up_sqlite(busy_seconds: int, connection: sqlite3.Connection, _record: object) -> None:
    """Readers beside one writer, foreign keys that hold, patience, and transactions that we open ourselves."""
    connection.isolation_level = None
    _write_ahead(connection, time.monotonic() + busy_seconds)
    busy, mapped = f"busy_timeout={busy_seconds * 1000}", f"mmap_size={MAPPED_BYTES}"
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", busy, mapped):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: sqlite3.Connection, until: float) -> None:
    """Where two first connections change a new file at once, SQLite refuses one of them without waiting."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(busy_seconds: int, connection: Connection) -> None:
    """Open the transaction; a writer takes the lock at once."""
    options = connection.get_execution_options()
    if PATIENCE not in options:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITE, False) else "BEGIN")
        return
    try:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(options[PATIENCE] * 1000)}").close()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={busy_seconds * 1000}").close()
