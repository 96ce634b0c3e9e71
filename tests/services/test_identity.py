"""One dataset of several sources: who leads, what the others add, and what stays when one of them loses it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from opendata.catalog.records import DatasetRecord, RecordState
from opendata.catalog.values import Identifier, Keyword, Relation, Text
from opendata.errors import Conflict, NotFound
from opendata.services import datasets, dividing, leading, matching, proposals
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import Ingest, Outcome
from opendata.services.placing import Placer
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestRecord, HarvestSource
from tests.conftest import Clock
from tests.factories import Feed, feed, filed, found, link, record, ru, stored
from tests.store.conftest import Selects

DOI = (Identifier("doi", "10.5072/abc"),)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Catalogue:
    """An empty catalogue on either database."""
    made: Catalogue = request.getfixturevalue("catalogue" if request.param == "sqlite" else "large")
    return made


@pytest.fixture
def two(catalogue: Catalogue) -> tuple[Feed, Feed]:
    """Two sources of equal priority."""
    return feed(catalogue, "one"), feed(catalogue, "two")


def ours(title: str = "Наше", **more: object) -> DatasetRecord:
    return record(title, identifiers=DOI, **more)


def the_id(outcomes: list[Outcome]) -> UUID:
    (outcome,) = outcomes
    assert outcome.dataset_id is not None
    return outcome.dataset_id


def number(catalogue: Catalogue) -> int:
    with catalogue.sessions.read() as session:
        return session.scalar(select(func.count()).select_from(Dataset)) or 0


def set_priority(catalogue: Catalogue, name: str, priority: int) -> None:
    with catalogue.sessions.write.begin() as session:
        session.execute(update(HarvestSource).where(HarvestSource.name == name).values(priority=priority))


def remove(catalogue: Catalogue, name: str) -> None:
    with catalogue.sessions.write.begin() as session:
        row = session.scalars(select(HarvestSource).where(HarvestSource.name == name)).one()
        matching.remember(session, row)
        session.delete(row)


def redecide(source: Feed) -> int:
    placer = Placer(None, f"source:{source.name}", source.catalogue.now())
    with source.catalogue.sessions.write.begin() as session:
        return len(Ingest(source.catalogue, source.actor, source.source_id, placer).redecide(session))


def leaders(catalogue: Catalogue, dataset_id: UUID) -> list[tuple[str, bool, bool]]:
    return [(one.name, one.leads, one.lost) for one in stored(catalogue, dataset_id).sources]


def test_one_doi_makes_items_of_two_sources_one_dataset(store: Catalogue) -> None:
    here = the_id(feed(store, "one").take(found("a", ours(version="1"))))
    there = the_id(feed(store, "two").take(found("b", ours("Чужое", version="2", spatial="Алматы"))))
    assert here == there
    after = stored(store, here)
    assert (after.title.ru, after.version, after.spatial) == ("Наше", "1", "Алматы")
    assert leaders(store, here) == [("one", True, False), ("two", False, False)]
    assert [one.identifier for one in after.sources] == ["a", "b"]


def test_the_lower_priority_leads_from_its_first_word_on(store: Catalogue) -> None:
    set_up = feed(store, "one"), feed(store, "two")
    set_priority(store, "two", 10)
    dataset_id = the_id(set_up[0].take(found("a", ours(version="1", spatial="Астана"))))
    set_up[1].take(found("b", ours("Чужое", version="2")))
    after = stored(store, dataset_id)
    assert (after.title.ru, after.version, after.spatial) == ("Чужое", "2", "Астана")
    assert leaders(store, dataset_id)[0] == ("two", True, False)


def test_a_change_of_either_source_is_written_by_the_same_rules(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    one, other = two
    dataset_id = the_id(one.take(found("a", ours(version="1"))))
    other.take(found("b", ours("Чужое", spatial="Алматы")))
    one.take(found("a", ours("Новое")))
    other.take(found("b", ours("Чужое", spatial="Семей", version="9")))
    after = stored(catalogue, dataset_id)
    assert (after.title.ru, after.spatial, after.version) == ("Новое", "Семей", "9")


def test_a_language_that_the_leading_source_lacks_comes_from_the_other(two: tuple[Feed, Feed]) -> None:
    dataset_id = the_id(two[0].take(found("a", ours())))
    other = replace(ours(), title=Text(kk="Біздікі", ru="Другое", original="kk"))
    two[1].take(found("b", other))
    assert stored(two[0].catalogue, dataset_id).title == Text(kk="Біздікі", ru="Наше", original="ru")


def test_files_of_both_are_kept_and_the_same_link_once(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    shared, mine, theirs = "https://x.example/s.csv", "https://x.example/m.csv", "https://x.example/t.csv"
    dataset_id = the_id(two[0].take(found("a", ours(resources=(link(shared, key="1"), link(mine, key="2"))))))
    before = {one.download_url: one.id for one in stored(catalogue, dataset_id).resources}
    files = (link(shared, key="2", language="ru"), link(theirs, key="1"))
    two[1].take(found("b", ours("Чужое", resources=files)))
    after = stored(catalogue, dataset_id).resources
    assert [one.download_url for one in after] == [shared, mine, theirs]
    assert after[0].language == "ru"
    assert [one.id for one in after[:2]] == [before[shared], before[mine]]
    set_priority(catalogue, "two", 1)
    assert redecide(two[0]) == 1
    again = stored(catalogue, dataset_id).resources
    assert {one.download_url: one.id for one in again} == {one.download_url: one.id for one in after}


def test_the_same_bytes_of_two_sources_are_one_file(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    first, second = filed("Отчёт", "Текст отчёта."), filed("Отчёт", "Текст отчёта.", name="copy.txt")
    dataset_id = the_id(two[0].take(replace(first, record=replace(first.record, identifiers=DOI))))
    two[1].take(replace(second, record=replace(second.record, identifiers=DOI)))
    (file,) = stored(catalogue, dataset_id).resources
    assert (file.filename, file.stored) == ("report.txt", True)


def test_relations_and_identifiers_of_both_are_told(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    cites, part = Relation("Cites", "https://x.example/1"), Relation("IsPartOf", "https://x.example/2")
    dataset_id = the_id(two[0].take(found("a", ours(relations=(cites,)))))
    handle = Identifier("handle", "123/4")
    two[1].take(found("b", record(identifiers=(*DOI, handle), relations=(part, cites))))
    after = stored(catalogue, dataset_id)
    assert set(after.identifiers) == {*DOI, handle}
    assert {one.kind for one in after.relations} == {"Cites", "IsPartOf"}


def test_a_dataset_that_the_leading_source_loses_follows_the_next(store: Catalogue, clock: Clock) -> None:
    one, other = feed(store, "one"), feed(store, "two")
    dataset_id = the_id(one.take(found("a", ours(keywords=(Keyword("вода"),)))))
    other.take(found("b", ours("Чужое")))
    clock.advance(days=1)
    assert [outcome.result for outcome in one.take(gone=["a"])] == ["updated"]
    after = stored(store, dataset_id)
    assert (after.title.ru, after.keywords, after.state) == ("Чужое", (), RecordState.PUBLISHED)
    assert leaders(store, dataset_id) == [("two", True, False), ("one", False, True)]
    assert [outcome.result for outcome in other.take(gone=["b"])] == ["withdrawn"]
    assert stored(store, dataset_id).state == RecordState.WITHDRAWN


def test_a_source_that_has_it_again_leads_again(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    dataset_id = the_id(two[0].take(found("a", ours())))
    two[1].take(found("b", ours("Чужое")))
    two[0].take(gone=["a"])
    assert [outcome.result for outcome in two[0].take(found("a", ours()))] == ["updated"]
    assert leaders(catalogue, dataset_id) == [("one", True, False), ("two", False, False)]
    assert stored(catalogue, dataset_id).title.ru == "Наше"


def test_losing_it_where_another_leads_takes_only_what_it_added(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    dataset_id = the_id(two[0].take(found("a", ours())))
    two[1].take(found("b", ours("Чужое", spatial="Алматы")))
    two[1].take(gone=["b"])
    after = stored(catalogue, dataset_id)
    assert (after.title.ru, after.spatial, after.state) == ("Наше", "", RecordState.PUBLISHED)


def test_changed_priorities_are_followed_at_the_next_run(store: Catalogue) -> None:
    one, other = feed(store, "one"), feed(store, "two")
    dataset_id = the_id(one.take(found("a", ours())))
    other.take(found("b", ours("Чужое")))
    assert redecide(one) == redecide(other) == 0
    set_priority(store, "two", 5)
    assert redecide(one) == 1
    assert stored(store, dataset_id).title.ru == "Чужое"
    assert redecide(one) == redecide(other) == 0


def test_a_removed_source_leaves_the_word_to_the_next(store: Catalogue) -> None:
    one, other = feed(store, "one"), feed(store, "two")
    dataset_id = the_id(one.take(found("a", ours())))
    other.take(found("b", ours("Чужое")))
    remove(store, "one")
    assert redecide(other) == 1
    assert stored(store, dataset_id).title.ru == "Чужое"
    assert leaders(store, dataset_id) == [("two", True, False)]


def test_a_source_added_again_finds_its_records_without_a_doi(store: Catalogue) -> None:
    before = the_id(feed(store, "one").take(found("a", record("Вода"))))
    remove(store, "one")
    again = feed(store, "new name")
    assert the_id(again.take(found("a", record("Вода")))) == before
    assert the_id(again.take(found("b", record("Вода")))) != before
    remove(store, "new name")
    assert the_id(feed(store, "third").take(found("a", record("Вода")))) == before
    assert number(store) == 2


def test_two_items_of_one_source_are_never_one_dataset(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    dataset_id = the_id(two[0].take(found("a", ours())))
    first = two[1].take(found("b", ours()), found("c", ours()))
    later = two[1].take(found("d", ours()))
    ids = [outcome.dataset_id for outcome in first + later]
    assert len(set(ids)) == 3
    assert ids.count(dataset_id) == 1
    assert number(catalogue) == 3


def test_a_row_of_an_upload_is_not_joined_with_what_a_harvest_brought(
    catalogue: Catalogue, two: tuple[Feed, Feed]
) -> None:
    harvested = the_id(two[0].take(found("a", ours())))
    with catalogue.sessions.write.begin() as session:
        session.execute(update(HarvestSource).where(HarvestSource.name == "two").values(type="upload"))
    assert the_id(two[1].take(found("row 1", ours()))) != harvested


def test_a_record_that_is_not_public_is_not_taken_by_another_source(
    two: tuple[Feed, Feed], catalogue: Catalogue
) -> None:
    hidden = the_id(two[0].take(found("a", ours())))
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, hidden).private = True
    assert the_id(two[1].take(found("b", ours()))) != hidden


def test_what_a_source_says_is_kept_only_where_there_are_two(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    two[0].take(found("a", ours()), found("alone", record("Одна")))
    two[1].take(found("b", ours("Чужое")))
    with catalogue.sessions.read() as session:
        rows = session.execute(select(HarvestRecord.identifier, HarvestRecord.said).order_by(HarvestRecord.id)).all()
    assert [(row.identifier, row.said is not None) for row in rows] == [("a", True), ("alone", False), ("b", True)]


def test_an_unchanged_item_of_a_shared_dataset_writes_nothing(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    dataset_id = the_id(two[0].take(found("a", ours())))
    two[1].take(found("b", ours("Чужое")))
    before = stored(catalogue, dataset_id).metadata_modified
    outcomes = two[0].take(found("a", ours())) + two[1].take(found("b", ours("Чужое")))
    assert [outcome.result for outcome in outcomes] == ["unchanged", "unchanged"]
    assert stored(catalogue, dataset_id).metadata_modified == before


def test_a_batch_takes_as_many_selects_for_fifty_as_for_five(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    def batch(start: int, count: int, name: str, version: str = "") -> list[object]:
        return [
            found(f"{name}{n}", record(f"Набор {n}", identifiers=(Identifier("doi", f"10.5072/{n}"),), version=version))
            for n in range(start, start + count)
        ]

    told = []
    for start, count in ((0, 5), (100, 50)):
        for source, name, version in ((two[0], "a", ""), (two[1], "b", ""), (two[1], "b", "2"), (two[0], "a", "2")):
            with Selects(catalogue.engine) as selected:
                source.take(*batch(start, count, name, version))  # type: ignore[arg-type]
            told.append(len(selected.statements))
    assert told[:4] == told[4:]
    assert max(told) <= 15  # one of them for the states that records had before


def test_the_word_kept_is_the_word_given(two: tuple[Feed, Feed], catalogue: Catalogue) -> None:
    given = ours(resources=(link(),), keywords=(Keyword("вода", "ru"),), relations=(Relation("Cites", "https://x/1"),))
    dataset_id = the_id(two[0].take(found("a", given)))
    two[1].take(found("b", ours("Чужое")))
    with catalogue.sessions.read() as session:
        kept = {row.identifier: leading.word_of(row) for row in leading.holders(session, [dataset_id])[dataset_id]}
    word = kept["a"]
    assert word is not None
    assert (word.title, word.keywords, word.relations) == (ru("Наше"), given.keywords, given.relations)
    assert [one.download_url for one in word.resources] == [link().download_url]
    assert word.id is None


def test_what_one_source_says_can_be_made_a_record_of_its_own(store: Catalogue) -> None:
    one, other = feed(store, "one"), feed(store, "two")
    before = the_id(one.take(found("a", ours(resources=(link("https://x.example/1"),)))))
    other.take(found("b", ours("Чужое", spatial="Алматы", resources=(link("https://x.example/2"),))))
    slug = stored(store, before).slug
    made = datasets.page(store, SYSTEM, dividing.divide(store, SYSTEM, slug, "two")).record
    left = stored(store, before)
    assert (left.title.ru, left.spatial, [file.download_url for file in left.resources]) == (
        "Наше",
        "",
        ["https://x.example/1"],
    )
    assert (made.title.ru, made.spatial, [file.download_url for file in made.resources]) == (
        "Чужое",
        "Алматы",
        ["https://x.example/2"],
    )
    assert the_id(other.take(found("b", ours("Иначе")))) == made.id
    assert the_id(one.take(found("a", ours("Новое")))) == before
    assert proposals.everything(store) == 0
    with pytest.raises(Conflict):
        dividing.divide(store, SYSTEM, slug, "one")
    with pytest.raises(NotFound):
        dividing.divide(store, SYSTEM, slug, "two")
