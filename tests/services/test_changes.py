"""What was made earlier is dropped for exactly what happened since, whenever that was committed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from opendata.services import changes, sequence, versions
from opendata.services.actors import SYSTEM
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.changes import Point
from opendata.store.datasets import Dataset, Relation, Resource
from opendata.store.operations import UNORDERED
from tests.conftest import Clock
from tests.factories import Feed, feed, found, link, record


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    return feed(catalogue)


def happened(catalogue: Catalogue, kind: str, key: UUID, action: str = "edited") -> None:
    with catalogue.sessions.write.begin() as session:
        note(session, SYSTEM, catalogue.now(), kind, key, action)


def look(catalogue: Catalogue) -> Point:
    point = changes.since(catalogue, None).point
    assert point
    return point


def test_only_what_happened_is_told_and_once(catalogue: Catalogue, one: Feed) -> None:
    first, second = (one.one(found(name, record(name))).id for name in ("a", "b"))
    assert first
    assert second
    begun = changes.since(catalogue, None)
    assert begun.datasets is None
    assert begun.point
    assert changes.since(catalogue, begun.point).datasets == frozenset()
    happened(catalogue, "dataset", first)
    told = changes.since(catalogue, begun.point)
    assert told.datasets == frozenset([first])
    sequence.advance(catalogue)
    numbered = changes.since(catalogue, told.point)
    assert numbered.datasets == frozenset(), "an event that was seen without a number is not another with it"
    happened(catalogue, "dataset", second)
    sequence.advance(catalogue)
    assert changes.since(catalogue, numbered.point).datasets == frozenset([second])


def test_a_file_tells_of_its_dataset_and_a_dataset_of_those_that_name_it(catalogue: Catalogue, one: Feed) -> None:
    with_file, naming, named = (one.one(found(n, record(n, resources=(link(),)))).id for n in ("a", "b", "c"))
    with catalogue.sessions.write.begin() as session:
        session.add(Relation(dataset_id=naming, position=0, kind="related", target="", target_dataset_id=named))
        file = session.scalars(select(Resource.id).where(Resource.dataset_id == with_file)).one()
    point = look(catalogue)
    happened(catalogue, "resource", file, "read")
    assert changes.since(catalogue, point).datasets == frozenset([with_file])
    point = look(catalogue)
    assert named
    happened(catalogue, "dataset", named)
    assert changes.since(catalogue, point).datasets == frozenset([named, naming])


@pytest.mark.parametrize(
    ("kind", "action"),
    [("organization", "changed"), ("group", "changed"), ("study", "updated"), ("source", "revised"),
     ("dataset", "purged"), ("resource", "removed")],
)  # fmt: skip
def test_what_shows_elsewhere_may_change_anything(catalogue: Catalogue, kind: str, action: str) -> None:
    point = look(catalogue)
    happened(catalogue, kind, uuid4(), action)
    assert changes.since(catalogue, point).datasets is None


def test_another_day_may_change_anything(catalogue: Catalogue, clock: Clock) -> None:
    point = look(catalogue)
    clock.advance(days=1)
    assert changes.since(catalogue, point).datasets is None


def test_more_than_is_looked_at_may_be_anything(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST", 3)
    changes._events.cache_clear()
    point = look(catalogue)
    for _ in range(4):
        happened(catalogue, "dataset", uuid4())
    told = changes.since(catalogue, point)
    changes._events.cache_clear()
    assert (told.point, told.datasets) == (None, None)


def test_what_is_committed_late_is_told_when_it_is_there(large: Catalogue) -> None:
    """Its row has the smaller id, and both looks come before it."""
    slow, fast = (feed(large).one(found(name, record(name))).id for name in ("slow", "fast"))
    assert slow
    assert fast

    def change(key: UUID, pause: float) -> None:
        with large.sessions.write.begin() as session:
            session.execute(update(Dataset).where(Dataset.id == key).values(version="2"))
            note(session, SYSTEM, large.now(), "dataset", key, "edited")
            session.flush()
            time.sleep(pause)

    sequence.advance(large)
    point = look(large)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(change, slow, 0.5)
        time.sleep(0.1)
        change(fast, 0)
        told = changes.since(large, point)
        assert told.datasets == frozenset([fast])
        sequence.advance(large)
        told = changes.since(large, told.point)
        assert told.datasets == frozenset()
        late.result()
    assert changes.since(large, told.point).datasets == frozenset([slow])


def test_what_happens_to_accounts_changes_nothing_that_the_public_is_told(catalogue: Catalogue, one: Feed) -> None:
    one.one(found("a", record("a")))
    sequence.advance(catalogue)
    point, version = look(catalogue), versions.of_site(catalogue)
    happened(catalogue, "user", uuid4(), "signed in")
    assert changes.since(catalogue, point) == changes.Changes(point, frozenset())
    assert versions.of_site(catalogue) == version, "or each sign-in would drop all that is kept"
    assert sequence.advance(catalogue) == 0
    with catalogue.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT max(id) FROM dataset_events WHERE {UNORDERED}")
        assert "ix_dataset_events_unordered" in str(plan.all()), "those that wait are found by their own index"
