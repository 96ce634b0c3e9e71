"""What was counted in memory, in the store: by day, and as totals on the records."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from opendata.services.catalogue import Catalogue
from opendata.services.counters import CountKey
from opendata.store import counts as stored
from opendata.store.accounts import ApiToken, UserSession
from opendata.store.datasets import Resource
from opendata.store.states import CountKind

LAST_USE = "last_use"
"""The kind under which uses of API tokens are gathered; only the last time of each is kept."""
LAST_SEEN = "last_seen"
"""The same of sessions of browsers."""

_AT_ONCE = 500  # ids in one IN (…): below the least bound on variables that a SQLite was ever built with


def add_counts(catalogue: Catalogue, counts: Mapping[CountKey, int]) -> None:
    """Add `counts` (of Counters.drain) to the days and to the totals, in one transaction; tokens and sessions get the
    time of their last use.

    A download is counted for its resource, and added here to the dataset of that resource as well.
    Ids that are no longer there keep their days and have no totals.
    """
    if not counts:
        return
    days: dict[dt.date, Counter[tuple[CountKind, UUID]]] = defaultdict(Counter)
    used = {name: {key for _, kind, key in counts if kind == name} for name in (LAST_USE, LAST_SEEN)}
    for (day, kind, object_id), number in counts.items():
        if kind not in used:
            days[day][CountKind(kind), object_id] += number
    with catalogue.sessions.write.begin() as session:
        if tokens := used[LAST_USE]:
            session.execute(update(ApiToken).where(ApiToken.id.in_(tokens)).values(last_used=catalogue.now()))
        if seen := used[LAST_SEEN]:
            session.execute(update(UserSession).where(UserSession.id.in_(seen)).values(last_seen=catalogue.now()))
        for day in sorted(days):  # one order in every process, so that two of them never wait for each other for ever
            stored.add_counts(session, day, days[day] + _of_datasets(session, days[day]))


def _of_datasets(session: Session, counts: Mapping[tuple[CountKind, UUID], int]) -> Counter[tuple[CountKind, UUID]]:
    """The downloads of resources as downloads of their datasets."""
    totals: Counter[tuple[CountKind, UUID]] = Counter()
    resources = [object_id for kind, object_id in counts if kind is CountKind.DOWNLOAD]
    for start in range(0, len(resources), _AT_ONCE):
        ids = resources[start : start + _AT_ONCE]
        owners = session.execute(select(Resource.id, Resource.dataset_id).where(Resource.id.in_(ids)))
        for resource_id, dataset_id in owners:
            totals[CountKind.DOWNLOAD, dataset_id] += counts[CountKind.DOWNLOAD, resource_id]
    return totals
