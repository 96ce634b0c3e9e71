"""What a record has to do with others, in DCAT: by the property that says it, else by a relation with its role."""

from __future__ import annotations

from opendata.catalog.records import StudyRef
from opendata.catalog.values import Relation
from opendata.export.rdf import Node, iri_of
from opendata.export.site import Site

ROLES = "http://purl.org/datacite/v4.4/"
"""relationType of the DataCite Metadata Schema, as addresses."""
_PROPERTIES = {
    "References": "dct:references",
    "IsReferencedBy": "dct:isReferencedBy",
    "IsPartOf": "dct:isPartOf",
    "HasPart": "dct:hasPart",
    "Requires": "dct:requires",
    "IsRequiredBy": "dct:isRequiredBy",
    "Obsoletes": "dct:replaces",
    "IsObsoletedBy": "dct:isReplacedBy",
    "IsDerivedFrom": "prov:wasDerivedFrom",
    "IsVersionOf": "dcat:isVersionOf",
    "HasVersion": "dcat:hasVersion",
    "IsNewVersionOf": "dcat:previousVersion",
    "Continues": "dcat:prev",
    "IsContinuedBy": "dcat:next",
    "IsDocumentedBy": "foaf:page",
    "Other": "dct:relation",
}


def relate(found: Node, relation: Relation, site: Site) -> None:
    """Say the relation of it."""
    target = _target(relation, site)
    if target is None:
        return
    name = _PROPERTIES.get(relation.kind)
    if name:
        if name == "foaf:page":
            target.types = ("foaf:Document",)
        found.add(name, target)
        return
    role = Node(iri_of(f"{ROLES}{relation.kind}"), ("dcat:Role",))
    found.add("dcat:qualifiedRelation", Node(types=("dcat:Relationship",)).add("dct:relation", target).add(
        "dcat:hadRole", role))  # fmt: skip


def _target(relation: Relation, site: Site) -> Node | None:
    """What it leads to: a record of ours, a link, or only a title."""
    iri = site.permanent(relation.target_id) if relation.target_id else iri_of(relation.target)
    found = Node(iri)
    if relation.target_id is None:
        found.text("dct:title", relation.title).add("dct:identifier", "" if iri else relation.target)
    return found if found else None


def study(ref: StudyRef, site: Site) -> Node:
    """The commissioned study, as far as its records know it."""
    found = Node(site.permanent(ref.id), ("foaf:Project", "prov:Activity")).text("dct:title", ref.title)
    return found.add("dct:identifier", ref.register_number, *ref.contract_numbers)
