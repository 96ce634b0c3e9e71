"""DataCite metadata 4.7 (https://schema.datacite.org/meta/kernel-4.7): a record in the shape of DataCite's JSON.

The XML is made of the same (datacite_xml). Nothing is invented: what the schema demands and the record does not have is
":unav", as DataCite's list of standard values has it (metadata schema 4, Appendix 3).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import Identifier, Period, Text
from opendata.export.datacite_parts import contributors, creators, funding, in_language, publisher, related, rights
from opendata.export.entry import Entry
from opendata.export.reference import address_of, identifier_of
from opendata.export.site import Site

Json = dict[str, Any]

SCHEMA = "http://datacite.org/schema/kernel-4"
VERSION = "4.7"
MOST_FILES = 100
"""Files that are named: a record must not become megabytes."""

_GENERAL = {
    DatasetType.DATASET: "Dataset",
    DatasetType.REPORT: "Report",
    DatasetType.ARTICLE: "JournalArticle",
    DatasetType.THESIS: "Dissertation",
    DatasetType.BOOK: "Book",
    DatasetType.PRESENTATION: "Presentation",
    DatasetType.SOFTWARE: "Software",
    DatasetType.IMAGE: "Image",
    DatasetType.AUDIOVISUAL: "Audiovisual",
    DatasetType.LEGAL_ACT: "Text",
}
"""resourceTypeGeneral; DataCite has no word for a map."""
_SCHEMES = {
    "grnti": ("GRNTI", "https://grnti.ru/"),
    "ford": ("Fields of Science and Technology (FOS)", "http://www.oecd.org/science/inno"),
    "udc": ("UDC", "https://udcsummary.info/"),
}
_THEMES = ("EU Vocabularies: data themes", "http://publications.europa.eu/resource/authority/data-theme")
IDENTIFIERS = {
    "handle": "Handle",
    "isbn": "ISBN",
    "issn": "ISSN",
    "urn": "URN",
    "uri": "URL",
    "register_number": "Register number",
    "registration_number": "Registration number",
    "contract_number": "Contract number",
}
"""alternateIdentifierType, which is free text; other schemes stand under their own names."""
REPORT_NUMBER = "Report number"


def write(entry: Entry, site: Site) -> bytes:
    """The record as application/vnd.datacite.datacite+json, in UTF-8."""
    return json.dumps(attributes(entry, site), ensure_ascii=False, indent=1).encode()


def attributes(entry: Entry, site: Site) -> Json:
    """The record; what is not known is left out, except what the schema demands."""
    record = entry.record
    doi = identifier_of(record, "doi")
    found: Json = {
        "id": address_of(record, site),
        "doi": doi,
        "identifiers": [] if doi else [{"identifier": site.permanent(record.id), "identifierType": "URL"}],
        "url": site.dataset(record),
        "types": _types(record),
        "creators": creators(record),
        "titles": list(_titles(record.title)),
        "publisher": publisher(entry),
        "publicationYear": str(_year(record)),
        "subjects": list(_subjects(record)),
        "contributors": contributors(record),
        "dates": list(_dates(entry)),
        "language": next(iter(record.languages), ""),
        "alternateIdentifiers": list(_alternates(record, site, doi)),
        **related(entry, site, MOST_FILES),
        "sizes": [f"{one.resource.byte_size} bytes" for one in _files(entry) if one.resource.byte_size is not None],
        "formats": list(dict.fromkeys(one.resource.media_type or one.resource.format for one in _files(entry))),
        "version": record.version,
        "rightsList": rights(entry),
        "descriptions": list(_descriptions(record)),
        "geoLocations": [_place(record)] if record.spatial or record.bbox else [],
        "fundingReferences": funding(entry, site),
        "schemaVersion": SCHEMA,
    }
    found["formats"] = [one for one in found["formats"] if one]
    return {name: value for name, value in found.items() if value not in ("", [], None)}


def _files(entry: Entry) -> list[Any]:
    return list(entry.available[:MOST_FILES])


def _types(record: DatasetRecord) -> Json:
    exact = vocabularies.label("dataset_type", record.type, "en")
    return {"resourceTypeGeneral": _GENERAL.get(record.type, "Other"), "resourceType": exact}


def _titles(title: Text) -> Iterator[Json]:
    for number, one in enumerate(title.values()):
        translated = {"titleType": "TranslatedTitle"} if number else {}
        yield {"title": one.value, **in_language(one.language), **translated}


def _year(record: DatasetRecord) -> int:
    """The year of publication; of a record without a date the year in which everybody could first see it here."""
    if record.issued:
        return record.issued.year
    seen = record.published_at or record.metadata_created
    return seen.year if seen else 0


def _subjects(record: DatasetRecord) -> Iterator[Json]:
    for word in record.keywords:
        yield {"subject": word.text, **in_language(word.language)}
    for one in record.subjects:
        scheme, address = _SCHEMES.get(one.scheme, (one.scheme, ""))
        known = vocabularies.text_of(one.scheme, one.code) if one.scheme in ("grnti", "ford") else Text()
        name = (known or one.label).show("en")
        found: Json = {"subject": name.value or one.code, **in_language(name.language if name.value else "")}
        found |= {"schemeUri": address} if address else {}
        yield {**found, "subjectScheme": scheme, "classificationCode": one.code}
    scheme, address = _THEMES
    for code in record.themes:
        if uri := vocabularies.theme_uri(code):
            said = vocabularies.label("theme", code, "en")
            yield {"subject": said, "lang": "en", "subjectScheme": scheme, "schemeUri": address, "valueUri": uri}


def _dates(entry: Entry) -> Iterator[Json]:
    record = entry.record
    if record.issued:
        yield {"date": str(record.issued), "dateType": "Issued"}
    if record.modified:
        yield {"date": str(record.modified), "dateType": "Updated"}
    if record.temporal:
        yield {"date": _period(record.temporal), "dateType": "Coverage"}
    until = entry.disclosure.until
    if until and entry.files and not entry.available:
        yield {"date": until.isoformat(), "dateType": "Available"}


def _period(period: Period) -> str:
    """ISO 8601-2: an open end is two dots."""
    return f"{period.start or '..'}/{period.end or '..'}"


def _alternates(record: DatasetRecord, site: Site, doi: str) -> Iterator[Json]:
    if doi:
        yield {"alternateIdentifier": site.permanent(record.id), "alternateIdentifierType": "URL"}
    dois = [Identifier("doi", doi)]
    for one in record.identifiers:
        if one not in dois:
            kind = "DOI" if one.scheme == "doi" else IDENTIFIERS.get(one.scheme, "Local accession number")
            yield {"alternateIdentifier": one.value, "alternateIdentifierType": kind}
    if record.report_number:
        yield {"alternateIdentifier": record.report_number, "alternateIdentifierType": REPORT_NUMBER}


def _descriptions(record: DatasetRecord) -> Iterator[Json]:
    for kind, text in (("Abstract", record.description), ("TableOfContents", record.table_of_contents)):
        for one in text.values():
            yield {"description": one.value, "descriptionType": kind, **in_language(one.language)}


def _place(record: DatasetRecord) -> Json:
    found: Json = {"geoLocationPlace": record.spatial} if record.spatial else {}
    if (box := record.bbox) is not None:
        found["geoLocationBox"] = {
            "westBoundLongitude": box.west,
            "eastBoundLongitude": box.east,
            "southBoundLatitude": box.south,
            "northBoundLatitude": box.north,
        }
    return found
