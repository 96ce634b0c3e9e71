"""What we write for CKAN's clients is read back, field by field, by our own harvester."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields, replace
from uuid import UUID

import pytest

from harvesters.ckan_package import package_record
from opendata.catalog.provenance import SourceRef
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, ResourceRole, StudyRef
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.export import ckan
from opendata.export.ckan import OrganizationFacts
from opendata.export.site import Site

SITE = Site("https://data.example.kz", "Open Data", language="ru")
NOW = dt.datetime(2026, 6, 1, 6, 0, 0, 5, tzinfo=dt.UTC)
ID, AGENCY, FILE = UUID(int=1), UUID(int=2), UUID(int=3)
FILES = (
    ResourceRecord(
        key=str(FILE),
        id=FILE,
        name=Text(kk="Есеп", ru="Отчёт", original="ru"),
        description=Text(en="All *of* it <b>", original="en"),
        role=ResourceRole.FINAL_REPORT,
        filename="otchet 1.pdf",
        format="PDF",
        media_type="application/pdf",
        byte_size=12,
        checksum="ab" * 32,
        download_url="https://files.example.kz/otchet%201.pdf",
        language="ru",
        license_id="CC0-1.0",
        license_text="свободно",
        issued=PartialDate(2020, 5),
        modified=PartialDate(2021),
        disclosure=Disclosure(
            DisclosureStatus.PARTLY, dt.date(2030, 1, 1), "Закон, ст. 5", Text(ru="Не всё", original="ru")
        ),
        extras=(Extra("pages", "12"),),
    ),
    ResourceRecord(
        key=str(UUID(int=4)), id=UUID(int=4), position=1, format="HTML", access_url="https://example.kz/page"
    ),
)
WHOLE = DatasetRecord(
    title=Text(kk="Су балансы", ru="Водный баланс", original="kk"),
    type=DatasetType.REPORT,
    id=ID,
    slug="su-balansy",
    identifier="oai:su:1",
    description=Text(ru="Отчёт о *балансе* & <воде>.\n\n# Итог", original="ru"),
    table_of_contents=Text(ru="1 Введение", original="ru"),
    keywords=(Keyword("су", "kk"), Keyword("вода & жер", "ru"), Keyword("H2O")),
    themes=("environment", "science"),
    subjects=(Subject("grnti", "70.27.11"), Subject("other", "X1", Text(other="Own"))),
    organization=OrganizationRef("su", Text(kk="Су агенттігі", ru="Агентство воды", original="ru"), AGENCY, "123"),
    performer=Text(ru="Институт", original="ru"),
    contributors=(
        Contributor("Ахметов, А.", orcid="0000-0002-1825-0097", affiliation="Институт"),
        Contributor("Институт", ContributorRole.PERFORMER, is_organization=True, bin="123456789012"),
    ),
    contacts=(
        ContactPoint("Отдел", "a@example.kz", "+7 700", "https://example.kz"),
        ContactPoint(email="b@example.kz"),
    ),
    license_id="CC-BY-4.0",
    license_text="Лицензия CC BY",
    identifiers=(Identifier("doi", "10.1234/abc"), Identifier("isbn", "978-3-16-148410-0")),
    issued=PartialDate(2024, 5),
    modified=PartialDate(2024, 6, 7),
    languages=("kk", "ru"),
    frequency="annual",
    temporal=Period(PartialDate(2020), PartialDate(2023, 12)),
    spatial="Балқаш",
    bbox=BoundingBox(70.5, 45.0, 80.0, 47.25),
    landing_page="https://su.example.kz/1",
    version="2.0",
    relations=(Relation("IsPartOf", "https://example.org/1"), Relation("Cites", title=Text(ru="Книга", original="ru"))),
    resources=FILES,
    extras=(Extra("guid", "x"), Extra("own", '{"a": 1}')),
    register_number="AP05131234",
    report_number="0118РК00123",
    read_from_file=("issued",),
    metadata_created=NOW,
    metadata_modified=NOW,
)
FACTS = OrganizationFacts(AGENCY, "su", Text(kk="Су агенттігі", ru="Агентство воды", original="ru"), identifier="123")
NOT_CARRIED = {"id", "slug", "metadata_created", "metadata_modified"}
"""The copy has its own; it follows what CKAN calls metadata_modified by its own account of the source."""


def through(record: DatasetRecord) -> DatasetRecord:
    """`record` after a journey over CKAN's dictionary."""
    groups = [ckan.theme_group(code) for code in record.themes]
    facts = FACTS if record.organization else None
    sent = json.loads(json.dumps(ckan.package(record, SITE, facts, groups), ensure_ascii=False))
    read, problems = package_record(sent["id"], sent, "https://data.example.kz")
    assert problems == []
    return read


@pytest.mark.parametrize("name", sorted({one.name for one in fields(DatasetRecord)} - NOT_CARRIED - {"resources"}))
def test_field_comes_back_as_it_was(name: str) -> None:
    expected = getattr(replace(WHOLE, organization=replace(WHOLE.organization, id=None)), name)  # type: ignore[type-var]
    assert getattr(through(WHOLE), name) == expected


def test_files_come_back_as_they_were() -> None:
    read = through(WHOLE).resources
    assert read == tuple(replace(one, id=None) for one in FILES)


def test_held_file_is_had_from_us() -> None:
    stored = replace(FILES[0], stored=True)
    (read, _) = through(replace(WHOLE, resources=(stored, FILES[1]))).resources
    assert read.download_url == f"https://data.example.kz/dataset/su-balansy/resource/{FILE}/download/otchet%201.pdf"


def test_empty_record_comes_back_empty() -> None:
    bare = DatasetRecord(Text(other="X"), id=ID, slug="x", identifier="i", landing_page="https://data.example.kz/x")
    assert through(bare) == replace(bare, id=None, slug="")


@pytest.mark.parametrize(
    "title",
    [Text(other="X"), Text(ru="X"), Text(en="A", other="B", original="de"), Text(kk="A", other="B"), Text(other='{"a')],
)
def test_languages_and_the_original_are_kept(title: Text) -> None:
    assert through(replace(WHOLE, title=title)).title == title


def test_study_is_told_by_its_numbers() -> None:
    study = StudyRef(UUID(int=9), "balans", "AP05131234", Text(ru="Баланс"), ("№ 1", "№ 2"))
    made = ckan.package(replace(WHOLE, register_number="", study=study), SITE)
    said = {one["key"]: one["value"] for one in made["extras"]}
    assert said["register_number"] == "AP05131234"
    assert (said["contract_number"], said["study_url"]) == ("№ 1, № 2", "https://data.example.kz/study/balans")
    read, _ = package_record("1", made, "https://data.example.kz")
    assert {one.key for one in read.extras} == {"guid", "own"}


def test_free_extra_never_hides_a_field() -> None:
    made = ckan.package(replace(WHOLE, extras=(Extra("issued", "never"), Extra("free", "yes"))), SITE)
    keys = [one["key"] for one in made["extras"]]
    assert len(keys) == len(set(keys))
    assert {"key": "issued", "value": "2024-05"} in made["extras"]
    assert {"key": "free", "value": "yes"} in made["extras"]


def test_what_our_extras_do_not_mean_stays_an_extra_with_a_warning() -> None:
    made = ckan.package(WHOLE, SITE)
    made["extras"] = [one if one["key"] != "bbox" else {"key": "bbox", "value": "[1, 2]"} for one in made["extras"]]
    read, problems = package_record("1", made, "https://data.example.kz")
    assert read.bbox is None
    assert Extra("bbox", "[1, 2]") in read.extras
    assert [problem.code for problem in problems] == ["value-unreadable"]


def test_source_is_named() -> None:
    source = SourceRef("river", "River", "https://river.example", "oaipmh", "1")
    made = ckan.package(replace(WHOLE, source=source), SITE)
    assert {"key": "harvest_source_url", "value": "https://river.example"} in made["extras"]
