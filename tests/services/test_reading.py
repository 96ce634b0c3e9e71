"""What happens to a file after its record: fetched, read, looked into, searchable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, ResourceRecord, ResourceRole, TextStatus
from opendata.catalog.values import Extra
from opendata.errors import NotFound
from opendata.files.s3 import S3Store
from opendata.search.query import SearchQuery
from opendata.services import discovery, fetching, resources
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.results import ExternalFile, OpenedFile
from opendata.store import queries
from opendata.store.datasets import Dataset, Resource
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.factories import WITHHELD, Feed, filed, found, link, record, ru, stored, work
from tests.reading.conftest import pdf_bytes
from tests.reading.test_titlepage import FINAL_RU
from tests.services.conftest import Portal, add_source, counts, run

GUESSED = (Extra("title_from", "filename"),)


def only(catalogue: Catalogue) -> DatasetRecord:
    with catalogue.sessions.read() as session:
        dataset_id = session.scalars(select(Dataset.id)).one()
    return stored(catalogue, dataset_id)


def test_linked_files_are_fetched_read_and_found(catalogue: Catalogue, portal: Portal) -> None:
    portal.files["wells.csv"] = "колодец;глубина\nКызылсу;12\nЖайык;40\n".encode()
    portal.files["report.pdf"] = pdf_bytes(["first page", "the zeolite deposit", "third page"])
    portal.add(0, "wells.csv", "report.pdf")
    add_source(catalogue, portal.server.url)
    run(catalogue)
    assert [file.text.status for file in only(catalogue).resources] == [TextStatus.PENDING] * 2
    work(catalogue)
    wells, report = only(catalogue).resources
    assert (wells.stored, wells.filename, wells.format, wells.text.status) == (True, "wells.csv", "CSV", "text")
    assert (report.format, report.text.pages_read, report.text.pages_total) == ("PDF", 3, 3)
    card = discovery.find(catalogue, PUBLIC, SearchQuery("zeolite")).cards[0]
    assert card.passage is not None
    assert (card.passage.resource_id, card.passage.page) == (report.id, 2)
    shown = resources.file_page(catalogue, PUBLIC, only(catalogue).slug, str(wells.id))
    assert shown.table is not None
    opened = resources.open_file(catalogue, PUBLIC, only(catalogue).slug, str(report.id))
    assert isinstance(opened, OpenedFile)
    with opened.stream as stream:
        assert stream.read() == portal.files["report.pdf"]


def test_a_file_stays_when_only_its_record_changes_and_is_fetched_again_when_its_link_does(
    catalogue: Catalogue, portal: Portal
) -> None:
    portal.files |= {"a.txt": "Прежний текст о воде.".encode(), "b.txt": "Новый текст о воде.".encode()}
    given = portal.add(0, "a.txt")
    add_source(catalogue, portal.server.url)
    run(catalogue)
    work(catalogue)
    before = only(catalogue).resources[0]
    given["title"] = "Другое название"
    assert counts(run(catalogue)) == {"updated": 1}
    portal.server.asked.clear()
    work(catalogue)
    assert only(catalogue).resources[0] == before
    assert portal.server.asked == []
    given["resources"][0]["url"] = portal.at("b.txt")
    run(catalogue)
    work(catalogue)
    after = only(catalogue).resources[0]
    assert (after.id, after.stored, after.checksum != before.checksum) == (before.id, True, True)
    assert catalogue.page_texts.pages(after.checksum, 1) == ("Новый текст о воде.",)


def test_a_file_that_cannot_be_fetched_says_why_and_harms_nothing(catalogue: Catalogue, portal: Portal) -> None:
    portal.files["good.txt"] = "Хороший текст.".encode()
    portal.add(0, "missing.pdf", "good.txt")
    add_source(catalogue, portal.server.url)
    run(catalogue)
    work(catalogue)
    missing, good = only(catalogue).resources
    assert (missing.stored, missing.text.status) == (False, TextStatus.NOT_STORED)
    assert "404" in missing.fetch_problem
    assert missing.text.reason
    assert good.text.status is TextStatus.TEXT
    opened = resources.open_file(catalogue, PUBLIC, only(catalogue).slug, str(missing.id))
    assert opened == ExternalFile(portal.at("missing.pdf"))


def test_a_web_page_in_place_of_a_file_is_not_kept(catalogue: Catalogue, portal: Portal) -> None:
    portal.files["report.pdf"] = b"<!DOCTYPE html><html><body>Log in first</body></html>"
    portal.add(0, "report.pdf", resources=[{"id": "r", "url": portal.at("report.pdf"), "format": "PDF"}])
    add_source(catalogue, portal.server.url)
    run(catalogue)
    work(catalogue)
    file = only(catalogue).resources[0]
    assert (file.stored, file.format) == (False, "PDF")
    assert "web page" in file.fetch_problem


def test_a_file_over_the_limit_is_not_fetched(catalogue: Catalogue, portal: Portal) -> None:
    portal.files["big.bin"] = b"x" * 5000
    portal.add(0, "big.bin")
    add_source(catalogue, portal.server.url)
    run(catalogue)
    small = replace(catalogue.config, harvest=replace(catalogue.config.harvest, max_file_bytes=2000))
    work(replace(catalogue, config=small))
    assert not only(catalogue).resources[0].stored
    assert only(catalogue).resources[0].fetch_problem


def test_a_link_that_changed_during_the_fetch_is_not_given_the_old_bytes(
    catalogue: Catalogue, portal: Portal, one: Feed
) -> None:
    portal.files["a.txt"] = b"old"
    item = found("a", record(resources=(link(portal.at("a.txt"), key="k"),)))
    dataset = one.one(item)
    changed = replace(item, record=record(resources=(link(portal.at("b.txt"), key="k"),)))
    answer = portal.answer

    def change_meanwhile(asked: object) -> object:
        one.take(changed)
        return answer(asked)  # type: ignore[arg-type]

    portal.answer = change_meanwhile  # type: ignore[assignment]
    fetching.fetch(catalogue, UUID(str(dataset.resources[0].id)))
    after = only(catalogue).resources[0]
    assert (after.download_url, after.stored) == (portal.at("b.txt"), False)


def test_links_are_left_alone_where_fetching_is_off(catalogue: Catalogue, portal: Portal) -> None:
    portal.add(0, "a.txt")
    add_source(catalogue, portal.server.url)
    off = replace(
        catalogue, config=replace(catalogue.config, harvest=replace(catalogue.config.harvest, fetch_files=False))
    )
    run(off)
    assert only(catalogue).resources[0].text.status is TextStatus.NOT_STORED
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Job.kind)).all() == ["index"]


def test_the_title_page_replaces_a_title_made_of_a_file_name(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "scan_0042.txt").write_text(FINAL_RU, "utf-8")
    add_source(catalogue, str(tmp_path / "in"), "folder", "folder")
    run(catalogue, "folder")
    assert only(catalogue).title.values()[0].value == "scan 0042"
    work(catalogue)
    after = only(catalogue)
    assert after.title.ru.lower().startswith("оценка запасов подземных вод")
    assert "title" in after.read_from_file
    assert after.register_number == "0121РК00417"
    assert [subject.code for subject in after.subjects if subject.scheme == "grnti"] == ["70.27.13"]
    assert after.resources[0].role is ResourceRole.FINAL_REPORT
    assert str(after.issued) == "2023"


def report(title: str = "scan_0042", **changes: object) -> tuple[DatasetRecord, dict[str, bytes]]:
    """What a folder gives: a file and a title made of its name."""
    file = ResourceRecord(key="f.txt", filename="f.txt")
    given = {"extras": GUESSED, "resources": (file,), **changes}
    return record(title, **given), {"f.txt": FINAL_RU.encode()}


def test_fields_read_from_a_file_outlive_the_next_harvest_and_yield_to_the_source(
    catalogue: Catalogue, one: Feed
) -> None:
    one.take(found("a", *report()))
    work(catalogue)
    first = only(catalogue)
    assert {"title", "register_number", "issued", "subjects"} <= set(first.read_from_file)
    one.take(found("a", *report(version="2")))
    second = only(catalogue)
    assert (second.title, second.register_number, second.issued) == (first.title, first.register_number, first.issued)
    assert (second.read_from_file, second.version) == (first.read_from_file, "2")
    assert second.resources[0].role is ResourceRole.FINAL_REPORT
    one.take(found("a", *report("Настоящее название", extras=(), register_number="BR777")))
    third = only(catalogue)
    assert (third.title.ru, third.register_number) == ("Настоящее название", "BR777")
    assert {"title", "register_number"}.isdisjoint(third.read_from_file)
    assert "subjects" in third.read_from_file


def test_what_the_source_says_is_never_replaced_by_the_file(catalogue: Catalogue, one: Feed) -> None:
    one.take(found("a", *report("Название источника", extras=(), register_number="BR777")))
    work(catalogue)
    after = only(catalogue)
    assert (after.title.ru, after.register_number) == ("Название источника", "BR777")
    assert "title" not in after.read_from_file


def test_a_closed_file_fills_no_public_field(catalogue: Catalogue, one: Feed) -> None:
    given, files = report()
    closed = replace(given, resources=(replace(given.resources[0], disclosure=WITHHELD),))
    one.take(found("a", closed, files))
    work(catalogue)
    after = only(catalogue)
    assert (after.title.ru, after.register_number, after.read_from_file) == ("scan_0042", "", ())
    assert after.resources[0].role is ResourceRole.OTHER


def test_the_same_bytes_are_stored_and_read_once_for_all(catalogue: Catalogue, one: Feed) -> None:
    one.take(filed("А", "Один и тот же текст."), filed("Б", "Один и тот же текст."))
    work(catalogue)
    with catalogue.sessions.read() as session:
        rows = session.scalars(select(Resource)).all()
    assert len({row.checksum for row in rows}) == 1
    assert [row.text.status for row in rows] == [TextStatus.TEXT] * 2
    assert len(catalogue.page_texts.files()) == 1
    assert discovery.find(catalogue, PUBLIC, SearchQuery("тот же текст")).total == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", TextStatus.NO_TEXT), (b"%PDF-1.4 broken", TextStatus.FAILED), (pdf_bytes(["x"], password="p"), "failed")],
    ids=["empty", "broken", "encrypted"],
)
def test_a_bad_file_has_a_status_and_ends_its_job(
    catalogue: Catalogue, one: Feed, content: bytes, status: TextStatus
) -> None:
    file = ResourceRecord(key="x.pdf", filename="x.pdf")
    one.take(found("a", record(resources=(file,)), {"x.pdf": content}))
    work(catalogue)
    after = only(catalogue).resources[0]
    assert after.stored
    assert after.text.status in (status, TextStatus.FAILED)
    assert after.text.reason
    with catalogue.sessions.read() as session:
        assert set(session.scalars(select(Job.status).where(Job.kind != "words"))) == {"complete"}


def test_a_file_that_is_gone_is_no_trouble(catalogue: Catalogue, one: Feed) -> None:
    dataset = one.one(filed("А", "Текст."))
    with catalogue.sessions.write.begin() as session:
        session.delete(queries.dataset_row(session, UUID(str(dataset.id))))
    work(catalogue)
    with catalogue.sessions.read() as session:
        assert set(session.scalars(select(Job.status))) == {"complete"}


def test_a_page_of_the_text_that_there_is_not_is_not_found(catalogue: Catalogue, one: Feed) -> None:
    dataset = one.one(filed("А", "Текст."))
    work(catalogue)
    file = str(dataset.resources[0].id)
    assert resources.file_page(catalogue, PUBLIC, dataset.slug, file, 1).text
    for page in (0, 2, -1):
        with pytest.raises(NotFound):
            resources.file_page(catalogue, PUBLIC, dataset.slug, file, page)
    for other in ("nonsense", str(UUID(int=5))):
        with pytest.raises(NotFound):
            resources.file_page(catalogue, PUBLIC, dataset.slug, other)


def test_words_of_a_query_are_marked_on_the_page_that_holds_them(catalogue: Catalogue, one: Feed) -> None:
    file = ResourceRecord(key="x.pdf", filename="x.pdf", name=ru("Отчёт"))
    pages = pdf_bytes(["one", "two salinity", "three", "four salinity"])
    dataset = one.one(found("a", record(resources=(file,)), {"x.pdf": pages}))
    work(catalogue)
    file_id, words = str(dataset.resources[0].id), SearchQuery("salinity")
    page = resources.file_page(catalogue, PUBLIC, dataset.slug, file_id, words=words)
    assert (page.page, page.pages, page.hits) == (2, 4, (2, 4))
    assert [piece.text for piece in page.text if piece.marked] == ["salinity"]


def test_a_store_that_is_away_lets_the_fetch_wait_and_is_not_told_to_the_public(
    catalogue: Catalogue, portal: Portal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    portal.files["good.txt"] = "Хороший текст.".encode()
    portal.add(0, "good.txt")
    add_source(catalogue, portal.server.url)
    run(catalogue)
    work(replace(catalogue, files=S3Store(bucket="files", endpoint_url="http://127.0.0.1:9")))
    (file,) = only(catalogue).resources
    assert (file.stored, file.fetch_problem) == (False, "")
    with catalogue.sessions.read() as session:
        waiting = session.scalars(select(Job).where(Job.kind == "fetch")).one()
        assert (waiting.status, waiting.attempts) == (JobStatus.NEW, 0)
        assert "bucket files" in waiting.error
    clock.advance(minutes=5)
    work(catalogue)
    assert only(catalogue).resources[0].text.status is TextStatus.TEXT
