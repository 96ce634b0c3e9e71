"""Links are looked at on a schedule, told as they are, and kept with a bounded history."""

from __future__ import annotations

import datetime as dt
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.catalog.records import DatasetRecord
from opendata.errors import NotAllowed, NotFound
from opendata.harvesting.client import HttpClient
from opendata.services import clients, fetching, linking, links
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.clients import client_for
from opendata.services.visits import KEPT, LinkStatus, Visit
from opendata.store.datasets import Dataset, Resource
from opendata.store.links import LinkCheck
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.factories import WITHHELD, Feed, feed, found, link, member, organization, record, work
from tests.servers.local import Reply, serve
from tests.servers.shelf import Shelf, shelf

PDF = b"%PDF-1.4\n" + b"0123456789" * 1000
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


@pytest.fixture
def files() -> Iterator[Shelf]:
    """A server of files."""
    with shelf() as running:
        yield running


@pytest.fixture
def one(catalogue: Catalogue) -> Feed:
    """A source that lists what the test says."""
    return feed(catalogue, "one")


def queued(catalogue: Catalogue, kind: str) -> list[Job]:
    with catalogue.sessions.read() as session:
        return list(session.scalars(select(Job).where(Job.kind == kind, Job.status == JobStatus.NEW)))


def rows(catalogue: Catalogue) -> list[Resource]:
    with catalogue.sessions.read() as session:
        return list(session.scalars(select(Resource).order_by(Resource.key)))


def linked(one: Feed, *urls: str, **changes: object) -> DatasetRecord:
    """A record with a file at each address."""
    files = tuple(link(url, key=str(number), format="PDF") for number, url in enumerate(urls))
    return one.one(found("a", record(**{"resources": files, **changes})))


SEEN = {
    "a file": ({"media_type": "application/pdf"}, PDF, "ok", ["HEAD"]),
    "vague type": ({}, PDF, "ok", ["HEAD", "GET"]),
    "HEAD refused": ({"head": 405, "media_type": "application/pdf"}, PDF, "ok", ["HEAD", "GET"]),
    "HEAD says 404": ({"head": 404, "media_type": "application/pdf"}, PDF, "ok", ["HEAD", "GET"]),
    "web page": ({"media_type": "text/html"}, PAGE, "broken", ["HEAD", "GET"]),
    "web page that says it is a PDF": ({}, PAGE, "broken", ["HEAD", "GET"]),
    "PDF that says it is a web page": ({"media_type": "text/html"}, PDF, "ok", ["HEAD", "GET"]),
    "nothing": ({"media_type": "application/pdf"}, b"", "broken", ["HEAD", "GET"]),
    "404": ({"status": 404}, b"", "gone", ["HEAD", "GET"]),
    "410": ({"status": 410}, b"", "gone", ["HEAD", "GET"]),
    "401": ({"status": 401}, b"", "refused", ["HEAD", "GET"]),
    "403": ({"status": 403}, b"", "refused", ["HEAD", "GET"]),
    "400": ({"status": 400}, b"", "broken", ["HEAD", "GET"]),
    "500": ({"status": 500}, b"", "unknown", ["HEAD", "GET"]),
}


def test_what_stands_at_an_address_is_told(catalogue: Catalogue, files: Shelf) -> None:
    for name, (how, content, status, methods) in SEEN.items():
        path = name.replace(" ", "-")
        with client_for(catalogue) as client:
            visit = linking.look(client, files.put(path, content, **how), "PDF")
        assert (name, visit.status) == (name, status)
        assert (name, files.methods(path)) == (name, methods)
        assert (name, bool(visit.reason)) == (name, status != "ok")


def test_only_the_first_bytes_of_a_large_file_are_read(catalogue: Catalogue, files: Shelf) -> None:
    url = files.put("big", PDF * 1000, ranges=False)
    with client_for(catalogue) as client:
        assert linking.look(client, url, "PDF").status == "ok"
    assert files.asked[-1] == ("GET", "big", f"bytes=0-{linking.HEAD_BYTES - 1}")


def test_addresses_inside_the_house_and_pages_that_want_no_robots_are_refused(
    catalogue: Catalogue, files: Shelf
) -> None:
    files.put("robots.txt", b"User-agent: *\nDisallow: /private/\n", media_type="text/plain")
    url = files.put("private/a.pdf", PDF)
    strict = replace(catalogue.config, harvest=replace(catalogue.config.harvest, allow_addresses=()))
    with client_for(catalogue) as client:
        assert linking.look(client, url, "PDF").status == "refused"
    assert "private/a.pdf" not in [path for _, path, _ in files.asked]
    with client_for(replace(catalogue, config=strict)) as client:
        assert linking.look(client, files.put("b.pdf", PDF), "PDF").status == "refused"
    assert files.methods("b.pdf") == []


def test_links_come_up_once_in_their_time_and_those_that_were_silent_sooner(
    catalogue: Catalogue, files: Shelf, one: Feed, clock: Clock
) -> None:
    linked(one, files.put("a.pdf", PDF, etag='"1"'), files.put("b.pdf", b"", status=503))
    work(catalogue)
    files.asked.clear()
    assert linking.check_due(catalogue) == 0
    clock.advance(hours=9)
    assert linking.check_due(catalogue) == 1
    assert linking.check_due(catalogue) == 0
    work(catalogue)
    assert {path for _, path, _ in files.asked} >= {"b.pdf"}
    assert files.methods("a.pdf") == []
    clock.advance(days=14)
    work(catalogue)
    assert files.methods("a.pdf") == ["HEAD", "GET"]


def test_silence_breaks_a_link_at_the_third_time_only(catalogue: Catalogue, files: Shelf, one: Feed) -> None:
    dataset = linked(one, files.put("a.pdf", b"", status=503))
    key = UUID(str(dataset.resources[0].id))
    seen = []
    for _ in range(3):
        linking.check(catalogue, [key])
        seen.append(rows(catalogue)[0].link_status)
    assert seen == ["unknown", "unknown", "broken"]
    files.put("a.pdf", PDF)
    linking.check(catalogue, [key])
    assert (rows(catalogue)[0].link_status, rows(catalogue)[0].link_failures) == ("ok", 0)
    files.put("a.pdf", b"", status=404)
    linking.check(catalogue, [key])
    files.put("a.pdf", b"", status=503)
    linking.check(catalogue, [key])
    assert rows(catalogue)[0].link_status == "gone"


def test_the_history_of_a_link_is_bounded(catalogue: Catalogue, files: Shelf, one: Feed, clock: Clock) -> None:
    key = UUID(str(linked(one, files.put("a.pdf", PDF)).resources[0].id))
    for _ in range(KEPT + 5):
        clock.advance(days=1)
        linking.check(catalogue, [key])
    with catalogue.sessions.read() as session:
        checked = session.scalars(select(LinkCheck.checked).order_by(LinkCheck.id)).all()
    assert (len(checked), checked[-1]) == (KEPT, clock())
    row, visits = links.history(catalogue, SYSTEM, key)
    assert (row.status, visits[0].checked, len(visits)) == (LinkStatus.OK, clock(), KEPT)


def test_a_new_mark_has_the_file_fetched_and_a_link_that_lives_again_as_well(
    catalogue: Catalogue, files: Shelf, one: Feed
) -> None:
    first, second = files.put("a.txt", b"old", etag='"1"'), files.put("b.txt", b"", status=404)
    dataset = one.one(found("a", record(resources=(link(first, key="0", format=""), link(second, key="1", format="")))))
    work(catalogue)
    keys = [UUID(str(file.id)) for file in dataset.resources]
    linking.check(catalogue, keys)
    assert queued(catalogue, "fetch") == []
    files.put("a.txt", b"new", etag='"2"')
    files.put("b.txt", b"here it is")
    linking.check(catalogue, keys)
    assert {job.payload["resource"]: job.payload["again"] for job in queued(catalogue, "fetch")} == {
        str(keys[0]): True,
        str(keys[1]): False,
    }
    work(catalogue)
    assert [row.byte_size for row in rows(catalogue)] == [3, 10]


def test_a_dead_host_is_given_up_after_three_links_of_a_round(
    catalogue: Catalogue, one: Feed, clock: Clock, files: Shelf
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{probe.getsockname()[1]}"
    dataset = linked(one, *(f"{dead}/{number}.pdf" for number in range(10)), files.put("a.pdf", PDF))
    clock.advance(hours=2)
    keys = [UUID(str(file.id)) for file in dataset.resources]
    seen = linking.check(catalogue, keys)
    reasons = [seen[key].reason for key in keys[:10]]
    assert reasons.count(linking.UNASKED) == 7
    assert seen[keys[10]].status == "ok"
    assert {row.link_status for row in rows(catalogue)} == {"unknown", "ok"}


def test_the_public_list_has_open_files_of_public_records_and_its_denominators(
    catalogue: Catalogue, one: Feed, clock: Clock
) -> None:
    above = organization(catalogue, "above")
    below = organization(catalogue, "below", above)
    other = organization(catalogue, "other")
    for number, owner in enumerate((above, below, other, above, above)):
        url = f"https://data.example/{number}.pdf"
        hidden = {"disclosure": WITHHELD} if number == 3 else {}
        dataset = one.one(found(str(number), record(f"№ {number}", resources=(link(url, **hidden),))))
        with catalogue.sessions.write.begin() as session:
            row = session.get_one(Dataset, UUID(str(dataset.id)))
            row.organization_id, row.private = owner, number == 4
            file = session.get_one(Resource, UUID(str(dataset.resources[0].id)))
            if number == 1:
                file.link_status, file.link_checked = "gone", clock()
    record_, found_ = links.of_organization(catalogue, "above")
    assert record_.slug == "above"
    assert [row.url.rpartition("/")[2] for row in found_.rows] == ["1.pdf", "0.pdf"]
    assert (found_.total, found_.looked_at) == (2, 1)
    assert links.of_organization(catalogue, "above", LinkStatus.GONE)[1].found == 1
    assert links.of_organization(catalogue, "below")[1].total == 1
    editor, reader = member(above, Role.EDITOR), member(above, Role.MEMBER)
    assert links.desk(catalogue, editor).total == 3
    assert links.desk(catalogue, SYSTEM).total == 5
    with pytest.raises(NotAllowed):
        links.desk(catalogue, reader)
    theirs = links.of_organization(catalogue, "other")[1].rows[0].resource_id
    with pytest.raises(NotFound):
        links.check_now(catalogue, editor, theirs)


def test_links_of_a_host_are_looked_at_in_one_job_and_on_request_at_once(
    catalogue: Catalogue, one: Feed, clock: Clock
) -> None:
    urls = [f"https://{host}.example/{number}.pdf" for host in "ab" for number in range(linking.AT_ONCE + 1)]
    linked(one, *urls)
    clock.advance(hours=2)
    assert linking.check_due(catalogue) == len(urls)
    made = queued(catalogue, "link-check")
    assert sorted((job.host, len(job.payload["resources"])) for job in made) == [
        ("a.example", 1), ("a.example", 20), ("b.example", 1), ("b.example", 20),
    ]  # fmt: skip
    never = replace(catalogue, config=replace(catalogue.config, harvest=replace(catalogue.config.harvest, link_days=0)))
    with catalogue.sessions.write.begin() as session:
        session.query(Job).delete()
    assert linking.check_due(never) == 0
    assert linking.check_soon(never, [rows(catalogue)[0].id]) == 1
    assert queued(catalogue, "link-check")[0].rank < 0


def test_a_fetched_file_counts_as_a_visit(catalogue: Catalogue, files: Shelf, one: Feed, clock: Clock) -> None:
    dataset = linked(one, files.put("a.pdf", PDF))
    fetching.fetch(catalogue, UUID(str(dataset.resources[0].id)))
    (row,) = rows(catalogue)
    assert (row.link_status, row.link_checked) == ("ok", clock())
    clock.advance(days=13)
    assert linking.check_due(catalogue) == 0
    assert clock() - row.link_checked == dt.timedelta(days=13)


def test_a_link_that_drips_is_given_up_and_what_was_found_before_is_kept(
    catalogue: Catalogue, files: Shelf, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.05)
            yield b"x"

    monkeypatch.setattr(clients, "BRISK_SECONDS", 0.3)
    monkeypatch.setattr(clients, "BRISK_RETRIES", 0)
    with serve(lambda asked: Reply(status=404) if "robots" in asked.path else Reply(stream=drip)) as slow:
        linked(one, files.put("a.pdf", PDF, media_type="application/pdf"), f"{slow.url}/b.pdf")
        first, second = rows(catalogue)
        before = time.monotonic()
        seen = linking.check(catalogue, [first.id, second.id])
    assert time.monotonic() - before < 5
    assert (seen[first.id].status, seen[second.id].status) == (LinkStatus.OK, LinkStatus.UNKNOWN)


def test_a_round_of_links_that_breaks_off_keeps_what_it_found(
    catalogue: Catalogue, files: Shelf, one: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(one, *(files.put(f"{n}.pdf", PDF, media_type="application/pdf") for n in range(2)))
    ids, look = [row.id for row in rows(catalogue)], linking.look
    asked: list[str] = []

    def breaks(client: HttpClient, url: str, promised: str = "") -> Visit:
        if asked:
            raise KeyboardInterrupt
        asked.append(url)
        return look(client, url, promised)

    monkeypatch.setattr(linking, "look", breaks)
    with pytest.raises(KeyboardInterrupt):
        linking.check(catalogue, ids)
    assert sorted(row.link_status for row in rows(catalogue)) == ["", LinkStatus.OK]
