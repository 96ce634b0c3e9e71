"""DataCite metadata as XML: what opendata.export.datacite gives, in the elements of kernel 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from opendata.catalog.xmltext import clean
from opendata.export.datacite import SCHEMA, attributes
from opendata.export.entry import Entry
from opendata.export.site import Site

Json = dict[str, Any]

_LOCATION = f"{SCHEMA} https://schema.datacite.org/meta/kernel-4/metadata.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES: Any = {None: SCHEMA, "xsi": _XSI}
_XML = "http://www.w3.org/XML/1998/namespace"
_LISTS = (
    ("titles", "title", "title"),
    ("subjects", "subject", "subject"),
    ("dates", "date", "date"),
    ("alternateIdentifiers", "alternateIdentifier", "alternateIdentifier"),
    ("relatedIdentifiers", "relatedIdentifier", "relatedIdentifier"),
    ("rightsList", "rights", "rights"),
    ("descriptions", "description", "description"),
)
"""The list in JSON and XML, the element of a part, and which of its values is the text; the others are attributes."""
_ATTRIBUTES = {"schemeUri": "schemeURI", "valueUri": "valueURI", "rightsUri": "rightsURI"}


def write(entry: Entry, site: Site) -> bytes:
    """The record as a document, in UTF-8."""
    root = resource(entry, site)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def resource(entry: Entry, site: Site) -> etree._Element:
    """The record as a `resource` element."""
    said = attributes(entry, site)
    root = etree.Element(f"{{{SCHEMA}}}resource", nsmap=_NAMESPACES)
    root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)
    if "doi" in said:
        _add(root, "identifier", said["doi"], {"identifierType": "DOI"})
    else:
        one = said["identifiers"][0]
        _add(root, "identifier", one["identifier"], {"identifierType": one["identifierType"]})
    _people(root, "creators", said["creators"])
    _flat(root, "publisher", said["publisher"], "name")
    _add(root, "publicationYear", f"{int(said['publicationYear']):04}")
    _add(root, "resourceType", said["types"]["resourceType"],
         {"resourceTypeGeneral": said["types"]["resourceTypeGeneral"]})  # fmt: skip
    for name, part, main in _LISTS:
        if name in said:
            parent = _add(root, name)
            for one in said[name]:
                _flat(parent, part, one, main)
    if "contributors" in said:
        _people(root, "contributors", said["contributors"])
    for name in ("language", "version"):
        if name in said:
            _add(root, name, said[name])
    for name in ("sizes", "formats"):
        if name in said:
            parent = _add(root, name)
            for one in said[name]:
                _add(parent, name.removesuffix("s"), one)
    _places(root, said.get("geoLocations", []))
    _grants(root, said.get("fundingReferences", []))
    _works(root, said.get("relatedItems", []))
    return root


def _add(
    parent: etree._Element, name: str, text: object = None, attributes: Mapping[str, Any] | None = None
) -> etree._Element:
    element = etree.SubElement(parent, f"{{{SCHEMA}}}{name}")
    if text is not None:
        element.text = clean(str(text))
    for key, value in (attributes or {}).items():
        place = f"{{{_XML}}}lang" if key == "lang" else _ATTRIBUTES.get(key, key)
        element.set(place, clean(str(value)))
    return element


def _flat(parent: etree._Element, name: str, values: Json, main: str) -> etree._Element:
    return _add(parent, name, values[main], {key: value for key, value in values.items() if key != main})


def _people(root: etree._Element, name: str, people: list[Json]) -> None:
    part = name.removesuffix("s")
    parent = _add(root, name)
    for one in people:
        kind = {"contributorType": one["contributorType"]} if "contributorType" in one else {}
        element = _add(parent, part, None, kind)
        _add(element, f"{part}Name", one["name"], {key: one[key] for key in ("nameType", "lang") if key in one})
        for key in ("givenName", "familyName"):
            if key in one:
                _add(element, key, one[key])
        for mark in one.get("nameIdentifiers", []):
            _flat(element, "nameIdentifier", mark, "nameIdentifier")
        for body in one.get("affiliation", []):
            _flat(element, "affiliation", body, "name")


def _places(root: etree._Element, places: list[Json]) -> None:
    if not places:
        return
    parent = _add(root, "geoLocations")
    for one in places:
        element = _add(parent, "geoLocation")
        if "geoLocationPlace" in one:
            _add(element, "geoLocationPlace", one["geoLocationPlace"])
        if "geoLocationBox" in one:
            box = _add(element, "geoLocationBox")
            for name, value in one["geoLocationBox"].items():
                _add(box, name, value)


def _grants(root: etree._Element, grants: list[Json]) -> None:
    if not grants:
        return
    parent = _add(root, "fundingReferences")
    for one in grants:
        element = _add(parent, "fundingReference")
        _add(element, "funderName", one["funderName"])
        if "funderIdentifier" in one:
            kinds: Json = {key: one[key] for key in ("funderIdentifierType", "schemeUri") if key in one}
            _add(element, "funderIdentifier", one["funderIdentifier"], kinds)
        if "awardNumber" in one:
            _add(element, "awardNumber", one["awardNumber"], {"awardURI": one["awardUri"]} if "awardUri" in one else {})
        if "awardTitle" in one:
            _add(element, "awardTitle", one["awardTitle"])


def _works(root: etree._Element, works: list[Json]) -> None:
    if not works:
        return
    parent = _add(root, "relatedItems")
    for one in works:
        kinds = ("relatedItemType", "relationType", "relationTypeInformation")
        element = _add(parent, "relatedItem", None, {key: one[key] for key in kinds if key in one})
        if mark := one.get("relatedItemIdentifier"):
            _flat(element, "relatedItemIdentifier", mark, "relatedItemIdentifier")
        titles = _add(element, "titles")
        for title in one["titles"]:
            _flat(titles, "title", title, "title")
