"""Invenio's REST API: pages beyond the limit of one search, both shapes of records, files and who may have them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import harvesters.invenio
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import BoundingBox, ContributorRole, DisclosureStatus, Identifier, PartialDate
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Incomplete, Position
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, found, gone, reason
from tests.servers.rest import Held, invenio_server, rdm


def one(harvest: Harvest, record: dict[str, Any]) -> DatasetRecord:
    with invenio_server(Held(size=1, replaced=((0, record),))) as server:
        return found(harvest("invenio", server.url))[0].record


def test_all_pages_are_read_in_the_order_of_making(harvest: Harvest) -> None:
    with invenio_server() as server:
        events = harvest("invenio", server.url + "/records/x", rows="10", q="water")
        assert {asked.query["sort"] for asked in server.asked} == {"oldest"}
        assert {asked.query["q"] for asked in server.asked} == {"(water)"}
    assert len(found(events)) == 25
    assert isinstance(events[-1], Complete)


def test_walk_goes_on_beyond_the_limit_of_one_search(harvest: Harvest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvesters.invenio, "_MOST", 30)
    with invenio_server(Held(size=95, most=30)) as server:
        events = harvest("invenio", server.url, rows="10")
    assert {event.identifier for event in found(events)} == {f"r{n:05}" for n in range(95)}
    assert isinstance(events[-1], Complete)
    with invenio_server(Held(size=95, most=30, unsorted=True)) as server:
        events = harvest("invenio", server.url, rows="10")
    assert len(found(events)) == 30
    assert "30 records at most" in reason(events)


def test_page_size_that_is_refused_is_made_smaller(harvest: Harvest) -> None:
    with invenio_server(Held(size=60, largest=25)) as server:
        events = harvest("invenio", server.url)
        assert [asked.query["size"] for asked in server.asked][:2] == ["100", "25"]
    assert len(found(events)) == 60


def test_community_and_changes_are_asked_for(harvest: Harvest) -> None:
    with invenio_server(Held(size=2)) as server:
        since = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
        events = harvest("invenio", server.url, community="water", since=since)
        assert server.asked[0].path == "/api/communities/water/records"
        assert server.asked[0].query["q"] == "updated:[2024-01-02T00:00:00 TO *]"
    assert isinstance(events[-1], Complete)


def test_listing_is_taken_up_at_its_position(harvest: Harvest) -> None:
    with invenio_server() as server:
        position = [e for e in harvest("invenio", server.url, rows="10") if isinstance(e, Position)][1].token
        again = harvest("invenio", server.url, rows="10", position=position)
    assert len(found(again)) == 5
    assert isinstance(again[-1], Complete)


def test_listing_that_breaks_off_is_incomplete(harvest: Harvest) -> None:
    with invenio_server(Held(failing_from=10)) as server:
        assert isinstance(harvest("invenio", server.url, rows="10")[-1], Incomplete)


def test_record_of_inveniordm_finds_its_place(harvest: Harvest) -> None:
    metadata = {
        "title": "Отчёт",
        "additional_titles": [{"title": "Есеп", "type": {"id": "translated-title"}, "lang": {"id": "kaz"}}],
        "description": "<p>О воде</p>", "publisher": "КазНУ", "publication_date": "2021-05",
        "resource_type": {"id": "publication-report"}, "languages": [{"id": "rus"}],
        "creators": [{"person_or_org": {"name": "Doe, Jane", "type": "personal",
                      "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}]},
                      "affiliations": [{"name": "KazNU"}]}],
        "contributors": [{"person_or_org": {"name": "Kim, A."}, "role": {"id": "projectleader"}}],
        "rights": [{"id": "cc-by-4.0", "title": {"en": "Creative Commons Attribution 4.0"}}],
        "related_identifiers": [
            {"identifier": "10.1234/a", "scheme": "doi", "relation_type": {"id": "issupplementto"}}
        ],
        "funding": [{"funder": {"name": "Комитет науки"}, "award": {"number": "AP05131234", "title": {"en": "Water"}}}],
        "locations": {"features": [{"place": "Алматы", "geometry": {"type": "Point", "coordinates": [76.9, 43.2]}}]},
    }  # fmt: skip
    record = one(harvest, rdm(0, metadata=metadata))
    assert (record.title.ru, record.title.kk, record.description.ru) == ("Отчёт", "Есеп", "О воде")
    assert (record.type, record.issued, record.languages) == (DatasetType.REPORT, PartialDate(2021, 5), ("ru",))
    assert (record.contributors[0].orcid, record.contributors[0].affiliation) == ("0000-0002-1825-0097", "KazNU")
    assert record.contributors[1].role is ContributorRole.LEADER
    assert (record.license_id, record.register_number) == ("CC-BY-4.0", "AP05131234")
    assert [(one.kind, one.target) for one in record.relations] == [("IsSupplementTo", "https://doi.org/10.1234/a")]
    assert (record.spatial, record.bbox) == ("Алматы", BoundingBox(76.9, 43.2, 76.9, 43.2))
    (file,) = record.resources
    assert (file.filename, file.format, file.byte_size) == ("report.pdf", "PDF", 9)
    assert file.download_url.endswith("/api/records/r00000/files/report.pdf/content")
    assert [(extra.key, extra.value) for extra in file.extras] == [("hash", "md5:abc")]


def test_record_of_the_older_zenodo_finds_its_place(harvest: Harvest) -> None:
    record = one(
        harvest,
        {
            "id": 17, "doi": "10.5281/zenodo.17", "updated": "2024-01-01T00:00:00", "created": "2023-01-01T00:00:00",
            "links": {"self_html": "https://zenodo.org/records/17"},
            "files": [
                {"key": "a.csv", "size": 5, "checksum": "sha256:" + "ab" * 32, "links": {"self": "https://z.org/a"}}
            ],
            "metadata": {
                "title": "Data", "publication_date": "2021-05-01", "access_right": "open",
                "license": {"id": "cc-by-4.0"},
                "creators": [{"name": "Doe, Jane", "orcid": "0000-0002-1825-0097", "affiliation": "KazNU"}],
                "resource_type": {"type": "dataset", "title": "Dataset"}, "keywords": ["water"], "language": "eng",
                "grants": [{"code": "777", "funder": {"name": "EU"}}],
                "related_identifiers": [
                    {"identifier": "10.5281/zenodo.16", "relation": "isVersionOf", "scheme": "doi"}
                ],
            },
        },
    )  # fmt: skip
    assert Identifier("doi", "10.5281/zenodo.17") in record.identifiers
    assert Identifier("contract_number", "777") in record.identifiers
    assert (record.type, record.license_id, record.languages) == (DatasetType.DATASET, "CC-BY-4.0", ("en",))
    assert [keyword.text for keyword in record.keywords] == ["water"]
    assert record.relations[0].kind == "IsVersionOf"
    (file,) = record.resources
    assert (file.download_url, file.checksum) == ("https://z.org/a", "ab" * 32)


@pytest.mark.parametrize(
    ("changes", "status", "until"),
    [
        ({"access": {"files": "restricted", "embargo": {"active": False}}}, DisclosureStatus.WITHHELD, "None"),
        (
            {"access": {"files": "restricted", "embargo": {"active": True, "until": "2031-02-03"}}},
            DisclosureStatus.EMBARGOED,
            "2031-02-03",
        ),
        (
            {"metadata": {"title": "T", "access_right": "embargoed", "embargo_date": "2031-02-03"}},
            DisclosureStatus.EMBARGOED,
            "2031-02-03",
        ),
    ],
)
def test_files_that_are_closed_say_so(
    changes: dict[str, Any], status: DisclosureStatus, until: str, harvest: Harvest
) -> None:
    record = one(harvest, rdm(0, **changes))
    assert {(file.disclosure.status, str(file.disclosure.until)) for file in record.resources} == {(status, until)}


def test_files_that_the_list_leaves_out_are_asked_for(harvest: Harvest) -> None:
    with invenio_server(Held(size=1, bare_files=True)) as server:
        (event,) = found(harvest("invenio", server.url))
    assert [file.download_url for file in event.record.resources] == ["https://f.kz/r00000.pdf"]
    assert codes(event) == set()


def test_deleted_record_is_gone(harvest: Harvest) -> None:
    deleted = rdm(0, deletion_status={"is_deleted": True})
    with invenio_server(Held(size=2, replaced=((0, deleted),))) as server:
        assert gone(harvest("invenio", server.url)) == ["r00000"]


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": None},
        {"metadata": {"title": 5, "creators": ["x", None], "rights": "cc0", "resource_type": []}},
        {"files": "none", "access": [], "pids": 3, "links": None},
        {"files": [{"key": None}, 5]},
    ],
)
def test_odd_parts_do_not_cost_the_record(change: dict[str, Any], harvest: Harvest) -> None:
    assert one(harvest, rdm(0, **change)).title


def test_what_is_no_invenio_is_a_source_error(harvest: Harvest) -> None:
    with invenio_server() as server, pytest.raises(SourceError):
        harvest("invenio", server.url + "/elsewhere")
