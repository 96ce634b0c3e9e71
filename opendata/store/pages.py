"""The texts of files, page by page: derived, rebuildable, and far bigger than the catalogue. So they have a SQLite file
of their own, or a table in the PostgreSQL database, and stand outside migrations.

One row a file: writing a report of 500 pages is one INSERT, and reading it to find the page that holds a word is one
SELECT. Each page is compressed for itself, and `offsets` say where it lies, so that one page is cut out by the database
and nothing else is unpacked. A file is named by its checksum and the version of the reader that gave the text.
"""

from __future__ import annotations

import zlib
from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    delete,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from opendata.errors import NotFound, Unavailable
from opendata.store import file_facts, page_keys
from opendata.store.base import WRITE, make_engine
from opendata.store.trouble import REMOVE

PAGE_TABLE = "page_texts"
"""The name of the table."""

TABLES = (PAGE_TABLE, page_keys.KEY_TABLE, file_facts.FACT_TABLE)
"""What stands outside migrations."""

_TABLE = Table(
    PAGE_TABLE,
    MetaData(),
    Column("checksum", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("pages", Integer, nullable=False),
    Column("offsets", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
ALL_TABLES = (_TABLE, page_keys.TABLE, file_facts.TABLE)
"""The same, with their columns."""

_AT_ONCE = 64
"""Pages of any files that one statement reads. It is always the same statement: others would be compiled anew."""

_PLACES = ", ".join(f"(:of{n}, CAST(:start{n} AS INTEGER), CAST(:size{n} AS INTEGER), {n})" for n in range(_AT_ONCE))
_CUT = text(
    # The text is put together of our own names and numbers alone.
    "SELECT wanted.column4, substr(stored.body, wanted.column2, wanted.column3) "  # noqa: S608
    f"FROM (VALUES {_PLACES}) AS wanted JOIN {PAGE_TABLE} AS stored "
    "ON stored.checksum = wanted.column1 AND stored.version = :in_version"
)


class PageStore:
    """Page texts by (checksum, version of the reader). Pages count from 1. NotFound for a file that is not here.

    `keys` holds which of the pages hold which words, `facts` what the files say in their properties; they go with the
    text that they were made from.
    """

    def __init__(self, engine: Engine) -> None:
        self.keys = page_keys.KeyStore(engine)
        self.facts = file_facts.FactStore(engine)
        self._reading = engine
        self._writing = engine.execution_options(**{WRITE: True})

    def create(self) -> None:
        """Make the tables that are missing; otherwise nothing is locked."""
        if set(TABLES) <= set(inspect(self._reading).get_table_names()):
            return
        with self._writing.begin() as connection:
            page_keys.create(connection)
            file_facts.TABLE.create(connection, checkfirst=True)
            _TABLE.create(connection, checkfirst=True)
            if connection.dialect.name == "postgresql":  # what is compressed already is cut faster when left alone
                connection.execute(text(f"ALTER TABLE {PAGE_TABLE} ALTER COLUMN body SET STORAGE EXTERNAL"))

    def put(self, checksum: str, version: int, pages: Sequence[str]) -> None:
        """Keep `pages` as the text of the file, in place of what was there."""
        parts = [zlib.compress(page.encode("utf-8", "replace")) for page in pages]
        offsets = array("I", [0])
        for part in parts:
            offsets.append(offsets[-1] + len(part))
        row = {
            "checksum": checksum,
            "version": version,
            "pages": len(parts),
            "offsets": offsets.tobytes(),
            "body": b"".join(parts),
        }
        with self._writing.begin() as connection:
            connection.execute(delete(_TABLE).where(*_named(checksum, version)))
            connection.execute(_TABLE.insert(), row)
            page_keys.forget(connection, checksum, version)

    def page(self, checksum: str, version: int, number: int) -> str:
        """The text of page `number`. NotFound also for a number that the file does not have."""
        with self._reading.connect() as connection:
            found = connection.execute(_one(checksum, version, _TABLE.c.offsets)).scalar()
            offsets = array("I", found or b"")
            if not 1 <= number < len(offsets):
                raise NotFound(f"There is no page {number} of {checksum}.")
            start, end = offsets[number - 1], offsets[number]
            cut = func.substr(_TABLE.c.body, start + 1, end - start, type_=LargeBinary)
            return _unpack(connection.execute(_one(checksum, version, cut)).scalar_one())

    def pages(self, checksum: str, version: int) -> tuple[str, ...]:
        """The text of every page, in order."""
        with self._reading.connect() as connection:
            wanted = _one(checksum, version, _TABLE.c.offsets, _TABLE.c.body)
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise NotFound(f"There is no text of {checksum}.")
        offsets = array("I", row.offsets)
        return tuple(_unpack(row.body[start:end]) for start, end in pairwise(offsets))

    def some(self, version: int, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Single pages of many files, by (checksum, number); what is not here is left out."""
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        for checksum, number in dict.fromkeys(wanted):
            numbers[checksum].append(number)
        found: dict[tuple[str, int], str] = {}
        with self._reading.connect() as connection:
            cuts = [
                (checksum, number, ends[number - 1] + 1, ends[number] - ends[number - 1])
                for checksum, ends in _offsets(connection, version, numbers.keys()).items()
                for number in numbers[checksum]
                if 1 <= number < len(ends)
            ]
            for start in range(0, len(cuts), _AT_ONCE):
                part = cuts[start : start + _AT_ONCE]
                for place, cut in connection.execute(_CUT, _named_places(version, part)):
                    found[part[place][:2]] = _unpack(cut)
        return found

    def count(self, checksum: str, version: int) -> int:
        """How many pages the file has."""
        with self._reading.connect() as connection:
            found = connection.execute(_one(checksum, version, _TABLE.c.pages)).scalar()
        if found is None:
            raise NotFound(f"There is no text of {checksum}.")
        return int(found)

    def has(self, checksum: str, version: int) -> bool:
        """Whether the text of the file is here, in that version."""
        with self._reading.connect() as connection:
            return connection.execute(_one(checksum, version, _TABLE.c.pages)).first() is not None

    def delete(self, checksum: str) -> None:
        """Forget the text of the file, in every version."""
        with self._writing.begin() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.checksum == checksum))
            page_keys.forget(connection, checksum)
            file_facts.forget(connection, checksum)

    def files(self) -> list[tuple[str, int]]:
        """Checksum and version of every text that is here, by checksum; for comparing with the store."""
        wanted = select(_TABLE.c.checksum, _TABLE.c.version).order_by(_TABLE.c.checksum, _TABLE.c.version)
        with self._reading.connect() as connection:
            return [(row.checksum, row.version) for row in connection.execute(wanted)]

    def close(self) -> None:
        """Give up the connections."""
        self._reading.dispose()

    def check(self) -> None:
        """Raise Unavailable when the texts cannot be read."""
        try:
            with self._reading.connect() as connection:
                connection.execute(select(_TABLE.c.checksum).limit(1))
        except SQLAlchemyError as error:
            raise Unavailable(f"The page texts do not answer: {error}", part="store") from error


def open_pages(engine: Engine, path: Path) -> PageStore:
    """The page texts of the catalogue on `engine`: in the same PostgreSQL database, or in a SQLite file at `path`.

    The table is made where it is missing; the folder of `path` must be there.
    """
    store = PageStore(
        engine if engine.dialect.name == "postgresql" else make_engine(f"sqlite:///{path}", damaged=REMOVE)
    )
    store.create()
    return store


def _named(checksum: str, version: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The condition that names one text."""
    return _TABLE.c.checksum == checksum, _TABLE.c.version == version


def _one(checksum: str, version: int, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Those columns of one text."""
    return select(*columns).where(*_named(checksum, version))


def _offsets(connection: Connection, version: int, checksums: Collection[str]) -> dict[str, array[int]]:
    """Where the pages of these texts lie."""
    found: dict[str, array[int]] = {}
    names = sorted(checksums)
    for start in range(0, len(names), page_keys.MOST_NAMES):
        part = names[start : start + page_keys.MOST_NAMES]
        wanted = select(_TABLE.c.checksum, _TABLE.c.offsets).where(
            _TABLE.c.checksum.in_(part), _TABLE.c.version == version
        )
        found.update((row.checksum, array("I", row.offsets)) for row in connection.execute(wanted))
    return found


def _named_places(version: int, cuts: Sequence[tuple[str, int, int, int]]) -> dict[str, str | int]:
    """What _CUT asks for: these stretches, and no file in the places that are left over."""
    values: dict[str, str | int] = {"in_version": version}
    for place in range(_AT_ONCE):
        checksum, _number, start, size = cuts[place] if place < len(cuts) else ("", 0, 1, 0)
        values[f"of{place}"], values[f"start{place}"], values[f"size{place}"] = checksum, start, size
    return values


def _unpack(part: bytes) -> str:
    """One page."""
    return zlib.decompress(part).decode("utf-8")
