"""What a dataset has to do with others, in the words of DataCite; and the properties that only become extras."""

from __future__ import annotations

from collections.abc import Iterator

from harvesters.dcat_values import side_by_side
from harvesters.links import is_address
from harvesters.rdf_graph import Graph
from harvesters.rdf_terms import Term
from opendata.catalog import vocabularies
from opendata.catalog.values import Extra, Relation

_KINDS = {
    "dct:isVersionOf": "IsVersionOf", "dcat:isVersionOf": "IsVersionOf", "dct:hasVersion": "HasVersion",
    "dcat:hasVersion": "HasVersion", "dcat:hasCurrentVersion": "HasVersion", "adms:prev": "IsNewVersionOf",
    "dcat:previousVersion": "IsNewVersionOf", "dct:replaces": "Obsoletes", "dct:isReplacedBy": "IsObsoletedBy",
    "dct:isReferencedBy": "IsReferencedBy", "dct:references": "References", "dct:source": "IsDerivedFrom",
    "prov:wasDerivedFrom": "IsDerivedFrom", "dct:isPartOf": "IsPartOf", "dcat:inSeries": "IsPartOf",
    "dct:hasPart": "HasPart", "dcat:seriesMember": "HasPart", "dct:requires": "Requires",
    "dct:isRequiredBy": "IsRequiredBy", "foaf:page": "IsDocumentedBy", "wdrs:describedby": "IsDocumentedBy",
    "dct:relation": "Other", "rdfs:seeAlso": "Other", "dcat:prev": "Continues", "dcat:next": "IsContinuedBy",
}  # fmt: skip
# relationType of the DataCite Metadata Schema 4.6, and roles of IANA's registry of link relations.
_DATACITE = (
    "IsCitedBy Cites IsSupplementTo IsSupplementedBy IsContinuedBy Continues IsDescribedBy Describes HasMetadata "
    "IsMetadataFor HasVersion IsVersionOf IsNewVersionOf IsPreviousVersionOf IsPartOf HasPart IsPublishedIn "
    "IsReferencedBy References IsDocumentedBy Documents IsCompiledBy Compiles IsVariantFormOf IsOriginalFormOf "
    "IsIdenticalTo IsReviewedBy Reviews IsDerivedFrom IsSourceOf IsRequiredBy Requires Obsoletes IsObsoletedBy "
    "IsCollectedBy Collects IsTranslationOf HasTranslation"
)
_ROLES = {kind.casefold(): kind for kind in _DATACITE.split()} | {
    "source": "IsDerivedFrom", "original": "IsDerivedFrom", "describedby": "IsDocumentedBy", "replaces": "Obsoletes",
}  # fmt: skip
_MAPPED = frozenset(_KINDS) | frozenset(
    [
        "rdf:type",
        "dct:title",
        "dct:description",
        "dct:abstract",
        "dct:identifier",
        "adms:identifier",
        "dcat:keyword",
        "dcat:theme",
        "dct:publisher",
        "dct:creator",
        "dct:contributor",
        "dcat:contactPoint",
        "dct:license",
        "dct:issued",
        "dct:modified",
        "dct:date",
        "dct:created",
        "dct:language",
        "dct:accrualPeriodicity",
        "dct:temporal",
        "dct:spatial",
        "dcat:landingPage",
        "foaf:homepage",
        "dcat:version",
        "dcat:distribution",
        "adms:sample",
        "dct:type",
        "dct:accessRights",
        "pod:accessLevel",
        "dct:tableOfContents",
        "prov:qualifiedAttribution",
        "dcat:qualifiedRelation",
        "owl:sameAs",
        "dct:rights",
        "dcatus:accessRestriction",
        "dcatus:cuiRestriction",
        "foaf:isPrimaryTopicOf",
        "dct:available",
        "geodcat:principalInvestigator",
        "geodcat:processor",
        "geodcat:distributor",
        "dcat:dataset",
        "schema:additionalProperty",
    ]
)
_NAMES = {
    "dct:conformsTo": "conforms_to", "dct:provenance": "provenance", "adms:versionNotes": "version_notes",
    "dct:alternative": "alternative_title", "dcat:spatialResolutionInMeters": "spatial_resolution_in_meters",
    "dcat:temporalResolution": "temporal_resolution", "prov:wasGeneratedBy": "generated_by", "adms:status": "status",
    "dcatap:applicableLegislation": "applicable_legislation", "dcatap:availability": "availability",
    "pod:bureauCode": "bureau_code", "pod:programCode": "program_code", "pod:dataQuality": "data_quality",
    "pod:systemOfRecords": "system_of_records", "dqv:hasQualityAnnotation": "quality",
    "dct:rightsHolder": "rights_holder", "dct:bibliographicCitation": "citation",
}  # fmt: skip
_MAX_VALUE = 5_000
_MAX_EXTRAS = 100


def relations(graph: Graph, node: Term) -> tuple[Relation, ...]:
    """Every relation, those with a stated role included; what leads nowhere is left out."""
    found = [
        one
        for name, kind in _KINDS.items()
        for target in graph.objects(node, name)
        if (one := _one(graph, kind, target))
    ]
    for qualified in graph.nodes(node, "dcat:qualifiedRelation", "prov:qualifiedDerivation"):
        role = " ".join(graph.words(qualified, "dcat:hadRole")).replace("#", "/").rstrip("/").rpartition("/")[2]
        kind = _ROLES.get(role.casefold(), "Other")
        targets = graph.objects(qualified, "dct:relation", "prov:entity")
        found += [one for target in targets if (one := _one(graph, kind, target))]
    return tuple(dict.fromkeys(one for one in found if one.target != node.value or not one.target))


def _one(graph: Graph, kind: str, target: Term) -> Relation | None:
    title = side_by_side(graph.labels(target)) if target.kind != "literal" else side_by_side([])
    if target.kind == "literal":
        text = target.value.strip()
        if is_address(text) or text.startswith(("doi:", "10.", "urn:")):
            return Relation(kind, target=text)
        return Relation(kind, title=side_by_side(graph.labels(target))) if text else None
    pages = graph.addresses(target, "foaf:homepage", "foaf:page") or graph.words(target, "dct:identifier")
    address = target.value if target.kind == "iri" else next(iter(pages), "")
    return Relation(kind, target=address, title=title) if address or title else None


def extras(graph: Graph, node: Term) -> tuple[Extra, ...]:
    """What has no place of its own, under a readable name: labels and addresses, of nodes what is said of them."""
    found = []
    for name in sorted(graph.names(node)):
        if name in _MAPPED or not name:
            continue
        texts = list(dict.fromkeys(filter(None, (_readable(graph, value) for value in graph.objects(node, name)))))
        if texts:
            found.append(Extra(_NAMES.get(name, _local(name))[:100], "; ".join(texts)[:_MAX_VALUE]))
    found += pairs(graph, node)
    types = [graph.text(value) for value in graph.objects(node, "dct:type")]
    ours = vocabularies.codes("dataset_type")
    named = {text.value for code in ours for text in vocabularies.text_of("dataset_type", code).values()}
    found += [Extra("type", text[:_MAX_VALUE]) for text in types if text and text not in named]
    return tuple(dict.fromkeys(found))[:_MAX_EXTRAS]


def pairs(graph: Graph, node: Term) -> list[Extra]:
    """Fields that the source itself has no property for, each with its name (schema:additionalProperty)."""
    found = [
        (graph.first(one, "dct:title"), graph.first(one, "schema:value"))
        for one in graph.nodes(node, "schema:additionalProperty")
    ]
    return [Extra(key[:100], value[:_MAX_VALUE]) for key, value in found if key and value]


def _local(name: str) -> str:
    """The last part of an address, or what follows a known prefix."""
    return name.rstrip("/#").replace("#", "/").rpartition("/")[2].rpartition(":")[2] or name


def _readable(graph: Graph, value: Term) -> str:
    if text := graph.text(value):
        return text
    return ", ".join(_parts(graph, value, 0)) if value.kind == "blank" else ""


def _parts(graph: Graph, node: Term, depth: int) -> Iterator[str]:
    for name in graph.names(node):
        if name == "rdf:type":
            continue
        for value in graph.objects(node, name):
            text = graph.text(value)
            if text:
                yield f"{_local(name)}: {text}"
            elif depth < 2:
                yield from _parts(graph, value, depth + 1)
