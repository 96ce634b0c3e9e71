"""What a file had before stays, at an address of its own, as long and as open as the rules say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from opendata.catalog.records import DatasetRecord, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.values import Disclosure, OrganizationRef
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound, NotPublic
from opendata.reading.extract import Reader
from opendata.services import attaching, care, content, file_keeping, file_versions, purging, reading, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.services.uploads import forgetting
from opendata.store import queries
from opendata.store.content import ContentCheck
from opendata.store.datasets import ResourceVersion
from opendata.store.operations import DatasetEvent
from tests.conftest import Clock
from tests.factories import EMBARGOED, OPENS, WITHHELD, Feed, feed, filed, member, organization, record, stored

SECRET = "Для служебного пользования\nОтчёт о хранилище."


@pytest.fixture
def editor(catalogue: Catalogue) -> Actor:
    """Somebody of the agency whose record `made` is."""
    return member(organization(catalogue, "su"), Role.EDITOR)


@pytest.fixture
def made(catalogue: Catalogue, editor: Actor) -> DatasetRecord:
    """A public record without files."""
    return writing.create(catalogue, SYSTEM, record(organization=OrganizationRef("su", id=next(iter(editor.roles)))))


def put(
    catalogue: Catalogue,
    editor: Actor,
    made: DatasetRecord,
    text: str,
    replaces: UUID | None = None,
    *,
    name: str = "a.txt",
    why: str = "",
) -> ResourceRecord:
    """A file that says `text`, read."""
    sent = BytesIO(text.encode())
    file = attaching.attach(catalogue, editor, made.slug, sent, name, replaces=replaces, why=why)
    read(catalogue, file, text)
    return file


def read(catalogue: Catalogue, file: ResourceRecord, text: str) -> None:
    """What the worker does with a file, without its processes."""
    with catalogue.sessions.write.begin() as session:
        content.keep(session, file.checksum, content.in_text((text,)), catalogue.now())
        row = queries.resource_row(session, key(file))
        row.text = TextInfo(TextStatus.TEXT, pages_read=1, pages_total=1)
        content.settle(session, catalogue.now(), [row.dataset_id])


def key(one: ResourceRecord | DatasetRecord) -> UUID:
    assert one.id is not None
    return one.id


def words(catalogue: Catalogue, actor: Actor, made: DatasetRecord, file: UUID | None, number: int) -> str:
    assert file is not None
    opened = file_versions.open_version(catalogue, actor, made.slug, file, number)
    with opened.stream as stream:
        return stream.read().decode()


def test_what_is_replaced_stays_with_its_facts(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord, clock: Clock
) -> None:
    began = clock.now
    file = put(catalogue, editor, made, "первый", name="first.txt")
    clock.advance(days=1)
    again = put(catalogue, editor, made, "второй", file.id, name="second.txt", why="Исправлена таблица 3")
    clock.advance(days=1)
    put(catalogue, editor, made, "третий", file.id)
    assert again.id == file.id
    second, first = file_versions.of_file(catalogue, PUBLIC, made.slug, key(file))
    assert (second.number, second.filename, second.created, second.replaced) == (
        2, "second.txt", began + dt.timedelta(days=1), began + dt.timedelta(days=2),
    )  # fmt: skip
    assert (first.number, first.filename, first.format, first.byte_size) == (1, "first.txt", "TXT", 12)
    assert (first.created - began < dt.timedelta(seconds=1), first.replaced) == (True, began + dt.timedelta(days=1))
    assert (first.why, first.person, first.checksum) == ("Исправлена таблица 3", "", file.checksum)
    assert [words(catalogue, PUBLIC, made, file.id, number) for number in (1, 2)] == ["первый", "второй"]
    with pytest.raises(NotFound, match="no earlier version 3"):
        words(catalogue, PUBLIC, made, file.id, 3)


def test_other_words_about_a_file_make_no_version(catalogue: Catalogue, editor: Actor, made: DatasetRecord) -> None:
    file = put(catalogue, editor, made, "первый")
    put(catalogue, editor, made, "первый", file.id, name="other.txt")

    def renamed(before: DatasetRecord) -> DatasetRecord:
        return replace(before, resources=tuple(replace(one, language="ru") for one in before.resources))

    writing.replace(catalogue, editor, made.slug, renamed)
    assert file_versions.of_file(catalogue, editor, made.slug, key(file)) == ()


def test_bytes_that_are_let_go_for_a_link_stay_as_a_version(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord
) -> None:
    file = put(catalogue, editor, made, "первый")

    def linked(before: DatasetRecord) -> DatasetRecord:
        return replace(
            before, resources=tuple(replace(one, download_url="https://x.example/a") for one in before.resources)
        )

    writing.replace(catalogue, editor, made.slug, linked)
    assert words(catalogue, PUBLIC, made, file.id, 1) == "первый"


@pytest.mark.parametrize("disclosure", [EMBARGOED, WITHHELD], ids=["embargoed", "withheld"])
def test_what_is_closed_today_is_closed_in_every_version(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord, disclosure: Disclosure, clock: Clock
) -> None:
    file = put(catalogue, editor, made, "первый")
    put(catalogue, editor, made, "второй", file.id)

    def closed(before: DatasetRecord) -> DatasetRecord:
        return replace(before, resources=tuple(replace(one, disclosure=disclosure) for one in before.resources))

    writing.replace(catalogue, editor, made.slug, closed)
    assert file_versions.of_file(catalogue, PUBLIC, made.slug, key(file)) == ()
    with pytest.raises(NotPublic, match=disclosure.status):
        words(catalogue, PUBLIC, made, file.id, 1)
    assert words(catalogue, editor, made, file.id, 1) == "первый"
    clock.now = clock.now.replace(month=OPENS.month, day=OPENS.day)
    if disclosure is EMBARGOED:
        assert words(catalogue, PUBLIC, made, file.id, 1) == "первый"


def test_a_version_is_withheld_by_itself_with_a_reason(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord
) -> None:
    file = put(catalogue, editor, made, "Иванов, 87011234567", name="ivanov.txt")
    put(catalogue, editor, made, "без имён", file.id, why="Убраны имена Иванова")
    before = stored(catalogue, key(made))
    with pytest.raises(Invalid):
        file_versions.withhold(catalogue, editor, made.slug, key(file), 1, "да")
    file_versions.withhold(catalogue, editor, made.slug, key(file), 1, "В ней были личные данные.")
    (shown,) = file_versions.of_file(catalogue, PUBLIC, made.slug, key(file))
    assert shown == file_versions.FileVersion(
        1, shown.created, shown.replaced, available=False, withheld=True, reason="В ней были личные данные."
    )
    with pytest.raises(NotPublic, match="личные данные"):
        words(catalogue, PUBLIC, made, file.id, 1)
    assert words(catalogue, editor, made, file.id, 1).startswith("Иванов")
    after = stored(catalogue, key(made))
    assert writing.version(after) > writing.version(before)
    with catalogue.sessions.read() as session:
        told = session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == file.id)).all()
    assert "version withheld" in told
    with pytest.raises(Conflict):
        file_versions.withhold(catalogue, editor, made.slug, key(file), 1, "В ней были личные данные.")
    put(catalogue, editor, made, "снова без имён", file.id, why="Исправлено")
    for number, public in ((1, False), (2, True)):
        opened = file_versions.open_version(catalogue, editor, made.slug, key(file), number)
        opened.stream.close()
        assert opened.public is public
    file_versions.release(catalogue, editor, made.slug, key(file), 1)
    assert words(catalogue, PUBLIC, made, file.id, 1).startswith("Иванов")


def test_who_does_not_edit_the_record_withholds_nothing(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord
) -> None:
    file = put(catalogue, editor, made, "первый")
    put(catalogue, editor, made, "второй", file.id)
    reader = replace(editor, roles=dict.fromkeys(editor.roles, Role.MEMBER))
    for actor in (PUBLIC, reader):
        with pytest.raises(NotAllowed):
            file_versions.withhold(catalogue, actor, made.slug, key(file), 1, "Причина такая")
    other = put(catalogue, editor, made, "третий", name="b.txt")
    with pytest.raises(NotFound):
        file_versions.withhold(catalogue, editor, made.slug, key(other), 1, "Причина такая")


def test_a_mark_in_earlier_bytes_holds_them_back_alone(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord
) -> None:
    file = put(catalogue, editor, made, SECRET)
    put(catalogue, editor, made, "Открытый отчёт", file.id)
    assert file_versions.of_file(catalogue, PUBLIC, made.slug, key(file)) == ()
    with pytest.raises(NotFound):
        words(catalogue, PUBLIC, made, file.id, 1)
    (shown,) = file_versions.of_file(catalogue, editor, made.slug, key(file))
    assert shown.held


def test_earlier_bytes_are_looked_at_by_rules_that_come_later(
    catalogue: Catalogue, editor: Actor, made: DatasetRecord
) -> None:
    file = put(catalogue, editor, made, SECRET)
    put(catalogue, editor, made, "Открытый отчёт", file.id)
    with catalogue.sessions.write.begin() as session:
        session.execute(delete(ContentCheck))
        content.forget(session, [file.checksum])
    assert file_versions.of_file(catalogue, PUBLIC, made.slug, key(file)) == ()
    assert content.queue_unlooked(catalogue) == 2
    with catalogue.sessions.read() as session:
        (earlier,) = session.scalars(select(ResourceVersion.id)).all()
    with Reader() as reader:
        reading.look(catalogue, reader, earlier)
    (shown,) = file_versions.of_file(catalogue, editor, made.slug, key(file))
    assert shown.held
    assert content.queue_unlooked(catalogue) == 1  # what is there now


def test_bytes_of_versions_are_never_taken_for_unused(catalogue: Catalogue, editor: Actor, made: DatasetRecord) -> None:
    file = put(catalogue, editor, made, "первый")
    put(catalogue, editor, made, "второй", file.id)
    with catalogue.sessions.write.begin() as session:
        forgetting.drop(catalogue, session, file.checksum)
    assert words(catalogue, PUBLIC, made, file.id, 1) == "первый"


def test_purging_removes_every_version(catalogue: Catalogue, editor: Actor, made: DatasetRecord) -> None:
    file = put(catalogue, editor, made, "первый")
    other = put(catalogue, editor, made, "второй", file.id)
    put(catalogue, editor, made, "третий", file.id)
    kept = writing.create(catalogue, SYSTEM, record("Другой"))
    attaching.attach(catalogue, SYSTEM, kept.slug, BytesIO("второй".encode()), "b.txt")
    purging.purge(catalogue, SYSTEM, made.slug)
    assert [catalogue.files.exists(one.checksum) for one in (file, other)] == [False, True]
    with catalogue.sessions.read() as session:
        assert session.scalars(select(ResourceVersion)).all() == []


def harvested(one: Feed, *texts: str) -> DatasetRecord:
    for text in texts:
        found = replace(filed("Курсы", text), identifier="rates")
        dataset = one.one(found)
        read(one.catalogue, dataset.resources[0], text)
    return dataset


def test_of_what_a_source_replaces_the_newest_are_kept(catalogue: Catalogue) -> None:
    dataset = harvested(feed(catalogue), *(f"день {number}" for number in range(6)))
    file = dataset.resources[0]
    assert len(file_versions.of_file(catalogue, SYSTEM, dataset.slug, key(file))) == 5
    assert file_keeping.trim(catalogue) == 2
    left = file_versions.of_file(catalogue, PUBLIC, dataset.slug, key(file))
    assert [one.number for one in left] == [5, 4, 3]
    assert words(catalogue, PUBLIC, dataset, file.id, 3) == "день 2"
    assert file_keeping.trim(catalogue) == 0
    care.tend(catalogue)
    assert [catalogue.files.exists(one.checksum) for one in left] == [True] * 3


def test_what_people_replace_is_all_kept(catalogue: Catalogue, editor: Actor, made: DatasetRecord) -> None:
    file = put(catalogue, editor, made, "день 0")
    for number in range(1, 6):
        put(catalogue, editor, made, f"день {number}", file.id)
    assert file_keeping.trim(catalogue) == 0
    assert len(file_versions.of_file(catalogue, PUBLIC, made.slug, key(file))) == 5
