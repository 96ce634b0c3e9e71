"""schema.org JSON-LD: what search engines and crawlers of research data read, also inside the pages themselves.

Texts in several languages stand side by side as language-tagged values, the original first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from opendata.catalog import vocabularies
from opendata.catalog.records import DatasetRecord, DatasetType
from opendata.catalog.values import (
    BoundingBox,
    ContactPoint,
    Contributor,
    ContributorRole,
    DisclosureStatus,
    Localized,
    Period,
    Subject,
    Text,
)
from opendata.export.entry import Entry, EntryFile
from opendata.export.names import name_of
from opendata.export.site import Site

CONTEXT = "https://schema.org/"
MOST_FILES = 100
"""Files that are listed: a page must not become megabytes of data."""
MOST_TEXT = 5_000
"""Characters of a description, which is what search engines read."""

_TYPES = {
    DatasetType.DATASET: "Dataset",
    DatasetType.REPORT: "Report",
    DatasetType.ARTICLE: "ScholarlyArticle",
    DatasetType.THESIS: "Thesis",
    DatasetType.BOOK: "Book",
    DatasetType.PRESENTATION: "PresentationDigitalDocument",
    DatasetType.SOFTWARE: "SoftwareSourceCode",
    DatasetType.MAP: "Map",
    DatasetType.LEGAL_ACT: "Legislation",
}
_ROLES = {
    ContributorRole.CREATOR: "creator",
    ContributorRole.EDITOR: "editor",
    ContributorRole.CONTRIBUTOR: "contributor",
    ContributorRole.FUNDER: "funder",
    ContributorRole.PERFORMER: "sourceOrganization",
    ContributorRole.PUBLISHER: "provider",
}
_RELATIONS = {
    "IsPartOf": "isPartOf",
    "HasPart": "hasPart",
    "IsDerivedFrom": "isBasedOn",
    "References": "citation",
    "Cites": "citation",
    "IsDocumentedBy": "subjectOf",
    "IsVersionOf": "exampleOfWork",
    "IsTranslationOf": "translationOfWork",
    "HasTranslation": "workTranslation",
    "IsObsoletedBy": "supersededBy",
    "IsIdenticalTo": "sameAs",
}
_SCHEMES = {"grnti": "GRNTI", "ford": "FORD", "udc": "UDC"}
_THEMES = "http://publications.europa.eu/resource/authority/data-theme"


def write(entry: Entry, site: Site) -> bytes:
    """The record as one node, in UTF-8."""
    return json.dumps(node(entry, site), ensure_ascii=False, indent=1).encode()


def embedded(data: dict[str, Any]) -> str:
    """`data` as it may stand in a script element of a page: nothing in it can end that."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def website(site: Site, language: str) -> dict[str, Any]:
    """The site with its search, for the home page in `language`."""
    search = f"{site.url}/{language}/search?q={{search_term_string}}"
    return {
        "@context": CONTEXT,
        "@type": "WebSite",
        "@id": f"{site.url}/",
        "url": f"{site.url}/",
        "name": site.title,
        "description": site.description.show(language).value,
        "inLanguage": list(site.languages),
        "publisher": {"@type": "Organization", "name": site.publisher},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=search_term_string",
        },
    }


def node(entry: Entry, site: Site) -> dict[str, Any]:
    """The record; what is not known is left out."""
    record = entry.record
    kind = type_of(record.type)
    found = {
        "@context": CONTEXT,
        "@type": kind,
        "@id": site.permanent(record.id),
        "url": site.dataset(record),
        "additionalType": "" if record.type in _TYPES else str(record.type),
        "name": texts(record.title),
        "description": texts(record.description),
        "identifier": list(_identifiers(record)),
        **{name: [one.value for one in record.identifiers if one.scheme == name] for name in ("isbn", "issn")},
        "keywords": [tagged(Localized(word.text, word.language)) for word in record.keywords],
        "about": [*map(term, record.subjects), *map(_theme, record.themes)],
        "inLanguage": list(record.languages),
        "datePublished": str(record.issued or ""),
        "dateModified": str(record.modified or ""),
        "version": record.version,
        "license": _license(entry),
        "temporalCoverage": _period(record.temporal),
        "spatialCoverage": _place(record),
        "reportNumber": record.report_number if kind == "Report" else "",
        "publisher": _publisher(entry, site),
        **_people(record),
        **_relations(record, site),
        "funding": _funding(entry, site),
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{site.url}/", "name": site.title, "url": site.url},
        **_access(entry),
        "distribution" if kind == "Dataset" else "encoding": [
            _file(file, entry, site) for file in entry.available[:MOST_FILES]
        ],
    }
    if "author" not in found and kind != "Dataset":
        found["author"] = found.get("creator")
    return filled(found)


def type_of(kind: DatasetType) -> str:
    """What schema.org calls an entry of that type."""
    return _TYPES.get(kind, "CreativeWork")


def filled(found: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty; one value of a list stands alone."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in found.items()
        if value not in ("", None, [], {})
    }


def texts(text: Text) -> list[Any]:
    """The text in each of its languages."""
    return [tagged(Localized(value.value[:MOST_TEXT], value.language)) for value in text.values()]


def tagged(value: Localized) -> Any:
    """The text with its language, as far as it is known."""
    return {"@language": value.language, "@value": value.value} if value.language else value.value


def _identifiers(record: DatasetRecord) -> Iterator[Any]:
    numbers = (("register_number", record.register_number),)
    known = [(one.scheme, one.value) for one in record.identifiers if one.scheme not in ("isbn", "issn")]
    for scheme, value in dict.fromkeys([*known, *((scheme, value) for scheme, value in numbers if value)]):
        yield {
            "@type": "PropertyValue",
            "propertyID": "https://registry.identifiers.org/registry/doi" if scheme == "doi" else scheme,
            "value": f"doi:{value}" if scheme == "doi" else value,
            **({"url": f"https://doi.org/{value}"} if scheme == "doi" else {}),
        }


def term(subject: Subject) -> dict[str, Any]:
    """A code of a classification."""
    scheme = _SCHEMES.get(subject.scheme, subject.scheme)
    name = vocabularies.text_of(subject.scheme, subject.code) if subject.scheme in ("grnti", "ford") else subject.label
    return filled({"@type": "DefinedTerm", "inDefinedTermSet": scheme, "termCode": subject.code, "name": texts(name)})


def _theme(code: str) -> dict[str, Any]:
    uri = vocabularies.theme_uri(code)
    return {"@type": "DefinedTerm", "@id": uri, "inDefinedTermSet": _THEMES, "termCode": code} if uri else {}


def _license(entry: Entry) -> str:
    known = entry.verdict.license
    return known.url if known and known.url else entry.record.license_id or entry.record.license_text


def _period(period: Period) -> str:
    """ISO 8601; ".." for an open end, as schema.org has it."""
    if not period:
        return ""
    return f"{period.start or '..'}/{period.end or '..'}"


def _place(record: DatasetRecord) -> dict[str, Any]:
    if not record.spatial and record.bbox is None:
        return {}
    return filled({"@type": "Place", "name": record.spatial, "geo": _box(record.bbox) if record.bbox else None})


def _box(box: BoundingBox) -> dict[str, Any]:
    """South-west and north-east corner, latitude first."""
    return {"@type": "GeoShape", "box": f"{box.south} {box.west} {box.north} {box.east}"}


def _publisher(entry: Entry, site: Site) -> dict[str, Any]:
    """The agency, with whom to ask."""
    organization, agency = entry.record.organization, entry.agency
    contacts = [_contact(contact) for contact in entry.record.contacts]
    if organization is None:
        return {}
    parent = agency.parent if agency else None
    return filled(
        {
            "@type": "GovernmentOrganization",
            "@id": site.permanent(organization.id) if organization.id else "",
            "name": texts(organization.title),
            "url": (agency.homepage if agency else "") or site.organization(organization),
            "parentOrganization": {"@type": "Organization", "name": texts(parent.title)} if parent else None,
            "contactPoint": contacts,
        }
    )


def _contact(contact: ContactPoint) -> dict[str, Any]:
    return filled(
        {
            "@type": "ContactPoint",
            "name": contact.name,
            "email": contact.email,
            "telephone": contact.phone,
            "url": contact.url,
        }
    )


def _people(record: DatasetRecord) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for one in record.contributors:
        if one.role is ContributorRole.LEADER:
            # A Role keeps what a contributor was (schema.org/Role); crawlers that do not know it pass it by.
            led = {"@type": "Role", "roleName": "leader", "contributor": person(one)}
            found.setdefault("contributor", []).append(led)
        else:
            found.setdefault(_ROLES[one.role], []).append(person(one))
    performers = {one.name for one in record.contributors if one.role is ContributorRole.PERFORMER}
    if record.performer and not performers & {value.value for value in record.performer.values()}:
        body = {"@type": "Organization", "name": _one_or_all(texts(record.performer))}
        found.setdefault("sourceOrganization", []).append(body)
    if record.organization is None and record.contacts:
        contacts = [_contact(contact) for contact in record.contacts]
        found["maintainer"] = [{"@type": "Organization", "name": contacts[0].get("name"), "contactPoint": contacts}]
    return dict(found)


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def person(who: Contributor) -> dict[str, Any]:
    """A person, or a body, with the identifiers that are known."""
    if who.is_organization:
        number = {"@type": "PropertyValue", "propertyID": "BIN", "value": who.bin} if who.bin else None
        return filled({"@type": "Organization", "@id": who.ror, "name": who.name, "identifier": number})
    name = name_of(who)
    return filled(
        {
            "@type": "Person",
            "@id": who.orcid_url,
            "name": who.name,
            "familyName": name.family,
            "givenName": name.given,
            "affiliation": {"@type": "Organization", "name": who.affiliation} if who.affiliation else None,
        }
    )


def _relations(record: DatasetRecord, site: Site) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for relation in record.relations:
        name = _RELATIONS.get(relation.kind)
        target = site.permanent(relation.target_id) if relation.target_id else relation.target
        if name == "sameAs":
            found.setdefault(name, []).append(target)
        elif name:
            work = {"@type": "CreativeWork", "@id": target, "url": target, "name": texts(relation.title)}
            found.setdefault(name, []).append(filled(work))
    return dict(found)


def _funding(entry: Entry, site: Site) -> dict[str, Any]:
    """The study under which it was commissioned, with its contracts."""
    study, organization = entry.record.study, entry.record.organization
    if study is None:
        return {}
    return filled(
        {
            "@type": "MonetaryGrant",
            "name": texts(study.title),
            "url": site.study(study),
            "identifier": [
                {"@type": "PropertyValue", "propertyID": "contract_number", "value": number}
                for number in study.contract_numbers
            ],
            "funder": {"@type": "Organization", "name": _one_or_all(texts(organization.title))}
            if organization
            else None,
        }
    )


def _access(entry: Entry) -> dict[str, Any]:
    """Whether it is free to have; where nothing of it can be had, from when on."""
    if not entry.files or entry.available:
        return {"isAccessibleForFree": True if entry.files else None}
    disclosure = entry.disclosure
    if disclosure.status is DisclosureStatus.OPEN:
        return {}
    # The terms of info:eu-repo are what harvesters of research know.
    until = f"info:eu-repo/date/embargoEnd/{disclosure.until.isoformat()}" if disclosure.until else ""
    embargoed = bool(until) or disclosure.status is DisclosureStatus.EMBARGOED
    level = f"info:eu-repo/semantics/{'embargoed' if embargoed else 'restricted'}Access"
    return {"isAccessibleForFree": False, "conditionsOfAccess": [level, *filter(None, (until,))]}


def _file(file: EntryFile, entry: Entry, site: Site) -> dict[str, Any]:
    resource = file.resource
    direct = resource.stored or bool(resource.download_url)
    known = file.verdict.license
    return filled(
        {
            "@type": "DataDownload" if entry.record.type is DatasetType.DATASET else "MediaObject",
            "@id": site.resource(entry.record, resource),
            "name": texts(resource.name) or resource.filename,
            "description": texts(resource.description),
            "contentUrl": site.download(entry.record, resource) if direct else "",
            "url": resource.access_url if not direct else site.resource(entry.record, resource),
            "encodingFormat": [one for one in (resource.media_type, resource.format) if one],
            "contentSize": f"{resource.byte_size} B" if resource.byte_size is not None else "",
            "sha256": resource.checksum,
            "inLanguage": resource.language,
            "license": ((known.url if known else "") or resource.license_id) if resource.license_id else "",
            "datePublished": str(resource.issued or ""),
            "dateModified": str(resource.modified or ""),
        }
    )
