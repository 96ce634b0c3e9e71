"""Datasets written by people and programs: made, changed, withdrawn, restored and purged."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, TextStatus
from opendata.catalog.values import Disclosure, DisclosureStatus, Extra, Identifier, Keyword, OrganizationRef
from opendata.errors import Changed, Conflict, Gone, Invalid, Moved, NotAllowed, NotFound, TooLarge
from opendata.services import accounts, attaching, datasets, events, purging, sequence, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import DatasetEvent, Job
from opendata.store.purged import PurgedRecord
from tests.conftest import Clock
from tests.factories import EMBARGOED, WITHHELD, Feed, found, link, organization, record, ru, stored, work

PDFLIKE = b"Page of a report.\n" * 20


@pytest.fixture
def su(catalogue: Catalogue) -> OrganizationRef:
    """An agency."""
    return OrganizationRef(slug="su", id=organization(catalogue, "su"))


def person(catalogue: Catalogue, role: Role, agency: OrganizationRef) -> Actor:
    """Somebody with an account and that role there."""
    email = f"{role.value}@example.kz"
    accounts.add_user(catalogue, SYSTEM, accounts.NewUser(role.value, email, "correct horse battery"))
    with catalogue.sessions.read() as session:
        user = queries.user_by_email(session, email)
    assert user
    assert agency.id
    return Actor(user_id=user.id, name=role.value, roles={agency.id: role})


@pytest.fixture
def made(catalogue: Catalogue, su: OrganizationRef) -> DatasetRecord:
    """A dataset with a link, made by hand."""
    return writing.create(catalogue, SYSTEM, record("Вода", organization=su, resources=(link(),)), slug="voda")


def now(catalogue: Catalogue, of: DatasetRecord) -> DatasetRecord:
    assert of.id
    return stored(catalogue, of.id)


def test_what_create_gives_is_what_is_stored(catalogue: Catalogue, made: DatasetRecord) -> None:
    assert now(catalogue, made) == made
    assert (made.slug, made.state, made.metadata_created) == ("voda", RecordState.PUBLISHED, catalogue.now())
    with catalogue.sessions.read() as session:
        kinds = session.scalars(select(Job.kind)).all()
        events = session.scalars(select(DatasetEvent.action)).all()
    assert (sorted(kinds), list(events)) == (["fetch", "index"], ["created"])


def test_a_name_is_made_of_a_cyrillic_title(catalogue: Catalogue, su: OrganizationRef) -> None:
    given = record("Отчёт о качестве воды", organization=su)
    first, second = (writing.create(catalogue, SYSTEM, given) for _ in range(2))
    assert first.slug == "otchyot-o-kachestve-vody"
    assert second.slug.startswith(f"{first.slug}-")


def test_all_or_none_are_made(catalogue: Catalogue, su: OrganizationRef) -> None:
    good, bad = record("Вода", organization=su), record("", organization=su, issued=None)
    with pytest.raises(Invalid) as caught:
        writing.create_many(catalogue, SYSTEM, [good, bad, replace(good, slug="X")])
    assert {(one.field, one.row) for one in caught.value.problems} >= {("title", "1")}
    with pytest.raises(Invalid) as caught:
        writing.create_many(catalogue, SYSTEM, [good, replace(good, slug="X"), replace(good, slug="same")] * 2)
    assert [(one.code, one.row) for one in caught.value.problems] == [
        ("bad_slug", "1"), ("bad_slug", "4"), ("slug_taken", "4"), ("slug_taken", "5"),
    ]  # fmt: skip
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Dataset.id)).all() == []
    made = writing.create_many(catalogue, SYSTEM, [good, good, replace(good, slug="third")])
    assert [now(catalogue, one) for one in made] == made


def test_roles(catalogue: Catalogue, su: OrganizationRef, made: DatasetRecord) -> None:
    elsewhere = OrganizationRef(slug="aside", id=organization(catalogue, "aside"))
    member, editor = person(catalogue, Role.MEMBER, su), person(catalogue, Role.EDITOR, su)
    for actor in (PUBLIC, member):
        for call in (
            lambda who: writing.create(catalogue, who, record(organization=su)),
            lambda who: writing.replace(catalogue, who, "voda", made),
            lambda who: writing.remove(catalogue, who, "voda"),
            lambda who: purging.purge(catalogue, who, "voda"),
            lambda who: attaching.attach(catalogue, who, "voda", BytesIO(b"x"), "x.txt"),
        ):
            with pytest.raises(NotAllowed):
                call(actor)
    mine = writing.create(catalogue, editor, record(organization=su))
    assert mine.creator_id == editor.user_id
    for foreign in (elsewhere, None):
        with pytest.raises(NotAllowed):
            writing.create(catalogue, editor, record(organization=foreign))
        with pytest.raises(NotAllowed):
            writing.replace(catalogue, editor, mine.slug, replace(mine, organization=foreign))
    with pytest.raises(NotAllowed):
        writing.create(catalogue, editor, record(organization=su), id=uuid4())
    with pytest.raises(NotAllowed):
        purging.purge(catalogue, editor, mine.slug)
    assert writing.remove(catalogue, editor, mine.slug).state is RecordState.WITHDRAWN


def test_what_the_actor_may_not_know_of_does_not_exist(catalogue: Catalogue, su: OrganizationRef) -> None:
    draft = writing.create(catalogue, SYSTEM, record(organization=su, state=RecordState.DRAFT))
    stranger = person(catalogue, Role.ADMIN, OrganizationRef(id=organization(catalogue, "aside")))
    with pytest.raises(NotFound):
        writing.replace(catalogue, stranger, draft.slug, draft)
    assert writing.remove(catalogue, SYSTEM, draft.slug).state is RecordState.WITHDRAWN
    with pytest.raises(NotFound):
        datasets.record(catalogue, PUBLIC, draft.slug)


def test_nothing_changed_is_nothing_written(catalogue: Catalogue, made: DatasetRecord, clock: Clock) -> None:
    clock.advance(hours=1)
    again = writing.replace(catalogue, SYSTEM, "voda", replace(made, slug="", views=7))
    assert (again.metadata_modified, writing.version(again)) == (made.metadata_modified, writing.version(made))
    with catalogue.sessions.read() as session:
        assert len(session.scalars(select(DatasetEvent)).all()) == 1
        assert len(session.scalars(select(Job).where(Job.kind == "index")).all()) == 1


def test_every_change_gives_another_version_even_at_one_instant(catalogue: Catalogue, made: DatasetRecord) -> None:
    first = writing.replace(catalogue, SYSTEM, "voda", replace(made, version="1"))
    second = writing.replace(catalogue, SYSTEM, "voda", replace(first, version="2"), if_version=writing.version(first))
    assert len({writing.version(one) for one in (made, first, second)}) == 3
    with pytest.raises(Changed):
        writing.replace(catalogue, SYSTEM, "voda", replace(first, version="3"), if_version=writing.version(first))
    assert now(catalogue, made) == second


def add_words(catalogue: Catalogue, words: Sequence[str]) -> None:
    """Add a keyword each, all at once."""

    def add(word: str) -> None:
        def change(before: DatasetRecord) -> DatasetRecord:
            return replace(before, keywords=(*before.keywords, Keyword(word, "ru")))

        writing.replace(catalogue, SYSTEM, "voda", change)

    threads = [threading.Thread(target=add, args=(word,)) for word in words]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def test_no_writer_loses_what_another_wrote(catalogue: Catalogue, made: DatasetRecord) -> None:
    add_words(catalogue, [f"слово {n}" for n in range(8)])
    assert len(now(catalogue, made).keywords) == 8


def test_a_former_name_leads_to_the_record_and_is_given_to_no_other(
    catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef
) -> None:
    writing.replace(catalogue, SYSTEM, "voda", replace(made, slug="water"))
    with pytest.raises(Moved):
        datasets.record(catalogue, PUBLIC, "voda")
    assert writing.replace(catalogue, SYSTEM, "voda", lambda before: replace(before, version="2")).slug == "water"
    with pytest.raises(Invalid, match="already in use"):
        writing.create(catalogue, SYSTEM, record(organization=su), slug="voda")
    assert writing.replace(catalogue, SYSTEM, "water", lambda before: replace(before, slug="voda")).slug == "voda"


def test_the_name_of_a_withdrawn_record_may_be_taken(
    catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef
) -> None:
    writing.remove(catalogue, SYSTEM, "voda", "Дубликат")
    other = writing.create(catalogue, SYSTEM, record("Другая", organization=su), slug="voda")
    assert datasets.record(catalogue, PUBLIC, "voda").id == other.id
    with pytest.raises(Gone) as caught:
        datasets.record(catalogue, PUBLIC, str(made.id))
    assert isinstance(caught.value.record, DatasetRecord)
    assert caught.value.record.slug == str(made.id)


def test_withdrawn_and_restored(catalogue: Catalogue, made: DatasetRecord) -> None:
    gone = writing.remove(catalogue, SYSTEM, "voda", "Дубликат")
    assert gone.tombstone
    assert gone.tombstone.reason == "Дубликат"
    assert writing.remove(catalogue, SYSTEM, "voda") == gone
    assert writing.restore(catalogue, SYSTEM, "voda").state is RecordState.PUBLISHED
    with pytest.raises(Conflict):
        writing.restore(catalogue, SYSTEM, "voda")
    assert datasets.record(catalogue, PUBLIC, "voda").id == made.id


def test_what_is_written_by_hand_survives_harvests(catalogue: Catalogue, one: Feed) -> None:
    harvested = one.one(found("a", record("Вода", resources=(link(), link("https://data.example/b.csv")))))

    def change(before: DatasetRecord) -> DatasetRecord:
        kept = replace(before.resources[0], name=ru("Своё имя"))
        own = ResourceRecord(download_url="https://ours.example/c.csv", format="CSV")
        return replace(before, spatial="Алматы", extras=(Extra("a", "1"),), resources=(kept, own))

    writing.replace(catalogue, SYSTEM, harvested.slug, change)
    attached = attaching.attach(catalogue, SYSTEM, harvested.slug, BytesIO(PDFLIKE), "own.txt")
    one.take(found("a", record("Другая", version="2", resources=(link(), link("https://data.example/b.csv")))))
    after = now(catalogue, harvested)
    assert (after.title, after.version, after.spatial, after.extras) == (
        ru("Другая"), "2", "Алматы", (Extra("a", "1"),),
    )  # fmt: skip
    assert [one.download_url for one in after.resources] == [link().download_url, "https://ours.example/c.csv", ""]
    assert after.resources[0].name == ru("Своё имя")
    assert (after.resources[2].id, after.resources[2].stored) == (attached.id, True)


def test_a_file_is_the_same_by_its_id_whatever_its_key(catalogue: Catalogue, made: DatasetRecord) -> None:
    writing.replace(catalogue, SYSTEM, "voda", replace(made, resources=(*made.resources, link("https://x.example/b"))))
    first, second = now(catalogue, made).resources
    swapped = (replace(first, key=second.key), replace(second, key=first.key, name=ru("Вторая")))
    after = writing.replace(catalogue, SYSTEM, "voda", replace(made, resources=swapped)).resources
    assert [(one.id, one.key) for one in after] == [(first.id, first.key), (second.id, second.key)]
    assert [one.download_url for one in after] == [first.download_url, second.download_url]


def test_a_source_that_has_a_record_made_by_hand_fills_what_is_empty(
    catalogue: Catalogue, su: OrganizationRef, one: Feed
) -> None:
    doi = (Identifier("doi", "10.1000/182"),)
    editor = person(catalogue, Role.EDITOR, su)
    mine = writing.create(catalogue, editor, record("Своё", organization=su, identifiers=doi, resources=(link(),)))
    theirs = record("Чужое", identifiers=doi, spatial="Алматы", resources=(link("https://data.example/b.csv"),))
    assert one.one(found("a", theirs)).id == mine.id
    after = now(catalogue, mine)
    assert (after.title, after.spatial, after.organization and after.organization.id) == (ru("Своё"), "Алматы", su.id)
    assert {one.download_url for one in after.resources} == {link().download_url, "https://data.example/b.csv"}


def test_no_file_is_more_open_than_its_source_says(catalogue: Catalogue, one: Feed) -> None:
    harvested = one.one(found("a", record("Вода", resources=(link(disclosure=WITHHELD),))))

    def opened(before: DatasetRecord) -> DatasetRecord:
        return replace(before, resources=(replace(before.resources[0], disclosure=Disclosure()),))

    with pytest.raises(Invalid, match="stricter"):
        writing.replace(catalogue, SYSTEM, harvested.slug, opened)


def test_an_own_embargo_may_be_taken_back(catalogue: Catalogue, su: OrganizationRef) -> None:
    mine = writing.create(catalogue, SYSTEM, record(organization=su, resources=(link(disclosure=EMBARGOED),)))
    free = replace(mine, resources=(replace(mine.resources[0], disclosure=Disclosure()),))
    after = writing.replace(catalogue, SYSTEM, mine.slug, free)
    assert after.resources[0].disclosure.status is DisclosureStatus.OPEN


def test_what_would_be_lost_is_refused(catalogue: Catalogue, su: OrganizationRef) -> None:
    with pytest.raises(Invalid) as caught:
        writing.create(catalogue, SYSTEM, record(organization=su, landing_page="no address"))
    assert [one.code for one in caught.value.problems] == ["bad_url"]
    kept = writing.create(catalogue, SYSTEM, record(organization=su, license_id="our own"))
    assert (kept.license_id, kept.license_text) == ("", "our own")
    with pytest.raises(Invalid, match="Organization does not exist"):
        writing.create(catalogue, SYSTEM, record(organization=OrganizationRef(slug="nobody")))


def test_an_attached_file_is_held_back_until_it_was_looked_at(catalogue: Catalogue, made: DatasetRecord) -> None:
    file = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(PDFLIKE), "Отчёт.txt")
    assert (file.format, file.media_type, file.byte_size) == ("TXT", "text/plain", len(PDFLIKE))
    assert (file.stored, file.text.status) == (True, TextStatus.PENDING)
    shown = datasets.record(catalogue, PUBLIC, "voda").resources[-1]
    assert (shown.filename, shown.disclosure.status) == ("Отчёт.txt", DisclosureStatus.WITHHELD)
    with catalogue.sessions.write.begin() as session:  # nobody fetches the link in this test
        for job in session.scalars(select(Job).where(Job.kind == "fetch")):
            session.delete(job)
    work(catalogue)
    shown = datasets.record(catalogue, PUBLIC, "voda").resources[-1]
    assert (shown.disclosure.status, shown.text.status) == (DisclosureStatus.OPEN, TextStatus.TEXT)


def test_a_file_is_replaced_in_its_place(catalogue: Catalogue, made: DatasetRecord) -> None:
    named = ResourceRecord(name=ru("А"))
    first = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(PDFLIKE), "a.txt", resource=named)
    second = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(b"a,b\n1,2\n"), "b.csv", replaces=first.id)
    assert (second.id, second.filename, second.format, second.name) == (first.id, "b.csv", "CSV", ru("А"))
    assert [one.id for one in now(catalogue, made).resources] == [made.resources[0].id, first.id]
    with pytest.raises(NotFound):
        attaching.attach(catalogue, SYSTEM, "voda", BytesIO(b"x"), "x.txt", replaces=uuid4())


def test_too_large_and_empty_files_leave_nothing(catalogue: Catalogue, made: DatasetRecord) -> None:
    small = replace(catalogue.config, upload=replace(catalogue.config.upload, max_bytes=2048))
    with pytest.raises(TooLarge):
        attaching.attach(replace(catalogue, config=small), SYSTEM, "voda", BytesIO(b"x" * 3000), "x.txt")
    with pytest.raises(Invalid):
        attaching.attach(catalogue, SYSTEM, "voda", BytesIO(b""), "x.txt")
    assert list(catalogue.files.keys()) == []


def test_bytes_are_as_they_were_when_only_words_change(catalogue: Catalogue, made: DatasetRecord) -> None:
    file = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(PDFLIKE), "a.txt")

    def forged(before: DatasetRecord) -> DatasetRecord:
        wrong = replace(before.resources[1], checksum="0" * 64, byte_size=1, name=ru("Имя"))
        return replace(before, resources=(replace(before.resources[0], stored=True, checksum="1" * 64), wrong))

    after = writing.replace(catalogue, SYSTEM, "voda", forged)
    assert (after.resources[1].checksum, after.resources[1].byte_size) == (file.checksum, file.byte_size)
    assert not after.resources[0].stored


def test_of_a_purged_record_that_was_hidden_before_no_name_stays(
    catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef
) -> None:
    writing.replace(catalogue, SYSTEM, "voda", lambda before: replace(before, private=True, title=ru("Тайное")))
    purging.purge(catalogue, SYSTEM, "voda")
    with catalogue.sessions.read() as session:
        kept = session.get_one(PurgedRecord, made.id)
    assert (kept.slug, bool(kept.title), kept.organization_slug) == ("", False, "su")
    sequence.advance(catalogue)
    told, _ = events.since(catalogue, PUBLIC, 0)
    assert {one.slug for one in told if one.id == made.id} == {""}


def test_bytes_go_though_another_record_claims_their_checksum(
    catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef
) -> None:
    file = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(PDFLIKE), "a.txt")
    claimed = ResourceRecord(download_url="https://example.kz/a.txt", checksum=file.checksum)
    other = writing.create(catalogue, SYSTEM, record(organization=su, resources=(claimed,)))
    assert [one.checksum for one in other.resources] == [file.checksum]
    purging.purge(catalogue, SYSTEM, "voda")
    assert list(catalogue.files.keys()) == []


def test_purged_is_gone_with_its_bytes(catalogue: Catalogue, made: DatasetRecord, su: OrganizationRef) -> None:
    file = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(PDFLIKE), "a.txt")
    shared = attaching.attach(catalogue, SYSTEM, "voda", BytesIO(PDFLIKE * 2), "b.txt")
    other = writing.create(catalogue, SYSTEM, record(organization=su))
    attaching.attach(catalogue, SYSTEM, other.slug, BytesIO(PDFLIKE * 2), "b.txt")
    attaching.attach(catalogue, SYSTEM, "voda", BytesIO(b"other bytes"), "a.txt", replaces=file.id)
    purging.purge(catalogue, SYSTEM, "voda", "Персональные данные")
    assert set(catalogue.files.keys()) == {shared.checksum}
    with catalogue.sessions.read() as session:
        (kept,) = session.scalars(select(PurgedRecord))
        told = session.scalars(select(DatasetEvent.before).where(DatasetEvent.object_id == made.id)).all()
        assert session.scalars(select(Resource.filename)).all() == ["b.txt"]
    assert (kept.id, kept.slug, kept.organization_slug, kept.license_open) == (made.id, "voda", "su", "yes")
    assert not any(told)
    with pytest.raises(NotFound):
        datasets.record(catalogue, PUBLIC, "voda")
    back = writing.create(catalogue, SYSTEM, record(organization=su), slug="voda", id=made.id)
    assert (back.id, back.slug) == (made.id, "voda")


def test_what_was_never_public_leaves_no_trace_in_lists(catalogue: Catalogue, su: OrganizationRef) -> None:
    draft = writing.create(catalogue, SYSTEM, record(organization=su, state=RecordState.DRAFT))
    purging.purge(catalogue, SYSTEM, draft.slug)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(PurgedRecord)).all() == []


def test_no_writer_loses_what_another_wrote_on_postgresql(large: Catalogue) -> None:
    agency = OrganizationRef(slug="su", id=organization(large, "su"))
    made = writing.create(large, SYSTEM, record("Вода", organization=agency), slug="voda")
    add_words(large, [f"слово {n}" for n in range(6)])
    assert len(now(large, made).keywords) == 6
    writing.remove(large, SYSTEM, "voda")
    other = writing.create(large, SYSTEM, record("Вода", organization=agency), slug="voda")
    assert other.id != made.id
    attaching.attach(large, SYSTEM, "voda", BytesIO(PDFLIKE), "a.txt")
    purging.purge(large, SYSTEM, "voda")
    assert list(large.files.keys()) == []
