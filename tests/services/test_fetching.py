"""Linked files: on from where it broke off, again when they changed, never without the copy that is here."""

from __future__ import annotations

import datetime as dt
import hashlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord, ResourceRecord, TextStatus
from opendata.catalog.values import Extra, PartialDate
from opendata.services import fetching, file_versions, hosts, partials, queue, tidying
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.hosts import DEAD, host_of
from opendata.store.datasets import Resource
from opendata.store.links import LinkCheck, RestingHost
from opendata.store.operations import DatasetEvent, Job
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.factories import Feed, feed, found, link, record, stored, work
from tests.servers.shelf import Shelf, shelf

BIG = b"%PDF-1.4\n" + bytes(range(256)) * 4000
"""A megabyte that looks like a PDF."""


@pytest.fixture
def files() -> Iterator[Shelf]:
    """A server of files."""
    with shelf() as running:
        yield running


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    """A source that lists what the test says."""
    return feed(catalogue, "one")


def linked(one: Feed, url: str, **changes: object) -> DatasetRecord:
    """A record with one file at `url`."""
    return one.one(found("a", record(resources=(link(url, **{"key": "k", "format": "", **changes}),))))


def file_of(catalogue: Catalogue, dataset: DatasetRecord) -> ResourceRecord:
    return stored(catalogue, UUID(str(dataset.id))).resources[0]


def key(dataset: DatasetRecord) -> UUID:
    return UUID(str(dataset.resources[0].id))


def jobs(catalogue: Catalogue, kind: str = "fetch") -> list[Job]:
    with catalogue.sessions.read() as session:
        return list(session.scalars(select(Job).where(Job.kind == kind, Job.status == JobStatus.NEW).order_by(Job.id)))


def events(catalogue: Catalogue) -> list[str]:
    """What happened to files."""
    with catalogue.sessions.read() as session:
        wanted = select(DatasetEvent.action).where(DatasetEvent.kind == "resource").order_by(DatasetEvent.id)
        return list(session.scalars(wanted))


def test_a_broken_transfer_goes_on_from_where_it_broke(catalogue: Catalogue, files: Shelf, one: Feed) -> None:
    url = files.put("a.pdf", BIG, etag='"1"', cut=400_000, cuts=1)
    dataset = linked(one, url)
    fetching.fetch(catalogue, key(dataset))
    assert not file_of(catalogue, dataset).stored
    assert file_of(catalogue, dataset).fetch_problem
    (kept,) = (catalogue.config.home / "incoming").glob("fetch-*")
    had = (kept / "file").stat().st_size
    assert 0 < had <= 400_000
    fetching.fetch(catalogue, key(dataset), tries=1)
    assert files.asked[-1] == ("GET", "a.pdf", f"bytes={had}-")
    after = file_of(catalogue, dataset)
    assert (after.stored, after.checksum, after.fetch_problem) == (True, hashlib.sha256(BIG).hexdigest(), "")
    assert not kept.exists()


def test_another_file_at_the_address_is_fetched_from_its_beginning(
    catalogue: Catalogue, files: Shelf, one: Feed
) -> None:
    url = files.put("a.pdf", BIG, etag='"1"', cut=400_000, cuts=1)
    dataset = linked(one, url)
    fetching.fetch(catalogue, key(dataset))
    new = BIG[::-1]
    files.put("a.pdf", new, etag='"2"')
    fetching.fetch(catalogue, key(dataset))
    assert file_of(catalogue, dataset).checksum == hashlib.sha256(new).hexdigest()


def test_pieces_that_are_not_what_the_source_promised_are_fetched_anew(
    catalogue: Catalogue, files: Shelf, one: Feed
) -> None:
    url = files.put("a.pdf", BIG[:-1] + b"!", etag='"same"', cut=400_000, cuts=1)
    dataset = linked(one, url, checksum=hashlib.sha256(BIG[::-1]).hexdigest())
    fetching.fetch(catalogue, key(dataset))
    files.put("a.pdf", BIG[::-1], etag='"same"')
    fetching.fetch(catalogue, key(dataset))
    after = file_of(catalogue, dataset)
    assert (after.checksum, after.fetch_problem) == (hashlib.sha256(BIG[::-1]).hexdigest(), "")


@pytest.mark.parametrize(
    "stated",
    [
        {"checksum": "0" * 64},
        {"extras": (Extra("hash", "md5:" + "0" * 32),)},
        {"extras": (Extra("checksum", "A" * 40),)},
    ],
    ids=["sha256", "md5", "sha1"],
)
def test_a_checksum_that_does_not_fit_is_told_beside_the_file(
    catalogue: Catalogue, files: Shelf, one: Feed, stated: dict[str, object]
) -> None:
    dataset = linked(one, files.put("a.pdf", BIG), **stated)
    fetching.fetch(catalogue, key(dataset))
    after = file_of(catalogue, dataset)
    assert after.stored
    assert "checksum" in after.fetch_problem
    assert len(files.asked) == 1


def test_a_checksum_that_fits_is_no_problem_and_words_are_no_checksum(
    catalogue: Catalogue, files: Shelf, one: Feed
) -> None:
    right = Extra("hash", hashlib.md5(BIG, usedforsecurity=False).hexdigest())
    dataset = linked(one, files.put("a.pdf", BIG), extras=(right, Extra("checksum", "see the readme")))
    fetching.fetch(catalogue, key(dataset))
    assert file_of(catalogue, dataset).fetch_problem == ""


def test_an_unchanged_file_is_not_sent_again_and_writes_nothing(
    catalogue: Catalogue, files: Shelf, one: Feed, clock: Clock
) -> None:
    url = files.put("a.txt", b"one two three", etag='"1"')
    dataset = linked(one, url)
    work(catalogue)
    before = stored(catalogue, UUID(str(dataset.id)))
    told = events(catalogue)
    clock.advance(days=2)
    fetching.fetch(catalogue, key(dataset), again=True)
    after = stored(catalogue, UUID(str(dataset.id)))
    assert after.metadata_modified == before.metadata_modified
    assert after.resources[0].link.fetched == clock()
    assert told == ["fetched", "read"]
    assert events(catalogue) == told
    assert not jobs(catalogue, "read")
    files.put("a.txt", b"one two three", etag='"other mark"')
    fetching.fetch(catalogue, key(dataset), again=True)
    assert stored(catalogue, UUID(str(dataset.id))).metadata_modified == before.metadata_modified


def test_changed_bytes_are_told_closed_and_read_anew(catalogue: Catalogue, files: Shelf, one: Feed) -> None:
    url = files.put("a.txt", b"the first version", etag='"1"')
    dataset = linked(one, url)
    work(catalogue)
    before = file_of(catalogue, dataset)
    files.put("a.txt", b"the second version", etag='"2"')
    fetching.fetch(catalogue, key(dataset), again=True)
    between = file_of(catalogue, dataset)
    assert (between.checksum != before.checksum, between.text.status) == (True, TextStatus.PENDING)
    assert not between.disclosure.is_open(catalogue.today())
    with catalogue.sessions.read() as session:
        event = session.scalars(select(DatasetEvent).where(DatasetEvent.action == "replaced")).one()
    assert (event.before["checksum"], event.after["checksum"]) == (before.checksum, between.checksum)
    assert catalogue.files.exists(before.checksum)
    work(catalogue)
    assert file_of(catalogue, dataset).disclosure.is_open(catalogue.today())
    assert catalogue.page_texts.pages(between.checksum, 1) == ("the second version",)
    (earlier,) = file_versions.of_dataset(catalogue, PUBLIC, stored(catalogue, UUID(str(dataset.id))))[key(dataset)]
    assert (earlier.number, earlier.checksum, earlier.person) == (1, before.checksum, "")


@pytest.mark.parametrize("now", [{"status": 404}, {"status": 410}, {"status": 500}, {"media_type": "text/html"}])
def test_a_dead_address_leaves_our_copy_and_both_are_told(
    catalogue: Catalogue, files: Shelf, one: Feed, now: dict[str, object], clock: Clock
) -> None:
    url = files.put("a.pdf", BIG)
    dataset = linked(one, url)
    fetching.fetch(catalogue, key(dataset))
    fetched = clock()
    before = file_of(catalogue, dataset)
    clock.advance(days=3)
    files.put("a.pdf", b"<!DOCTYPE html><html><body>Not here any more</body></html>", **now)
    fetching.fetch(catalogue, key(dataset), again=True)
    after = file_of(catalogue, dataset)
    assert (after.stored, after.checksum, after.fetch_problem) == (True, before.checksum, "")
    assert (after.link.checked, after.link.fetched) == (clock(), fetched)
    assert after.link.status in ("gone", "unknown", "broken")
    assert after.link.problem


def test_a_file_is_asked_for_again_when_its_source_says_that_it_changed(
    catalogue: Catalogue, files: Shelf, one: Feed, clock: Clock
) -> None:
    url = files.put("a.txt", b"one two three", etag='"1"')
    first = record(resources=(link(url, key="k", format=""),))
    dataset = one.one(found("a", first))
    work(catalogue)
    one.take(found("a", replace(first, version="2")))
    assert not jobs(catalogue)
    clock.advance(days=1)
    today = clock().date()
    changed = replace(first, version="3", modified=PartialDate(today.year, today.month, today.day))
    one.take(found("a", changed))
    (job,) = jobs(catalogue)
    assert (job.payload["again"], job.host) == (True, host_of(url))
    files.put("a.txt", b"four", etag='"2"')
    fetching.work(catalogue, job.payload)
    assert files.asked[-1][:2] == ("GET", "a.txt")
    assert file_of(catalogue, dataset).byte_size == 4


def test_trouble_that_may_pass_is_tried_again_with_growing_waits_and_then_no_more(
    catalogue: Catalogue, files: Shelf, one: Feed, clock: Clock
) -> None:
    dataset = linked(one, files.put("a.pdf", b"", status=500))
    with catalogue.sessions.write.begin() as session:
        session.query(Job).delete()
    waits = []
    fetching.fetch(catalogue, key(dataset))
    while found_jobs := jobs(catalogue):
        (job,) = found_jobs
        assert job.not_before is not None
        waits.append(job.not_before - clock())
        clock.now = job.not_before
        with catalogue.sessions.write.begin() as session:
            session.get_one(Job, job.id).status = JobStatus.COMPLETE
        fetching.work(catalogue, job.payload)
    assert waits == list(fetching.WAITS)


def test_what_is_refused_for_good_is_not_tried_again(catalogue: Catalogue, files: Shelf, one: Feed) -> None:
    dataset = linked(one, files.put("a.pdf", b"", status=403))
    work(catalogue)
    after = file_of(catalogue, dataset)
    assert not jobs(catalogue)
    assert (after.link.status, after.text.status) == ("refused", TextStatus.NOT_STORED)
    assert "403" in after.fetch_problem


def test_an_empty_answer_is_no_file(catalogue: Catalogue, files: Shelf, one: Feed) -> None:
    dataset = linked(one, files.put("a.pdf", b""))
    fetching.fetch(catalogue, key(dataset))
    assert "empty" in file_of(catalogue, dataset).fetch_problem


def test_a_web_page_is_told_by_the_name_in_the_link_where_the_record_names_no_format(
    catalogue: Catalogue, files: Shelf, one: Feed
) -> None:
    dataset = linked(one, files.put("a.pdf", b"<html><body>Please sign in</body></html>"))
    fetching.fetch(catalogue, key(dataset))
    assert "not to a PDF file" in file_of(catalogue, dataset).fetch_problem
    assert file_of(catalogue, dataset).link.status == "broken"


def test_a_new_address_forgets_what_was_known_of_the_former_one(catalogue: Catalogue, files: Shelf, one: Feed) -> None:
    url = files.put("a.txt", b"one", etag='"1"')
    dataset = linked(one, url)
    fetching.fetch(catalogue, key(dataset))
    linked(one, f"{files.url}/other.txt")
    after = file_of(catalogue, dataset)
    assert (after.link.status, after.link.fetched, after.stored) == ("", None, False)
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Resource.etag)).one() == ""


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_dead_host_is_not_asked_link_by_link(catalogue: Catalogue, one: Feed, clock: Clock) -> None:
    dead = f"http://127.0.0.1:{closed_port()}"
    one.take(found("a", record(resources=tuple(link(f"{dead}/{n}.pdf", key=str(n), format="") for n in range(8)))))
    work(catalogue)
    with catalogue.sessions.read() as session:
        assert len(session.scalars(select(LinkCheck)).all()) <= DEAD + 1
    waiting = jobs(catalogue)
    assert len(waiting) == 8
    assert {job.host for job in waiting} == {host_of(dead)}
    assert min(job.not_before for job in waiting if job.not_before) >= clock() + dt.timedelta(seconds=30)
    assert max(job.not_before for job in waiting if job.not_before) >= clock() + dt.timedelta(minutes=10)


def test_what_comes_for_a_dead_host_is_not_taken_up_while_it_rests(
    catalogue: Catalogue, one: Feed, clock: Clock
) -> None:
    dead = f"http://127.0.0.1:{closed_port()}"
    one.take(found("a", record(resources=tuple(link(f"{dead}/{n}.pdf", key=str(n), format="") for n in range(DEAD)))))
    work(catalogue)
    one.take(found("b", record("Реки", resources=tuple(link(f"{dead}/b{n}.pdf", key=str(n)) for n in range(20)))))
    work(catalogue)
    assert len([job for job in jobs(catalogue) if not job.attempts and job.not_before is None]) == 20
    with catalogue.sessions.read() as session:
        asked = len(session.scalars(select(LinkCheck)).all())
    clock.advance(minutes=11)
    work(catalogue)  # the first to be tried tell for all
    with catalogue.sessions.read() as session:
        more = len(session.scalars(select(LinkCheck)).all()) - asked
        assert 1 <= more <= catalogue.config.harvest.concurrency
        rests = session.get_one(RestingHost, host_of(dead))
        assert rests.until >= clock() + dt.timedelta(minutes=20)


def test_a_host_that_answers_is_alive_again(catalogue: Catalogue, clock: Clock) -> None:
    with catalogue.sessions.write.begin() as session:
        for _ in range(DEAD - 1):
            assert hosts.failed(session, "x", clock()) is None
        hosts.answered(session, "x")
        assert hosts.failed(session, "x", clock()) is None
        assert hosts.waits_until(session, "x", clock()) is None
        for _ in range(DEAD):
            until = hosts.failed(session, "x", clock())
        assert until is not None
        assert hosts.waits_until(session, "x", clock()) == until
        assert hosts.waits_until(session, "x", until) is None
        for _ in range(40):
            until = hosts.failed(session, "x", clock())
        assert until == clock() + dt.timedelta(hours=6)
        assert hosts.forget(session, until) == 0
        assert hosts.forget(session, until + dt.timedelta(seconds=1)) == 1


def test_links_of_one_host_are_fetched_for_one_host(catalogue: Catalogue, one: Feed) -> None:
    linked(one, "https://Data.Example:8443/a.pdf")
    assert jobs(catalogue)[0].host == "data.example:8443"
    assert host_of("http://user:secret@data.example/a") == "data.example"
    assert jobs(catalogue)[0].lane == queue.Lane.FETCH


def test_half_files_are_bounded_in_number_size_and_age(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partials, "MOST_PARTIALS", 3)
    monkeypatch.setattr(partials, "MOST_BYTES", 50)
    fresh = replace(catalogue, clock=lambda: dt.datetime.now(dt.UTC))
    for number in range(5):
        with partials.held(fresh, UUID(int=number)) as partial:
            partial.path.write_bytes(b"x" * 20)
            partial.begin("http://x.example/", '"1"', "")
    assert partials.sweep(fresh) == 3
    later = replace(catalogue, clock=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=3))
    with partials.held(fresh, UUID(int=4)):
        assert partials.sweep(later) == 1
    assert partials.sweep(later) == 1


def test_a_half_file_is_not_taken_for_what_a_dead_process_left(catalogue: Catalogue) -> None:
    with partials.held(catalogue, UUID(int=1)) as partial:
        partial.path.write_bytes(b"x")
    stray = catalogue.config.home / "incoming" / "abandoned"
    stray.mkdir()
    later = replace(catalogue, clock=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(hours=30))
    assert tidying.tidy(later) == 1
    assert (stray.exists(), partial.size) == (False, 1)
