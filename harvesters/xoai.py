"""Brings DSpace's own format (xoai: nested elements, and the item's files) into the shape of DataCite's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from harvesters.datacite_values import Values
from opendata.catalog import identifiers
from opendata.harvesting.xml import text_of

_NAMESPACE = "http://www.lyncode.com/xoai"
_CONTRIBUTORS = {"advisor": "Supervisor", "editor": "Editor", "sponsor": "Sponsor", "funder": "Sponsor"}
_DATES = {"issued": "Issued", "created": "Created", "updated": "Updated", "embargoenddate": "Available"}
# Who submitted what and when, with their addresses, is the repository's own business.
_PRIVATE = frozenset({"provenance"})
_FILES = frozenset({"ORIGINAL", "CONTENT"})
"""Bundles that hold what was deposited; others hold its text, thumbnails and the deposit licence."""
_RELATIONS = {
    "ispartof": "IsPartOf", "haspart": "HasPart", "isversionof": "IsVersionOf", "references": "References",
    "isreferencedby": "IsReferencedBy", "isformatof": "IsVariantFormOf", "ispartofseries": "IsPartOf",
}  # fmt: skip


def xoai_metadata(record: etree._Element) -> etree._Element | None:
    """The outermost xoai element inside an OAI record; None where it is of another format."""
    return next(record.iter(f"{{{_NAMESPACE}}}metadata"), None)


def xoai_values(metadata: etree._Element) -> Values:
    """The item as DataCite would give it."""
    found: dict[str, Any] = {name: [] for name in _LISTS}
    for names, said, language in _fields(metadata):
        if names[0] in ("dc", "dcterms") and len(names) > 1:
            qualifier = names[2].lower() if len(names) > 2 else ""
            _take(found, names[1].lower(), qualifier, said, language)
    found["files"] = list(_files(metadata))
    found["types"] = {"resourceTypeGeneral": "", "resourceType": next(iter(found.pop("type")), "")}
    found["publisher"] = next(iter(found.pop("publisher")), "")
    found["language"] = next(iter(found.pop("language")), "")
    return found


_LISTS = (
    "titles", "creators", "contributors", "dates", "descriptions", "subjects", "rightsList", "alternateIdentifiers",
    "relatedIdentifiers", "relatedItems", "geoLocations", "fundingReferences", "type", "publisher", "language",
    "formats",
)  # fmt: skip


def _take(found: dict[str, Any], name: str, qualifier: str, said: str, language: str) -> None:
    """One value of qualified Dublin Core to its place."""
    marked = {"lang": language}
    if name == "title":
        kind = {"translated": "TranslatedTitle", "alternative": "AlternativeTitle"}.get(qualifier, "")
        found["titles"].append({"title": said, "titleType": kind} | marked)
    elif name == "creator" or (name == "contributor" and qualifier in ("author", "")):
        found["creators"].append({"name": said})
    elif name == "contributor":
        found["contributors"].append({"name": said, "contributorType": _CONTRIBUTORS.get(qualifier, "Other")})
    elif name == "date" and qualifier in _DATES:
        found["dates"].append({"date": said, "dateType": _DATES[qualifier]})
    elif name == "description" and qualifier == "tableofcontents":
        found["descriptions"].append({"description": said, "descriptionType": "TableOfContents"} | marked)
    elif name == "description" and qualifier == "sponsorship":
        found["fundingReferences"].append({"funderName": said})
    elif name == "description" and qualifier in ("abstract", ""):
        found["descriptions"].append({"description": said, "descriptionType": "Abstract"} | marked)
    elif name == "subject":
        found["subjects"].append({"subject": said, "subjectScheme": qualifier} | marked)
    elif name == "rights":
        found["rightsList"].append({"rightsUri" if said.startswith("http") else "rights": said})
    elif name == "identifier":
        _identifier(found, qualifier, said)
    elif name == "relation":
        _relation(found, qualifier, said)
    elif name == "coverage":
        found["geoLocations"].append({"geoLocationPlace": said})
    elif name == "type" or name == "publisher" or (name == "language" and (qualifier == "iso" or len(said) <= 5)):
        found[name].append(said)
    elif name == "format":
        found["formats"].append(said)


def _identifier(found: dict[str, Any], qualifier: str, said: str) -> None:
    """A DOI is the item's own; its citation is not an identifier."""
    if qualifier == "citation":
        found["descriptions"].append({"description": said, "descriptionType": "SeriesInformation"})
    elif doi := identifiers.doi(said):
        found.setdefault("doi", doi)
    else:
        found["alternateIdentifiers"].append({"alternateIdentifier": said})


def _relation(found: dict[str, Any], qualifier: str, said: str) -> None:
    kind = _RELATIONS.get(qualifier, "Other")
    if said.startswith(("http", "10.", "urn:")):
        scheme = "DOI" if identifiers.doi(said) else ""
        found["relatedIdentifiers"].append(
            {"relatedIdentifier": said, "relatedIdentifierType": scheme, "relationType": kind}
        )
    else:
        found["relatedItems"].append({"relationType": kind, "titles": [{"title": said}]})


def _fields(element: etree._Element, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each field of Dublin Core with the names above it, its text, and its language ("" for none)."""
    if len(above) > 6 or (above and above[0] not in ("dc", "dcterms")) or (above and above[-1] in _PRIVATE):
        return
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag == f"{{{_NAMESPACE}}}field":
            if child.get("name") == "value" and (said := text_of(child)) and above:
                language = above[-1]
                yield above[:-1] or above, said, "" if language == "none" else language[:2]
        else:
            yield from _fields(child, (*above, child.get("name") or ""))


def _files(metadata: etree._Element) -> Iterator[dict[str, Any]]:
    """The files that were deposited, with sizes and checksums."""
    for bundle in _named(metadata, "bundle"):
        if _field(bundle, "name").upper() not in _FILES:
            continue
        for one in _named(bundle, "bitstream"):
            size, kind = _field(one, "size"), _field(one, "checksumAlgorithm")
            checksum = f"{kind.lower()}:{_field(one, 'checksum')}" if _field(one, "checksum") else ""
            name = _field(one, "originalName") or _field(one, "name")
            yield {
                "key": _field(one, "url"),
                "url": _field(one, "url"),
                "name": name,
                "mimeType": _field(one, "format"),
                "size": int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
                "checksum": checksum,
            }


def _named(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in element.iter(f"{{{_NAMESPACE}}}element") if one.get("name") == name)


def _field(element: etree._Element, name: str) -> str:
    return next((text_of(one) for one in element if one.get("name") == name and len(one) == 0), "")
