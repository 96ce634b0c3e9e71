"""schema.org JSON-LD: read back by the harvester that reads it from others, and harmless inside a page."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from harvesters.schemaorg_graph import Graph
from harvesters.schemaorg_record import schemaorg_record
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.values import Contributor, ContributorRole, Period, Text
from opendata.export.schemaorg import embedded, node, website, write
from tests.export.samples import AGENCY, FULL, SITE, entry_of
from tests.factories import EMBARGOED, OPENS

KEPT = (
    "title",
    "type",
    "description",
    "keywords",
    "themes",
    "license_id",
    "identifiers",
    "issued",
    "modified",
    "languages",
    "temporal",
    "spatial",
    "bbox",
    "contacts",
    "version",
    "report_number",
)
"""Fields that come back as they were."""


def read_back(record: DatasetRecord) -> DatasetRecord:
    data = json.loads(write(entry_of(record), SITE))
    graph = Graph([data])
    found, warnings = schemaorg_record("1", graph, graph.records()[0], data["url"], True)
    assert not warnings
    return found


def test_our_own_harvester_reads_it_back() -> None:
    found = read_back(FULL)
    differing = [name for name in KEPT if getattr(found, name) != getattr(FULL, name)]
    # The number of the register is an identifier to everybody else.
    assert differing == ["identifiers"]
    assert set(FULL.identifiers) < set(found.identifiers)
    assert found.organization
    assert found.organization.title == AGENCY.title
    assert {one for one in FULL.contributors if not one.bin} <= set(found.contributors)
    assert [(one.target, one.kind) for one in found.relations] == [("https://doi.org/10.5555/other", "References")]


def test_files_come_back_with_address_size_checksum_and_licence() -> None:
    report, table = read_back(FULL).resources
    assert report.download_url.startswith("https://data.example/dataset/su-balansy/resource/")
    assert (report.byte_size, report.checksum, report.format) == (1_000, "aa" * 32, "PDF")
    assert (report.name.ru, report.language, report.license_id) == ("Отчёт", "ru", "")
    assert (table.license_id, table.media_type) == ("CC0-1.0", "text/csv")


@pytest.mark.parametrize("kind", DatasetType)
def test_every_type_comes_back(kind: DatasetType) -> None:
    assert read_back(replace(FULL, type=kind)).type is kind


def test_what_nobody_may_have_says_from_when_on() -> None:
    closed = ResourceRecord(key="a", id=UUID(int=9), filename="a.pdf", stored=True, disclosure=EMBARGOED)
    found = node(entry_of(replace(FULL, resources=(closed,))), SITE)
    assert found["isAccessibleForFree"] is False
    assert f"info:eu-repo/date/embargoEnd/{OPENS.isoformat()}" in found["conditionsOfAccess"]
    assert "encoding" not in found
    assert read_back(replace(FULL, resources=(closed,))).disclosure.until == OPENS


def test_an_open_end_of_a_period_is_two_dots() -> None:
    start = FULL.temporal.start
    assert node(entry_of(replace(FULL, temporal=Period(start=start))), SITE)["temporalCoverage"] == "2020/.."


def test_nothing_can_end_the_script_element() -> None:
    evil = "</script><script>alert(1)</script><!-- &amp;"
    bad = replace(FULL, title=Text(en=evil), contributors=(Contributor(evil, ContributorRole.CREATOR),))
    text = embedded(node(entry_of(bad), SITE))
    assert not set("<>&") & set(text)
    assert json.loads(text)["name"] == {"@language": "en", "@value": evil}


def test_the_site_says_where_it_is_searched() -> None:
    found = website(SITE, "kk")
    assert found["potentialAction"]["target"]["urlTemplate"] == "https://data.example/kk/search?q={search_term_string}"
