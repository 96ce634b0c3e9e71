"""Identifiers and numbers of a dataset: those that say what they are, and those that must be recognised."""

from __future__ import annotations

from collections.abc import Iterator

from harvesters.rdf_graph import Graph
from harvesters.rdf_terms import Term
from harvesters.terms import identifiers_of
from opendata.catalog.values import Identifier

MAX_IDENTIFIER = 300
OWN = ("registerNumber", "reportNumber")
"""How this catalogue names the numbers that a record has fields for."""
_SCHEMES = frozenset([
    "doi", "handle", "isbn", "issn", "urn", "uri", "register_number", "registration_number", "contract_number", "other",
])  # fmt: skip


def identifiers(graph: Graph, node: Term) -> tuple[Identifier, ...]:
    """Every identifier but the numbers that have fields of their own."""
    texts = [node.value] if node.kind == "iri" else []
    texts += graph.words(node, "dct:identifier", "owl:sameAs", "dct:bibliographicCitation")
    found = list(_told(graph, node))
    for one in graph.objects(node, "adms:identifier"):
        if not graph.first(one, "schema:propertyID"):
            texts += [v.text for v in graph.values(one, "skos:notation", "schema:value")] or [graph.text(one)]
    found += [one for text in texts for one in identifiers_of(text) if text]
    return tuple(dict.fromkeys(one for one in found if len(one.value) <= MAX_IDENTIFIER))


def _told(graph: Graph, node: Term) -> Iterator[Identifier]:
    """Those whose kind is told (schema:propertyID)."""
    for one in graph.nodes(node, "adms:identifier"):
        scheme, value = graph.first(one, "schema:propertyID"), graph.first(one, "skos:notation")
        if scheme and scheme not in OWN and value:
            known = [known for known in identifiers_of(value) if known.scheme == scheme]
            yield known[0] if known else Identifier(scheme if scheme in _SCHEMES else "other", value)


def own_number(graph: Graph, node: Term, name: str) -> str:
    """The number that is told by this name, "" for none."""
    for one in graph.nodes(node, "adms:identifier"):
        if graph.first(one, "schema:propertyID") == name:
            return graph.first(one, "skos:notation")
    return ""
