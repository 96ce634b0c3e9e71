"""Nobody who follows the catalogue misses a change or hears of it twice, whenever and in what order it is committed."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, update

from opendata.catalog.values import Text
from opendata.services import events, sequence
from opendata.services.actors import SYSTEM
from opendata.services.audit import note, note_agency, note_each
from opendata.services.catalogue import Catalogue
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import DatasetEvent
from opendata.store.purged import PurgedRecord
from opendata.store.register import Study
from tests.conftest import Clock
from tests.factories import Feed, feed, found, link, organization, record, ru

WRITERS, CHANGES, RECORDS = 3, 25, 12
EMPTY_STUDY = dict.fromkeys(("description", "unit", "programme", "call", "priority"), Text())


@pytest.fixture(params=["sqlite", "postgresql"])
def live(request: pytest.FixtureRequest) -> Catalogue:
    """An empty catalogue on each database, whose clock goes."""
    name = "catalogue" if request.param == "sqlite" else "large"
    return replace(request.getfixturevalue(name), clock=lambda: dt.datetime.now(dt.UTC))


def stamps(catalogue: Catalogue) -> dict[UUID, dt.datetime | None]:
    """The stamp of every dataset."""
    with catalogue.sessions.read() as session:
        return {row[0]: row[1] for row in session.execute(select(Dataset.id, Dataset.stamp))}


@contextmanager
def changing(catalogue: Catalogue, key: UUID, version: str) -> Iterator[None]:
    """Change a dataset in a transaction that stays open, with everything written, until the block ends."""
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == key).values(version=version))
        note(session, SYSTEM, catalogue.now(), "dataset", key, "edited")
        session.flush()
        yield


def change(catalogue: Catalogue, key: UUID, version: str, pause: float = 0) -> None:
    """The same; it stays open for `pause` seconds."""
    with changing(catalogue, key, version):
        time.sleep(pause)


@dataclass
class Lister:
    """A copy of the catalogue kept by lists of what was stamped since the last one, as OAI-PMH harvesters do."""

    catalogue: Catalogue
    copy: dict[UUID, str] = field(default_factory=dict)
    seen: dict[UUID, dt.datetime] = field(default_factory=dict)
    asked: dt.datetime = dt.datetime.min.replace(tzinfo=dt.UTC)

    def list(self) -> None:
        now = sequence.settle(self.catalogue)
        with self.catalogue.sessions.read() as session:
            rows = session.execute(select(Dataset.id, Dataset.stamp, Dataset.version).where(Dataset.stamp.is_not(None)))
            for key, stamp, version in rows:
                if self.seen.get(key) != stamp:
                    assert stamp >= self.asked, "stamped before a list that was finished already"
                if stamp >= self.asked:
                    self.copy[key] = version
                self.seen[key] = stamp
        self.asked = now


@dataclass
class Follower:
    """Whoever goes by the cursor."""

    catalogue: Catalogue
    cursor: int = 0
    heard: list[tuple[int, UUID]] = field(default_factory=list)

    def list(self) -> None:
        sequence.settle(self.catalogue)
        while True:
            happened, cursor = events.since(self.catalogue, SYSTEM, self.cursor, limit=7)
            self.heard += [(one.seq, one.id) for one in happened]
            if cursor == self.cursor:
                return
            self.cursor = cursor


def test_readers_miss_nothing_and_hear_nothing_twice_while_writers_commit_late_and_out_of_order(
    live: Catalogue,
) -> None:
    source = feed(live)
    keys = [one.dataset_id for one in source.take(*(found(str(n), record(f"N{n}")) for n in range(RECORDS)))]
    ids = [key for key in keys if key]
    listers, followers = [Lister(live), Lister(live)], [Follower(live), Follower(live)]
    running = threading.Event()
    running.set()

    def write(seed: int) -> None:
        dice = random.Random(seed)
        for number in range(CHANGES):
            change(live, dice.choice(ids), f"{seed}.{number}", dice.choice((0, 0, 0.002, 0.02)))

    def read(reader: Lister | Follower) -> None:
        while running.is_set():
            reader.list()

    with ThreadPoolExecutor(WRITERS + 4) as pool:
        reading = [pool.submit(read, one) for one in (*listers, *followers)]
        for writing in [pool.submit(write, seed) for seed in range(WRITERS)]:
            writing.result()
        running.clear()
        for one in reading:
            one.result()
    for reader in (*listers, *followers):
        reader.list()
    with live.sessions.read() as session:
        truth = {row[0]: row[1] for row in session.execute(select(Dataset.id, Dataset.version))}
        numbers = session.scalars(select(DatasetEvent.seq).order_by(DatasetEvent.seq)).all()
    assert all(one.copy == truth for one in listers)
    assert numbers == list(range(1, RECORDS + WRITERS * CHANGES + 1))
    assert all([seq for seq, _ in one.heard] == numbers for one in followers)


def test_what_is_committed_late_comes_after_what_was_read_meanwhile(large: Catalogue) -> None:
    """The row of the slow one was written first, and so has the smaller id."""
    first, second = (feed(large).one(found(name, record(name))).id for name in ("slow", "fast"))
    assert first
    assert second
    sequence.advance(large)
    follower = Follower(large)
    with changing(large, first, "1"):
        change(large, second, "1")
        follower.list()
        assert follower.heard[-1][1] == second
    follower.list()
    assert follower.heard[-1][1] == first


def test_a_dataset_that_somebody_is_changing_is_not_waited_for(large: Catalogue) -> None:
    key = feed(large).one(found("a", record())).id
    assert key
    sequence.advance(large)
    change(large, key, "1")
    with large.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == key).values(version="2"))
        assert sequence.advance(large) == 0
    assert sequence.advance(large) == 1


def test_a_reader_does_not_wait_for_a_long_writer_and_is_told_of_an_earlier_time(catalogue: Catalogue) -> None:
    live = replace(catalogue, clock=lambda: dt.datetime.now(dt.UTC))
    key = feed(live).one(found("a", record())).id
    assert key
    sequence.advance(live)
    last = stamps(live)[key]
    change(live, key, "1")
    with live.sessions.write.begin() as session:
        session.connection()
        assert sequence.settle(live) == last
    assert sequence.settle(live) > last
    assert stamps(live)[key] > last


def test_a_clock_that_goes_back_gives_no_earlier_stamp(catalogue: Catalogue, clock: Clock, one: Feed) -> None:
    key = one.one(found("a", record())).id
    assert key
    sequence.advance(catalogue)
    before = stamps(catalogue)[key]
    clock.advance(hours=-3)
    change(catalogue, key, "1")
    assert sequence.settle(catalogue) == clock.now
    assert stamps(catalogue)[key] == before


def test_nothing_waiting_costs_one_select(catalogue: Catalogue, one: Feed, statements: Callable[[], list[str]]) -> None:
    one.one(found("a", record()))
    sequence.advance(catalogue)
    statements().clear()
    sequence.settle(catalogue)
    assert [text for text in statements() if text.startswith("SELECT")] == statements()
    assert len(statements()) == 1


@pytest.fixture
def statements(catalogue: Catalogue) -> Iterator[Callable[[], list[str]]]:
    """What the store was asked."""
    said: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(catalogue.engine, "before_cursor_execute", hear)
    yield lambda: said
    event.remove(catalogue.engine, "before_cursor_execute", hear)


def test_a_dataset_is_stamped_by_what_happens_to_its_files_and_its_study(
    catalogue: Catalogue, clock: Clock, one: Feed
) -> None:
    with_file = one.one(found("a", record(resources=(link(),)))).id
    of_study, other = (one.one(found(name, record(name))).id for name in ("b", "c"))
    study = uuid4()
    with catalogue.sessions.write.begin() as session:
        now = clock.now
        session.add(
            Study(id=study, slug="s", title=ru("S"), metadata_created=now, metadata_modified=now, **EMPTY_STUDY)
        )
        session.flush()
        session.execute(update(Dataset).where(Dataset.id == of_study).values(study_id=study))
    sequence.advance(catalogue)
    clock.advance(minutes=5)
    with catalogue.sessions.write.begin() as session:
        note(session, SYSTEM, clock.now, "resource", session.scalars(select(Resource.id)).one(), "read")
        note(session, SYSTEM, clock.now, "study", study, "updated")
    assert sequence.advance(catalogue) == 2
    assert {key for key, stamp in stamps(catalogue).items() if stamp == clock.now} == {with_file, of_study}
    assert stamps(catalogue)[other] is not None


def test_what_changes_nothing_for_readers_stamps_nothing(catalogue: Catalogue, clock: Clock, one: Feed) -> None:
    key = one.one(found("a", record())).id
    sequence.advance(catalogue)
    before = stamps(catalogue)
    clock.advance(minutes=5)
    with catalogue.sessions.write.begin() as session:
        for action in ("not the same", "report fixed"):
            note(session, SYSTEM, clock.now, "dataset", key, action)  # type: ignore[arg-type]
    assert sequence.advance(catalogue) == 2
    assert stamps(catalogue) == before


def test_an_agency_with_another_name_changes_the_records_of_all_agencies_below(catalogue: Catalogue, one: Feed) -> None:
    above = organization(catalogue, "above")
    below = organization(catalogue, "below", above)
    keys = [one.one(found(name, record(name))).id for name in ("mine", "theirs", "others")]
    with catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == keys[0]).values(organization_id=above))
        session.execute(update(Dataset).where(Dataset.id == keys[1]).values(organization_id=below))
        note_agency(session, SYSTEM, catalogue.now(), above)
    with catalogue.sessions.read() as session:
        told = session.scalars(select(DatasetEvent.object_id).where(DatasetEvent.action == "agency changed"))
        assert set(told) == {keys[0], keys[1]}


def test_the_rows_of_a_store_from_before_there_were_stamps_get_theirs(catalogue: Catalogue, one: Feed) -> None:
    one.take(*(found(str(n), record(f"N{n}")) for n in range(5)))
    with catalogue.sessions.write.begin() as session:
        session.execute(update(DatasetEvent).values(seq=DatasetEvent.id, stamped=catalogue.now()))
    assert sequence.advance(catalogue) == 0
    assert sequence.backfill(catalogue) == 5
    assert set(stamps(catalogue).values()) == {catalogue.now()}
    assert sequence.backfill(catalogue) == 0


def test_batches_are_bounded_and_a_reader_does_only_some(
    catalogue: Catalogue, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequence, "BATCH", 10)
    keys = [one.one(found("a", record())).id]
    with catalogue.sessions.write.begin() as session:
        for _ in range(120):
            note_each(session, SYSTEM, catalogue.now(), "edited", select(Dataset.id).where(Dataset.id.in_(keys)))
    sequence.settle(catalogue)
    with catalogue.sessions.read() as session:
        assert len(session.scalars(select(DatasetEvent.id).where(DatasetEvent.seq.is_(None))).all()) == 121 - 50
    assert sequence.advance(catalogue) == 71


def test_a_purged_record_keeps_a_stamp(catalogue: Catalogue, clock: Clock) -> None:
    key = uuid4()
    with catalogue.sessions.write.begin() as session:
        session.add(PurgedRecord(id=key, kind="dataset", slug="gone", purged=clock.now, published_at=clock.now))
        note(session, SYSTEM, clock.now, "dataset", key, "purged")
    sequence.advance(catalogue)
    with catalogue.sessions.read() as session:
        assert session.get_one(PurgedRecord, key).stamp == clock.now
