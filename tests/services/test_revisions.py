"""States of records that can be read back: which are kept, who made them, and which go where there are too many."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import OrganizationRef
from opendata.errors import NotFound
from opendata.services import editing, purging, revisions, writing
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.revisions import Line
from opendata.store.datasets import Dataset
from opendata.store.editing import Revision
from tests.conftest import Clock
from tests.factories import Feed, found, link, member, organization, record, ru, stored


@pytest.fixture
def su(catalogue: Catalogue) -> OrganizationRef:
    """An agency."""
    return OrganizationRef(slug="su", id=organization(catalogue, "su"))


@pytest.fixture
def made(catalogue: Catalogue, su: OrganizationRef) -> DatasetRecord:
    """A dataset with a link, made by hand."""
    return writing.create(catalogue, SYSTEM, record("Вода", organization=su, resources=(link(),)), slug="voda")


def titled(catalogue: Catalogue, name: str, title: str) -> DatasetRecord:
    return writing.replace(catalogue, SYSTEM, name, lambda before: replace(before, title=ru(title)))


def lines(catalogue: Catalogue, of: DatasetRecord) -> list[Line]:
    assert of.id
    with catalogue.sessions.read() as session:
        return revisions.lines(session, of.id)


def titles(catalogue: Catalogue, of: DatasetRecord) -> list[str]:
    assert of.id
    with catalogue.sessions.read() as session:
        return [one.title.ru for one in revisions.records_from(session, "dataset", of.id, 1)]


def test_a_record_that_was_never_changed_has_none(catalogue: Catalogue, made: DatasetRecord) -> None:
    assert lines(catalogue, made) == []
    writing.replace(catalogue, SYSTEM, "voda", made)
    assert lines(catalogue, made) == []


def test_the_first_change_keeps_what_it_was_as_well(
    catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef, clock: Clock
) -> None:
    clock.advance(hours=1)
    assert su.id
    editor = replace(member(su.id, Role.EDITOR), name="Айгүл")
    writing.replace(catalogue, editor, "voda", replace(made, title=ru("Вода и лёд")))
    assert titles(catalogue, made) == ["Вода", "Вода и лёд"]
    newest, first = lines(catalogue, made)
    assert (newest.number, newest.actor, newest.action) == (2, "Айгүл", "edited")
    assert (first.number, first.at, first.version) == (1, made.metadata_modified, writing.version(made))
    assert newest.at == clock.now


def test_a_state_is_found_by_its_version(catalogue: Catalogue, made: DatasetRecord, clock: Clock) -> None:
    clock.advance(hours=1)
    after = titled(catalogue, "voda", "Вода и лёд")
    assert made.id
    with catalogue.sessions.read() as session:
        then = revisions.record_at(session, "dataset", made.id, writing.version(made))
        now = revisions.record_at(session, "dataset", made.id, writing.version(after))
        assert revisions.record_at(session, "dataset", made.id, "20200101000000000000") is None
        between = revisions.record_at(session, "dataset", made.id, f"{clock.now:%Y%m%d%H}5959000000")
    assert then
    assert now
    assert between == now
    assert (then.title.ru, now.title.ru) == ("Вода", "Вода и лёд")
    assert revisions.version(now) == writing.version(after)


def test_what_is_read_back_is_the_record_but_for_what_passes(catalogue: Catalogue, made: DatasetRecord) -> None:
    titled(catalogue, "voda", "Другая")
    assert made.id
    with catalogue.sessions.read() as session:
        _, back = revisions.record_of(session, "dataset", made.id, 1)
        with pytest.raises(NotFound):
            revisions.record_of(session, "dataset", made.id, 9)
    assert revisions.lasting(back) == revisions.lasting(made)
    assert back.metadata_modified == made.metadata_modified
    assert isinstance(back, DatasetRecord)
    assert [one.id for one in back.resources] == [one.id for one in made.resources]


def test_every_way_of_writing_keeps(catalogue: Catalogue, made: DatasetRecord, clock: Clock) -> None:
    clock.advance(minutes=1)
    editing.edit(catalogue, SYSTEM, "voda", {"title.ru": "По форме"})
    clock.advance(minutes=1)
    writing.remove(catalogue, SYSTEM, "voda", "Ошибка")
    clock.advance(minutes=1)
    writing.restore(catalogue, SYSTEM, "voda")
    assert [one.action for one in lines(catalogue, made)] == ["restored", "withdrawn", "edited", ""]


def test_what_a_harvest_writes_over_and_withdraws_is_kept(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    (made,) = one.take(found("a", record("Снег")))
    assert made.dataset_id
    clock.advance(days=1)
    one.take(found("a", record("Снег и лёд")))
    clock.advance(days=1)
    one.take(found("a", record("Снег и лёд")))
    clock.advance(days=1)
    one.take(gone=["a"])
    now = stored(catalogue, made.dataset_id)
    assert titles(catalogue, now) == ["Снег", "Снег и лёд", "Снег и лёд"]
    assert [line.action for line in lines(catalogue, now)] == ["withdrawn", "updated", ""]


def test_what_changed_without_keeping_is_found_at_the_next_change(
    catalogue: Catalogue, made: DatasetRecord, clock: Clock
) -> None:
    titled(catalogue, "voda", "Первая")
    with catalogue.sessions.write.begin() as session:
        row = session.get_one(Dataset, made.id)
        row.spatial, row.metadata_modified = "Урал", clock.now.replace(year=2027)
    titled(catalogue, "voda", "Вторая")
    assert made.id
    with catalogue.sessions.read() as session:
        kept = revisions.records_from(session, "dataset", made.id, 1)
    assert [(one.title.ru, getattr(one, "spatial", "")) for one in kept] == [
        ("Вода", ""), ("Первая", ""), ("Первая", "Урал"), ("Вторая", "Урал"),
    ]  # fmt: skip


def test_states_are_kept_as_what_differs_and_read_back_whole(
    catalogue: Catalogue, made: DatasetRecord, clock: Clock
) -> None:
    wanted = [revisions.lasting(made)]
    for number in range(24):
        clock.advance(hours=1)
        title, version = ru(f"Вода {number // 3}"), f"{number}" if number % 4 else ""
        before = stored(catalogue, made.id or UUID(int=0))
        changed = writing.replace(catalogue, SYSTEM, "voda", replace(before, title=title, version=version))
        wanted.append(revisions.lasting(changed))
    assert made.id
    with catalogue.sessions.read() as session:
        found = revisions.records_from(session, "dataset", made.id, 1)
        assert [revisions.lasting(one) for one in found] == wanted
        for number in (1, 2, 10, 11, 12, 25):
            _, one = revisions.record_of(session, "dataset", made.id, number)
            assert revisions.lasting(one) == wanted[number - 1]
            at = revisions.record_at(session, "dataset", made.id, revisions.version(one))
            assert at == one
        later = revisions.records_from(session, "dataset", made.id, 15)
        assert [revisions.lasting(one) for one in later] == wanted[14:]
        sizes = session.execute(select(Revision.number, func.length(Revision.snapshot)).order_by(Revision.number))
        whole = [number for number, size in sizes if size > 300]
    assert whole == [1, 11, 21]


def test_a_change_of_nothing_that_lasts_keeps_nothing_more(
    catalogue: Catalogue, made: DatasetRecord, clock: Clock
) -> None:
    titled(catalogue, "voda", "Лёд")
    titled(catalogue, "voda", "Снег")
    for _ in range(2):
        clock.advance(hours=1)
        with catalogue.sessions.write.begin() as session:  # as when a file is read
            row = session.get_one(Dataset, made.id)
            row.downloads, row.metadata_modified = row.downloads + 1, clock()
    assert titles(catalogue, made) == ["Вода", "Лёд", "Снег"]
    titled(catalogue, "voda", "Дождь")
    assert titles(catalogue, made) == ["Вода", "Лёд", "Снег", "Дождь"]


def test_a_change_that_is_rolled_back_keeps_nothing(catalogue: Catalogue, made: DatasetRecord) -> None:
    with catalogue.sessions.write() as session:
        held = writing.opened(catalogue, session, SYSTEM, "voda")
        held.write(replace(held.before, title=ru("Никогда")))
        session.rollback()
    assert lines(catalogue, made) == []


def test_too_many_are_thinned_between_the_first_and_the_newer_half(
    catalogue: Catalogue, made: DatasetRecord, clock: Clock
) -> None:
    small = replace(
        catalogue, config=replace(catalogue.config, records=replace(catalogue.config.records, revisions=10))
    )
    for number in range(19):
        clock.advance(hours=1)
        titled(catalogue, "voda", f"Вода {number}")
    assert revisions.thin(small) == 10
    assert revisions.thin(small) == 0
    left = lines(catalogue, made)
    numbers = [one.number for one in left]
    assert (len(left), numbers[0], numbers[-1]) == (10, 20, 1)
    assert numbers[:5] == [20, 19, 18, 17, 16]
    assert sum(one.left_out for one in left) == 10
    assert titles(catalogue, made)[0] == "Вода"


def test_what_people_wrote_is_thinned_last(
    catalogue: Catalogue, su: OrganizationRef, made: DatasetRecord, clock: Clock
) -> None:
    assert su.id
    editor = member(su.id, Role.EDITOR)
    for number in range(30):
        clock.advance(hours=1)
        who = editor if number == 3 else SYSTEM
        writing.replace(catalogue, who, "voda", lambda before, n=number: replace(before, title=ru(f"Вода {n}")))  # type: ignore[misc]
    small = replace(
        catalogue, config=replace(catalogue.config, records=replace(catalogue.config.records, revisions=10))
    )
    revisions.thin(small)
    assert "Вода 3" in titles(catalogue, made)


def test_purging_leaves_none(catalogue: Catalogue, made: DatasetRecord) -> None:
    titled(catalogue, "voda", "Другая")
    purging.purge(catalogue, SYSTEM, "voda")
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Revision)) == 0


def test_a_draft_is_kept_when_it_becomes_public(catalogue: Catalogue, su: OrganizationRef) -> None:
    draft = writing.create(catalogue, SYSTEM, record("Черновик", organization=su, state=RecordState.DRAFT))
    writing.replace(catalogue, SYSTEM, draft.slug, lambda before: replace(before, state=RecordState.PUBLISHED))
    assert [one.action for one in lines(catalogue, draft)] == ["published", ""]
