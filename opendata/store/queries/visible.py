"""What everybody may see, as SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from opendata.catalog.records import RecordState
from opendata.store.datasets import Dataset
from opendata.store.register import Study


def is_visible(table: type[Dataset] | type[Study]) -> ColumnElement[bool]:
    """Published, and not to its organisation alone."""
    return and_(table.state == RecordState.PUBLISHED, table.private.is_(False))
