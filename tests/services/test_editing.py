"""What people write over the word of a source: it stays, is told, and can be taken back."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import ContactPoint, Contributor, Disclosure, DisclosureStatus, Keyword, Subject
from opendata.errors import Invalid, NotAllowed, NotFound
from opendata.services import edit_texts, editing
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.edits import EDITABLE, kind_of, value_of
from opendata.store.datasets import Dataset
from opendata.store.operations import DatasetEvent, Job
from tests.conftest import Clock
from tests.factories import WITHHELD, Feed, found, link, member, organization, record, ru, stored
from tests.store.filled import dataset


@pytest.fixture
def one_record(one: Feed) -> DatasetRecord:
    """A record with a file."""
    return one.one(found("a", record("Вода", resources=(link(),), keywords=(Keyword("вода", "ru"),))))


def now(catalogue: Catalogue, of: DatasetRecord) -> DatasetRecord:
    return stored(catalogue, UUID(str(of.id)))


def test_an_edit_survives_the_next_harvests(catalogue: Catalogue, one: Feed, one_record: DatasetRecord) -> None:
    changed = editing.edit(catalogue, SYSTEM, one_record.slug, {"title.ru": "Чистая вода", "keywords": "вода; озеро"})
    assert changed == ("title.ru", "keywords")
    one.take(found("a", record("Другая вода", version="2", resources=(link(),))))
    after = now(catalogue, one_record)
    assert (after.title, after.version) == (ru("Чистая вода"), "2")
    assert [one.text for one in after.keywords] == ["вода", "озеро"]
    said = {one.field: editing.said_text(one) for one in after.edited}
    assert said == {"title.ru": "Другая вода", "keywords": ""}


def test_a_language_is_edited_alone(catalogue: Catalogue, one: Feed, one_record: DatasetRecord) -> None:
    editing.edit(catalogue, SYSTEM, one_record.slug, {"title.kk": "Су"})
    one.take(found("a", record("Новая вода")))
    after = now(catalogue, one_record).title
    assert (after.kk, after.ru) == ("Су", "Новая вода")


def test_a_released_field_takes_the_present_word_of_the_source(
    catalogue: Catalogue, one: Feed, one_record: DatasetRecord
) -> None:
    editing.edit(catalogue, SYSTEM, one_record.slug, {"title.ru": "Моя", "title.kk": "Менің", "spatial": "Алматы"})
    one.take(found("a", record("Их", spatial="Астана")))
    assert editing.release(catalogue, SYSTEM, one_record.slug, ["title"]) == ("title.kk", "title.ru")
    after = now(catalogue, one_record)
    assert (after.title, after.spatial) == (ru("Их"), "Алматы")
    assert [one.field for one in after.edited] == ["spatial"]
    with pytest.raises(Invalid):
        editing.release(catalogue, SYSTEM, one_record.slug, ["title"])


def test_an_edit_is_told_with_who_and_when(catalogue: Catalogue, one_record: DatasetRecord, clock: Clock) -> None:
    clock.advance(hours=2)
    editing.edit(catalogue, SYSTEM, one_record.slug, {"spatial": "Алматы"})
    (edit,) = now(catalogue, one_record).edited
    assert (edit.field, edit.at, edit.user, edit.said) == ("spatial", clock.now, None, "")
    with catalogue.sessions.read() as session:
        event = session.scalars(select(DatasetEvent).order_by(DatasetEvent.id.desc()).limit(1)).one()
        queued = session.scalars(select(Job.kind)).all()
    assert (event.action, event.before, event.after) == ("edited", {"spatial": ""}, {"spatial": "Алматы"})
    assert queued.count("index") == 2


def test_what_would_be_mended_is_refused_as_a_whole(catalogue: Catalogue, one_record: DatasetRecord) -> None:
    wrong = {"license_id": "no such", "issued": "вчера", "nonsense": "x", "title.ru": "Верно"}
    with pytest.raises(Invalid) as caught:
        editing.edit(catalogue, SYSTEM, one_record.slug, wrong)
    assert [one.field for one in caught.value.problems] == ["nonsense"]
    del wrong["nonsense"]
    with pytest.raises(Invalid) as caught:
        editing.edit(catalogue, SYSTEM, one_record.slug, wrong)
    assert {one.code for one in caught.value.problems} == {"bad_value", "unknown_license"}
    assert now(catalogue, one_record).title == ru("Вода")


def test_a_record_keeps_a_title(catalogue: Catalogue, one_record: DatasetRecord) -> None:
    with pytest.raises(Invalid) as caught:
        editing.edit(catalogue, SYSTEM, one_record.slug, {"title.ru": " "})
    assert [one.code for one in caught.value.problems] == ["no_title"]


def test_the_licence_of_a_file_is_edited_by_its_id(catalogue: Catalogue, one: Feed, one_record: DatasetRecord) -> None:
    file = one_record.resources[0]
    editing.edit(catalogue, SYSTEM, one_record.slug, {f"file.{file.id}.license_id": "CC0-1.0"})
    one.take(found("a", record("Вода", version="2", resources=(link(license_text="all rights reserved"),))))
    after = now(catalogue, one_record).resources[0]
    assert (after.license_id, after.id) == ("CC0-1.0", file.id)
    one.take(found("a", record("Вода", version="3")))
    assert now(catalogue, one_record).edited == ()
    with pytest.raises(NotFound):
        editing.edit(catalogue, SYSTEM, one_record.slug, {"file.none.license_id": "CC0-1.0"})


def test_what_was_written_of_a_file_goes_with_its_address_when_its_key_is_another(
    catalogue: Catalogue, one: Feed
) -> None:
    urls = [f"https://data.example/{name}.csv" for name in "ab"]
    made = one.one(found("b", record("Две", resources=tuple(link(url, key=f"old {url}") for url in urls))))
    second = made.resources[1]
    editing.edit(catalogue, SYSTEM, made.slug, {f"file.{second.id}.license_id": "CC0-1.0"})
    files = tuple(link(url, key=f"new {url}") for url in urls)
    after = one.one(found("b", record("Две", version="2", resources=files)))
    assert [one.license_id for one in after.resources] == ["", "CC0-1.0"]


def test_access_is_only_made_stricter(catalogue: Catalogue, one: Feed, one_record: DatasetRecord) -> None:
    name = f"file.{one_record.resources[0].id}.disclosure"
    editing.edit(catalogue, SYSTEM, one_record.slug, {name: "embargoed 2027-01-01 Заң, 5-бап"})
    after = now(catalogue, one_record).resources[0].disclosure
    assert after == Disclosure(DisclosureStatus.EMBARGOED, dt.date(2027, 1, 1), "Заң, 5-бап")
    one.take(found("a", record("Вода", resources=(link(disclosure=WITHHELD),))))
    assert now(catalogue, one_record).resources[0].disclosure == WITHHELD
    with pytest.raises(Invalid) as caught:
        editing.edit(catalogue, SYSTEM, one_record.slug, {name: "open"})
    assert [one.code for one in caught.value.problems] == ["less_strict"]


def test_only_editors_of_the_agency_edit(catalogue: Catalogue, one_record: DatasetRecord) -> None:
    agency, other = organization(catalogue, "agency"), organization(catalogue, "other")
    with catalogue.sessions.write.begin() as session:
        session.get_one(Dataset, one_record.id).organization_id = agency
    for actor in (PUBLIC, member(agency, Role.MEMBER), member(other, Role.ADMIN)):
        with pytest.raises(NotAllowed):
            editing.edit(catalogue, actor, one_record.slug, {"spatial": "Алматы"})
    assert editing.edit(catalogue, member(agency, Role.EDITOR), one_record.slug, {"spatial": "Алматы"}) == ("spatial",)


def test_what_is_the_same_is_no_edit(catalogue: Catalogue, one_record: DatasetRecord) -> None:
    assert editing.edit(catalogue, SYSTEM, one_record.slug, {"title.ru": "Вода", "spatial": ""}) == ()
    assert now(catalogue, one_record).edited == ()


@pytest.mark.parametrize("name", EDITABLE)
def test_every_field_is_typed_as_it_is_shown(name: str) -> None:
    value = value_of(dataset(), name)
    text = edit_texts.shown(name, value)
    assert edit_texts.shown(name, edit_texts.parse(name, text)) == text
    assert kind_of(name) is not None


def test_people_are_typed_by_name_or_in_full() -> None:
    assert edit_texts.parse("contributors", "Иванов И.; Петров П.") == (
        Contributor("Иванов И."),
        Contributor("Петров П."),
    )
    full = '[{"name": "Иванов И.", "orcid": "0000-0002-1825-0097"}]'
    assert edit_texts.parse("contributors", full) == (Contributor("Иванов И.", orcid="0000-0002-1825-0097"),)
    assert edit_texts.parse("contacts", "Отдел <a@b.kz>") == (ContactPoint("Отдел", "a@b.kz"),)
    assert edit_texts.parse("subjects", "grnti 06.81.12") == (Subject("grnti", "06.81.12"),)
    for name, text in (
        ("contributors", "[1]"),
        ("subjects", "06"),
        ("type", "x"),
        ("temporal", "x/y"),
        ("keywords", "{"),
    ):
        with pytest.raises(ValueError):
            edit_texts.parse(name, text)
