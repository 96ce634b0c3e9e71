"""Bringing a database to the tables of this version. Whether it is there is told by revision.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from opendata.errors import Unavailable
from opendata.store.base import WRITE
from opendata.store.models import METADATA
from opendata.store.pages import TABLES
from opendata.store.types import PartialDateColumn, UTCDateTime, Value

LOCK = 0x0DA7A
"""PostgreSQL advisory lock: two processes that start together must not migrate at once."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`, from nothing or from any version. All or nothing."""
    with _migrating(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to `revision` ("base": no tables at all, and no data)."""
    with _migrating(engine) as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """The newest revision among the migrations."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def differences(engine: Engine) -> list[Any]:
    """What Alembic would have to change to make the database as the models say; empty when they agree."""
    with engine.connect() as connection:
        options = {"compare_type": True, "include_name": include_name}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, METADATA))


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Whether migrations look after it; the page texts, which may be in the same database, look after themselves."""
    return kind != "table" or name not in TABLES


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """How our column types stand in a migration: as plain types, so that old migrations need no code of today."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, PartialDateColumn):
        return "sa.String(length=10)"
    if isinstance(item, Value):
        return "sa.JSON(none_as_null=True)"
    return False


def _config(connection: Connection | None) -> Config:
    """Alembic's settings, found in the installed package."""
    config = Config()
    config.set_main_option("script_location", "opendata:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that holds the migration lock.

    SQLite changes tables by building them anew and dropping the old: with foreign keys on, the drop would empty every
    table that refers to them. They are switched off before the transaction and checked at its end.
    """
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                yield connection
            return
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise Unavailable(f"The migration left rows that refer to nothing: {broken[:5]}", part="store")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")
