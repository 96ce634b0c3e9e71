"""What everybody may know of a record, and what they may know only of its tombstone."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord
from opendata.catalog.stored import is_known, is_public, record_id
from opendata.catalog.values import Text

ONCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("kind", [DatasetRecord, StudyRecord])
@pytest.mark.parametrize("state", RecordState)
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("published_at", [None, ONCE])
def test_the_public_knows_what_is_published_and_the_tombstone_of_what_was(
    kind: type[DatasetRecord | StudyRecord], state: RecordState, private: bool, published_at: dt.datetime | None
) -> None:
    record = kind(title=Text(ru="Вода"), state=state, private=private, published_at=published_at)
    published = state is RecordState.PUBLISHED
    gone = state is RecordState.WITHDRAWN and published_at is not None
    assert is_public(record) is (published and not private)
    assert is_known(record) is ((published or gone) and not private)


def test_what_is_not_stored_has_no_id() -> None:
    key = uuid4()
    assert record_id(DatasetRecord(title=Text(ru="Вода"), id=key)) == key
    with pytest.raises(ValueError, match="has an id"):
        record_id(DatasetRecord(title=Text(ru="Вода")))
