"""data.json: what a document proves, what of a broken one is kept, and where each field goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import BoundingBox, ContactPoint, DisclosureStatus, PartialDate, Period, Relation
from opendata.errors import SourceError
from opendata.harvesting.contract import Complete, Event, Failed, Incomplete, Raw, Unchanged, Validators
from tests.harvesters.conftest import Harvest
from tests.harvesters.events import codes, failed, found, reason
from tests.servers.documents import Document, document_server


def listed(harvest: Harvest, content: bytes | str, **given: Any) -> list[Event]:
    with document_server({"/data.json": Document(content, "application/json")}) as server:
        return harvest("datajson", f"{server.url}/data.json", **given)


def one(harvest: Harvest, **fields: Any) -> DatasetRecord:
    """The record of a document with a single dataset."""
    entry = {"identifier": "d", "title": "Title", **fields}
    return found(listed(harvest, json.dumps({"dataset": [entry]})))[0].record


def test_bad_entries_fail_alone_and_name_their_line(harvest: Harvest) -> None:
    content = """{"conformsTo": "x", "dataset": [
{"identifier": "1", "title": "A"},
{"identifier": "2", "title": },
7,
{"title": "no identifier"},
{"identifier": "1", "title": "again"},
{"identifier": "3", "title": "a } in [ a \\" text", "keyword": {"x": 1}, "distribution": 5},
{"identifier": 4, "title": 2019, "modified": NaN,}
]}"""
    events = listed(harvest, content)
    assert [event.identifier for event in found(events)] == ["1", "3", "4"]
    assert [(sorted(codes(event)), event.problems[0].row) for event in failed(events)] == [
        (["json-broken"], "3"), (["not-an-object"], "4"), (["identifier-missing"], "5"), (["identifier-repeated"], "6"),
    ]  # fmt: skip
    assert isinstance(events[-1], Complete)


@pytest.mark.parametrize("cut", [1, 20, 45])
def test_document_that_breaks_off_gives_what_came_before(cut: int, harvest: Harvest) -> None:
    content = json.dumps({"dataset": [{"identifier": str(n), "title": "T" * 30} for n in range(5)]})
    events = listed(harvest, content[:-cut])
    assert len(found(events)) >= 4
    assert "line 1" in reason(events)
    assert not any(isinstance(event, Validators) for event in events)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_any_unicode_is_read(encoding: str, harvest: Harvest) -> None:
    content = json.dumps([{"identifier": "1", "title": "Қазақша мәтін"}], ensure_ascii=False)
    assert str(found(listed(harvest, content.encode(encoding)))[0].record.title.show("kk")) == "Қазақша мәтін"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<!DOCTYPE html><html></html>", "web page"),
        ("", "begins with ''"),
        ("a,b,c", "begins with 'a,b,c'"),
        ('{"title": "no list", "items": [{"dataset": []}]}', "no list of datasets"),
        ('{"dataset": [', "breaks off"),
        ("}", "begins with"),
    ],
)
def test_what_is_no_data_json_is_told(content: str, told: str, harvest: Harvest) -> None:
    with pytest.raises(SourceError, match=told):
        listed(harvest, content)


def test_empty_list_is_complete(harvest: Harvest) -> None:
    assert isinstance(listed(harvest, '{"dataset": []}')[-1], Complete)


def test_nesting_without_end_costs_its_entry(harvest: Harvest) -> None:
    deep = '{"identifier": "deep", "x": ' + "[" * 5_000 + "]" * 5_000 + "}"
    events = listed(harvest, f'{{"dataset": [{deep}, {{"identifier": "1", "title": "T"}}]}}')
    assert [event.identifier for event in found(events)] == ["1"]
    assert codes(failed(events)[0]) == {"json-broken"}


def test_unchanged_document_costs_one_question(harvest: Harvest) -> None:
    documents = {"/data.json": Document('{"dataset": [{"identifier": "1", "title": "T"}]}')}
    with document_server(documents) as server:
        url = f"{server.url}/data.json"
        marks = next(event.values for event in harvest("datajson", url) if isinstance(event, Validators))
        again = harvest("datajson", url, validators=marks)
    assert isinstance(again[0], Unchanged)
    assert isinstance(again[1], Complete)


def test_order_of_members_makes_no_other_item(harvest: Harvest) -> None:
    contents = ['[{"identifier": "1", "title": "T"}]', '[\n {"title":"T", "identifier":"1"}\n]']
    raws = [listed(harvest, content, mapped=False)[0] for content in contents]
    assert isinstance(raws[0], Raw)
    assert isinstance(raws[1], Raw)
    assert raws[0].raw == raws[1].raw


def test_limit_leaves_the_listing_incomplete(harvest: Harvest) -> None:
    content = json.dumps([{"identifier": str(n), "title": "T"} for n in range(5)])
    events = listed(harvest, content, limit=2)
    assert len(found(events)) == 2
    assert isinstance(events[-1], Incomplete)


@pytest.mark.parametrize(
    ("level", "status"),
    [("public", "open"), ("restricted public", "withheld"), ("non-public", "withheld"), ("else", "open")],
)
def test_access_level_becomes_disclosure(level: str, status: str, harvest: Harvest) -> None:
    record = one(
        harvest,
        accessLevel=level,
        rights="The data of persons",
        distribution=[{"downloadURL": "https://x.example/a.csv"}],
    )
    disclosure = record.resources[0].disclosure
    assert disclosure.status is DisclosureStatus(status)
    assert disclosure.reason.en == ("The data of persons" if status == "withheld" else "")
    assert bool(one(harvest, accessLevel=level).resources) is (status == "withheld")


def test_publisher_contact_and_collection(harvest: Harvest) -> None:
    above = {"name": "Ministry", "subOrganizationOf": {"name": "Government"}}
    record = one(
        harvest,
        publisher={"@type": "org:Organization", "name": "Bureau of the City", "subOrganizationOf": above},
        contactPoint={"fn": "Desk", "hasEmail": "mailto:d@x.example"},
        isPartOf="collection-1",
        references=["https://x.example/doc.pdf"],
        describedBy="https://x.example/dictionary.html",
        bureauCode=["018:10"],
        dataQuality=True,
        systemOfRecords="https://x.example/sorn",
    )
    assert record.organization is not None
    assert (record.organization.title.en, record.organization.parent) == ("Bureau of the City", "Ministry")
    assert record.contacts == (ContactPoint("Desk", "d@x.example"),)
    assert Relation("IsPartOf", "collection-1") in record.relations
    assert {one.kind for one in record.relations} == {"IsPartOf", "References", "IsDocumentedBy"}
    extras = {extra.key: extra.value for extra in record.extras}
    assert extras["bureau_code"] == "018:10"
    assert extras["data_quality"] == "true"
    assert extras["publisher_hierarchy"] == "Government > Ministry > Bureau of the City"


@pytest.mark.parametrize(
    ("temporal", "period"),
    [
        ("2009-09-01T12:00:00Z/2010-05-31T12:00:00Z", Period(PartialDate(2009, 9, 1), PartialDate(2010, 5, 31))),
        ("2010-01-01/P1Y", Period(PartialDate(2010, 1, 1), PartialDate(2010, 12, 31))),
        ({"startDate": "2001", "endDate": "2003"}, Period(PartialDate(2001), PartialDate(2003))),
        ("", Period()),
        ("always", Period()),
    ],
)
def test_temporal(temporal: Any, period: Period, harvest: Harvest) -> None:
    assert one(harvest, temporal=temporal).temporal == period


@pytest.mark.parametrize(
    ("spatial", "name", "box"),
    [
        ("Kazakhstan", "Kazakhstan", None),
        ("46.5,40.5,87.3,55.4", "", BoundingBox(46.5, 40.5, 87.3, 55.4)),
        ([[-14.6, -179.2], [71.4, 179.8]], "", BoundingBox(-179.2, -14.6, 179.8, 71.4)),
        ({"type": "Point", "coordinates": [71.4, 51.1]}, "", BoundingBox(71.4, 51.1, 71.4, 51.1)),
        (None, "", None),
        (17, "", None),
    ],
)
def test_spatial(spatial: Any, name: str, box: BoundingBox | None, harvest: Harvest) -> None:
    record = one(harvest, spatial=spatial)
    assert (record.spatial, record.bbox) == (name, box)


def test_renewal_dates_and_licence(harvest: Harvest) -> None:
    record = one(harvest, accrualPeriodicity="R/P1Y", issued="2011-11", modified="2012-01-02T03:04:05Z",
                 language=["en-US"], license="http://creativecommons.org/publicdomain/zero/1.0/",
                 theme=["Environment", "own theme"], keyword="water; air")  # fmt: skip
    assert (record.frequency, record.license_id, record.languages) == ("annual", "CC0-1.0", ("en",))
    assert (record.issued, record.modified) == (PartialDate(2011, 11), PartialDate(2012, 1, 2))
    assert record.themes == ("environment",)
    assert [keyword.text for keyword in record.keywords] == ["water", "air", "own theme"]
    assert one(harvest, modified="R/P1D").frequency == "daily"


def test_distributions(harvest: Harvest) -> None:
    record = one(harvest, distribution=[
        {"downloadURL": "https://x.example/a b.csv", "mediaType": "text/csv", "title": "A", "describedBy": "https://x.example/s"},
        {"accessURL": "https://x.example/api", "format": "API"},
        {"accessURL": "not an address"}, "https://x.example/page", 5, {}, {"downloadURL": "https://x.example/a b.csv"},
    ])  # fmt: skip
    assert [resource.download_url for resource in record.resources] == [
        "https://x.example/a%20b.csv", "", "", "", "https://x.example/a%20b.csv"
    ]  # fmt: skip
    assert len({resource.key for resource in record.resources}) == 5
    assert record.resources[0].format == "CSV"
    assert {extra.key for extra in record.resources[0].extras} == {"described_by"}


@pytest.mark.realdata
def test_every_real_file_ends_in_records_or_a_clear_problem(harvest: Harvest, realdata: Path) -> None:
    records = refused = 0
    paths = [path for path in sorted((realdata / "datajson").rglob("*")) if path.is_file()]
    for path in paths:
        try:
            events = listed(harvest, path.read_bytes())
        except SourceError:
            refused += 1
            continue
        records += len(found(events))
        assert all(problem.message for event in events if isinstance(event, Failed) for problem in event.problems)
        assert "unreadable" not in {code for event in failed(events) for code in codes(event)}, path
    assert records >= 38
    assert refused < len(paths) * 0.7
