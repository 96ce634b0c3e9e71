"""The history of a record: who may read it, what differs, and what bringing a state back does and does not do."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest

from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetRef,
    Deliverable,
    DeliverableKind,
    RecordState,
    ResourceRecord,
    StudyRecord,
)
from opendata.catalog.values import Disclosure, DisclosureStatus, Keyword, OrganizationRef, Relation, Text
from opendata.errors import Changed, NotAllowed, NotFound
from opendata.services import attaching, history, studies_writing, writing
from opendata.services.actors import PUBLIC, SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.differences import Part, differences, parts, shown
from tests.conftest import Clock
from tests.factories import WITHHELD, Feed, filed, found, link, member, organization, record, ru, stored


@pytest.fixture
def su(catalogue: Catalogue) -> OrganizationRef:
    """An agency."""
    return OrganizationRef(slug="su", id=organization(catalogue, "su"))


@pytest.fixture
def made(catalogue: Catalogue, su: OrganizationRef) -> DatasetRecord:
    """A dataset that was changed once."""
    first = writing.create(catalogue, SYSTEM, record("Вода", organization=su, resources=(link(),)), slug="voda")
    return writing.replace(catalogue, SYSTEM, "voda", replace(first, title=Text(ru="Лёд", kk="Мұз"), version="2"))


def closed(disclosure: Disclosure) -> writing.Change:
    return lambda before: replace(before, resources=tuple(replace(o, disclosure=disclosure) for o in before.resources))


def test_only_people_of_the_agency_read_it(catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef) -> None:
    other = organization(catalogue, "other")
    for who in (PUBLIC, member(other, Role.ADMIN)):
        with pytest.raises(NotAllowed):
            history.history(catalogue, who, "dataset", "voda")
    assert su.id
    seen, lines = history.history(catalogue, member(su.id, Role.MEMBER), "dataset", "voda")
    assert (seen.title, [one.number for one in lines]) == (made.title, [2, 1])
    writing.replace(catalogue, SYSTEM, "voda", lambda before: replace(before, private=True))
    with pytest.raises(NotFound):
        history.history(catalogue, member(other, Role.ADMIN), "dataset", "voda")


def test_the_first_state_says_who_made_the_record(catalogue: Catalogue, su: OrganizationRef) -> None:
    assert su.id
    editor = replace(member(su.id, Role.EDITOR), user_id=None, name="Айгүл")
    writing.create(catalogue, editor, record("Вода", organization=su, state=RecordState.DRAFT), slug="first")
    writing.replace(catalogue, SYSTEM, "first", lambda before: replace(before, version="2"))
    _, lines = history.history(catalogue, SYSTEM, "dataset", "first")
    assert [(one.actor, one.action) for one in lines] == [(SYSTEM.name, "edited"), ("Айгүл", "created")]
    studies_writing.create(
        catalogue, editor, StudyRecord(ru("Сель"), slug="sel", register_number="BR1", organization=su)
    )
    studies_writing.replace(catalogue, SYSTEM, "sel", lambda before: replace(before, programme=ru("Селезащита")))
    _, lines = history.history(catalogue, SYSTEM, "study", "sel")
    assert [(one.actor, one.action) for one in lines] == [(SYSTEM.name, "edited"), ("Айгүл", "registered")]


def test_fields_that_differ_are_told_by_language(catalogue: Catalogue, made: DatasetRecord) -> None:
    found = history.difference(catalogue, SYSTEM, "dataset", "voda", 1, 2)
    assert [(one.field, one.before, one.after, one.language) for one in found.differences] == [
        ("title.kk", "", "Мұз", "kk"),
        ("title.ru", "Вода", "Лёд", "ru"),
        ("version", "", "2", ""),
    ]
    assert history.difference(catalogue, SYSTEM, "dataset", "voda", 2).differences == ()
    assert made.version == "2"


def test_a_file_that_came_is_one_difference() -> None:
    base = record("Вода")
    (one,) = differences(base, replace(base, resources=(link(name=ru("Таблица")),)))
    assert (one.field, one.before) == ("file.https://data.example/a.csv", None)
    assert shown(one.after) == "https://data.example/a.csv"
    two = replace(base, resources=(link(name=ru("Таблица"), disclosure=WITHHELD),))
    assert [each.field.rpartition("csv.")[2] for each in differences(replace(base, resources=(link(),)), two)] == [
        "name.ru", "disclosure",
    ]  # fmt: skip


def test_words_that_came_and_went_are_marked() -> None:
    assert parts("Качество воды реки", "Качество льда реки") == (
        Part("same", "Качество "), Part("removed", "воды"), Part("added", "льда"), Part("same", " реки"),
    )  # fmt: skip
    long = "Слово. " * 9000
    assert "".join(one.text for one in parts(long, long + "Конец.") if one.kind != "removed") == long + "Конец."


def test_a_state_is_brought_back_and_that_is_a_state_too(
    catalogue: Catalogue, made: DatasetRecord, clock: Clock
) -> None:
    writing.replace(catalogue, SYSTEM, "voda", lambda before: replace(before, state=RecordState.DRAFT, slug="led"))
    brought = history.restore(catalogue, SYSTEM, "dataset", "led", 1)
    back, notes = brought.record, brought.notes
    assert isinstance(back, DatasetRecord)
    assert (back.title.ru, back.title.kk, back.version, notes) == ("Вода", "", "", ())
    assert (back.state, back.slug, back.id) == (RecordState.DRAFT, "led", made.id)
    assert [one.number for one in history.history(catalogue, SYSTEM, "dataset", "led")[1]] == [4, 3, 2, 1]


def test_who_may_not_edit_brings_nothing_back(catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef) -> None:
    assert su.id
    with pytest.raises(NotAllowed):
        history.restore(catalogue, member(su.id, Role.MEMBER), "dataset", "voda", 1)
    with pytest.raises(Changed):
        history.restore(catalogue, SYSTEM, "dataset", "voda", 1, if_version="1")
    with pytest.raises(NotFound):
        history.restore(catalogue, SYSTEM, "dataset", "voda", 9)
    assert made.title.ru == "Лёд"


def test_a_disclosure_stays_as_strict_as_somebody_made_it_since(catalogue: Catalogue, made: DatasetRecord) -> None:
    writing.replace(catalogue, SYSTEM, "voda", closed(WITHHELD))
    key = made.resources[0].key
    seen = history.preview(catalogue, SYSTEM, "dataset", "voda", 1)
    assert [(one.code, one.field) for one in seen.notes] == [("stricter", f"file.{key}.disclosure")]
    assert history.restorable(catalogue, SYSTEM, "dataset", "voda", {0, 1, 2, 3}) == {1, 2}
    back = history.restore(catalogue, SYSTEM, "dataset", "voda", 1).record
    assert isinstance(back, DatasetRecord)
    assert back.resources[0].disclosure == WITHHELD
    asked = history.restore(catalogue, SYSTEM, "dataset", "voda", 1, loosen=[f"file.{key}.disclosure"]).record
    assert isinstance(asked, DatasetRecord)
    assert asked.resources[0].disclosure.status is DisclosureStatus.OPEN


def test_nothing_becomes_more_open_than_its_source_says(catalogue: Catalogue, one: Feed) -> None:
    def said(disclosure: Disclosure) -> DatasetRecord:
        return one.one(found("a", record("Снег", resources=(link(disclosure=disclosure),))))

    said(Disclosure())
    made = said(WITHHELD)
    key = f"file.{made.resources[0].key}.disclosure"
    back = history.restore(catalogue, SYSTEM, "dataset", made.slug, 1, loosen=[key]).record
    assert isinstance(back, DatasetRecord)
    assert back.resources[0].disclosure == WITHHELD


def test_a_file_taken_out_comes_back_with_its_bytes_or_is_told_gone(catalogue: Catalogue, su: OrganizationRef) -> None:
    made = writing.create(catalogue, SYSTEM, record("Файл", organization=su), slug="fail")
    kept = attaching.attach(catalogue, SYSTEM, "fail", BytesIO(b"a text of a report"), "a.txt")
    lost = attaching.attach(catalogue, SYSTEM, "fail", BytesIO(b"another text"), "b.txt")
    writing.replace(catalogue, SYSTEM, "fail", closed(WITHHELD))
    writing.replace(catalogue, SYSTEM, "fail", lambda before: replace(before, resources=()))
    catalogue.files.put(BytesIO(b"a text of a report"), max_bytes=99)
    catalogue.files.delete(lost.checksum)
    brought = history.restore(catalogue, SYSTEM, "dataset", "fail", 3)
    back, notes = brought.record, brought.notes
    assert isinstance(back, DatasetRecord)
    assert [(one.filename, one.stored, one.checksum, one.id) for one in back.resources] == [
        ("a.txt", True, kept.checksum, kept.id)
    ]
    assert back.resources[0].disclosure == WITHHELD
    assert sorted((one.code, one.value) for one in notes) == [
        ("no_bytes", "b.txt"), ("stricter", "withheld"), ("stricter", "withheld"),
    ][: len(notes)]  # fmt: skip
    assert made.id == back.id


def test_files_that_came_since_and_other_bytes_stay(catalogue: Catalogue, one: Feed) -> None:
    first = one.one(filed("Отчёт", "первый текст"))
    one.one(filed("Отчёт", "второй текст"))
    attaching.attach(catalogue, SYSTEM, first.slug, BytesIO(b"more"), "more.txt")
    brought = history.restore(catalogue, SYSTEM, "dataset", first.slug, 1)
    back, notes = brought.record, brought.notes
    assert isinstance(back, DatasetRecord)
    assert [(note.code, note.value) for note in notes] == [("other_bytes", "report.txt"), ("stays", "more.txt")]
    assert first.id
    assert [file.checksum for file in stored(catalogue, first.id).resources] == [o.checksum for o in back.resources]


def test_what_a_person_reads_of_a_value() -> None:
    assert shown((Keyword("вода"), Keyword("лёд", "ru"))) == "вода\nлёд"
    assert shown(WITHHELD) == "withheld, Закон о государственных секретах"
    assert shown(ResourceRecord(filename="a.pdf")) == "a.pdf"
    assert shown(None) == ""


def test_nobody_reads_of_drafts_of_another_agency_in_a_history(catalogue: Catalogue, su: OrganizationRef) -> None:
    theirs = OrganizationRef(slug="other", id=organization(catalogue, "other"))
    draft = writing.create(catalogue, SYSTEM, record("Тайна", organization=theirs, state=RecordState.DRAFT))
    assert su.id
    assert draft.id
    editor = member(su.id, Role.EDITOR)
    owed = Deliverable(DeliverableKind.FINAL_REPORT, dataset=DatasetRef(draft.id, draft.slug, draft.title))
    bare = StudyRecord(title=ru("Исследование"), register_number="0124РК00001", organization=su)
    study = studies_writing.create(catalogue, SYSTEM, replace(bare, contracts=(Contract("77", deliverables=(owed,)),)))
    studies_writing.replace(catalogue, SYSTEM, study.slug, lambda one: replace(one, official="A", contracts=()))
    related = (Relation("References", target_id=draft.id),)
    made = writing.create(catalogue, SYSTEM, record("Вода", organization=su, relations=related))
    writing.replace(catalogue, SYSTEM, made.slug, lambda before: replace(before, version="2", relations=()))
    for kind, name in (("study", study.slug), ("dataset", made.slug)):
        for who, told in ((editor, False), (SYSTEM, True)):
            states = [history.state(catalogue, who, kind, name, number)[1] for number in (1, 2)]
            compared = history.difference(catalogue, who, kind, name, 1)
            found = history.preview(catalogue, who, kind, name, 1).differences
            said = str((states, compared.differences, compared.records, found))
            assert (str(draft.id) in said, "Тайна" in said and kind == "study") == (told, told and kind == "study"), who
    brought = history.restore(catalogue, editor, "study", study.slug, 1).record
    assert isinstance(brought, StudyRecord)
