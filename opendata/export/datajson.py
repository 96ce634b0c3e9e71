"""DCAT-US 1.1, which was Project Open Data (resources.data.gov/resources/dcat-us/): all public records as data.json.

A text has one language there: the original, and the others in fields that name theirs (title_kk). What the standard has
no word for stands under the names of DCAT 3. Codes of bureaus and programmes are of the United States alone: none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from opendata.catalog import vocabularies
from opendata.catalog.licenses import get
from opendata.catalog.records import DatasetRecord, ResourceRole
from opendata.catalog.values import (
    LANGUAGES,
    ContactPoint,
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    OrganizationRef,
    Period,
    Relation,
    Subject,
    Text,
)
from opendata.export.dcat_values import geojson
from opendata.export.entry import Entry, EntryFile
from opendata.export.rdf import iri_of
from opendata.export.site import Site

Json = dict[str, Any]
SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"
_LEVELS = {
    DisclosureStatus.OPEN: "public",
    DisclosureStatus.PARTLY: "public",
    DisclosureStatus.EMBARGOED: "restricted public",
    DisclosureStatus.WITHHELD: "non-public",
}
_MAX_RIGHTS = 255


def stream(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
    """The document, a piece for each record: what is in memory does not grow with them."""
    head = {
        "@context": f"{SCHEMA}/catalog.jsonld",
        "@id": f"{site.url}/data.json",
        "@type": "dcat:Catalog",
        "conformsTo": SCHEMA,
        "describedBy": f"{SCHEMA}/catalog.json",
    }
    yield json.dumps(head).encode()[:-1] + b', "dataset": ['
    comma = b"\n"
    for entry in entries:
        yield comma + json.dumps(dataset(entry, site), ensure_ascii=False).encode("utf-8", "replace")
        comma = b",\n"
    yield b"\n]}\n"


def dataset(entry: Entry, site: Site) -> Json:
    """One record. A mandatory value that nobody gave is not there."""
    record = entry.record
    found: Json = {"@type": "dcat:Dataset", "identifier": site.permanent(record.id)}
    found |= _text("title", record.title) | _text("description", record.description)
    found |= _text("tableOfContents", record.table_of_contents)
    found |= {
        "keyword": _unique(keyword.text for keyword in record.keywords),
        **_tagged(record),
        "theme": _unique(vocabularies.label("theme", code, "en") for code in record.themes),
        "subject": [_subject(one) for one in record.subjects],
        "type": "" if record.type == "dataset" else record.type,
        "publisher": _publisher(entry),
        "creator": [_agent(one) for one in record.contributors if one.role is ContributorRole.CREATOR],
        "contributor": [_agent(one) for one in _others(record)],
        "contactPoint": _contact(entry, site),
        "license": _license(record.license_id, record.license_text),
        "licenseText": record.license_text,
        "issued": str(record.issued or ""),
        "modified": str(record.modified or ""),
        "language": list(record.languages),
        "accrualPeriodicity": vocabularies.frequency_duration(record.frequency),
        "temporal": _temporal(record.temporal),
        "temporalCoverage": _span(record.temporal),
        "spatial": _spatial(entry),
        "geographicName": record.spatial if record.bbox else "",
        "landingPage": iri_of(record.landing_page) or site.dataset(record),
        "version": record.version,
        "references": _references(record),
        "qualifiedRelation": [_relation(one, site) for one in record.relations],
        "otherIdentifier": [{"scheme": one.scheme, "value": one.value} for one in record.identifiers],
        "additionalProperty": [{"name": one.key, "value": one.value} for one in record.extras],
        "sourceIdentifier": record.identifier,
        "registerNumber": record.register_number,
        "reportNumber": record.report_number,
    }
    found |= _text("performer", record.performer) | _access(entry.disclosure)
    found |= {"frequency": record.frequency, "distribution": [_file(entry, file, site) for file in entry.files]}
    if record.study:
        study = record.study
        found["study"] = {"@id": site.permanent(study.id), "identifier": study.register_number}
        found["study"] |= _text("title", study.title)
    if len(record.contacts) > 1:
        found["otherContactPoint"] = [_card(one) for one in record.contacts[1:]]
    return _given(found)


def _given(values: Json) -> Json:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, texts)))


def _tagged(record: DatasetRecord) -> Json:
    """The keywords whose language is known, by language."""
    return {f"keyword_{code}": [k.text for k in record.keywords if k.language == code] for code in LANGUAGES}


def _text(name: str, text: Text) -> Json:
    """The original by the name itself, and every text whose language is known by the name with its language."""
    texts = text.values()
    if not texts:
        return {}
    return {name: texts[0].value} | {f"{name}_{one.language}": one.value for one in texts if one.language in LANGUAGES}


def _subject(one: Subject) -> Json:
    label = vocabularies.subject_label(one.scheme, one.code) or one.label
    return {"scheme": one.scheme, "code": one.code} | _text("prefLabel", label)


def _publisher(entry: Entry) -> Json:
    """The agency and the one above it; without one, who the source says published it."""
    body = entry.record.organization
    if body is None:
        named = (one for one in entry.record.contributors if one.role is ContributorRole.PUBLISHER)
        return next(({"@type": "org:Organization", "name": one.name} for one in named), {})
    found = _organization(body)
    parent = entry.agency.parent if entry.agency else None
    if parent is not None:
        found["subOrganizationOf"] = _organization(parent)
    elif body.parent:
        found["subOrganizationOf"] = {"@type": "org:Organization", "name": body.parent}
    return found


def _organization(body: OrganizationRef) -> Json:
    names = _text("name", body.title) | _text("description", body.description)
    return _given({"@type": "org:Organization", **names, "identifier": body.identifier, "homepage": body.homepage})


def _others(record: DatasetRecord) -> Iterator[Contributor]:
    """Everybody but creators, and the publisher where it only says once more whose the record is."""
    names = [name.value for name in record.organization.title.values()] if record.organization else []
    for one in record.contributors:
        if one.role is ContributorRole.PUBLISHER and (one.name in names or record.organization is None):
            continue
        if one.role is not ContributorRole.CREATOR:
            yield one


def _agent(one: Contributor) -> Json:
    identifier = one.orcid_url or one.ror or one.bin
    return _given({
        "@type": "org:Organization" if one.is_organization else "foaf:Person",
        "name": one.name,
        "hadRole": "" if one.role is ContributorRole.CREATOR else one.role,
        "identifier": identifier,
        "bin": one.bin if one.bin != identifier else "",
        "affiliation": one.affiliation,
    })  # fmt: skip


def _contact(entry: Entry, site: Site) -> Json:
    """Whom to ask: as the record says, else its agency, else this catalogue."""
    if entry.record.contacts:
        return _card(entry.record.contacts[0])
    agency = entry.agency
    if agency is not None and agency.email:
        return _card(ContactPoint(str(agency.title.show("en")), agency.email))
    return _card(ContactPoint(site.publisher or site.title, site.contact_email))


def _card(one: ContactPoint) -> Json:
    return _given({
        "@type": "vcard:Contact",
        "fn": one.name or one.email or one.phone or one.url,
        "hasEmail": f"mailto:{one.email}" if one.email else "",
        "hasTelephone": one.phone,
        "hasURL": one.url,
    })  # fmt: skip


def _license(license_id: str, words: str) -> str:
    """The address of the licence; "" for what has none."""
    known = get(license_id) if license_id else None
    return iri_of(known.url) if known and known.url else iri_of(words) if words.startswith("http") else ""


def _access(disclosure: Disclosure) -> Json:
    """The level, what is said of it, and from when on it is open."""
    closed = disclosure.status is not DisclosureStatus.OPEN
    said = [str(disclosure.reason.show("en")), disclosure.legal_ground]
    rights = "; ".join(filter(None, said)) or str(vocabularies.text_of("disclosure", disclosure.status).show("en"))
    return _given({
        "accessLevel": _LEVELS[disclosure.status],
        "rights": rights[:_MAX_RIGHTS] if closed else "",
        "accessStatus": disclosure.status if closed else "",
        "available": disclosure.until.isoformat() if disclosure.until else "",
        "legalGround": disclosure.legal_ground if closed else "",
        **(_text("accessReason", disclosure.reason) if closed else {}),
    })  # fmt: skip


def _temporal(period: Period) -> str:
    """An interval of days; "" for what is open on a side, which the standard has no form for."""
    if period.start is None or period.end is None:
        return ""
    return f"{period.start.first_day()}/{period.end.last_day()}"


def _span(period: Period) -> Json:
    """The same as exactly as it is known."""
    return _given({"startDate": str(period.start or ""), "endDate": str(period.end or "")})


def _spatial(entry: Entry) -> str:
    """The box as GeoJSON, as portals write it; else the name of the place."""
    record = entry.record
    return json.dumps(geojson(record.bbox)) if record.bbox else record.spatial


def _references(record: DatasetRecord) -> list[str]:
    return _unique(iri_of(one.target) for one in record.relations if one.kind == "References")


def _relation(one: Relation, site: Site) -> Json:
    target = site.permanent(one.target_id) if one.target_id else one.target
    return _given({"hadRole": one.kind, "relation": target, **_text("title", one.title)})


def _file(entry: Entry, file: EntryFile, site: Site) -> Json:
    """One file or link; of a closed one what its page shows, and where that page is."""
    resource, record = file.resource, entry.record
    download = site.download(record, resource) if file.available else ""
    if not (resource.stored or resource.download_url):
        download = ""
    page = (resource.access_url if file.available else "") or site.resource(record, resource)
    found = _text("title", resource.name) | _text("description", resource.description)
    found |= {
        "@type": "dcat:Distribution",
        "@id": site.resource(record, resource),
        "downloadURL": iri_of(download),
        "accessURL": iri_of(page),
        "mediaType": resource.media_type or (vocabularies.media_type_of(resource.format) if download else ""),
        "format": resource.format,
        "byteSize": resource.byte_size,
        "checksum": {"algorithm": "sha256", "checksumValue": resource.checksum} if resource.checksum else {},
        "fileName": resource.filename,
        "license": _license(resource.license_id, resource.license_text),
        "licenseText": resource.license_text,
        "issued": str(resource.issued or ""),
        "modified": str(resource.modified or ""),
        "language": [resource.language] if resource.language else [],
        "role": "" if resource.role is ResourceRole.OTHER else resource.role,
        "additionalProperty": [{"name": one.key, "value": one.value} for one in resource.extras],
    }
    return _given(found | _access(file.disclosure))
