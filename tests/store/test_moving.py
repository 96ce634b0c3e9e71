"""A site moves to another database with every row, or with none."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session

from opendata.errors import Conflict, Invalid
from opendata.store import moving
from opendata.store.base import make_engine, make_sessions
from opendata.store.from_records import new_dataset
from opendata.store.models import METADATA
from opendata.store.operations import Job
from opendata.store.organizations import Organization
from tests.store.conftest import NOW
from tests.store.filled import dataset, text

TABLES = METADATA.sorted_tables


@pytest.fixture
def source(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """An agency below another, and a dataset in which every field says something."""
    engine = make_engine(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'source.sqlite')}")
    with make_sessions(engine).write.begin() as session:
        above = Organization(slug="ministry", title=text("above"), created=NOW, modified=NOW)
        session.add(above)
        session.flush()
        session.add(Organization(slug="agency", title=text("below"), created=NOW, modified=NOW, parent_id=above.id))
        new_dataset(session, dataset(), NOW)
        session.add(Job(kind="index", lane="index", payload={"datasets": ["a"]}, created=NOW, not_before=NOW))
    yield engine
    engine.dispose()


def rows(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in TABLES}


def test_every_row_is_there_and_counting_goes_on(source: Engine, engine: Engine) -> None:
    copied = moving.copy(source, engine, TABLES)
    before = rows(source)
    assert rows(engine) == before
    assert copied == sum(map(len, before.values())) > 5
    with make_sessions(engine).write.begin() as session:
        more = Job(kind="index", lane="index", payload={}, created=NOW, not_before=NOW)
        session.add(more)
        session.flush()
        assert more.id == max_id(session) > 1


def max_id(session: Session) -> int:
    return session.scalar(select(func.max(Job.id))) or 0


def test_a_database_with_rows_is_refused_and_stays_as_it_is(source: Engine, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Job).values(kind="index", lane="index", payload={}, created=NOW, not_before=NOW))
    before = rows(engine)
    with pytest.raises(Conflict, match="jobs"):
        moving.copy(source, engine, TABLES)
    assert rows(engine) == before


def test_a_row_that_is_not_taken_takes_all_others_back(source: Engine, engine: Engine) -> None:
    before = rows(engine)
    with closing(sqlite3.connect(str(source.url.database))) as connection:  # which does not look where keys lead
        connection.execute("UPDATE datasets SET organization_id = ?", [uuid4().hex])
        connection.commit()
    with pytest.raises(Invalid, match="datasets: a row is not taken"):
        moving.copy(source, engine, TABLES)
    assert rows(engine) == before
