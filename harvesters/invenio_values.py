"""Brings a record of Invenio, of InvenioRDM or of the older Zenodo, into the shape of DataCite's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from harvesters.datacite_values import Values, items, text

# DataCite relationType (Metadata Schema 4.6, Appendix 1), which Invenio writes in small letters, or begins with one.
_NAMES = """
    IsCitedBy Cites IsSupplementTo IsSupplementedBy IsContinuedBy Continues IsDescribedBy Describes HasMetadata
    IsMetadataFor HasVersion IsVersionOf IsNewVersionOf IsPreviousVersionOf IsPartOf HasPart IsPublishedIn
    IsReferencedBy References IsDocumentedBy Documents IsCompiledBy Compiles IsVariantFormOf IsOriginalFormOf
    IsIdenticalTo IsReviewedBy Reviews IsDerivedFrom IsSourceOf IsRequiredBy Requires Obsoletes IsObsoletedBy
    Collects IsCollectedBy HasTranslation IsTranslationOf
"""
_RELATIONS = {name.lower(): name for name in _NAMES.split()}
_ROLES = {
    "projectleader": "ProjectLeader", "supervisor": "Supervisor", "editor": "Editor", "sponsor": "Sponsor",
    "contactperson": "ContactPerson", "distributor": "Distributor", "producer": "Producer",
}  # fmt: skip
_TITLES = {"subtitle": "Subtitle", "translated-title": "TranslatedTitle", "alternative-title": "AlternativeTitle"}
_DESCRIPTIONS = {
    "abstract": "Abstract", "methods": "Methods", "series-information": "SeriesInformation",
    "table-of-contents": "TableOfContents", "technical-info": "TechnicalInfo",
}  # fmt: skip
_CLOSED = frozenset({"restricted", "closed"})


def values_of(record: Values, base: str) -> dict[str, Any]:
    """The record as DataCite would give it; `base` is the repository's own address."""
    metadata = _object(record, "metadata")
    links = _object(record, "links")
    doi = text(_object(_object(record, "pids"), "doi"), "identifier") or text(record, "doi") or text(metadata, "doi")
    main = [{"title": text(metadata, "title")}] if text(metadata, "title") else []
    return {
        "doi": doi,
        "url": text(links, "self_html", "html", "latest_html")
        or f"{base}/records/{quote(text(record, 'id'), safe='')}",
        "titles": main + [_typed(one, "title", "titleType", _TITLES) for one in items(metadata, "additional_titles")],
        "descriptions": _descriptions(metadata),
        "creators": [_person(one) for one in items(metadata, "creators")],
        "contributors": [_person(one) for one in items(metadata, "contributors")],
        "publisher": text(metadata, "publisher"),
        "publicationYear": text(metadata, "publication_date")[:4],
        "dates": _dates(record, metadata),
        "types": _types(metadata),
        "subjects": _subjects(metadata),
        "language": text(metadata, "language") or next((_id(one) for one in items(metadata, "languages", "id")), ""),
        "version": text(metadata, "version"),
        "rightsList": _rights(record, metadata),
        "alternateIdentifiers": [
            {"alternateIdentifier": text(one, "identifier")}
            for name in ("identifiers", "alternate_identifiers")
            for one in items(metadata, name, "identifier")
        ],
        "relatedIdentifiers": [_relation(one) for one in items(metadata, "related_identifiers")],
        "fundingReferences": _grants(metadata),
        "geoLocations": _places(metadata),
        "sizes": metadata.get("sizes"),
        "formats": metadata.get("formats"),
        "files": files_of(record, base, record.get("files")),
    }


def files_of(record: Values, base: str, listed: Any) -> list[dict[str, Any]]:
    """The files of a record: a list (Zenodo's older form, and the answer of /files) or an object of entries by name."""
    entries = listed.get("entries", []) if isinstance(listed, Mapping) else listed
    if isinstance(entries, Mapping):
        entries = [{"key": key} | dict(one) for key, one in entries.items() if isinstance(one, Mapping)]
    found = []
    for one in entries if isinstance(entries, list) else []:
        if not isinstance(one, Mapping) or not (name := text(one, "key", "filename")):
            continue
        links = _object(one, "links")
        own = f"{base}/api/records/{quote(text(record, 'id'), safe='')}/files/{quote(name)}/content"
        content = text(links, "content", "download") or (text(links, "self") if isinstance(listed, list) else "")
        size = one.get("size", one.get("filesize"))
        found.append(
            {"key": name, "url": content or own, "name": name, "mimeType": text(one, "mimetype"), "size": size,
             "checksum": text(one, "checksum")}
        )  # fmt: skip
    return found


def _object(values: Values, name: str) -> Values:
    found = values.get(name)
    return found if isinstance(found, Mapping) else {}


def _id(values: Values) -> str:
    return text(values, "id", "value")


def _name(value: Any) -> str:
    """A title that may be an object of languages."""
    if isinstance(value, Mapping):
        return text(value, "en", "ru", "kk", *map(str, value))
    return value if isinstance(value, str) else ""


def _typed(one: Values, field: str, kind: str, kinds: Mapping[str, str]) -> dict[str, str]:
    found = kinds.get(_id(_object(one, "type")), "Other")
    return {field: text(one, field), kind: found, "lang": _id(_object(one, "lang"))}


def _descriptions(metadata: Values) -> list[dict[str, str]]:
    found = [{"description": text(metadata, "description"), "descriptionType": "Abstract"}]
    found += [
        _typed(one, "description", "descriptionType", _DESCRIPTIONS)
        for one in items(metadata, "additional_descriptions")
    ]
    found += [{"description": text(metadata, name), "descriptionType": "Other"} for name in ("notes", "method")]
    return [one for one in found if one["description"]]


def _person(one: Values) -> dict[str, Any]:
    """Of InvenioRDM (person_or_org inside) or of the older form (name and orcid side by side)."""
    person = _object(one, "person_or_org") or one
    marks = [{"nameIdentifier": text(mark, "identifier")} for mark in items(person, "identifiers")]
    marks += [{"nameIdentifier": text(person, name)} for name in ("orcid",) if text(person, name)]
    own = [text(place, "name", "id") for place in items(one, "affiliations", "name")]
    kind = {"personal": "Personal", "organizational": "Organizational"}.get(text(person, "type"), "")
    role = _id(_object(one, "role")) or text(one, "type") or text(one, "role")
    return {
        "name": text(person, "name"),
        "givenName": text(person, "given_name"),
        "familyName": text(person, "family_name"),
        "nameType": kind,
        "nameIdentifiers": marks,
        "affiliation": [place for place in (*own, text(one, "affiliation")) if place],
        "contributorType": _ROLES.get(role.lower(), role),
    }


def _dates(record: Values, metadata: Values) -> list[dict[str, str]]:
    found = [{"date": text(metadata, "publication_date"), "dateType": "Issued"}]
    for one in items(metadata, "dates"):
        kind = (_id(_object(one, "type")) or text(one, "type") or "other").capitalize()
        start, end = text(one, "start"), text(one, "end")
        said = text(one, "date") or ("/".join((start, end)) if start and end and start != end else start or end)
        found.append({"date": said, "dateType": kind})
    embargo = _object(_object(record, "access"), "embargo")
    until = text(embargo, "until") if embargo.get("active") is True else text(metadata, "embargo_date")
    if until:
        found.insert(0, {"date": until, "dateType": "Available"})
    return [one for one in found if one["date"]]


def _types(metadata: Values) -> dict[str, str]:
    """InvenioRDM says "publication-report", the older form "publication" and "report"."""
    kind = _object(metadata, "resource_type")
    general, exact = text(kind, "type"), text(kind, "subtype")
    if identifier := text(kind, "id"):
        general, _, exact = identifier.partition("-")
    return {"resourceTypeGeneral": "Text" if general == "publication" else general, "resourceType": exact or general}


def _subjects(metadata: Values) -> list[dict[str, str]]:
    found = [{"subject": text(one, "value")} for one in items(metadata, "keywords", "value")]
    coded = items(metadata, "subjects", "subject")
    return found + [{"subject": text(one, "subject", "term"), "subjectScheme": text(one, "scheme")} for one in coded]


def _rights(record: Values, metadata: Values) -> list[dict[str, str]]:
    """Licences, and who may have the files."""
    found = [
        {"rights": _name(one.get("title")), "rightsIdentifier": _id(one), "rightsUri": text(one, "link")}
        for one in items(metadata, "rights")
    ]
    found += [{"rightsIdentifier": _id(one)} for one in items(metadata, "license", "id")]
    access = _object(record, "access")
    embargo = _object(access, "embargo")
    level = text(metadata, "access_right")
    if embargo.get("active") is True or level == "embargoed":
        found.append({"rightsUri": "info:eu-repo/semantics/embargoedAccess"})
    elif text(access, "files") == "restricted" or level in _CLOSED:
        found.append({"rightsUri": "info:eu-repo/semantics/restrictedAccess"})
    return found


def _relation(one: Values) -> dict[str, str]:
    kind = _id(_object(one, "relation_type")) or text(one, "relation")
    return {
        "relatedIdentifier": text(one, "identifier"),
        "relatedIdentifierType": text(one, "scheme"),
        "relationType": _RELATIONS.get(kind.lower(), "Other"),
    }


def _grants(metadata: Values) -> list[dict[str, str]]:
    found = []
    for one in items(metadata, "funding"):
        award = _object(one, "award")
        funder = _object(one, "funder")
        found.append(
            {"funderName": text(funder, "name", "id"), "awardNumber": text(award, "number"),
             "awardTitle": _name(award.get("title"))}
        )  # fmt: skip
    for one in items(metadata, "grants"):
        funder = _object(one, "funder")
        found.append(
            {"funderName": text(funder, "name"), "awardNumber": text(one, "code"), "awardTitle": text(one, "title")}
        )
    return found


def _places(metadata: Values) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in items(_object(metadata, "locations"), "features"):
        geometry = _object(one, "geometry")
        place: dict[str, Any] = {"geoLocationPlace": text(one, "place")}
        point = geometry.get("coordinates")
        if text(geometry, "type") == "Point" and isinstance(point, list) and len(point) >= 2:
            place["geoLocationPoint"] = {"pointLongitude": point[0], "pointLatitude": point[1]}
        found.append(place)
    if isinstance(metadata.get("locations"), list):
        for one in items(metadata, "locations"):
            point = {"pointLongitude": one.get("lon"), "pointLatitude": one.get("lat")}
            found.append({"geoLocationPlace": text(one, "place"), "geoLocationPoint": point})
    return found
