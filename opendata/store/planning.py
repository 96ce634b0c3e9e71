"""Words to the planner of queries, who does not know how many rows an index would spare: SQLite keeps no figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func


def veiled(column: Any) -> Any:
    """The same value, by which no index is chosen."""
    return func.coalesce(column, column)
