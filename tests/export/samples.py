"""Records that every format is tried with: one that has everything, and what makes entries of records."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from opendata.catalog.records import (
    DatasetRecord,
    DatasetType,
    OrganizationRecord,
    ResourceRecord,
    ResourceRole,
    StudyRef,
)
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
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
from opendata.export.entry import Entry
from opendata.export.site import Site

TODAY = dt.date(2026, 6, 1)
SITE = Site("https://data.example", "Open Data", contact_email="data@example.org", metadata_license_id="CC0-1.0")
AGENCY = OrganizationRecord(
    id=UUID(int=2),
    slug="su-komiteti",
    title=Text(kk="Су комитеті", ru="Комитет водного хозяйства", en="Water Committee", original="kk"),
    homepage="https://water.example",
    email="water@example.org",
)
REPORT = ResourceRecord(
    key="https://source.example/r.pdf",
    id=UUID(int=3),
    name=Text(ru="Отчёт", original="ru"),
    description=Text(ru="Заключительный отчёт", original="ru"),
    role=ResourceRole.FINAL_REPORT,
    filename="Отчёт 2025.pdf",
    format="PDF",
    media_type="application/pdf",
    byte_size=1_000,
    checksum="aa" * 32,
    stored=True,
    language="ru",
    issued=PartialDate(2025, 11, 1),
)
TABLE = ResourceRecord(
    key="https://source.example/t.csv",
    id=UUID(int=4),
    name=Text(en="Flow by month", original="en"),
    role=ResourceRole.DATA,
    position=1,
    filename="flow.csv",
    format="CSV",
    media_type="text/csv",
    byte_size=200,
    checksum="bb" * 32,
    stored=True,
    license_id="CC0-1.0",
)
FULL = DatasetRecord(
    id=UUID(int=1),
    slug="su-balansy",
    type=DatasetType.REPORT,
    identifier="oai:source.example:1",
    title=Text(
        kk="Су балансы & ресурстары", ru="Водный баланс & ресурсы", en="Water balance & resources", original="kk"
    ),
    description=Text(kk="Жайық өзені.", ru="Река Урал: 50 % стока\nи {ещё}.", en="The Ural river.", original="kk"),
    keywords=(Keyword("су", "kk"), Keyword("вода", "ru"), Keyword("water", "en")),
    themes=("environment",),
    subjects=(Subject("grnti", "70.27", Text(ru="Водные ресурсы")),),
    organization=OrganizationRef("su-komiteti", AGENCY.title, AGENCY.id),
    performer=Text(ru="Институт географии", original="ru"),
    contributors=(
        Contributor("Касымова, Айгуль Сериковна", ContributorRole.CREATOR, "0000-0002-1825-0097", "Институт географии"),
        Contributor("Иванов И. П.", ContributorRole.LEADER),
        Contributor("Институт географии", ContributorRole.PERFORMER, is_organization=True, bin="990340007013"),
    ),
    contacts=(ContactPoint("Отдел данных", "water@example.org", "+7 7172 000000", "https://water.example/ask"),),
    license_id="CC-BY-4.0",
    identifiers=(Identifier("doi", "10.5555/abc_1"), Identifier("isbn", "9786010000001")),
    issued=PartialDate(2025, 11),
    modified=PartialDate(2026, 1, 15),
    languages=("kk", "ru"),
    frequency="annual",
    temporal=Period(PartialDate(2020), PartialDate(2024, 12, 31)),
    spatial="Западно-Казахстанская область",
    bbox=BoundingBox(46.5, 48.0, 54.5, 51.8),
    landing_page="https://source.example/1",
    version="2",
    relations=(Relation("References", "https://doi.org/10.5555/other", title=Text(en="Other work")),),
    resources=(REPORT, TABLE),
    extras=(Extra("funding", "бюджет"),),
    register_number="0125РК00001",
    report_number="12-К",
    study=StudyRef(UUID(int=5), "su-zertteu", "0125РК00001", Text(ru="Исследование вод"), ("123-ГК",)),
    metadata_created=dt.datetime(2026, 2, 1, 8, tzinfo=dt.UTC),
    metadata_modified=dt.datetime(2026, 3, 1, 8, tzinfo=dt.UTC),
)
"""A record with something in every field that a format may carry."""


def entry_of(record: DatasetRecord) -> Entry:
    """The record as formats get it."""
    return Entry.of(record, AGENCY if record.organization else None, TODAY)
