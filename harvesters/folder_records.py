"""Makes a record of files and of the rows of a metadata sheet that speak of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harvesters.sheet import Row
from harvesters.terms import identifiers_of, when
from opendata.catalog import licenses, vocabularies
from opendata.catalog.people import contributor, split_list
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, ResourceRole
from opendata.catalog.subjects import grnti_codes, subject
from opendata.catalog.values import (
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    Subject,
    Text,
)
from opendata.errors import Problem
from opendata.reading.archive import Entry
from opendata.reading.filenames import extension, title_from

TITLE_FROM = Extra("title_from", "filename")
"""Marks a title that was made of a file name: whatever the document says of itself is better."""

_DATA = frozenset(
    {
        "csv",
        "tsv",
        "xlsx",
        "xls",
        "ods",
        "json",
        "geojson",
        "xml",
        "parquet",
        "dta",
        "sav",
        "shp",
        "gpkg",
        "kml",
        "db",
        "sqlite",
        "jsonl",
        "ndjson",
    }
)
_IMAGES = frozenset({"png", "jpg", "jpeg", "tif", "tiff", "gif", "bmp", "webp", "svg"})
_CODE = frozenset({"py", "r", "ipynb", "do", "sas", "jl", "m", "js", "java", "c", "cpp"})
_SLIDES = frozenset({"ppt", "pptx", "odp", "key"})
_MEDIA = frozenset({"mp3", "mp4", "wav", "avi", "mov", "mkv", "ogg", "webm"})
_ACCESS = {
    DisclosureStatus.WITHHELD: ("withheld", "closed", "restricted", "закрыто", "закрытый", "дсп", "жабық"),
    DisclosureStatus.EMBARGOED: ("embargoed", "embargo", "эмбарго"),
    DisclosureStatus.PARTLY: ("partly", "partial", "частично", "ішінара"),
    DisclosureStatus.OPEN: ("open", "public", "открыто", "открытый", "ашық"),
}


def folder_record(
    identifier: str, entries: Sequence[Entry], rows: Sequence[Row], row_of: Mapping[str, Row]
) -> tuple[DatasetRecord, list[Problem]]:
    """The record of `entries`; the first row is the record's, `row_of` (by path) says more of single files."""
    row = rows[0] if rows else Row(0)
    warnings: list[Problem] = []
    resources = tuple(_resource(entry, n, row_of.get(entry.path, row), row) for n, entry in enumerate(entries))
    title = _text(row, "title")
    from_name = not title
    if from_name:
        title = Text.of(title_from(identifier if rows or not entries else entries[0].path))
    license_text = row.get("license")
    matched = licenses.match(license_text) if license_text else None
    record = DatasetRecord(
        title=title,
        type=_type(row, entries, warnings),
        identifier=identifier,
        description=_text(row, "description"),
        keywords=tuple(Keyword(word) for word in split_list(row.get("keywords"))),
        themes=tuple(filter(None, (vocabularies.theme_of(part) for part in split_list(row.get("theme"))))),
        subjects=_subjects(row),
        organization=OrganizationRef(title=Text.of(row.get("organization"))) if row.get("organization") else None,
        performer=Text.of(row.get("performer")),
        contributors=_people(row),
        contacts=_contacts(row),
        license_id=matched.id if matched else "",
        license_text=license_text,
        identifiers=_identifiers(row),
        issued=when(row.get("issued"), "issued", warnings, str(row.number)),
        languages=tuple(filter(None, (vocabularies.language_code(part) for part in split_list(row.get("language"))))),
        frequency=vocabularies.frequency_of(row.get("frequency")) if row.get("frequency") else "",
        spatial=row.get("spatial"),
        landing_page=row.get("landing_page") if row.get("landing_page").startswith(("http://", "https://")) else "",
        version=row.get("version"),
        resources=resources,
        extras=_extras(row, from_name),
        register_number=row.get("register_number"),
        report_number=row.get("report_number"),
    )
    return record, warnings


def _text(row: Row, column: str) -> Text:
    """The text of a column in its languages; the plain column is the original, in the record's language."""
    values = {code: row.get(f"{column}_{code}") for code in ("kk", "ru", "en")}
    original = next(iter(filter(None, map(vocabularies.language_code, split_list(row.get("language"))))), "")
    plain = row.get(column)
    if plain and not values.get(original):
        slot = original if original in values else "other"
        values[slot] = plain
    if not original or (original in ("kk", "ru", "en") and not values[original]):
        original = "" if plain else next((code for code in ("kk", "ru", "en") if values[code]), "")
    return Text(**values, original=original) if any(values.values()) else Text()


def _resource(entry: Entry, position: int, row: Row, main: Row) -> ResourceRecord:
    name = entry.path.rpartition("/")[2]
    format_name = vocabularies.format_of(filename=name)
    own = row is not main
    license_text = row.get("license") if own else ""
    matched = licenses.match(license_text) if license_text else None
    return ResourceRecord(
        key=entry.path,
        name=_text(row, "title") if own and _text(row, "title") else Text.of(name),
        description=_text(row, "description") if own else Text(),
        role=_role(row.get("role"), name),
        position=position,
        filename=name,
        format=format_name,
        media_type=vocabularies.media_type_of(format_name) if format_name else "",
        byte_size=entry.size,
        license_id=matched.id if matched else "",
        license_text=license_text,
        disclosure=_disclosure(row),
    )


def _role(stated: str, name: str) -> ResourceRole:
    """The stated role (its code or its name in one of our languages), else data for tables, else other."""
    if stated:
        for role in ResourceRole:
            texts = vocabularies.text_of("resource_role", role)
            if stated.casefold().strip() in {role.value, *(value.value.casefold() for value in texts.values())}:
                return role
    return ResourceRole.DATA if extension(name) in _DATA else ResourceRole.OTHER


def _disclosure(row: Row) -> Disclosure:
    stated = row.get("disclosure").casefold().strip()
    until = when(row.get("embargo_until"), "access", [], str(row.number))
    status = next((status for status, words in _ACCESS.items() if stated in words), None)
    if status is None:
        # A word that we do not know must not open a file: somebody meant to say that it is not simply public.
        status = DisclosureStatus.WITHHELD if stated else DisclosureStatus.OPEN
    if status is DisclosureStatus.OPEN and row.get("embargo_until"):
        status = DisclosureStatus.EMBARGOED
    if status in (DisclosureStatus.OPEN, DisclosureStatus.PARTLY):
        return Disclosure(status=status)
    return Disclosure(status=status, until=until.first_day() if until else None)


def _type(row: Row, entries: Sequence[Entry], warnings: list[Problem]) -> DatasetType:
    if stated := row.get("type"):
        known = vocabularies.type_of(stated)
        if known is not None:
            return known
        warnings.append(
            Problem("type-unknown", f"the type {stated!r} is not known", "type", str(row.number), severity="warning")
        )
    kinds = {extension(entry.path) for entry in entries}
    for extensions, kind in (
        (_DATA, DatasetType.DATASET),
        (_IMAGES, DatasetType.IMAGE),
        (_CODE, DatasetType.SOFTWARE),
        (_SLIDES, DatasetType.PRESENTATION),
        (_MEDIA, DatasetType.AUDIOVISUAL),
    ):
        if kinds and kinds <= extensions:
            return kind
    return DatasetType.REPORT


def _subjects(row: Row) -> tuple[Subject, ...]:
    codes = [subject("grnti", code) for code in grnti_codes(row.get("grnti"))]
    return tuple(codes + [subject("udc", code) for code in split_list(row.get("udc"))])


def _people(row: Row) -> tuple[Contributor, ...]:
    people = [contributor(name, ContributorRole.LEADER) for name in split_list(row.get("leader"), people=True)]
    return tuple(people + [contributor(name) for name in split_list(row.get("creators"), people=True)])


def _contacts(row: Row) -> tuple[ContactPoint, ...]:
    name, email = row.get("contact_name"), row.get("contact_email")
    return (ContactPoint(name=name, email=email),) if name or email else ()


def _identifiers(row: Row) -> tuple[Identifier, ...]:
    found = list(identifiers_of(row.get("doi")))
    found += [Identifier("contract_number", number) for number in split_list(row.get("contract_number"))]
    return tuple(found)


def _extras(row: Row, from_name: bool) -> tuple[Extra, ...]:
    kept = [Extra(re.sub(r"\s+", " ", key)[:100], value) for key, value in sorted(row.others.items())]
    return tuple([TITLE_FROM, *kept] if from_name else kept)
