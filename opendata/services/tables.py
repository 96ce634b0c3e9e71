"""The tables in files, asked by programs: found, filtered, ordered, and given out in whole.

A table is for those who may have its file, decided at the moment of the answer: an embargo holds to its last minute.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog.records import RecordState
from opendata.errors import Conflict, NotAllowed, NotFound
from opendata.reading.tabledata import FieldType
from opendata.services import datasets, table_engine
from opendata.services.actors import PUBLIC, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.table_query import Column, Statement, TableQuery
from opendata.store import queries
from opendata.store.datasets import Resource
from opendata.store.tables import DataTable

SECONDS = 8.0
"""Of one question."""
PIECE, SORTED_PIECE = 10_000, 50_000
"""Rows in memory at once while a table is given out; in another order than the file's, each piece sorts all."""
PIECE_CELLS = 500_000
"""Cells of such a piece, at most."""
MOST_CHARACTERS = 32 * 1024**2
"""Of the cells of one page."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that the asker may have. `sheet` is its name in the file, `others` those of the tables beside it.

    `public`: anybody may have it now.
    """

    resource_id: UUID
    number: int
    sheet: str
    columns: tuple[Column, ...]
    unfit: Mapping[str, int]
    rows: int
    problems: tuple[Mapping[str, Any], ...]
    key: str
    filename: str
    others: tuple[tuple[int, str], ...] = ()
    public: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a question came to. `total` None where it was not asked for; `last`: where in the file the last row is."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int | None
    last: int | None = None


def active(session: Session, checksums: Collection[str]) -> set[str]:
    """Those of these checksums whose tables can be asked. One SELECT."""
    wanted = select(DataTable.checksum).where(DataTable.checksum.in_(checksums), DataTable.status == "ready")
    return set(session.scalars(wanted.distinct()))


def table(catalogue: Catalogue, actor: Actor, resource_id: UUID, sheet: str = "") -> Table:
    """The table of a file, its first or the one called so (or of that number, from 0).

    NotFound where there is none, or nothing that the actor may know of; NotAllowed where the file is not open.
    """
    with catalogue.sessions.read() as session:
        dataset_id = session.scalar(select(Resource.dataset_id).where(Resource.id == resource_id))
        if dataset_id is None:
            raise _unknown(resource_id)
        record = queries.dataset_page(session, dataset_id, public_only=False)
        if record.state is RecordState.WITHDRAWN or not datasets.is_visible(record, actor):
            raise _unknown(resource_id)
        resource = next(one for one in record.resources if one.id == resource_id)
        today = catalogue.today()
        if not datasets.file_line(resource, record, actor, today).available:
            raise NotAllowed("The file is not open.", signed_in=actor.signed_in)
        public = datasets.is_visible(record, PUBLIC) and record.state is RecordState.PUBLISHED
        public = public and datasets.file_line(resource, record, PUBLIC, today).available
        wanted = select(DataTable).where(DataTable.checksum == resource.checksum, DataTable.status == "ready")
        rows = session.scalars(wanted.order_by(DataTable.number)).all() if resource.stored else ()
    found = next((row for row in rows if sheet in ("", row.name, str(row.number))), None)
    if found is None:
        raise _unknown(resource_id)
    return Table(
        resource_id, found.number, found.name, _columns(found.fields),
        {str(one["id"]): int(one.get("unfit", 0)) for one in found.fields}, found.rows, tuple(found.problems),
        found.key, resource.filename, tuple((row.number, row.name) for row in rows), public,
    )  # fmt: skip


def _unknown(resource_id: UUID) -> NotFound:
    return NotFound(f'Resource "{resource_id}" was not found.')


def _columns(fields: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    found = [Column("_id", FieldType.INTEGER, "", "_id")]
    for place, one in enumerate(fields):
        kind = FieldType(one["type"])
        found.append(Column(str(one["id"]), kind, f"t{place}", "" if kind is FieldType.TEXT else f"v{place}"))
    return tuple(found)


def search(catalogue: Catalogue, asked: Table, query: TableQuery, *, total: bool = True) -> Found:
    """The rows of one page. Invalid names what is wrong in the question; Conflict where it takes too much."""
    parts = _Parts(asked, query)
    page: list[tuple[Any, ...]] = []
    size = 0
    with catalogue.files.local_path(asked.key, keep=True) as path, table_engine.opened(path, SECONDS) as engine:
        for piece in engine.rows(parts.select, parts.parameters, 500):
            page += piece
            size += sum(len(cell) + 8 if isinstance(cell, str) else 8 for row in piece for cell in row)
            if size > MOST_CHARACTERS:
                raise Conflict("This page is too large: ask for fewer rows or fields.")
        full = query.limit is not None and len(page) >= query.limit
        if parts.plain:
            counted = asked.rows
        elif full or (query.offset and not page):
            counted = engine.one(parts.count, parts.parameters) if total else 0
        else:  # this page is the last one
            counted = query.offset + len(page)
    shown = tuple(_values(row[1:]) for row in page)
    last = None if query.distinct or not page else page[-1][0]
    return Found(tuple(parts.columns), shown, counted if total else None, last)


def dump(catalogue: Catalogue, asked: Table, query: TableQuery) -> tuple[tuple[Column, ...], Iterator[Sequence[Any]]]:
    """The columns, and all rows that were asked for, read while they are taken. Invalid as `search`, at once."""
    return tuple(_Parts(asked, query).columns), _rows(catalogue, asked, query)


def _rows(catalogue: Catalogue, asked: Table, query: TableQuery) -> Iterator[Sequence[Any]]:
    """Piece by piece, each a question of its own: who reads slowly holds up nobody else."""
    by_place = not query.sort and not query.distinct
    left, offset, after = query.limit, query.offset, 0
    most = max(1, min(PIECE if by_place else SORTED_PIECE, PIECE_CELLS // len(asked.columns)))
    with catalogue.files.local_path(asked.key, keep=True) as path:
        while left is None or left > 0:
            size = most if left is None else min(most, left)
            parts = _Parts(asked, replace(query, limit=size, offset=offset), after if by_place else None)
            with table_engine.opened(path, SECONDS) as engine:
                page = [row for piece in engine.rows(parts.select, parts.parameters, PIECE) for row in piece]
            for row in page:
                yield _values(row[1:])
            if len(page) < size:
                return
            left = None if left is None else left - size
            after, offset = (page[-1][0], 0) if by_place else (0, offset + size)


class _Parts:
    """The SQL of a question; with `after` only of rows behind that place in the file."""

    def __init__(self, asked: Table, query: TableQuery, after: int | None = None) -> None:
        statement = Statement({one.name: one for one in asked.columns})
        where = statement.where(query)
        self.parameters = list(statement.parameters)
        self.columns = statement.shown(query)
        order = statement.order(query, self.columns)
        self.plain = where == "TRUE" and not query.distinct
        listed = ", ".join(_cells(one, original=query.original) for one in self.columns)
        distinct = "DISTINCT " if query.distinct else ""
        place = "NULL" if query.distinct else "_id"
        self.count = f"SELECT count(*) FROM (SELECT {distinct}{listed} FROM copy WHERE {where})"  # noqa: S608
        offset = query.offset
        if self.plain and not query.sort and offset:
            # The place of a row is its number: skipping by it reads nothing of what is skipped.
            after, offset = (after or 0) + offset, 0
        if after is not None:
            where = f"({where}) AND _id > {int(after)}"
        bounds = f" LIMIT {int(query.limit)}" if query.limit is not None else ""
        bounds += f" OFFSET {int(offset)}" if offset else ""
        self.select = f"SELECT {distinct}{place}, {listed} FROM copy WHERE {where}{order}{bounds}"  # noqa: S608


def _cells(column: Column, *, original: bool) -> str:
    """What is selected of a column, two values each: its text, where it is wanted or there is no value; its value."""
    if not column.text or not column.value:
        return f"{column.text or 'NULL'}, {column.value or 'NULL'}"
    if original:
        return f"{column.text}, NULL"
    return f"CASE WHEN {column.value} IS NULL THEN {column.text} END, {column.value}"


def _values(row: Sequence[Any]) -> tuple[Any, ...]:
    """The cells of a row: values, and the text of what has none."""
    return tuple(_shown(row[at + 1], row[at]) for at in range(0, len(row), 2))


def _shown(value: Any, text: str | None) -> Any:
    if value is None:
        return text
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
