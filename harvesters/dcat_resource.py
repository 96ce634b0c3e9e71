"""Maps a dcat:Distribution to a file or link."""

from __future__ import annotations

import re
from dataclasses import replace

from harvesters.access_rights import disclosure
from harvesters.dcat_relations import pairs
from harvesters.dcat_values import date_of, license_of, side_by_side
from harvesters.links import file_name, is_address, leads_to_file
from harvesters.rdf_graph import Graph
from harvesters.rdf_terms import Term, short
from harvesters.terms import sha256_in
from opendata.catalog import vocabularies
from opendata.catalog.records import ResourceRecord, ResourceRole
from opendata.catalog.values import Disclosure, DisclosureStatus, Extra, Text
from opendata.errors import Problem

_MEDIA_TYPE = re.compile(r"(?:https?://(?:www\.)?iana\.org/assignments/media-types/)?([\w.+-]+/[\w.+;= -]+)\Z")
_NUMBER = re.compile(r"(\d{1,18})(?:\.0*)?\Z")
_SERVICES = frozenset({"WMS", "WFS", "WMTS", "WCS", "ArcGIS REST", "API", "SPARQL", "OData", "CSW", "OGC API"})
_MAX_EXTRA = 5_000
_EXTRAS = {
    "availability": ("dcatap:availability",),
    "conforms_to": ("dct:conformsTo",),
    "described_by": ("wdrs:describedby",),
    "described_by_type": ("pod:describedByType",),
    "documentation": ("foaf:page",),
    "compress_format": ("dcat:compressFormat",),
    "package_format": ("dcat:packageFormat",),
    "applicable_legislation": ("dcatap:applicableLegislation",),
    "policy": ("odrl:hasPolicy",),
    "temporal_resolution": ("dcat:temporalResolution",),
    "spatial_resolution_in_meters": ("dcat:spatialResolutionInMeters",),
    "status": ("adms:status",),
    "identifier": ("dct:identifier",),
    "representation_technique": ("adms:representationTechnique",),
}


def resources(graph: Graph, node: Term, own: Disclosure | None, warnings: list[Problem]) -> tuple[ResourceRecord, ...]:
    """The files and links of a dataset in an order that stays; `own` holds for those that say nothing of access."""
    nodes = graph.nodes(node, "dcat:distribution", "adms:sample")
    nodes.sort(key=lambda one: _place(graph, one))
    ordered = (
        nodes
        if any(_place(graph, one) for one in nodes)
        else sorted(nodes, key=lambda one: _order(one.value if one.kind == "iri" else graph.first(one, "dct:title")))
    )
    found: dict[str, ResourceRecord] = {}
    for position, one in enumerate(ordered):
        record = _resource(graph, one, position, own, warnings)
        if record is None:
            continue
        key = record.key if record.key not in found else f"{record.key}#{position}"
        found[key] = replace(record, key=key)
    return tuple(found.values())


def _place(graph: Graph, node: Term) -> int:
    """Where the source itself puts it."""
    text = graph.first(node, "schema:position")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _order(text: str) -> list[tuple[int, int, str]]:
    """Numbers by value: r/2 before r/10."""
    parts = re.split(r"(\d{1,18})", text)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


def _resource(
    graph: Graph, node: Term, position: int, own: Disclosure | None, warnings: list[Problem]
) -> ResourceRecord | None:
    download = next(iter(graph.addresses(node, "dcat:downloadURL")), "").replace(" ", "%20")
    access = next(iter(graph.addresses(node, "dcat:accessURL")), "").replace(" ", "%20")
    service = next(iter(_endpoints(graph, node)), "")
    if not any(name != "rdf:type" for name in graph.names(node)):
        if not is_address(node.value):
            return None
        access = node.value  # only named: whoever follows the address may learn more
    if not download and not access and not service:
        where = node.value if node.kind == "iri" else str(position)
        warnings.append(Problem("resource-address", "no address", "resources", where, severity="warning"))
    name = graph.first(node, "schema:alternateName")[:300] or file_name(download) or file_name(access)
    stated, media_types = graph.words(node, "dct:format"), graph.words(node, "dcat:mediaType")
    stated = stated or [text for text in media_types if "/" not in text]
    format_name = _format(stated, media_types, name)
    if not download and access and leads_to_file(access) and format_name not in _SERVICES:
        download, access = access, ""
    license_id, license_text = license_of(graph, node)
    checksum, other_sum = _checksum(graph, node)
    return ResourceRecord(
        key=_key(node, download, access, service, position),
        name=side_by_side(graph.values(node, "dct:title")),
        description=side_by_side(graph.values(node, "dct:description"), join=True),
        role=_role(graph, node),
        position=position,
        filename=name,
        format=format_name,
        media_type=_media_type([*media_types, *stated]),
        byte_size=_size(graph, node),
        checksum=checksum,
        download_url=download,
        access_url=(access or service) if (access or service) != download else "",
        language=next(filter(None, map(vocabularies.language_code, graph.words(node, "dct:language"))), ""),
        license_id=license_id,
        license_text=license_text,
        issued=date_of(graph, node, "dct:issued", "resources", warnings, str(position)),
        modified=date_of(graph, node, "dct:modified", "resources", warnings, str(position)),
        disclosure=access_of(graph, node) or own or Disclosure(),
        extras=(*_extras(graph, node), *pairs(graph, node), *other_sum),
    )


def access_of(graph: Graph, node: Term) -> Disclosure | None:
    """What dct:accessRights, an access level, or else dct:rights say; None where they say nothing of access."""
    if (stated := _stated(graph, node)) is not None:
        return stated
    words = graph.words(node, "dct:accessRights", "pod:accessLevel") or graph.words(node, "dct:rights")
    statements = [*graph.values(node, "dct:accessRights"), *graph.values(node, "dct:rights")]
    for restriction in graph.nodes(node, "dcatus:accessRestriction"):
        words += graph.words(restriction, "dcatus:restrictionStatus")
        statements += graph.values(restriction, "dcatus:restrictionNote")
    for unclassified in graph.nodes(node, "dcatus:cuiRestriction"):
        words.append("restricted")  # controlled information is closed by the mark itself
        statements += graph.values(unclassified, "dcatus:designationIndicator", "dcatus:cuiBannerMarking")
    if not words:
        return None
    reason = side_by_side([one for one in statements if " " in one.text and not is_address(one.text)])
    available = date_of(graph, node, "dct:available", "access", [])
    ground = next(iter(graph.words(node, "dcatap:applicableLegislation")), "")
    return disclosure(words, reason, available.first_day() if available else None, ground)


def _stated(graph: Graph, node: Term) -> Disclosure | None:
    """A disclosure that is told by its own name, as this catalogue tells it, with reason, law and day."""
    for rights in graph.nodes(node, "dct:rights"):
        names = [text for kind in graph.nodes(rights, "dct:type") for text in graph.words(kind, "skos:notation")]
        status = next((DisclosureStatus(name) for name in names if name in tuple(DisclosureStatus)), None)
        if status is not None:
            available = date_of(graph, node, "dct:available", "access", [])
            reason = side_by_side(graph.labels(rights))
            usual = {text.value for text in vocabularies.text_of("disclosure", status).values()}
            if all(text.value in usual for text in reason.values()):
                reason = Text()
            return Disclosure(
                status,
                available.first_day() if available else None,
                next(iter(graph.words(rights, "dct:references")), ""),
                reason,
            )
    return None


def _role(graph: Graph, node: Term) -> ResourceRole:
    names = [text for kind in graph.nodes(node, "dct:type") for text in graph.words(kind, "skos:notation")]
    return next((ResourceRole(name) for name in names if name in tuple(ResourceRole)), ResourceRole.OTHER)


def _key(node: Term, download: str, access: str, service: str, position: int) -> str:
    """The address that the source gives the distribution itself, else that of what it leads to."""
    is_lasting = node.kind == "iri" and "/.well-known/genid/" not in node.value
    return (node.value if is_lasting else download or access or service or f"distribution {position}")[:1000]


def _endpoints(graph: Graph, node: Term) -> list[str]:
    services = graph.nodes(node, "dcat:accessService")
    return [
        url for one in services for url in graph.addresses(one, "dcat:endpointURL", "dcat:landingPage", "foaf:page")
    ]


def _format(stated: list[str], media_types: list[str], filename: str) -> str:
    """Our name for the format, else what the source calls it."""
    named = next((found for text in stated if (found := vocabularies.format_of(text))), "")
    typed = next((text for text in media_types if vocabularies.format_of("", text)), "")
    known = vocabularies.format_of(named, typed, filename)
    words = [text for text in stated if not is_address(text)] or [text.rpartition("/")[2] for text in stated]
    return known or (words[0][:100] if words else "")


def _media_type(texts: list[str]) -> str:
    for text in texts:
        if "/" in text and (found := _MEDIA_TYPE.match(text.strip())):
            return found[1].partition(";")[0].strip().lower()
    return ""


def _size(graph: Graph, node: Term) -> int | None:
    """Bytes; None for what is no whole number of them, and for 0, which sources write for "unknown"."""
    for value in graph.values(node, "dcat:byteSize"):
        if (found := _NUMBER.match(value.text.strip())) and 0 < int(found[1]) < 2**60:
            return int(found[1])
    return None


def _checksum(graph: Graph, node: Term) -> tuple[str, tuple[Extra, ...]]:
    """The SHA-256 in hex, and other checksums with the name of how they are made."""
    sha256, others = "", []
    for one in graph.nodes(node, "spdx:checksum"):
        value = graph.first(one, "spdx:checksumValue")
        algorithm = next((short(term.value) for term in graph.nodes(one, "spdx:algorithm")), "")
        algorithm = algorithm.rpartition("/")[2].rpartition("_")[2].rpartition(":")[2].lower()
        if algorithm in ("", "sha256") and (found := sha256_in(value)):
            sha256 = found
        elif value:
            others.append(Extra("checksum", f"{algorithm}:{value}"[:300]))
    return sha256, tuple(others)


def _extras(graph: Graph, node: Term) -> tuple[Extra, ...]:
    found = []
    for key, names in _EXTRAS.items():
        texts = [
            graph.text(value) or value.value
            for value in graph.objects(node, *names)
            if value.kind != "blank" or graph.text(value)
        ]
        found += [Extra(key, "; ".join(dict.fromkeys(texts))[:_MAX_EXTRA])] if texts else []
    for one in graph.nodes(node, "dcat:accessService"):
        parts = [graph.text(one), *graph.addresses(one, "dcat:endpointURL", "dcat:endpointDescription")]
        found.append(Extra("access_service", " ".join(dict.fromkeys(filter(None, parts)))[:_MAX_EXTRA]))
    return tuple(found)
