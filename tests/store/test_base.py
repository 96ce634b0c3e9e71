"""Transactions: readers beside a writer, writers one after another, savepoints that hold."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from opendata.catalog.values import Text
from opendata.errors import Unavailable
from opendata.store.base import MAPPED_BYTES, Sessions, check, make_engine
from opendata.store.datasets import Dataset
from opendata.store.organizations import Organization
from tests.store.conftest import NOW
from tests.store.filled import UNKNOWN


def agency(slug: str) -> Organization:
    return Organization(slug=slug, created=NOW, modified=NOW, title=Text())


def test_a_store_that_answers_is_checked(engine: Engine) -> None:
    check(engine)


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.sqlite", "postgresql://x@/x?host=/nowhere&connect_timeout=1"]
)
def test_a_store_that_does_not_answer_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        check(make_engine(url))
    assert caught.value.part == "store"


def test_a_plain_postgresql_address_means_psycopg() -> None:
    assert make_engine("postgresql://a@b/c").dialect.driver == "psycopg"


def test_sqlite_reads_its_file_as_memory(tmp_path: Path) -> None:
    with make_engine(f"sqlite:///{tmp_path / 'store.sqlite'}").connect() as connection:
        assert connection.scalar(text("PRAGMA mmap_size")) == MAPPED_BYTES


def test_readers_go_on_while_a_write_is_open(sessions: Sessions) -> None:
    with sessions.write() as writer:
        writer.add(agency("a"))
        writer.flush()
        with sessions.read() as reader:
            assert reader.scalar(text("SELECT count(*) FROM organizations")) == 0
        writer.commit()
    with sessions.read() as reader:
        assert reader.scalar(text("SELECT count(*) FROM organizations")) == 1


def test_writers_that_read_first_do_not_deadlock(sessions: Sessions) -> None:
    errors: list[BaseException] = []
    ready = threading.Barrier(4)

    def write(number: int) -> None:
        try:
            ready.wait()
            for count in range(10):
                with sessions.write.begin() as session:
                    session.scalar(text("SELECT count(*) FROM organizations"))
                    session.add(agency(f"a{number}-{count}"))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with sessions.read() as session:
        assert session.scalar(text("SELECT count(*) FROM organizations")) == 40


def test_a_savepoint_takes_back_only_its_own(session: Session) -> None:
    session.add(agency("a"))
    session.flush()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(agency("a"))
    session.add(agency("b"))
    session.commit()
    assert session.scalar(text("SELECT count(*) FROM organizations")) == 2


def test_foreign_keys_hold(session: Session) -> None:
    lost = Dataset(slug="a", organization_id=UNKNOWN, title=Text(), metadata_created=NOW, metadata_modified=NOW)
    session.add(lost)
    with pytest.raises(IntegrityError):
        session.flush()


def test_sqlite_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    with make_engine(f"sqlite:///{tmp_path / 'a.sqlite'}").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
