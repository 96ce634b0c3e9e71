"""The store's tests run on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from opendata.store import schema
from opendata.store.base import Sessions, make_engine, make_sessions
from opendata.store.models import METADATA
from opendata.store.pages import TABLES
from tests.store.postgresql import NotAvailableError, postgresql_server

NOW = dt.datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A running PostgreSQL server, one for all tests."""
    try:
        server = postgresql_server()
        url = server.__enter__()
    except (NotAvailableError, OSError) as error:
        pytest.skip(f"PostgreSQL is not available, so the store is tested on SQLite alone: {error}")
    yield url
    server.__exit__(None, None, None)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without any table."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'store.sqlite'}")
    else:
        engine = make_engine(request.getfixturevalue("postgresql_url"))
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table, to be copied: migrating it for each test would take most of the time."""
    path = tmp_path_factory.mktemp("store") / "migrated.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()  # the last connection to close takes the write-ahead log into the file
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a migrated database without rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "store.sqlite")
        engine = make_engine(f"sqlite:///{tmp_path / 'store.sqlite'}")
    else:
        engine = make_engine(request.getfixturevalue("postgresql_url"))
        schema.upgrade(engine)
    yield engine
    if request.param == "postgresql":
        with engine.begin() as connection:
            names = ", ".join(f'"{name}"' for name in METADATA.tables)
            connection.execute(text(f"TRUNCATE {names}"))
            connection.execute(text(f"DROP TABLE IF EXISTS {', '.join(TABLES)}"))
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """Makers of sessions on it."""
    return make_sessions(engine)


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """An open session that may write."""
    with sessions.write() as session:
        yield session


class Selects:
    """Counts the SELECTs that an engine was asked while the context was open."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.statements: list[str] = []

    def __enter__(self) -> Selects:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            self.statements.append(statement)

    @property
    def count(self) -> int:
        return len(self.statements)
