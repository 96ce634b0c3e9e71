"""What can be asked of every record that is stored: its id, and whether everybody may know of it."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord


class Living(Protocol):
    """A record or its row: what has a state, and may be its agency's alone."""

    @property
    def state(self) -> RecordState:
        """Where it stands in its life."""

    @property
    def private(self) -> bool:
        """Whether it is its agency's alone."""


def is_public(record: Living) -> bool:
    """Whether everybody may know of it: the one rule behind every page, index, feed and count."""
    return record.state is RecordState.PUBLISHED and not record.private


def is_known(record: DatasetRecord | StudyRecord) -> bool:
    """Whether everybody may know of it or, where it was public and is withdrawn, of its tombstone."""
    withdrawn = record.state is RecordState.WITHDRAWN and record.published_at is not None and not record.private
    return withdrawn or is_public(record)


def record_id(record: DatasetRecord | StudyRecord) -> UUID:
    """That of a stored one."""
    if record.id is None:
        raise ValueError("a stored record has an id")
    return record.id
