"""DataCite's REST API: cursors, what is asked for, and how a listing ends."""

from __future__ import annotations

import datetime as dt

import pytest

from opendata.catalog.records import DatasetType
from opendata.catalog.values import Identifier, PartialDate
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Position, Raw, Since
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import failed, found, gone, reason
from tests.servers.local import Reply, serve
from tests.servers.rest import Held, datacite_server, doi

ALL = {"prefix": "10.5072"}


def test_all_pages_are_read_by_cursor_on_the_sources_own_address(harvest: Harvest) -> None:
    with datacite_server() as server:
        events = harvest("datacite", server.url, rows="10", **ALL)
        assert [asked.query["page[cursor]"] for asked in server.asked] == ["1", "c10", "c20"]
        assert {asked.query["prefix"] for asked in server.asked} == {"10.5072"}
    assert len(found(events)) == 25
    assert isinstance(events[0], Since)
    assert isinstance(events[-1], Complete)


def test_full_last_page_is_followed_by_an_empty_one(harvest: Harvest) -> None:
    with datacite_server(Held(size=20)) as server:
        assert isinstance(harvest("datacite", server.url, rows="10", **ALL)[-1], Complete)


def test_attributes_find_their_place(harvest: Harvest) -> None:
    with datacite_server(Held(size=1)) as server:
        record = found(harvest("datacite", server.url + "/dois?query=x"))[0].record
        assert server.asked[0].query["query"] == "(x)"
    assert (record.title.ru, record.type, record.issued) == ("Отчёт 0", DatasetType.REPORT, PartialDate(2021))
    assert record.identifiers == (Identifier("doi", "10.5072/x00000"),)
    assert [(one.download_url, one.format) for one in record.resources] == [("https://repo.example/0.pdf", "PDF")]
    assert record.contributors[0].affiliation == "KazNU"


def test_listing_without_any_filter_is_refused(harvest: Harvest) -> None:
    with pytest.raises(SourceError, match="state query, client_id, provider_id or prefix"):
        harvest("datacite", "http://127.0.0.1:9/")


def test_incremental_run_asks_for_what_was_updated(harvest: Harvest) -> None:
    with datacite_server(Held(size=1)) as server:
        since = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
        events = harvest("datacite", server.url, since=since, query="water", client_id="kaz.nu")
        query = server.asked[0].query
    assert query["query"] == "(water) AND updated:[2024-01-02T00:00:00Z TO *]"
    assert query["client-id"] == "kaz.nu"
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (Held(repeating=True), "a cursor that was there before"),
        (Held(stuck=True), "a page that was there before"),
        (Held(count_lie=3), "25 different records; 28 were announced"),
        (Held(failing_from=10), "broke off after 10 records"),
    ],
)
def test_listing_that_proves_nothing_is_incomplete(held: Held, told: str, harvest: Harvest) -> None:
    with datacite_server(held) as server:
        assert told in reason(harvest("datacite", server.url, rows="10", **ALL))
        assert len(server.asked) < 20


def test_listing_is_taken_up_and_begins_anew_where_its_cursor_is_forgotten(harvest: Harvest) -> None:
    with datacite_server() as server:
        position = [e for e in harvest("datacite", server.url, rows="10", **ALL) if isinstance(e, Position)][1].token
        again = harvest("datacite", server.url, rows="10", position=position, **ALL)
    assert len(found(again)) == 5
    assert isinstance(again[-1], Complete)
    with datacite_server(Held(forgotten="c20")) as server:
        anew = harvest("datacite", server.url, rows="25", position=position, **ALL)
    assert len(found(anew)) == 25


def test_counts_of_visits_do_not_make_a_record_new(harvest: Harvest) -> None:
    raws = []
    for visits in (1, 2):
        with datacite_server(Held(size=1, replaced=((0, doi(0, viewCount=visits)),))) as server:
            raws += [event for event in harvest("datacite", server.url, mapped=False, **ALL) if isinstance(event, Raw)]
    assert raws[0].raw == raws[1].raw


def test_doi_that_is_no_longer_findable_is_gone_and_odd_entries_fail_alone(harvest: Harvest) -> None:
    odd = ((0, doi(0, state="registered")), (1, None), (2, {"attributes": []}), (3, {"id": "10.5072/y"}))
    with datacite_server(Held(size=6, replaced=odd)) as server:
        events = harvest("datacite", server.url, **ALL)
    assert gone(events) == ["10.5072/x00000"]
    assert len(failed(events)) == 2
    assert len(found(events)) == 3


@pytest.mark.parametrize("body", [b"[]", b"<html>", b"{}", b'{"data": {}}', b"{broken"])
def test_what_is_no_answer_is_a_source_error(body: bytes, harvest: Harvest) -> None:
    with serve(lambda asked: Reply(body)) as server, pytest.raises(SourceError):
        harvest("datacite", server.url, **ALL)
