"""Copies the rows of one database into another, as from SQLite to PostgreSQL: all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from opendata.errors import Conflict, Invalid
from opendata.store.base import WRITE

BATCH = 100
"""Rows held in memory at once: some hold a document of a megabyte."""
MADE_BY_ITSELF = ("groups",)
"""Tables that a new database has rows in, which are replaced."""


def copy(
    source: Engine, target: Engine, tables: Sequence[Table], progress: Callable[[str], object] = lambda _: None
) -> int:
    """Copy every row of `tables`, which stand in the order of what they refer to; how many. `progress` is told of each.

    Both databases have the same tables. Conflict where the target is not empty; Invalid, and nothing is copied, where
    it does not take a row.
    """
    copied = 0
    with source.connect() as reading, target.execution_options(**{WRITE: True}).begin() as writing:
        _refuse_rows(writing, tables)
        for table in tables:
            progress(table.name)
            try:
                copied += _copy_rows(reading, writing, table)
            except DBAPIError as error:
                said = " ".join(str(error.orig).split())
                raise Invalid(f"{table.name}: a row is not taken: {said}. Nothing was copied.") from error
            _go_on_counting(writing, table)
    return copied


def _refuse_rows(writing: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        if table.name in MADE_BY_ITSELF:
            writing.execute(table.delete())
        elif writing.execute(select(text("1")).select_from(table).limit(1)).first():
            raise Conflict(f"The database of [database] url has rows in {table.name} already. Name an empty one.")


def _copy_rows(reading: Connection, writing: Connection, table: Table) -> int:
    """What refers to rows of the same table is filled in when all of them are there."""
    own = [column.name for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    later: list[dict[str, Any]] = []
    count = 0
    for part in reading.execution_options(yield_per=BATCH).execute(select(table)).mappings().partitions():
        rows = [dict(row) for row in part]
        later += [_renamed(row, own) for row in rows if any(row[name] is not None for name in own)]
        writing.execute(insert(table), [{**row, **dict.fromkeys(own)} for row in rows])
        count += len(rows)
    if later:
        filled: dict[str, Any] = {name: bindparam(f"own_{name}") for name in own}
        writing.execute(update(table).where(table.c.id == bindparam("own_key")).values(filled), later)
    return count


def _renamed(row: dict[str, Any], own: Sequence[str]) -> dict[str, Any]:
    return {"own_key": row["id"], **{f"own_{name}": row[name] for name in own}}


def _go_on_counting(writing: Connection, table: Table) -> None:
    """PostgreSQL counts ids by itself, and would begin anew."""
    column = table.autoincrement_column
    if writing.dialect.name != "postgresql" or column is None:
        return
    last = writing.scalar(select(func.max(column)))
    if last is not None:
        counter = func.pg_get_serial_sequence(table.name, column.name)
        writing.execute(select(func.setval(counter, last)))
