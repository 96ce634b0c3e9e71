"""Which pages of a file hold which words, packed by the index while it reads the text; see opendata.search.pagekeys.

They stand beside the page texts, one row a file and analysis: while a new index is built with another analysis, the
keys of the live one stay until it is replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    delete,
    select,
    text,
)

from opendata.store.base import WRITE

KEY_TABLE = "page_keys"
"""The name of the table."""

MOST_NAMES = 500
"""Files that one statement names."""

TABLE = Table(
    KEY_TABLE,
    MetaData(),
    Column("checksum", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("analysis", String(16), primary_key=True),
    Column("packed", LargeBinary, nullable=False),
)


class KeyStore:
    """Packed page keys by (checksum, version of the reader, analysis)."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(**{WRITE: True})

    def put(self, version: int, analysis: str, packed: Mapping[str, bytes]) -> None:
        """Keep the keys of these files, by checksum, in place of what was there; all in one transaction."""
        rows = [
            {"checksum": checksum, "version": version, "analysis": analysis, "packed": keys}
            for checksum, keys in packed.items()
        ]
        if not rows:
            return
        with self._writing.begin() as connection:
            for condition in _named(version, analysis, packed):
                connection.execute(delete(TABLE).where(condition))
            connection.execute(TABLE.insert(), rows)

    def get(self, version: int, analysis: str, checksums: Iterable[str]) -> dict[str, bytes]:
        """The keys of those of the files that have any, by checksum; one SELECT for MOST_NAMES files."""
        found: dict[str, bytes] = {}
        with self._reading.connect() as connection:
            for condition in _named(version, analysis, checksums):
                rows = connection.execute(select(TABLE.c.checksum, TABLE.c.packed).where(condition))
                found.update((row.checksum, row.packed) for row in rows)
        return found

    def keep_only(self, analyses: Collection[str]) -> int:
        """Forget what other analyses gave. How many rows."""
        with self._writing.begin() as connection:
            return connection.execute(delete(TABLE).where(TABLE.c.analysis.not_in(analyses))).rowcount


def create(connection: Connection) -> None:
    """Make the table where it is missing."""
    TABLE.create(connection, checkfirst=True)
    if connection.dialect.name == "postgresql":  # hashes do not shrink
        connection.execute(text(f"ALTER TABLE {KEY_TABLE} ALTER COLUMN packed SET STORAGE EXTERNAL"))


def forget(connection: Connection, checksum: str, version: int | None = None) -> None:
    """Forget the keys of a file (of that version of its text), within the transaction that changes its text."""
    gone = delete(TABLE).where(TABLE.c.checksum == checksum)
    connection.execute(gone if version is None else gone.where(TABLE.c.version == version))


def _named(version: int, analysis: str, checksums: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    """The conditions that name these files, MOST_NAMES each."""
    names = list(dict.fromkeys(checksums))
    for start in range(0, len(names), MOST_NAMES):
        part = names[start : start + MOST_NAMES]
        yield and_(TABLE.c.checksum.in_(part), TABLE.c.version == version, TABLE.c.analysis == analysis)
