"""A dataset and a study in which every field says something."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from opendata.catalog.records import (
    Contract,
    DatasetRecord,
    DatasetType,
    Deliverable,
    DeliverableKind,
    Performer,
    RecordState,
    ResourceRecord,
    ResourceRole,
    StudyRecord,
    StudyStatus,
    TextInfo,
    TextStatus,
    Tombstone,
    Utilisation,
)
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
    PartialDate,
    Period,
    Relation,
    Subject,
    Text,
)

WITHDRAWN = dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.UTC)


def text(word: str) -> Text:
    """A text with every language filled."""
    return Text(f"{word} қазақша", f"{word} по-русски", f"{word} in English", f"{word} auf Deutsch", "de")


def resource(key: str, position: int = 0) -> ResourceRecord:
    """A file in which every field but the counters is filled."""
    return ResourceRecord(
        key=key,
        name=text("Отчёт"),
        description=text("Описание"),
        role=ResourceRole.FINAL_REPORT,
        position=position,
        filename="Есеп № 1.pdf",
        format="PDF",
        media_type="application/pdf",
        byte_size=5_000_000_000,
        checksum="ab" * 32,
        stored=True,
        download_url="https://example.org/1.pdf",
        access_url="https://example.org/1",
        language="kk",
        license_id="CC-BY-4.0",
        license_text="Creative Commons",
        issued=PartialDate(2019),
        modified=PartialDate(2019, 3),
        disclosure=Disclosure(DisclosureStatus.EMBARGOED, dt.date(2027, 1, 1), "Закон, ст. 5", text("Причина")),
        text=TextInfo(TextStatus.OCR, "two pages unread", 8, 10, "ru", True),
        fetch_problem="slow",
        extras=(Extra("размер", "А4"),),
    )


def dataset(slug: str = "a", **changes: object) -> DatasetRecord:
    """A dataset with every field filled but those that name other rows."""
    fields: dict[str, object] = {
        "title": text("Название"),
        "type": DatasetType.REPORT,
        "slug": slug,
        "identifier": "oai:example.org:1",
        "description": text("Аннотация"),
        "table_of_contents": text("Содержание"),
        "keywords": (Keyword("су", "kk"), Keyword("water")),
        "themes": ("ENVI",),
        "subjects": (Subject("grnti", "87.19", text("Воды")),),
        "performer": text("Институт"),
        "contributors": (
            Contributor("Әлия Ер", ContributorRole.LEADER, "0000-0002-1825-0097", "КазНУ"),
            Contributor(
                "КазНУ", ContributorRole.PERFORMER, is_organization=True, ror="https://ror.org/1", bin="990140"
            ),
        ),
        "contacts": (ContactPoint("Отдел", "a@example.org", "+7 700", "https://example.org"),),
        "license_id": "CC-BY-4.0",
        "license_text": "CC BY",
        "identifiers": (Identifier("doi", "10.5072/ABC"), Identifier("uri", "https://example.org/" + "x" * 3000)),
        "issued": PartialDate(2019, 3, 1),
        "modified": PartialDate(2020),
        "languages": ("kk", "ru"),
        "frequency": "annual",
        "temporal": Period(PartialDate(2017), PartialDate(2019, 12)),
        "spatial": "Алматы",
        "bbox": BoundingBox(46.5, 40.5, 87.3, 55.4),
        "landing_page": "https://example.org/1",
        "version": "1.0",
        "relations": (Relation("IsSupplementTo", "https://doi.org/10.1/2", title=text("Другой")),),
        "resources": (resource("one"), resource("two", 1)),
        "extras": (Extra("k", "v"),),
        "register_number": "BR21881930",
        "report_number": "0118РК00001",
        "state": RecordState.WITHDRAWN,
        "private": True,
        "demo": True,
        "read_from_file": ("title",),
        "tombstone": Tombstone(WITHDRAWN, "Ошибка"),
    }
    return DatasetRecord(**{**fields, **changes})  # type: ignore[arg-type]


def public(slug: str, **changes: object) -> DatasetRecord:
    """The same, as everybody may see it."""
    return dataset(slug, state=RecordState.PUBLISHED, private=False, tombstone=None, **changes)


def study(slug: str = "s", **changes: object) -> StudyRecord:
    """A study with every field filled but those that name other rows."""
    owed = (
        Deliverable(DeliverableKind.INTERIM_REPORT, "2023", dt.date(2023, 11, 1), dt.date(2023, 10, 1)),
        Deliverable(DeliverableKind.FINAL_REPORT, "2024", dt.date(2024, 11, 1), returned=2),
        Deliverable(DeliverableKind.DATASET, "2024", dt.date(2024, 12, 1), None, dt.date(2025, 1, 1), 0, True),
    )
    fields: dict[str, object] = {
        "title": text("Исследование"),
        "register_number": "BR21881930",
        "slug": slug,
        "description": text("О чём"),
        "keywords": (Keyword("су", "kk"),),
        "subjects": (Subject("ford", "1.5"),),
        "themes": ("ENVI",),
        "unit": text("Департамент"),
        "official": "А. Б.",
        "performers": (Performer(text("Институт"), "990140000123", "https://ror.org/1", (Contributor("Ер"),)),),
        "programme": text("Программа"),
        "call": text("Конкурс"),
        "priority": text("Приоритет"),
        "contracts": (
            Contract("№ 1", dt.date(2023, 1, 5), Decimal("1234567890.50"), "KZT", "грант", owed),
            Contract("№ 2", currency="USD"),
        ),
        "period": Period(PartialDate(2023), PartialDate(2025, 12, 31)),
        "status": StudyStatus.COMPLETED,
        "disclosure": Disclosure(DisclosureStatus.PARTLY, None, "Закон", text("Причина")),
        "evaluation": text("Оценка"),
        "utilisations": (Utilisation("law", text("Закон"), PartialDate(2025, 6), "https://example.org"),),
        "state": RecordState.WITHDRAWN,
        "private": True,
        "demo": True,
        "tombstone": Tombstone(WITHDRAWN, "Ошибка"),
    }
    return StudyRecord(**{**fields, **changes})  # type: ignore[arg-type]


def public_study(slug: str = "s", **changes: object) -> StudyRecord:
    """The same, as everybody may see it."""
    return study(slug, **{"state": RecordState.PUBLISHED, "private": False, "tombstone": None, **changes})


UNKNOWN = UUID(int=7)
"""An id that nothing has."""
