"""What files say of themselves in their properties, as the reader gave it: beside their texts, and as rebuildable."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table, Text, delete, select

from opendata.store.base import WRITE

FACT_TABLE = "file_facts"
"""The name of the table."""

TABLE = Table(
    FACT_TABLE,
    MetaData(),
    Column("checksum", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("said", Text, nullable=False),
)


class FactStore:
    """Texts by name, by (checksum, version of the reader)."""

    def __init__(self, engine: Engine) -> None:
        self._reading = engine
        self._writing = engine.execution_options(**{WRITE: True})

    def put(self, checksum: str, version: int, said: Mapping[str, str]) -> None:
        """Keep what the file says, in place of what was there; nothing of one that says nothing."""
        there = {name: value for name, value in said.items() if value}
        with self._writing.begin() as connection:
            gone = delete(TABLE).where(TABLE.c.checksum == checksum, TABLE.c.version == version)
            connection.execute(gone)
            if there:
                row = {"checksum": checksum, "version": version, "said": json.dumps(there)}
                connection.execute(TABLE.insert(), row)

    def get(self, checksum: str, version: int) -> dict[str, str]:
        """What the file says, empty where nothing is kept. One SELECT."""
        wanted = select(TABLE.c.said).where(TABLE.c.checksum == checksum, TABLE.c.version == version)
        with self._reading.connect() as connection:
            found = connection.execute(wanted).scalar()
        return {str(name): str(value) for name, value in json.loads(found).items()} if found else {}


def forget(connection: Connection, checksum: str) -> None:
    """Forget what the file says, within the transaction that forgets its text."""
    connection.execute(delete(TABLE).where(TABLE.c.checksum == checksum))
