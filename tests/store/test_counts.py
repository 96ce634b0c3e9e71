"""Counts add up, by day and in total."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from opendata.store import queries
from opendata.store.counts import add_counts, by_day, most_counted
from opendata.store.from_records import new_dataset, new_study
from opendata.store.operations import SITE
from opendata.store.states import CountKind
from tests.store.conftest import NOW
from tests.store.filled import public, public_study

DAY = dt.date(2026, 3, 1)


def test_counts_add_up(session: Session) -> None:
    dataset = new_dataset(session, public("a"), NOW)
    study = new_study(session, public_study(), NOW)
    session.commit()
    file = dataset.resources[0]
    counts = {
        (CountKind.VIEW, dataset.id): 3,
        (CountKind.VIEW, study.id): 4,
        (CountKind.DOWNLOAD, dataset.id): 2,
        (CountKind.DOWNLOAD, file.id): 2,
        (CountKind.SEARCH, SITE): 7,
        (CountKind.SEARCH, file.id): 0,
    }
    add_counts(session, DAY, counts)
    add_counts(session, DAY, counts)
    add_counts(session, DAY + dt.timedelta(days=1), {(CountKind.VIEW, dataset.id): 1})
    add_counts(session, DAY, {})
    session.commit()
    session.expire_all()
    (record,) = queries.records(session, [dataset.id])
    assert (record.views, record.downloads, record.resources[0].downloads) == (7, 4, 4)
    assert record.metadata_modified == NOW
    assert study.views == 8
    assert by_day(session, CountKind.VIEW, dataset.id, DAY) == {DAY: 6, DAY + dt.timedelta(days=1): 1}
    assert most_counted(session, CountKind.VIEW, DAY) == [(study.id, 8), (dataset.id, 7)]
    assert by_day(session, CountKind.SEARCH, SITE, DAY) == {DAY: 14}
    assert most_counted(session, CountKind.DOWNLOAD, DAY + dt.timedelta(days=1)) == []
