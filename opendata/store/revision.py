"""Which tables a database has, and whether it is empty, told without Alembic.

Every start asks, and importing that takes a third of a second.
"""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text

from opendata.errors import Unavailable

HEAD = "0011"
"""The revision that this version of the code wants: the newest one in opendata/migrations."""

VERSION_TABLE = "alembic_version"
_RECORDS = ("datasets", "studies")


def current(engine: Engine) -> str:
    """The revision that the database is at, "" where it has none. Unavailable for one that the code does not know."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return ""
        found = str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() or "")  # noqa: S608
    if found > HEAD:  # they are numbers of four digits
        raise Unavailable(
            f"The database was made by a later version of the program: it is at {found}, this one knows {HEAD}. "
            "Install that version again, or restore the backup from before it.",
            part="store",
        )
    return found


def has_no_records(engine: Engine) -> bool:
    """Whether there is neither a dataset nor a study, of whatever state."""
    with engine.connect() as connection:
        return not any(connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() for name in _RECORDS)  # noqa: S608


def check(engine: Engine) -> None:
    """Raise Unavailable, naming what to do, unless the database is at the revision of the code."""
    found = current(engine)
    if found != HEAD:
        raise Unavailable(
            f"The database is at revision {found or 'none'}, this version needs {HEAD}. Run: opendata db upgrade",
            part="store",
        )
