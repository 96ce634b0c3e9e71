"""Brings DataCite XML (kernel 2 to 4, bare or in oai_datacite; OpenAIRE's oai_openaire) into the shape of its JSON."""

from __future__ import annotations

from typing import Any

from lxml import etree

from harvesters.datacite_values import Values
from opendata.harvesting.xml import local_name, prose_of, text_of

_NAMESPACES = ("datacite.org/schema/kernel", "namespace.openaire.eu/schema/oaire")
# Lists of the schema: the element around them, its parts, and the name that the text of a part has in JSON.
_LISTS = {
    "titles": ("title", "title"),
    "subjects": ("subject", "subject"),
    "dates": ("date", "date"),
    "alternateIdentifiers": ("alternateIdentifier", "alternateIdentifier"),
    "relatedIdentifiers": ("relatedIdentifier", "relatedIdentifier"),
    "rightsList": ("rights", "rights"),
    "descriptions": ("description", "description"),
}
_PEOPLE = {"creators": ("creator", "creatorName"), "contributors": ("contributor", "contributorName")}
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PLAIN = ("publicationYear", "language", "version")


def datacite_resource(record: etree._Element) -> etree._Element | None:
    """The `resource` element of DataCite or OpenAIRE inside an OAI record; None where it is of another format."""
    for element in record.iter(etree.Element):
        name = etree.QName(element)
        if name.localname == "resource" and any(known in (name.namespace or "") for known in _NAMESPACES):
            return element
    return None


def datacite_values(resource: etree._Element) -> Values:
    """The resource as the REST API would give it."""
    found: dict[str, Any] = {}
    for element in resource:
        name = local_name(element)
        if name in _LISTS:
            part, main = _LISTS[name]
            found[name] = [_flat(one, main) for one in element if local_name(one) == part]
        elif name in _PEOPLE:
            part, main = _PEOPLE[name]
            found[name] = [_person(one, main) for one in element if local_name(one) == part]
        elif name in _PLAIN:
            found.setdefault(name, text_of(element))
        elif name in ("sizes", "formats"):
            found[name] = [text_of(one) for one in element]
        elif name == "identifier":
            _identifier(found, element)
        elif name == "publisher":
            found["publisher"] = _flat(element, "name")
        elif name == "resourceType":
            _type(found, element)
        elif name == "geoLocations":
            found[name] = [_nested(one) for one in element]
        elif name == "fundingReferences":
            found[name] = [_grant(one) for one in element]
        elif name == "relatedItems":
            found[name] = [_related(one) for one in element]
        else:
            _openaire(found, name, element)
    return found


def _flat(element: etree._Element, main: str) -> dict[str, Any]:
    """Text under `main`, attributes under their names."""
    said: dict[str, Any] = {str(etree.QName(str(key)).localname): str(value) for key, value in element.attrib.items()}
    said[main] = prose_of(element) if main == "description" else text_of(element)
    return said


def _nested(element: etree._Element) -> Any:
    """Elements inside one another as objects; what repeats becomes a list."""
    children = [child for child in element if local_name(child)]
    if not children:
        return text_of(element)
    found: dict[str, Any] = {}
    for child in children:
        name, value = local_name(child), _nested(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    # Kernel 3 and older wrote points and boxes as plain numbers: "lat lon", and "south west north east".
    for name, parts in (("geoLocationPoint", _POINT), ("geoLocationBox", _BOX)):
        if isinstance(found.get(name), str):
            found[name] = dict(zip(parts, found[name].split(), strict=False))
    return found


_POINT = ("pointLatitude", "pointLongitude")
_BOX = ("southBoundLatitude", "westBoundLongitude", "northBoundLatitude", "eastBoundLongitude")


def _person(element: etree._Element, main: str) -> dict[str, Any]:
    found: dict[str, Any] = {"nameIdentifiers": [], "affiliation": []}
    found |= {str(key): str(value) for key, value in element.attrib.items() if "}" not in str(key)}
    for child in element:
        name = local_name(child)
        if name == main:
            found["name"] = text_of(child)
            found["nameType"] = child.get("nameType", "")
            found["lang"] = child.get(_LANGUAGE, "")
        elif name == "nameIdentifier":
            found["nameIdentifiers"].append(_flat(child, "nameIdentifier"))
        elif name == "affiliation":
            found["affiliation"].append(_flat(child, "name"))
        elif name in ("givenName", "familyName"):
            found[name] = text_of(child)
    return found


def _identifier(found: dict[str, Any], element: etree._Element) -> None:
    kind, said = element.get("identifierType", ""), text_of(element)
    if kind.upper() == "DOI":
        found["doi"] = said
    else:
        found.setdefault("identifiers", []).append({"identifier": said, "identifierType": kind})


def _type(found: dict[str, Any], element: etree._Element) -> None:
    general = element.get("resourceTypeGeneral", "")
    # OpenAIRE says "literature" or "dataset" there, and its own word in the text.
    found["types"] = {"resourceTypeGeneral": general, "resourceType": text_of(element)}


def _grant(element: etree._Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element:
        found[local_name(child)] = text_of(child)
        if address := child.get("awardURI"):
            found["awardUri"] = address
    return found


def _related(element: etree._Element) -> dict[str, Any]:
    found = {str(key): str(value) for key, value in element.attrib.items()}
    parts: dict[str, Any] = dict(found)
    for child in element:
        name = local_name(child)
        if name == "titles":
            parts["titles"] = [_flat(one, "title") for one in child]
        elif name == "relatedItemIdentifier":
            parts[name] = _flat(child, name)
    return parts


def _openaire(found: dict[str, Any], name: str, element: etree._Element) -> None:
    """What OpenAIRE's guidelines for literature repositories (v4) add, in Dublin Core and elements of their own."""
    if name == "description":
        found.setdefault("descriptions", []).append(_flat(element, "description") | {"descriptionType": "Abstract"})
    elif name == "rights":
        rights = _flat(element, "rights")
        rights["rightsUri"] = rights.get("rightsURI", "")
        found.setdefault("rightsList", []).append(rights)
    elif name == "licenseCondition":
        found.setdefault("rightsList", []).append({"rights": text_of(element), "rightsUri": element.get("uri", "")})
    elif name == "format":
        found.setdefault("formats", []).append(text_of(element))
    elif name == "file":
        file = {"url": text_of(element), "mimeType": element.get("mimeType", "")}
        found.setdefault("files", []).append(file | {"accessRights": element.get("accessRightsURI", "")})
    elif name == "date":
        found.setdefault("dates", []).append(_flat(element, "date"))
    elif name == "subject":
        found.setdefault("subjects", []).append(_flat(element, "subject"))
    elif name == "coverage":
        found.setdefault("geoLocations", []).append({"geoLocationPlace": text_of(element)})
    elif name in ("title", "alternateIdentifier", "relatedIdentifier"):
        found.setdefault(f"{name}s", []).append(_flat(element, name))
