"""CKAN: what a listing proves, what is no CKAN, and where each field goes."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from harvesters.ckan_api import addresses
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import ContributorRole, DisclosureStatus, Identifier, PartialDate, Text
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Found, Position, Raw, Since
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, gone, reason
from tests.servers.ckan import Portal, ckan_server, package


def one(harvest: Harvest, **changes: Any) -> DatasetRecord:
    """The record of a portal that holds a single package, changed."""
    return event_of(harvest, **changes).record


def event_of(harvest: Harvest, **changes: Any) -> Found:
    with ckan_server(Portal(size=1, replaced=((0, package(0, **changes)),))) as server:
        return found(harvest("ckan", server.url))[0]


def test_all_pages_are_read_in_a_stable_order(harvest: Harvest) -> None:
    with ckan_server(Portal(size=25)) as server:
        events = harvest("ckan", server.url, rows="10")
        searched = [request.query for request in server.asked if request.path.endswith("package_search")]
    assert {query["sort"] for query in searched} == {"id asc"}
    assert len(found(events)) == 25
    assert [type(event) for event in events].count(Position) == 2
    assert isinstance(events[-1], Complete)


def test_full_last_page_is_followed_by_a_look_for_more(harvest: Harvest) -> None:
    with ckan_server(Portal(size=30, count_lie=-10)) as server:
        events = harvest("ckan", server.url, rows="10")
    assert len(found(events)) == 30
    assert isinstance(events[-1], Complete)


def test_rows_that_are_clamped_without_a_word_lose_nothing(harvest: Harvest) -> None:
    with ckan_server(Portal(size=25, rows_cap=7)) as server:
        events = harvest("ckan", server.url, rows="100")
    assert len(found(events)) == 25
    assert isinstance(events[-1], Complete)


def test_listing_short_of_its_count_is_never_complete(harvest: Harvest) -> None:
    with ckan_server(Portal(size=25, count_lie=10)) as server:
        assert "25 different packages; 35 were counted" in reason(harvest("ckan", server.url, rows="10"))


def test_portal_that_ignores_paging_ends(harvest: Harvest) -> None:
    with ckan_server(Portal(size=25, same_page=True)) as server:
        events = harvest("ckan", server.url, rows="10")
        assert len(server.asked) == 3
    assert "same page" in reason(events)


@pytest.mark.parametrize("change", [{"html_from": 10}, {"failing_from": 10}])
def test_trouble_after_the_first_page_leaves_the_listing_incomplete(harvest: Harvest, change: dict[str, int]) -> None:
    with ckan_server(Portal(size=25, **change)) as server:
        events = harvest("ckan", server.url, rows="10")
    assert len(found(events)) == 10
    assert "broke off after 10" in reason(events)


def test_web_page_where_json_was_promised_is_told(harvest: Harvest) -> None:
    page = b"<!DOCTYPE html><html>Log in</html>"
    with ckan_server(Portal(body=page)) as server, pytest.raises(SourceError, match="web page"):
        harvest("ckan", server.url)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"success": false, "error": {"__type": "Search Error", "message": "bad"}}', "Search Error: bad"),
        (b'{"success": false, "error": "oops"}', "oops"),
        (b'{"success": true}', "no answer of CKAN"),
        (b'{"success": true, "result": []}', "no list of results"),
        (b'{"success": true, "result": {"results": {}}}', "no list of results"),
        (b"[1]", "no answer of CKAN"),
        (b'"Bad request"', "no answer of CKAN"),
        (b"{broken", "not JSON"),
        (b"[" * 100_000, "deeper than"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
    ],
)
def test_what_is_no_answer_of_ckan_is_told(harvest: Harvest, body: bytes, told: str) -> None:
    with ckan_server(Portal(body=body)) as server, pytest.raises(SourceError, match=told):
        harvest("ckan", server.url)


@pytest.mark.parametrize(
    ("given", "portal", "api"),
    [
        ("https://a.kz", "https://a.kz", "https://a.kz/api/3/action/"),
        ("https://a.kz/", "https://a.kz", "https://a.kz/api/3/action/"),
        ("https://a.kz/data/", "https://a.kz/data", "https://a.kz/data/api/3/action/"),
        ("https://a.kz/api/3", "https://a.kz", "https://a.kz/api/3/action/"),
        ("https://a.kz/api/3/action/package_search?q=x", "https://a.kz", "https://a.kz/api/3/action/"),
        ("https://a.kz/x/api/action/", "https://a.kz/x", "https://a.kz/x/api/action/"),
        ("https://a.kz/dataset?q=1", "https://a.kz", "https://a.kz/api/3/action/"),
        ("https://a.kz/dataset/some-name#x", "https://a.kz", "https://a.kz/api/3/action/"),
    ],
)
def test_api_is_found_from_any_address_of_the_portal(given: str, portal: str, api: str) -> None:
    assert addresses(given) == (portal, api)


def test_portal_below_a_path_is_read(harvest: Harvest) -> None:
    with ckan_server(Portal(size=2, under="/opendata")) as server:
        events = harvest("ckan", server.url + "/dataset")
    assert len(found(events)) == 2
    assert found(events)[0].record.landing_page == server.url + "/dataset/package-0"


def test_filters_are_passed_on(harvest: Harvest) -> None:
    with ckan_server(Portal(size=1)) as server:
        harvest("ckan", server.url, q="water", fq="groups:a OR groups:b", organization="stat")
        query = server.asked[0].query
    assert query["q"] == "water"
    assert query["fq"] == '(groups:a OR groups:b) AND organization:"stat"'


def test_private_draft_and_deleted_packages_are_left_out(harvest: Harvest) -> None:
    changes = ({"private": True}, {"state": "draft"}, {"state": "Deleted"})
    hidden = tuple((n, package(n, **change)) for n, change in enumerate(changes))
    with ckan_server(Portal(size=5, replaced=hidden)) as server:
        events = harvest("ckan", server.url)
    assert [event.identifier for event in found(events)] == ["id-00003", "id-00004"]
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize("broken", [None, 7, "text", [], {}, {"title": "no id"}])
def test_entry_that_is_no_package_fails_alone(harvest: Harvest, broken: object) -> None:
    with ckan_server(Portal(size=5, replaced=((2, broken),))) as server:
        events = harvest("ckan", server.url)
    assert len(found(events)) == 4
    assert codes(failed(events)[0]) == {"identifier-missing"}
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize(
    "change",
    [
        {"resources": "none"},
        {"resources": [None, 5, {}, {"url": None}, {"url": ["x"], "size": {"a": 1}, "state": 3}]},
        {"extras": {"a": "b"}},
        {"extras": [None, {"key": 5}, {"value": "x"}]},
        {"tags": [None, {"name": None}, "text", 4]},
        {"groups": [None, {"title": None}]},
        {"organization": [1]},
        {"notes": None, "author": 5, "license_id": ["x"], "url": 7},
        {"spatial": '{"type": "Polygon", "coordinates": [[["a", "b"]]]}'},
        {"spatial": {"type": "Polygon", "coordinates": [[1e400, float("nan")]]}},
        {"title": {"ru": None}, "notes": {"x": ["y"]}},
        {"metadata_modified": "2019-13-45", "issued": "б.г."},
        {"title": "\ud800 lone \x00 surrogate"},
    ],
)
def test_odd_parts_do_not_cost_the_record(harvest: Harvest, change: dict[str, Any]) -> None:
    assert event_of(harvest, **change).record.title


def test_standard_fields_find_their_place(harvest: Harvest) -> None:
    record = one(harvest)
    assert (record.title.ru, record.description.ru) == ("Набор данных 0", "Описание набора.")
    assert record.type is DatasetType.DATASET
    assert record.license_id == "CC-BY-4.0"
    assert [keyword.text for keyword in record.keywords] == ["вода", "климат"]
    assert record.themes == ("environment",)
    assert record.organization is not None
    assert (record.organization.slug, record.organization.description.ru) == ("stat", "О бюро")
    assert record.modified == PartialDate(2024, 2, 3)
    assert record.frequency
    assert ("own", "kept") in {(extra.key, extra.value) for extra in record.extras}
    (resource,) = record.resources
    assert (resource.key, resource.format, resource.byte_size) == ("r-0", "CSV", 12)
    assert resource.download_url == "https://data.example/a.csv"


def test_texts_of_several_languages_in_any_shape(harvest: Harvest) -> None:
    for title in ({"kk": "Су", "en": "Water"}, '{"kk": "Су", "en": "Water"}'):
        assert one(harvest, title=title).title == Text(kk="Су", en="Water", original="kk")
    record = one(harvest, title_translated={"kk": "Су", "ru": "", "de": "Wasser"}, tags_translated={"kk": ["көл"]})
    assert record.title == Text(kk="Су", other="Wasser", original="kk")
    assert ("көл", "kk") in {(keyword.text, keyword.language) for keyword in record.keywords}


def test_known_extras_are_mapped_and_kept(harvest: Harvest) -> None:
    polygon = '{"type":"Polygon","coordinates":[[[50,40],[87,40],[87,55],[50,55],[50,40]]]}'
    extras = {"spatial": polygon, "temporal_start": "2017", "temporal_end": "2019-05", "doi": "10.1234/X",
              "language": "kaz", "issued": "01.02.2020", "publisher": "Бюро", "theme": '["HEAL"]'}  # fmt: skip
    record = one(harvest, extras=[{"key": key, "value": value} for key, value in extras.items()])
    assert record.bbox is not None
    assert (record.bbox.west, record.bbox.south, record.bbox.east, record.bbox.north) == (50, 40, 87, 55)
    assert (record.temporal.start, record.temporal.end) == (PartialDate(2017), PartialDate(2019, 5))
    assert Identifier("doi", "10.1234/x") in record.identifiers
    assert record.languages == ("kk",)
    assert record.issued == PartialDate(2020, 2, 1)
    assert ("Бюро", ContributorRole.PUBLISHER) in {(person.name, person.role) for person in record.contributors}
    assert "health" in record.themes
    assert set(extras) <= {extra.key for extra in record.extras}


def test_people_written_as_json_are_read(harvest: Harvest) -> None:
    author = json.dumps(
        [{"name": "Doe", "given_name": "Jane", "identifier": "0000-0002-1825-0097", "affiliation": "KazNU"}]
    )
    record = one(harvest, author=author, maintainer='{"name": "Smith", "email": "s@example.org"}')
    (person,) = record.contributors
    assert (person.name, person.orcid, person.affiliation) == ("Doe, Jane", "0000-0002-1825-0097", "KazNU")
    assert [(contact.name, contact.email) for contact in record.contacts] == [("Smith", "s@example.org")]


def test_resource_keeps_what_the_portal_says(harvest: Harvest) -> None:
    digest = "ab" * 32
    files = [
        {
            "id": "a",
            "url": "/dataset/x/отчёт 1.pdf",
            "hash": "sha256:" + digest,
            "mimetype": "application/pdf",
        },
        {"id": "b", "url": "https://maps.example/wms", "format": "WMS", "zz": {"k": 1}},
        {"id": "c", "url": "https://x.example/c.zip", "restricted": '{"level": "registered"}', "hash": "d41d8"},
        {"id": "d", "url": "https://x.example/d.zip", "state": "deleted"},
        {"id": "e", "url": "not an address"},
    ]
    event = event_of(harvest, resources=files)
    a, b, c, e = event.record.resources
    assert a.download_url.endswith("/dataset/x/отчёт%201.pdf")
    assert (a.checksum, a.media_type) == (digest, "application/pdf")
    assert (b.download_url, b.access_url) == ("", "https://maps.example/wms")
    assert ("zz", '{"k": 1}') in {(extra.key, extra.value) for extra in b.extras}
    assert c.disclosure.status is DisclosureStatus.WITHHELD
    assert ("hash", "d41d8") in {(extra.key, extra.value) for extra in c.extras}
    assert (e.download_url, e.access_url) == ("", "")
    assert codes(event) == {"resource-address"}


def test_licence_that_is_not_specified_is_none(harvest: Harvest) -> None:
    record = one(harvest, license_id="notspecified", license_title="License not specified", license_url=None)
    assert record.license_id == ""


def test_package_without_a_title_is_called_by_its_name(harvest: Harvest) -> None:
    event = event_of(harvest, title="", notes="", name="water-quality")
    assert str(event.record.title.show("ru")) == "water quality"
    assert codes(event) == {"title-missing"}


def test_incremental_run_asks_for_changes_by_the_portals_own_clock(harvest: Harvest) -> None:
    with ckan_server(Portal(size=5, changed=3)) as server:
        events = harvest("ckan", server.url, since=dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC))
        assert server.asked[0].query["fq"] == "metadata_modified:[2024-01-02T03:00:00Z TO *]"
    assert [event.identifier for event in found(events)] == ["id-00003", "id-00004"]
    assert isinstance(events[0], Since)
    assert isinstance(events[-1], Complete)


def test_organisations_and_groups_are_taken_and_left_out(harvest: Harvest) -> None:
    with ckan_server(Portal(size=1)) as server:
        harvest("ckan", server.url, organization="a, b", organizations_exclude="c", groups="d", groups_exclude="e;f")
        query = server.asked[0].query
    assert query["fq"] == ('organization:("a" OR "b") AND -organization:"c" AND groups:"d" AND -groups:("e" OR "f")')


@pytest.mark.parametrize("refused", [("package_search",), ("package_search", "current_package_list_with_resources")])
def test_portal_without_a_search_is_listed_in_other_ways(refused: tuple[str, ...], harvest: Harvest) -> None:
    portal = Portal(size=25, refused=refused)
    with ckan_server(portal) as server:
        events = harvest("ckan", server.url, rows="10")
        again = harvest("ckan", server.url, rows="10", organization="stat", groups_exclude="environment")
    assert len({event.identifier for event in found(events)}) == 25
    assert isinstance(events[-1], Complete)
    assert found(again) == []


def test_package_that_is_listed_and_not_shown_fails_alone(harvest: Harvest) -> None:
    refused = ("package_search", "current_package_list_with_resources")
    with ckan_server(Portal(size=5, refused=refused, hidden=frozenset({2}))) as server:
        events = harvest("ckan", server.url)
    assert len(found(events)) == 4
    assert codes(failed(events)[0]) == {"record-unreadable"}


def test_portal_that_shows_none_of_its_packages_is_given_up(harvest: Harvest) -> None:
    refused = ("package_search", "current_package_list_with_resources")
    with ckan_server(Portal(size=1000, refused=(*refused, "package_show"))) as server:
        events = harvest("ckan", server.url)
        assert len(server.asked) < 220
    assert "none of the first 200 packages" in reason(events)


def test_filter_that_only_the_search_knows_is_not_dropped(harvest: Harvest) -> None:
    with ckan_server(Portal(refused=("package_search",))) as server, pytest.raises(SourceError, match="403"):
        harvest("ckan", server.url, q="water")


def test_lists_that_are_empty_where_the_search_is_refused_prove_nothing(harvest: Harvest) -> None:
    with ckan_server(Portal(size=0, refused=("package_search",))) as server, pytest.raises(SourceError):
        harvest("ckan", server.url)


def test_listing_is_taken_up_with_an_overlap(harvest: Harvest) -> None:
    with ckan_server(Portal(size=25)) as server:
        whole = harvest("ckan", server.url, rows="10")
        first, second = [event for event in whole if isinstance(event, Position)]
        again = harvest("ckan", server.url, rows="10", position=second.token)
    assert first.total == 25
    assert found(again)[0].identifier == "id-00010"
    assert isinstance(again[-1], Complete)


def test_packages_that_move_up_while_a_listing_rests_are_not_lost(harvest: Harvest) -> None:
    with ckan_server(Portal(size=90)) as server:
        positions = [e for e in harvest("ckan", server.url, rows="10") if isinstance(e, Position)]
    with ckan_server(Portal(size=90, removed=frozenset(range(15)))) as server:
        events = harvest("ckan", server.url, rows="10", position=positions[4].token)
    assert {f"id-{n:05}" for n in range(50, 90)} <= {event.identifier for event in found(events)}


def test_visits_do_not_make_a_package_new(harvest: Harvest) -> None:
    raws = []
    for visits in (1, 2):
        tracked = package(0, tracking_summary={"total": visits})
        tracked["resources"][0]["tracking_summary"] = {"total": visits}
        with ckan_server(Portal(size=1, replaced=((0, tracked),))) as server:
            events = harvest("ckan", server.url, mapped=False)
        raws += [event for event in events if isinstance(event, Raw)]
    assert raws[0].raw == raws[1].raw
    assert raws[0].validator == "2024-02-03T04:05:06.789"


def test_organisation_knows_the_one_above_it(harvest: Harvest) -> None:
    with ckan_server(Portal(size=1, parents=(("stat", "ministry"),))) as server:
        record = found(harvest("ckan", server.url))[0].record
    assert record.organization is not None
    assert record.organization.parent == "ministry"


def test_languages_may_have_fields_of_their_own(harvest: Harvest) -> None:
    record = one(harvest, title="Качество воды", title_kk="Су сапасы", title_en="Water", notes_kz="Сипаттама")
    assert record.title == Text(kk="Су сапасы", ru="Качество воды", en="Water", original="ru")
    assert (record.description.ru, record.description.kk) == ("Описание набора.", "Сипаттама")


def test_relations_of_dcat_keep_their_meaning(harvest: Harvest) -> None:
    record = one(harvest, extras=[{"key": "is_version_of", "value": '["https://x.kz/1"]'},
                                  {"key": "source", "value": "Бюро статистики"}])  # fmt: skip
    assert [(one.kind, one.target, one.title.ru) for one in record.relations] == [
        ("IsVersionOf", "https://x.kz/1", ""),
        ("IsDerivedFrom", "", "Бюро статистики"),
    ]


def test_what_is_no_longer_public_is_gone(harvest: Harvest) -> None:
    hidden = ((0, package(0, private=True)), (1, package(1, state="deleted")), (2, package(2, state="draft")))
    with ckan_server(Portal(size=4, replaced=hidden)) as server:
        events = harvest("ckan", server.url)
    assert gone(events) == ["id-00000", "id-00001"]


def test_package_that_is_closed_has_no_open_files(harvest: Harvest) -> None:
    levels = "http://publications.europa.eu/resource/authority/access-right/"
    for level, status in (("RESTRICTED", DisclosureStatus.WITHHELD), ("PUBLIC", DisclosureStatus.OPEN)):
        record = one(harvest, access_rights=levels + level)
        assert {file.disclosure.status for file in record.resources} == {status}
