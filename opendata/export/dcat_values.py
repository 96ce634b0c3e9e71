"""Values of DCAT: dates with their precision, periods, places, concepts, licences, access, identifiers, free fields."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from opendata.catalog import authorities, licenses, vocabularies
from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import (
    BoundingBox,
    Disclosure,
    DisclosureStatus,
    Extra,
    Identifier,
    PartialDate,
    Period,
    Subject,
    Text,
)
from opendata.export.rdf import Literal, Node, iri_of, node

SUBJECTS = "info:eu-repo/classification/"
"""Codes of classifications as addresses (wiki.surfnet.nl/display/standards/info-eu-repo); GRNTI has none of its own."""
_RESOLVERS = {"doi": "https://doi.org/", "handle": "https://hdl.handle.net/"}
# Free fields that sources give and that have a property of their own: (property, type of its node or datatype).
_PROPERTIES = {
    "conforms_to": ("dct:conformsTo", "dct:Standard"),
    "provenance": ("dct:provenance", "dct:ProvenanceStatement"),
    "rights_holder": ("dct:rightsHolder", "foaf:Agent"),
    "version_notes": ("adms:versionNotes", ""),
    "alternative_title": ("dct:alternative", ""),
    "citation": ("dct:bibliographicCitation", ""),
}
_NAMES = {"dct:conformsTo": "rdfs:label", "dct:rightsHolder": "foaf:name"}


class Profile(StrEnum):
    """Which DCAT-AP is written."""

    AP3 = "dcat-ap-3"
    AP2 = "dcat-ap-2"

    @property
    def uri(self) -> str:
        """What the document conforms to."""
        release = "3.0.1" if self is Profile.AP3 else "2.1.1"
        return f"https://semiceu.github.io/DCAT-AP/releases/{release}/"


def date(value: PartialDate | None) -> Literal | None:
    """A year, month or day, each with its datatype."""
    if value is None:
        return None
    return Literal(str(value), datatype="xsd:date" if value.day else "xsd:gYearMonth" if value.month else "xsd:gYear")


def day(value: dt.date | None) -> Literal | None:
    """A day of the calendar."""
    return Literal(value.isoformat(), datatype="xsd:date") if value else None


def moment(value: dt.datetime | None) -> Literal | None:
    """An instant, in UTC, to the second."""
    if value is None:
        return None
    return Literal(value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), datatype="xsd:dateTime")


def period(value: Period) -> Node | None:
    """A time span; what is open has no date on that side."""
    if not value:
        return None
    span = Node(types=("dct:PeriodOfTime",))
    return span.add("dcat:startDate", date(value.start)).add("dcat:endDate", date(value.end))


def place(name: str, box: BoundingBox | None, profile: Profile) -> Node | None:
    """A place by its name, its box as WKT and as GeoJSON (a literal in DCAT-AP 2, a node since 3)."""
    found = Node(types=("dct:Location",)).add("skos:prefLabel", name)
    if box is not None:
        found.add("dcat:bbox", Literal(wkt(box), datatype="gsp:wktLiteral"))
        shape = Literal(json.dumps(geojson(box)), datatype="gsp:geoJSONLiteral")
        if profile is Profile.AP2:
            found.add("locn:geometry", shape)
        else:
            found.add("gsp:hasGeometry", Node(types=("gsp:Geometry",)).add("gsp:asGeoJSON", shape))
    return found if found.said else None


def _rings(box: BoundingBox) -> list[list[tuple[float, float]]]:
    """The box as rings of corners; one that crosses the 180th meridian as two (RFC 7946 §3.1.9)."""
    spans = [(box.west, box.east)] if box.west <= box.east else [(box.west, 180.0), (-180.0, box.east)]
    return [
        [(west, box.south), (east, box.south), (east, box.north), (west, box.north), (west, box.south)]
        for west, east in spans
    ]


def wkt(box: BoundingBox) -> str:
    """The box as well-known text, longitude first."""
    rings = ["((" + ",".join(f"{x:.10g} {y:.10g}" for x, y in ring) + "))" for ring in _rings(box)]
    return f"POLYGON{rings[0]}" if len(rings) == 1 else f"MULTIPOLYGON({','.join(rings)})"


def geojson(box: BoundingBox) -> dict[str, object]:
    """The box as a GeoJSON geometry."""
    rings = _rings(box)
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def concept(iri: str, label: Text, scheme: str = "", *types: str) -> Node:
    """A term of a controlled list, with what it is called here. Without an address it is told by its names alone."""
    found = Node(iri, types or ("skos:Concept",))
    if label:
        found.text("skos:prefLabel", label)
    elif iri:
        found.add("skos:prefLabel", iri.rpartition("/")[2])
    return found.add("skos:inScheme", node(scheme, "skos:ConceptScheme") and Node(scheme))


def language(code: str) -> Node | None:
    """A language by the EU's address."""
    iri = authorities.language_uri(code)
    return Node(iri, ("dct:LinguisticSystem",)).add("skos:inScheme", Node(f"{authorities.EU}language")) if iri else None


def frequency(code: str) -> Node | None:
    """How often it is renewed, by the EU's address."""
    iri = vocabularies.frequency_uri(code)
    return Node(iri, ("dct:Frequency",)).add("skos:inScheme", Node(f"{authorities.EU}frequency")) if iri else None


def themes(codes: tuple[str, ...], own: str) -> Iterator[Node]:
    """Our themes by the EU's addresses; science, which the EU has not, by ours at `own`, below technology there."""
    told = {code: vocabularies.theme_uri(code) for code in codes}
    for code, iri in told.items():
        label = vocabularies.text_of("theme", code)
        if code == "science":
            wider = concept(iri, vocabularies.text_of("theme", "technology"), f"{authorities.EU}data-theme")
            yield wider
            yield concept(f"{own}{code}", label).add("skos:broadMatch", Node(iri) if "technology" not in told else None)
        elif iri:
            yield concept(iri, label, f"{authorities.EU}data-theme")


def subject(value: Subject) -> Node:
    """A code of a classification as a concept with its name: ours, else that of the source."""
    label = vocabularies.subject_label(value.scheme, value.code) or value.label
    if value.scheme == "other":
        return (
            Node(iri_of(value.code), ("skos:Concept",))
            .text("skos:prefLabel", label or Text(other=value.code))
            .add("skos:notation", "" if iri_of(value.code) else value.code)
        )
    found = concept(iri_of(f"{SUBJECTS}{value.scheme}/{value.code}"), label or Text(other=value.code))
    return found.add("skos:notation", value.code)


def kind(record: DatasetRecord) -> Node | None:
    """What sort of record it is, by COAR's address where COAR has it."""
    if record.type == "dataset":
        return None
    return concept(authorities.type_uri(record.type), vocabularies.text_of("dataset_type", record.type))


def license_nodes(license_id: str, words: str) -> Iterator[Node]:
    """The licence by its address, and the source's own words for it where they say more than that."""
    known = licenses.get(license_id) if license_id else None
    if known and known.url:
        yield Node(iri_of(known.url), ("dct:LicenseDocument",)).add("dct:identifier", known.id)
    elif known:
        yield Node(types=("dct:LicenseDocument",)).text("rdfs:label", known.title).add("dct:identifier", known.id)
    if words and not (known and words in (known.url, known.id)):
        document = Node(iri_of(words) if words.startswith("http") and not known else "", ("dct:LicenseDocument",))
        yield document.add("rdfs:label", "" if document.iri else words)


def access(value: Disclosure) -> Node:
    """Who may have it, by the EU's address."""
    iri = authorities.access_uri(value.status)
    return Node(iri, ("dct:RightsStatement",)).add("skos:inScheme", Node(f"{authorities.EU}access-right"))


def rights(value: Disclosure) -> Node | None:
    """Why it is not open, in words, by which law, with our own name of how it is closed; None for what is open."""
    if value.status is DisclosureStatus.OPEN:
        return None
    told = Node(types=("dct:RightsStatement",))
    told.text("rdfs:label", value.reason or vocabularies.text_of("disclosure", value.status))
    closing = Node(types=("skos:Concept",)).text("skos:prefLabel", vocabularies.text_of("disclosure", value.status))
    told.add("dct:type", closing.add("skos:notation", value.status))
    if value.legal_ground:
        # dcatap:applicableLegislation would need an ELI, which laws of Kazakhstan have none of.
        told.add("dct:references", Node(types=("eli:LegalResource",)).add("rdfs:label", value.legal_ground))
    return told


def identifiers(record: DatasetRecord) -> Iterator[Node]:
    """Every other identifier with its kind, the register number and the report's own number among them."""
    numbers = [("registerNumber", record.register_number), ("reportNumber", record.report_number)]
    own = [Identifier(scheme, number) for scheme, number in numbers if number]
    for one in dict.fromkeys((*record.identifiers, *own)):
        resolver = _RESOLVERS.get(one.scheme)
        notation = Literal(f"{resolver}{one.value}", datatype="xsd:anyURI") if resolver else Literal(one.value)
        yield Node(types=("adms:Identifier",)).add("skos:notation", notation).add("schema:propertyID", one.scheme)


def extras(found: Node, values: Iterable[Extra]) -> None:
    """Free fields by the property that they have, else as pairs of name and value."""
    for extra in values:
        name, type_ = _PROPERTIES.get(extra.key, ("", ""))
        if not name:
            pair = Node(types=("schema:PropertyValue",)).add("schema:name", extra.key)
            found.add("schema:additionalProperty", pair.add("schema:value", extra.value))
        elif type_:
            iri = iri_of(extra.value) if extra.value.startswith(("http://", "https://")) else ""
            found.add(name, Node(iri, (type_,)).add(_NAMES.get(name, "rdfs:label"), extra.value))
        else:
            found.add(name, extra.value)
