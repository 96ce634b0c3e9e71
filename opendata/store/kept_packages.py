"""Packages as CKAN's clients are shown them, written ahead: a file beside the store, derived and rebuildable.

They stand there by one way of writing (`word`), as of one number in the order of events: whoever reads them leaves out
what has changed since. The file is of this machine alone, and missing where nobody has made it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    Uuid,
    bindparam,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from opendata.errors import Unavailable
from opendata.store.base import WRITE, make_engine
from opendata.store.trouble import REMOVE

TROUBLE = (SQLAlchemyError, Unavailable)
"""What a file raises that cannot be read or written."""

_META = MetaData()
_PACKAGES = Table(
    "packages", _META, Column("dataset_id", Uuid, primary_key=True), Column("body", LargeBinary, nullable=False)
)
_STATE = Table(
    "state",
    _META,
    Column("word", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("up_to", Uuid, nullable=True),
    Column("mark", String, nullable=False),
)


class State(NamedTuple):
    """By which way of writing the packages stand there, and as of which number of the events, and which event that is
    (services.changes). Those of datasets with an id up to `up_to` have been written, None for all.
    """

    word: str
    seq: int
    up_to: UUID | None
    mark: str = ""


class PackageFile:
    """The file at `path`, which need not be there: then it holds nothing, and `begin` makes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: Engine | None = None

    @property
    def _engine(self) -> Engine:
        if self._made is None:
            self._made = make_engine(f"sqlite:///{self._path}", damaged=REMOVE)
        return self._made

    def state(self) -> State | None:
        """As of what it was written; None for never, and for a file that cannot be read."""
        with suppress(*TROUBLE):
            if self._path.exists():
                with self._engine.connect() as connection:
                    return _state(connection)
        return None

    def bodies(self, ids: Collection[UUID]) -> Mapping[UUID, bytes]:
        """Those of these packages that it has. One SELECT."""
        with suppress(*TROUBLE), self._engine.connect() as connection:
            return dict(connection.execute(_wanted(), {"ids": list(ids)}).all())
        return {}

    def begin(self, state: State) -> None:
        """Hold nothing, as of `state`. A file that cannot be read is made anew."""
        try:
            self._begin(state)
        except TROUBLE:
            self.close()
            for path in (self._path, *(self._path.with_name(f"{self._path.name}-{end}") for end in ("wal", "shm"))):
                path.unlink(missing_ok=True)
            self._begin(state)

    def _begin(self, state: State) -> None:
        with self._writing().begin() as connection:
            _META.create_all(connection)
            connection.execute(delete(_PACKAGES))
            _put(connection, state)

    def write(self, bodies: Mapping[UUID, bytes], gone: Iterable[UUID], before: State, after: State) -> bool:
        """Write these, take out those that are `gone`, and be as of `after`; False where another was faster."""
        with self._writing().begin() as connection:
            if _state(connection) != before:
                return False
            for key in (*bodies, *gone):
                connection.execute(delete(_PACKAGES).where(_PACKAGES.c.dataset_id == key))
            if bodies:
                rows = [{"dataset_id": key, "body": body} for key, body in bodies.items()]
                connection.execute(insert(_PACKAGES), rows)
            _put(connection, after)
        return True

    def _writing(self) -> Engine:
        return self._engine.execution_options(**{WRITE: True})

    def close(self) -> None:
        """Give back connections."""
        if self._made is not None:
            self._made.dispose()
            self._made = None


def _state(connection: Connection) -> State | None:
    row = connection.execute(select(_STATE)).first()
    return State(*row) if row else None


def _put(connection: Connection, state: State) -> None:
    connection.execute(delete(_STATE))
    connection.execute(insert(_STATE), state._asdict())


@cache
def _wanted() -> Select[Any]:
    ids = _PACKAGES.c.dataset_id.in_(bindparam("ids", expanding=True))
    return select(_PACKAGES.c.dataset_id, _PACKAGES.c.body).where(ids)
