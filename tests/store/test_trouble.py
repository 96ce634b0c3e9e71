"""Trouble of the database is told by its place and what to do; what is wrong with a statement stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from opendata.errors import NoSpace, Unavailable
from opendata.store.base import make_engine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a table."""
    path = tmp_path / "some.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT)"))
    engine.dispose()
    return path


def write(url: str, *before: str) -> None:
    """Fill a page or two of the table, after these statements."""
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            for statement in before:
                connection.execute(text(statement))
            connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": "a" * 100_000})
    finally:
        engine.dispose()


def test_a_full_disk(file: Path) -> None:
    with pytest.raises(NoSpace, match=rf"^{file}: the disk is full") as caught:
        write(f"sqlite:///{file}", "PRAGMA max_page_count = 3")
    assert caught.value.part == "store"


def test_a_file_that_may_only_be_read(file: Path) -> None:
    with pytest.raises(Unavailable, match="must belong to the user that runs the site"):
        write(f"sqlite:///file:{file}?mode=ro&uri=true")


def test_a_damaged_file(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(Unavailable, match=rf"{file}: the file is no database any more. Restore it from a backup."):
        write(f"sqlite:///{file}")


def test_a_statement_that_is_wrong_is_no_trouble_of_the_store(engine: Engine) -> None:
    with pytest.raises(Exception, match="nowhere") as caught, engine.connect() as connection:
        connection.execute(text("SELECT 1 FROM nowhere"))
    assert not isinstance(caught.value, Unavailable)


def test_a_standby_says_what_it_is(postgresql_url: str) -> None:
    with pytest.raises(Unavailable, match="standby") as caught:
        write(postgresql_url, "SET TRANSACTION READ ONLY", "CREATE TABLE words (word TEXT)")
    assert "PostgreSQL at " in caught.value.message
    assert "postgres@" not in caught.value.message, "whose the password would be is told to nobody"


def test_a_lock_that_is_not_given_is_no_trouble_of_the_store(file: Path) -> None:
    engine = make_engine(f"sqlite:///{file}", busy_seconds=0)
    with engine.begin() as held:
        held.exec_driver_sql("INSERT INTO words VALUES ('held')")
        with pytest.raises(OperationalError, match="locked"), engine.begin() as other:
            other.exec_driver_sql("INSERT INTO words VALUES ('other')")
    engine.dispose()
