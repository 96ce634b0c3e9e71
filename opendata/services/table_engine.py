"""The engine that answers over a columnar copy: opened for one query, bounded in memory and time, sees one file.

It is imported with the first question: processes that are asked for no table do not carry it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opendata.errors import CatalogueError, Conflict, Unavailable

MEMORY = "256MB"
AT_ONCE = 2
"""Queries of one process at once: each keeps a core busy."""
WAIT_SECONDS = 10.0

_places = threading.BoundedSemaphore(AT_ONCE)


class Engine:
    """One copy, as the table `copy`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, query: str, parameters: Sequence[Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of the answer, `size` of them at a time: they are made as they are asked for."""
        import duckdb

        try:
            self._connection.execute(query, list(parameters))
            while found := self._connection.fetchmany(size):
                yield found
        except duckdb.Error as error:
            raise _told(error) from error

    def one(self, query: str, parameters: Sequence[Any]) -> int:
        """The number that the query gives."""
        return next((int(found[0][0]) for found in self.rows(query, parameters, 1)), 0)


@contextmanager
def opened(path: Path, seconds: float) -> Iterator[Engine]:
    """The engine over the copy at `path`. Conflict for what takes longer than `seconds` or more memory than `MEMORY`;
    Unavailable where no place comes free.
    """
    import duckdb

    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Too many tables are asked at this moment. Try again soon.", part="files", retry_after=10)
    try:
        connection = duckdb.connect(config=_settings())
        timer = threading.Timer(seconds, connection.interrupt)
        timer.daemon = True
        try:
            name = "'" + str(path).replace("'", "''") + "'"
            connection.execute(f"SET allowed_paths = [{name}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            connection.execute(f"CREATE VIEW copy AS FROM read_parquet({name})")
            timer.start()
            yield Engine(connection)
        except duckdb.Error as error:
            raise _told(error) from error
        finally:
            timer.cancel()
            connection.close()
    finally:
        _places.release()


def _settings() -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": 1,
        "memory_limit": MEMORY,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }


def _told(error: Exception) -> CatalogueError:
    import duckdb

    if isinstance(error, duckdb.InterruptException):
        return Conflict("This takes too long: ask for less, or fetch the whole table and search it yourself.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return Conflict("This takes too much memory: ask for less, or fetch the whole table.")
    return Unavailable(f"The copy of the table cannot be read: {type(error).__name__}.", part="files")
