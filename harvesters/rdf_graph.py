"""The description of one dataset, asked by short names: what RDF says in many ways comes out as texts and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph

from harvesters.links import is_address
from harvesters.rdf_terms import Term, short
from opendata.catalog.vocabularies import language_code

LABELS = (
    "skos:prefLabel",
    "rdfs:label",
    "dct:title",
    "foaf:name",
    "vcard:fn",
    "schema:name",
    "rdf:value",
    "skos:notation",
)
"""What a node is called, the best first."""
# Terms of other vocabularies, and misspelt ones, that mean one of DCAT's.
_ALIASES = {
    "dc:title": "dct:title", "schema:name": "dct:title", "schema:headline": "dct:title",
    "dc:description": "dct:description", "schema:description": "dct:description", "dc:identifier": "dct:identifier",
    "dcat:identifier": "dct:identifier", "schema:identifier": "dct:identifier", "dc:subject": "dcat:keyword",
    "schema:keywords": "dcat:keyword", "dcat:keywords": "dcat:keyword", "dc:publisher": "dct:publisher",
    "schema:publisher": "dct:publisher", "dc:creator": "dct:creator", "schema:creator": "dct:creator",
    "schema:author": "dct:creator", "dc:contributor": "dct:contributor", "schema:contributor": "dct:contributor",
    "dc:language": "dct:language", "schema:inLanguage": "dct:language", "dc:rights": "dct:rights",
    "schema:license": "dct:license", "dc:license": "dct:license", "dct:licence": "dct:license",
    "dcat:license": "dct:license", "schema:datePublished": "dct:issued", "schema:dateModified": "dct:modified",
    "dc:date": "dct:date", "schema:distribution": "dcat:distribution", "schema:contentUrl": "dcat:downloadURL",
    "dcat:accessUrl": "dcat:accessURL", "dcat:downloadUrl": "dcat:downloadURL",
    "schema:encodingFormat": "dcat:mediaType",
    "schema:fileFormat": "dcat:mediaType", "dc:format": "dct:format", "schema:contentSize": "dcat:byteSize",
    "dcat:size": "dcat:byteSize", "adms:contactPoint": "dcat:contactPoint", "schema:url": "foaf:page",
    "dct:subject": "dcat:theme", "schema:spatialCoverage": "dct:spatial", "schema:temporalCoverage": "dct:temporal",
    "schema:version": "dcat:version", "owl:versionInfo": "dcat:version", "pav:version": "dcat:version",
    "adms:version": "dcat:version", "schema:startDate": "dcat:startDate", "schema:endDate": "dcat:endDate",
    "schema:email": "vcard:hasEmail", "vcard:email": "vcard:hasEmail", "foaf:mbox": "vcard:hasEmail",
    "schema:telephone": "vcard:hasTelephone", "vcard:tel": "vcard:hasTelephone", "vcard:url": "vcard:hasURL",
    "vcard:organisation-name": "vcard:organization-name", "dcat:dataDictionary": "wdrs:describedby",
    "dcatus:describedBy": "wdrs:describedby",
    "dcat:granularity": "dcat:spatialResolution", "dc:type": "dct:type",
    "dcat:accessRights": "dct:accessRights", "dct:availability": "dcatap:availability",
    "dcatus:accessLevel": "pod:accessLevel", "schema:isPartOf": "dct:isPartOf", "dc:relation": "dct:relation",
    "dc:source": "dct:source", "pod:references": "dct:references", "dc:coverage": "dct:spatial",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """A text and the language that it is marked with, "" for none."""

    text: str
    language: str = ""


class Graph:
    """The triples of one description in N-Triples, and the node that it is about."""

    def __init__(self, raw: bytes, root: str) -> None:
        self.root = Term("blank", root[2:]) if root.startswith("_:") else Term("iri", root[1:-1])
        self._said: dict[Term, dict[str, list[Term]]] = {}
        for quad in pyoxigraph.parse(raw, pyoxigraph.RdfFormat.N_TRIPLES, lenient=True):
            name = short(quad.predicate.value)
            members = self._said.setdefault(_term(quad.subject), {})
            members.setdefault(_ALIASES.get(name, name), []).append(_term(quad.object))

    def names(self, node: Term) -> Iterator[str]:
        """Every property that is given of `node`."""
        yield from self._said.get(node, ())

    def objects(self, node: Term, *names: str) -> list[Term]:
        """All values of `names`, in that order, each once."""
        said = self._said.get(node)
        found = [value for name in names if name in said for value in said[name]] if said else []
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def nodes(self, node: Term, *names: str) -> list[Term]:
        """The values that are no literals."""
        return [value for value in self.objects(node, *names) if value.kind != "literal"]

    def first(self, node: Term, *names: str) -> str:
        """The text of the first value that has one: its own, its label or its address."""
        return next((text for value in self.objects(node, *names) if (text := self.text(value))), "")

    def text(self, term: Term) -> str:
        """The text of a literal; of a node its label, else its address."""
        values = self.labels(term)
        return values[0].text if values else term.value if term.kind == "iri" else ""

    def labels(self, term: Term) -> list[Value]:
        """The texts of a literal or what a node is called, none for a node without a name."""
        if term.kind == "literal":
            return [Value(term.value.strip(), language_code(term.language))] if term.value.strip() else []
        for name in LABELS:
            found = [value for one in self.objects(term, name) if one.kind == "literal" for value in self.labels(one)]
            if found:
                return found
        return []

    def values(self, node: Term, *names: str) -> list[Value]:
        """The texts of all values: literals, and the labels of nodes."""
        return [value for one in self.objects(node, *names) for value in self.labels(one)]

    def words(self, node: Term, *names: str) -> list[str]:
        """For matching against a list of ours: of each value its address, and its labels."""
        found: list[str] = []
        for one in self.objects(node, *names):
            found += [one.value] if one.kind == "iri" else []
            found += [value.text for value in self.labels(one)]
        return list(dict.fromkeys(found))

    def addresses(self, node: Term, *names: str) -> list[str]:
        """The http addresses among the values, be they IRIs or texts."""
        texts = (one.value.strip() for one in self.objects(node, *names) if one.kind != "blank")
        return list(dict.fromkeys(text for text in texts if is_address(text)))

    def types(self, node: Term) -> set[str]:
        """The short names of its types."""
        return {short(one.value) for one in self.objects(node, "rdf:type")}


def _term(given: object) -> Term:
    value = str(getattr(given, "value"))  # noqa: B009 - the classes of the parser have no common type
    kind = type(given).__name__
    if kind == "Literal":
        return Term("literal", value, getattr(given, "language", None) or "", str(getattr(given, "datatype").value))  # noqa: B009
    return Term("blank" if kind == "BlankNode" else "iri", value)
