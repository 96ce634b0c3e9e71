"""The write path: what is unchanged, updated, withdrawn, restored, and which dataset an item is."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from opendata.catalog.records import RecordState, StudyRecord, TextStatus
from opendata.catalog.values import Identifier, OrganizationRef, Relation
from opendata.errors import Gone, Moved
from opendata.services import datasets, writing
from opendata.services.actors import PUBLIC, SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.ingest import DELETED_AT_SOURCE
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.from_records import new_study
from opendata.store.harvests import HarvestRecord, HarvestSource, raw_bytes
from opendata.store.operations import DatasetEvent, Job
from opendata.store.organizations import Organization
from tests.conftest import Clock
from tests.factories import Feed, feed, filed, found, link, organization, record, ru, stored, work
from tests.services.conftest import rows_of_every_table
from tests.store.conftest import Selects

DOI = (Identifier("doi", "10.5072/abc"),)


def the_only(catalogue: Catalogue) -> Dataset:
    with catalogue.sessions.read() as session:
        return session.scalars(select(Dataset)).one()


def events(catalogue: Catalogue, dataset_id: UUID) -> list[tuple[str, object]]:
    with catalogue.sessions.read() as session:
        wanted = select(DatasetEvent).where(DatasetEvent.object_id == dataset_id).order_by(DatasetEvent.id)
        return [(event.action, event.after) for event in session.scalars(wanted)]


def test_an_unchanged_item_writes_only_when_it_was_seen(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    first = one.one(found("a", record()))
    before = rows_of_every_table(catalogue)
    clock.advance(days=1)
    assert [outcome.result for outcome in one.take(found("a", record()))] == ["unchanged"]
    assert rows_of_every_table(catalogue) == before
    after = the_only(catalogue)
    assert (after.metadata_modified, after.id) == (first.metadata_modified, first.id)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(HarvestRecord.last_seen)).one() == clock.now
        assert session.scalars(select(HarvestRecord.harvested)).one() == first.metadata_created


def test_the_raw_item_is_kept_byte_for_byte(catalogue: Catalogue, one: Feed) -> None:
    one.take(found("a", record()))
    with catalogue.sessions.read() as session:
        assert raw_bytes(session.scalars(select(HarvestRecord.raw)).one()) == b"raw a"


def test_a_change_keeps_ids_and_address_and_tells_its_fields(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    agency = OrganizationRef(slug="stat", title=ru("Бюро"))
    before = one.one(found("a", record("Вода", resources=(link(),), organization=agency)))
    clock.advance(hours=1)
    after = one.one(found("a", record("Чистая вода", resources=(link(),), organization=agency)))
    assert (after.id, after.slug, after.resources[0].id) == (before.id, before.slug, before.resources[0].id)
    assert after.title.ru == "Чистая вода"
    assert after.metadata_modified == clock.now != before.metadata_modified
    assert events(catalogue, UUID(str(after.id)))[-1] == ("updated", {"fields": ["title"]})


def test_changed_relations_are_told(catalogue: Catalogue, one: Feed) -> None:
    related = (Relation("References", "https://example.org/1"),)
    before = one.one(found("a", record()))
    one.take(found("a", record(relations=related)))
    one.take(found("a", record(relations=related, version="2")))
    assert [after for _, after in events(catalogue, UUID(str(before.id)))[1:]] == [
        {"fields": ["relations"]},
        {"fields": ["version"]},
    ]


def test_a_file_that_stays_keeps_its_bytes_and_its_text(catalogue: Catalogue, one: Feed) -> None:
    one.take(filed("Отчёт", "Уровень воды в озере измерен."))
    work(catalogue)
    before = stored(catalogue, the_only(catalogue).id).resources[0]
    assert before.text.status is TextStatus.TEXT
    again = filed("Отчёт", "Уровень воды в озере измерен.")
    one.take(replace(again, record=replace(again.record, version="2")))
    assert stored(catalogue, the_only(catalogue).id).resources[0] == before


def test_a_file_with_other_bytes_is_read_again(catalogue: Catalogue, one: Feed) -> None:
    one.take(filed("Отчёт", "Первая редакция текста отчёта."))
    work(catalogue)
    before = stored(catalogue, the_only(catalogue).id).resources[0]
    one.take(filed("Отчёт", "Вторая редакция текста отчёта."))
    after = stored(catalogue, the_only(catalogue).id).resources[0]
    assert (after.id, after.text.status) == (before.id, TextStatus.PENDING)
    assert after.checksum != before.checksum
    work(catalogue)
    assert catalogue.page_texts.pages(after.checksum, 1) == ("Вторая редакция текста отчёта.",)


def test_what_the_bytes_show_stays_when_the_source_names_another_type(catalogue: Catalogue, one: Feed) -> None:
    dataset_id = UUID(str(one.one(found("a", record(resources=(link(format="XLS"),)))).id))
    with catalogue.sessions.write.begin() as session:
        file = queries.dataset_row(session, dataset_id).resources[0]
        file.stored, file.checksum, file.format, file.media_type = True, "ab" * 32, "CSV", "text/csv"
    after = one.one(found("a", record(version="2", resources=(link(format="XLS"),)))).resources[0]
    assert (after.stored, after.format, after.media_type) == (True, "CSV", "text/csv")


def test_a_mere_link_does_not_wait_to_be_read(one: Feed) -> None:
    page = link("https://data.example/page", download_url="", access_url="https://data.example/page")
    file = link("https://data.example/a.csv")
    stored_files = one.one(found("a", record(resources=(page, file)))).resources
    assert [file.text.status for file in stored_files] == [TextStatus.NOT_STORED, TextStatus.PENDING]


def test_a_record_deleted_at_its_source_leaves_a_tombstone(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    slug = one.one(found("a", record())).slug
    clock.advance(days=1)
    assert [outcome.result for outcome in one.take(gone=["a", "never seen"])] == ["withdrawn"]
    with pytest.raises(Gone) as caught:
        datasets.page(catalogue, PUBLIC, slug)
    tombstone = caught.value.record.tombstone  # type: ignore[attr-defined, union-attr]
    assert (tombstone.reason, tombstone.withdrawn) == (DELETED_AT_SOURCE, clock.now)
    assert one.take(gone=["a"]) == []


def test_a_deleted_record_that_its_source_lists_again_comes_back(catalogue: Catalogue, one: Feed) -> None:
    before = one.one(found("a", record()))
    one.take(gone=["a"])
    assert [outcome.result for outcome in one.take(found("a", record()))] == ["restored"]
    after = datasets.page(catalogue, PUBLIC, before.slug).record
    assert (after.id, after.state, after.tombstone) == (before.id, RecordState.PUBLISHED, None)
    assert [action for action, _ in events(catalogue, UUID(str(before.id)))] == ["created", "withdrawn", "restored"]


def test_a_record_that_a_person_withdrew_stays_so(catalogue: Catalogue, one: Feed) -> None:
    before = one.one(found("a", record()))
    writing.remove(catalogue, SYSTEM, before.slug, "Ошибка в данных")
    one.take(found("a", record()))
    one.take(found("a", record(version="2")))
    after = stored(catalogue, UUID(str(before.id)))
    assert (after.state, after.version) == (RecordState.WITHDRAWN, "2")
    assert after.tombstone is not None
    assert after.tombstone.reason == "Ошибка в данных"


def test_one_doi_never_makes_two_items_of_a_source_one(one: Feed) -> None:
    together = one.take(found("a", record("А", identifiers=DOI)), found("b", record("Б", identifiers=DOI)))
    later = one.take(found("c", record("В", identifiers=DOI)))
    assert len({outcome.dataset_id for outcome in together + later}) == 3


def test_a_record_whose_source_was_removed_is_found_by_its_doi(catalogue: Catalogue, one: Feed) -> None:
    before = one.one(found("a", record(identifiers=DOI)))
    with catalogue.sessions.write.begin() as session:
        session.execute(delete(HarvestSource))
    outcomes = feed(catalogue, "two").take(
        found("x", record("Другая", identifiers=DOI)), found("y", record("Ещё одна", identifiers=DOI))
    )
    assert before.id in [outcome.dataset_id for outcome in outcomes]
    assert sorted(outcome.result for outcome in outcomes) == ["created", "updated"]


def test_a_body_named_alike_by_two_sources_is_one(catalogue: Catalogue, one: Feed) -> None:
    agency = OrganizationRef(slug="stat", title=ru("Бюро статистики"), identifier="o1")
    first = one.one(found("a", record(organization=agency))).organization
    second = feed(catalogue, "two").one(found("a", record(organization=replace(agency, identifier="77")))).organization
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_two_bodies_with_one_short_name_are_two(catalogue: Catalogue, one: Feed) -> None:
    first = one.one(found("a", record(organization=OrganizationRef(slug="stat", title=ru("Бюро статистики")))))
    second = feed(catalogue, "two").one(
        found("a", record(organization=OrganizationRef(slug="stat", title=ru("Институт статики"))))
    )
    assert first.organization is not None
    assert second.organization is not None
    assert first.organization.id != second.organization.id
    assert first.organization.slug == "stat"
    assert second.organization.slug.startswith("stat-")


def test_many_organizations_are_looked_up_at_once(catalogue: Catalogue, one: Feed) -> None:
    items = [
        found(str(n), record(f"Набор {n}", organization=OrganizationRef(slug=f"body-{n}", title=ru(f"Орган {n}"))))
        for n in range(20)
    ]
    one.take(*items)
    with catalogue.sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Organization)) == 20
    changed = [replace(item, record=replace(item.record, version="2")) for item in items]
    with Selects(catalogue.engine) as selected:
        one.take(*changed)
    assert len([statement for statement in selected.statements if "FROM organizations" in statement]) == 1


def test_a_title_that_is_taken_gets_an_address_of_its_own(one: Feed) -> None:
    slugs = [one.one(found(key, record("Вода"))).slug for key in "ab"]
    assert slugs[0] == "voda"
    assert slugs[1].startswith("voda-")


def test_a_former_address_leads_to_the_record_and_is_given_to_no_other(catalogue: Catalogue, one: Feed) -> None:
    row = one.one(found("a", record("Вода")))
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, row.id).slug = "chistaya-voda"
        queries.rename(session, "dataset", UUID(str(row.id)), "voda", "chistaya-voda", catalogue.now())
    for name in ("voda", str(row.id)):
        with pytest.raises(Moved) as caught:
            datasets.page(catalogue, PUBLIC, name)
        assert caught.value.slug == "chistaya-voda"
    assert one.one(found("b", record("Вода"))).slug != "voda"


def test_indexing_is_queued_with_the_change(catalogue: Catalogue, one: Feed) -> None:
    dataset = one.one(found("a", record()))
    with catalogue.sessions.read() as session:
        job = session.scalars(select(Job)).one()
    assert (job.kind, job.payload) == ("index", {"datasets": [str(dataset.id)]})


def test_an_update_leaves_the_tie_to_a_study_that_is_not_public(catalogue: Catalogue, one: Feed) -> None:
    organization(catalogue, "agency")
    with catalogue.sessions.write.begin() as session:
        study = new_study(session, StudyRecord(title=ru("Тайна"), slug="tayna", private=True), catalogue.now())
        session.flush()
        study_id = study.id
    dataset_id = one.take(found("a", record()))[0].dataset_id
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, dataset_id).study_id = study_id
    one.take(found("a", record(version="2")))
    assert the_only(catalogue).study_id == study_id
