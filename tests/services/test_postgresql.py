"""The catalogue from end to end with its store in PostgreSQL."""

from __future__ import annotations

from uuid import uuid4

import pytest

from opendata.search.query import SearchQuery
from opendata.services import care, demo, desk, desk_records, desk_work, discovery, harvest, hosts, index_check
from opendata.services.actors import PUBLIC, SYSTEM, Actor
from opendata.services.catalogue import Catalogue
from opendata.services.desk_records import Wanted
from opendata.services.desk_work import Scope
from tests.conftest import Clock
from tests.factories import EMBARGOED, feed, filed, found, record, work
from tests.services.conftest import Portal, add_source, counts, rows_of_every_table


def test_the_demonstration_is_loaded_read_found_and_removed(large: Catalogue, clock: Clock) -> None:
    first = demo.load(large)
    work(large)
    assert discovery.find(large, PUBLIC, SearchQuery("Балқаш")).total > 0
    assert index_check.compare(large, repair=False).missing == 0
    assert len(large.page_texts.files()) > 10
    assert not (large.config.home / "pages.sqlite").exists()
    rows = rows_of_every_table(large)
    clock.advance(hours=1)
    assert demo.load(large) == first
    assert rows_of_every_table(large) == rows
    demo.remove(large)
    work(large)
    assert index_check.compare(large, repair=False) == index_check.Comparison(indexed=0)
    assert large.page_texts.files() == []


def test_what_the_database_refuses_fails_alone(large: Catalogue, portal: Portal) -> None:
    for number in range(4):
        portal.add(number)
    portal.add(4, id="nul\0inside")
    portal.packages[1]["name"] = "x" * 5000
    portal.packages[2]["extras"] = [{"key": "nul", "value": "a\0b"}, {"key": "lone", "value": "\ud800"}]
    add_source(large, portal.server.url)
    report = harvest.run(large, "portal", actor=SYSTEM)
    assert counts(report)["created"] >= 4
    assert sum(counts(report).values()) == 5
    again = harvest.run(large, "portal", actor=SYSTEM)
    assert counts(again)["unchanged"] == counts(report)["created"]


def test_an_embargo_ends_there_too(large: Catalogue, clock: Clock) -> None:
    one = feed(large)
    one.take(filed("Хранилище", "Координаты цеолита.", disclosure=EMBARGOED))
    one.take(found("b", record("Открытое", private=True)))
    work(large)
    assert discovery.find(large, PUBLIC, SearchQuery("цеолита")).total == 0
    clock.advance(days=31)
    assert care.open_due(large) == 1
    work(large)
    assert discovery.find(large, PUBLIC, SearchQuery("цеолита")).total == 1


def test_the_desk_is_read_there_too(large: Catalogue, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    portal.add(1)
    add_source(large, portal.server.url)
    harvest.run(large, "portal", actor=SYSTEM)
    root = Actor(user_id=uuid4(), name="root", sysadmin=True)
    assert [one.records for one in desk.sources(large, root)] == [1]
    for scope in (desk_work.ALL, Scope(mine=True)):
        assert {one.name for one in desk_work.waiting(large, root, scope)} <= set(desk_work.KINDS)
    for kind in desk_work.KINDS:
        desk_work.listing(large, root, kind)
    for words, most in (("", 0), ("a", 0), ("a", desk_records.MOST_SORTED)):
        monkeypatch.setattr(desk_records, "MOST_SORTED", most)
        for state in ("", *desk_records.STATES):
            for sort in desk_records.SORTS:
                listed = desk_records.records(large, root, Wanted(state=state, sort=sort, q=words), 10)
                assert listed.total in (0, 1)


def test_hosts_rest_there_too(large: Catalogue, clock: Clock) -> None:
    with large.sessions.write.begin() as session:
        untils = [hosts.failed(session, "dead.example", clock()) for _ in range(hosts.DEAD + 1)]
        assert untils == [None, None, clock() + hosts.FIRST_WAIT, clock() + 2 * hosts.FIRST_WAIT]
        assert hosts.waits_until(session, "dead.example", clock()) == untils[-1]
        hosts.answered(session, "dead.example")
        assert hosts.waits_until(session, "dead.example", clock()) is None
