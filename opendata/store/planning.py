"""Words to the planner of queries, who does not know how many rows an index would spare: SQLite keeps no figures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.store.datasets import Dataset

MUCH = 2000
"""Datasets of which each may be looked at to find something of theirs; of more, it is found in what there is of all."""


def veiled(column: Any) -> Any:
    """The same value, by which no index is chosen."""
    return func.coalesce(column, column)


def hold_much(session: Session, organizations: Collection[UUID]) -> bool:
    """Whether these organisations have more than `MUCH` datasets. One SELECT, of an index alone."""
    some = select(Dataset.id).where(Dataset.organization_id.in_(organizations)).limit(MUCH + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) > MUCH
