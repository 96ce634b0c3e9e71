"""The store of a site moved into PostgreSQL, row by row: what only that database refuses is refused there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine, insert, select, text

from opendata.bootstrap import prepare_home
from opendata.config import load_config
from opendata.store.base import Base, make_engine
from tests.conftest import settings


def moved(home: Path, url: str) -> None:
    """Put all that the SQLite file of the site in `home` holds into the empty database at `url`."""
    prepare_home(load_config(environ={**settings(home), "OPENDATA_DATABASE__URL": url}))
    here, there = create_engine(f"sqlite:///{home / 'catalogue.sqlite'}"), make_engine(url)
    with here.connect() as old, there.begin() as new:
        new.execute(text("SET session_replication_role = replica"))  # rows refer to later ones
        for table in Base.metadata.sorted_tables:
            new.execute(text(f'TRUNCATE "{table.name}" CASCADE'))
        for table in Base.metadata.sorted_tables:
            if rows := [row._asdict() for row in old.execute(select(table))]:
                new.execute(insert(table), rows)
            for column in table.primary_key.columns:
                named = {"table": table.name, "column": column.name}
                if new.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), named):
                    last = f'(SELECT COALESCE(MAX("{column.name}"), 0) + 1 FROM "{table.name}")'
                    new.execute(text(f"SELECT setval(pg_get_serial_sequence(:table, :column), {last}, false)"), named)
    here.dispose()
    there.dispose()
