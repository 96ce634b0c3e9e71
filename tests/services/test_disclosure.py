"""What is not public is nowhere public: no hit, no passage, no count, no page, no download, until its day comes."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, RecordState, StudyRecord, TextStatus
from opendata.catalog.values import Disclosure, DisclosureStatus, OrganizationRef
from opendata.errors import Gone, NotAllowed, NotFound
from opendata.search.query import SearchQuery
from opendata.services import (
    care,
    datasets,
    discovery,
    home,
    indexing,
    permanent,
    register,
    reporting,
    resources,
    writing,
)
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.results import OpenedFile
from opendata.store.datasets import Dataset, Resource
from opendata.store.from_records import new_study
from opendata.store.operations import DatasetEvent, Job
from opendata.store.organizations import Organization
from tests.conftest import Clock
from tests.factories import EMBARGOED, OPENS, WITHHELD, Feed, filed, found, member, organization, record, ru, work

SECRET = "Координаты подземного хранилища цеолита измерены."
WORD = "цеолита"


def closed(one: Feed, disclosure: Disclosure, **changes: object) -> DatasetRecord:
    """A dataset with one file, read and indexed, that the public may not have."""
    item = filed("Хранилище", SECRET, disclosure=disclosure)
    dataset = one.one(replace(item, record=replace(item.record, **changes)))  # type: ignore[arg-type]
    work(one.catalogue)
    return dataset


def hits(catalogue: Catalogue, word: str = WORD) -> int:
    return discovery.find(catalogue, PUBLIC, SearchQuery(word)).total


def facet(catalogue: Catalogue, name: str) -> dict[str, int]:
    page = discovery.find(catalogue, PUBLIC, SearchQuery())
    return {value.value: value.count for one in page.facets if one.name == name for value in one.values}


@pytest.mark.parametrize("disclosure", [EMBARGOED, WITHHELD], ids=["embargoed", "withheld"])
def test_the_text_of_a_closed_file_is_nowhere(catalogue: Catalogue, one: Feed, disclosure: Disclosure) -> None:
    dataset = closed(one, disclosure)
    file = str(dataset.resources[0].id)
    assert hits(catalogue) == 0
    assert hits(catalogue, "хранилище") == 1
    assert facet(catalogue, "text") == {}
    assert facet(catalogue, "disclosure") == {disclosure.status: 1}
    card = discovery.find(catalogue, PUBLIC, SearchQuery("хранилище цеолита OR хранилище")).cards[0]
    assert card.passage is None
    page = resources.file_page(catalogue, PUBLIC, dataset.slug, file, words=SearchQuery(WORD))
    assert (page.text, page.hits, page.pages, page.table, page.line.available) == ((), (), 0, None, False)
    with pytest.raises(NotAllowed, match=disclosure.status):
        resources.open_file(catalogue, PUBLIC, dataset.slug, file)
    assert home.front(catalogue, PUBLIC).figures.pages == 0
    assert catalogue.index.search(SearchQuery(WORD), area="desk").total == 0


def test_an_open_file_of_the_same_bytes_shows_its_text(catalogue: Catalogue, one: Feed) -> None:
    closed(one, WITHHELD)
    one.one(filed("Открытый отчёт", SECRET))
    work(catalogue)
    found_page = discovery.find(catalogue, PUBLIC, SearchQuery(WORD))
    assert [card.record.title.ru for card in found_page.cards] == ["Открытый отчёт"]


def test_an_embargo_ends_by_its_date_alone(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    dataset = closed(one, EMBARGOED)
    file = str(dataset.resources[0].id)
    clock.now = clock.now.replace(month=OPENS.month, day=OPENS.day)
    opened = resources.open_file(catalogue, PUBLIC, dataset.slug, file)
    assert isinstance(opened, OpenedFile)
    with opened.stream as stream:
        assert stream.read().decode() == SECRET
    page = resources.file_page(catalogue, PUBLIC, dataset.slug, file, words=SearchQuery(WORD))
    assert page.hits == (1,)


def test_the_day_of_opening_is_that_of_the_sites_time_zone(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    dataset = closed(one, EMBARGOED)
    file = str(dataset.resources[0].id)
    clock.now = clock.now.replace(month=6, day=30, hour=18, minute=59)  # 23:59 in Almaty
    with pytest.raises(NotAllowed):
        resources.open_file(catalogue, PUBLIC, dataset.slug, file)
    clock.advance(minutes=1)
    opened = resources.open_file(catalogue, PUBLIC, dataset.slug, file)
    assert isinstance(opened, OpenedFile)
    opened.stream.close()


def test_what_a_date_opens_is_told_and_indexed(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    dataset = closed(one, EMBARGOED)
    clock.advance(days=31)
    assert care.open_due(catalogue) == 1
    with catalogue.sessions.read() as session:
        row = session.get_one(Dataset, dataset.id)
        assert row.metadata_modified == clock.now
        wanted = select(DatasetEvent).where(DatasetEvent.object_id == dataset.resources[0].id)
        event = session.scalars(wanted.where(DatasetEvent.action == "opened")).one()
        assert (event.before, event.after) == ({"status": "embargoed"}, {"status": "open"})
    work(catalogue)
    assert hits(catalogue) == 1
    assert facet(catalogue, "disclosure") == {"open": 1}
    assert care.open_due(catalogue) == 0


def test_the_worker_opens_what_is_due_by_itself(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    closed(one, EMBARGOED)
    clock.advance(days=31)
    work(catalogue)
    assert hits(catalogue) == 1


def test_an_embargo_that_ended_stays_ended_when_the_source_repeats_it(
    catalogue: Catalogue, one: Feed, clock: Clock
) -> None:
    closed(one, EMBARGOED)
    clock.advance(days=31)
    work(catalogue)
    item = filed("Хранилище", SECRET, disclosure=EMBARGOED)
    after = one.one(replace(item, record=replace(item.record, version="2")))
    assert after.resources[0].disclosure.status is DisclosureStatus.OPEN
    work(catalogue)
    assert hits(catalogue) == 1


def test_what_a_source_closes_leaves_the_index(catalogue: Catalogue, one: Feed) -> None:
    one.one(filed("Хранилище", SECRET))
    work(catalogue)
    assert hits(catalogue) == 1
    one.one(filed("Хранилище", SECRET, disclosure=WITHHELD))
    shown = discovery.find(catalogue, PUBLIC, SearchQuery(WORD)).cards
    assert [card.passage for card in shown] == [None]
    work(catalogue)
    assert hits(catalogue) == 0


def test_editors_of_the_agency_may_open_what_is_closed_and_others_not(catalogue: Catalogue, one: Feed) -> None:
    ours, theirs = organization(catalogue, "ours"), organization(catalogue, "theirs")
    dataset = closed(one, WITHHELD, organization=OrganizationRef(slug="ours", title=ru("ours")))
    file = str(dataset.resources[0].id)
    opened = resources.open_file(catalogue, member(ours, Role.EDITOR), dataset.slug, file)
    assert isinstance(opened, OpenedFile)
    opened.stream.close()
    for actor in (member(ours, Role.MEMBER), member(theirs, Role.ADMIN)):
        with pytest.raises(NotAllowed):
            resources.open_file(catalogue, actor, dataset.slug, file)


def test_a_closed_file_of_no_agency_is_the_sysadmins_alone(catalogue: Catalogue, one: Feed) -> None:
    dataset = closed(one, WITHHELD)
    admin = member(organization(catalogue, "some"), Role.ADMIN)
    with pytest.raises(NotAllowed):
        resources.open_file(catalogue, admin, dataset.slug, str(dataset.resources[0].id))
    with pytest.raises(NotAllowed):
        writing.remove(catalogue, admin, dataset.slug, "because")


HIDDEN = [{"private": True}, {"state": RecordState.DRAFT}, {"state": RecordState.IN_REVIEW}]


@pytest.mark.parametrize("changes", HIDDEN, ids=["private", "draft", "in_review"])
def test_a_record_that_is_not_public_is_found_at_the_desk_alone(
    catalogue: Catalogue, one: Feed, changes: dict[str, object]
) -> None:
    agency = organization(catalogue, "ours")
    dataset = closed(one, Disclosure(), organization=OrganizationRef(slug="ours", title=ru("ours")), **changes)
    assert hits(catalogue) == hits(catalogue, "хранилище") == 0
    assert catalogue.index.search(SearchQuery(WORD), area="desk").total == 1
    front = home.front(catalogue, PUBLIC)
    assert (front.newest, front.figures.datasets, front.figures.files, front.figures.pages) == ((), 0, 0, 0)
    assert facet(catalogue, "organization") == {}
    for name in (dataset.slug, str(dataset.id)):
        with pytest.raises(NotFound):
            datasets.page(catalogue, PUBLIC, name)
        with pytest.raises(NotFound):
            resources.open_file(catalogue, PUBLIC, name, str(dataset.resources[0].id))
    with pytest.raises(NotFound):
        permanent.locate(catalogue, PUBLIC, str(dataset.id))
    with pytest.raises(NotFound):
        reporting.report(catalogue, "dataset", dataset.slug, "wrong")
    assert permanent.locate(catalogue, member(agency, Role.MEMBER), str(dataset.id)) == ("dataset", dataset.slug)
    assert datasets.page(catalogue, member(agency, Role.MEMBER), dataset.slug).record.id == dataset.id


def test_a_private_study_is_nowhere_public(catalogue: Catalogue, one: Feed) -> None:
    agency = organization(catalogue, "ours")
    with catalogue.sessions.write.begin() as session:
        given = StudyRecord(title=ru("Тайное исследование"), slug="taynoe", register_number="BR1", private=True)
        study = new_study(session, given, catalogue.now())
        study.organization_id = session.get_one(Organization, agency).id
        session.flush()
        study_id = study.id
    dataset = one.one(found("a", record("Открытый набор", register_number="BR1")))
    with catalogue.sessions.read() as session:
        assert session.get_one(Dataset, dataset.id).study_id == study_id
    indexing.rebuild(catalogue)
    assert hits(catalogue, "тайное") == 0
    assert datasets.page(catalogue, PUBLIC, dataset.slug).record.study is None
    with pytest.raises(NotFound):
        register.page(catalogue, PUBLIC, "taynoe")
    with pytest.raises(NotFound):
        permanent.locate(catalogue, PUBLIC, str(study_id))
    assert register.page(catalogue, member(agency, Role.MEMBER), "taynoe").record.id == study_id


def test_publishing_and_hiding_move_a_record_between_the_indexes(catalogue: Catalogue, one: Feed) -> None:
    dataset = closed(one, Disclosure(), private=True)
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, dataset.id).private = False
    indexing.index_records(catalogue, [UUID(str(dataset.id))], [])
    assert (hits(catalogue), set(catalogue.index.fingerprints(area="desk"))) == (1, set())
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, dataset.id).private = True
    # The index lags: until its job is done it names what is no longer public, and the page leaves it out.
    assert discovery.find(catalogue, PUBLIC, SearchQuery(WORD)).cards == ()
    indexing.index_records(catalogue, [UUID(str(dataset.id))], [])
    assert hits(catalogue) == 0


def test_a_withdrawn_record_leaves_the_search_and_its_files_are_gone(catalogue: Catalogue, one: Feed) -> None:
    dataset = closed(one, Disclosure())
    writing.remove(catalogue, SYSTEM, dataset.slug, "Ошибка")
    work(catalogue)
    assert hits(catalogue) == 0
    assert set(catalogue.index.fingerprints(area="public")) == set()
    with pytest.raises(Gone):
        resources.open_file(catalogue, PUBLIC, dataset.slug, str(dataset.resources[0].id))
    with pytest.raises(Gone):
        resources.file_page(catalogue, PUBLIC, dataset.slug, str(dataset.resources[0].id))
    assert permanent.locate(catalogue, PUBLIC, str(dataset.id)) == ("dataset", dataset.slug)


def test_recognised_text_outlives_the_opening(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    dataset = closed(one, EMBARGOED)
    with catalogue.sessions.write.begin() as session:
        file = session.get_one(Resource, dataset.resources[0].id)
        file.text = replace(file.text, status=TextStatus.OCR)
    clock.advance(days=31)
    care.open_due(catalogue)
    with catalogue.sessions.read() as session:
        assert "read" not in session.scalars(select(Job.kind).where(Job.status == "new")).all()
    work(catalogue)
    assert hits(catalogue) == 1


def test_the_register_shows_no_dataset_that_is_not_public(catalogue: Catalogue, one: Feed) -> None:
    with catalogue.sessions.write.begin() as session:
        new_study(session, StudyRecord(title=ru("Исследование"), slug="s", register_number="BR1"), catalogue.now())
    one.one(found("a", record("Тайна", register_number="BR1", private=True)))
    one.one(found("b", record("Явь", register_number="BR1")))
    shown = register.page(catalogue, PUBLIC, "s").record.datasets
    assert [dataset.title.ru for dataset in shown] == ["Явь"]
