"""Trouble of the database itself, told by which file or server it is and what to do: the words of a driver name
neither.
"""

from __future__ import annotations

import sqlite3
from functools import partial

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext

from opendata.errors import NoSpace, Unavailable

RESTORE = "Restore it from a backup."
REMOVE = "Stop everything, remove it and start: it is made again."
"""What to do with a file that is damaged: the store itself, and one that is made of other things."""

_WRITE = (
    "The file, its folder and what lies beside it must belong to the user that runs the site, and the disk be writable"
)

_STATES = {
    "25006": "takes no writes: it is a standby, or set so. Look at [database] url",
    "42501": "its user may not do this. The tables must belong to that user",
}
"""What PostgreSQL's codes of errors mean here."""


def watch(engine: Engine, damaged: str) -> None:
    """From now on trouble of this engine's database is Unavailable, or NoSpace; what is wrong with a statement stays as
    it was. `damaged` is what to do with a damaged file.
    """
    event.listen(engine, "handle_error", partial(_tell, engine.url, damaged))


def _tell(url: URL, damaged: str, context: ExceptionContext) -> Unavailable | None:
    error = context.original_exception
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(url.database or "", damaged, error)
    if url.get_backend_name() == "postgresql" and isinstance(error, Exception) and not context.is_pre_ping:
        away = context.is_disconnect or context.connection is None
        return _of_postgresql(f"PostgreSQL at {_place(url)}", error, away=away)
    return None


def _place(url: URL) -> str:
    """Server and database alone: a password may stand among the parameters too."""
    host = url.host or url.query.get("host", "")
    name = host if isinstance(host, str) else ",".join(host)
    return f"{name}:{url.port}/{url.database}" if url.port else f"{name}/{url.database}"


def _of_sqlite(path: str, damaged: str, error: sqlite3.Error) -> Unavailable | None:
    said = {
        sqlite3.SQLITE_IOERR: "the disk does not answer as it should. Look whether it is full or failing",
        sqlite3.SQLITE_READONLY: f"cannot be written. {_WRITE}",
        sqlite3.SQLITE_PERM: f"cannot be opened. {_WRITE}",
        sqlite3.SQLITE_CANTOPEN: f"cannot be opened. Look whether the folder is there. {_WRITE}",
        sqlite3.SQLITE_CORRUPT: f"the file is damaged. {damaged}",
        sqlite3.SQLITE_NOTADB: f"the file is no database any more. {damaged}",
    }
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return NoSpace(f"{path}: the disk is full. What was stored before is as it was. Make room.", part="store")
    return _unavailable(path, said[code], error) if code in said else None


def _of_postgresql(where: str, error: Exception, *, away: bool) -> Unavailable | None:
    state = getattr(error, "sqlstate", None)
    if state == "53100":
        return NoSpace(f"{where}: its disk is full. What was stored before is as it was. Make room.", part="store")
    if state in _STATES:
        return _unavailable(where, _STATES[state], error)
    if away:
        return _unavailable(where, "does not answer. Look at [database] url and at the server", error)
    return None


def _unavailable(where: str, said: str, error: Exception) -> Unavailable:
    words = " ".join(str(error).split())
    return Unavailable(f"The store does not answer: {where}: {said}. ({words})", part="store")
