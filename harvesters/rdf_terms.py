"""RDF terms as the mapping needs them: short names for the vocabularies of DCAT, however a source spells them.

Sources write https for http, "terms/#" for "terms/", and DCAT as it was called before the W3C had it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal, NamedTuple

# Prefixes as in DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/#normative-namespaces) and its profiles; addresses without
# their scheme.
_NAMESPACES = {
    "www.w3.org/ns/dcat#": "dcat",
    "vocab.deri.ie/dcat#": "dcat",
    "purl.org/dc/terms/": "dct",
    "purl.org/dc/terms/#": "dct",
    "purl.org/dc/elements/1.1/": "dc",
    "xmlns.com/foaf/0.1/": "foaf",
    "www.w3.org/2006/vcard/ns#": "vcard",
    "www.w3.org/2004/02/skos/core#": "skos",
    "www.w3.org/2000/01/rdf-schema#": "rdfs",
    "www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "www.w3.org/2002/07/owl#": "owl",
    "schema.org/": "schema",
    "www.w3.org/ns/adms#": "adms",
    "spdx.org/rdf/terms#": "spdx",
    "www.w3.org/ns/prov#": "prov",
    "www.w3.org/ns/locn#": "locn",
    "www.w3.org/ns/org#": "org",
    "www.w3.org/ns/odrl/2/": "odrl",
    "data.europa.eu/r5r/": "dcatap",
    "data.europa.eu/930/": "geodcat",
    "www.w3.org/ns/hydra/core#": "hydra",
    "www.w3.org/2006/time#": "time",
    "www.opengis.net/ont/geosparql#": "gsp",
    "project-open-data.cio.gov/v1.1/schema#": "pod",
    "resources.data.gov/ontology/dcat-us#": "dcatus",
    "www.w3.org/2007/05/powder-s#": "wdrs",
    "purl.org/pav/": "pav",
    "www.w3.org/ns/dqv#": "dqv",
    "www.w3.org/2003/01/geo/wgs84_pos#": "geo",
}  # fmt: skip
ADDRESSES = {
    prefix: f"http://{address}" if prefix not in ("pod", "schema") else f"https://{address}"
    for address, prefix in reversed(_NAMESPACES.items())
}
"""The address of each prefix, as its makers write it."""
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_SPLIT = re.compile(r"https?://(.*?[#/])([^#/]*)\Z", re.DOTALL)
_FORBIDDEN = re.compile(r"[\x00-\x20<>\"{}|^`\\\ud800-\udfff]")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,100}\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7}\Z")


class Term(NamedTuple):
    """One object of a triple. `kind` iri (its address), blank (a label without meaning) or literal (its text)."""

    kind: Literal["iri", "blank", "literal"]
    value: str
    language: str = ""
    datatype: str = ""


@lru_cache(maxsize=4096)
def short(address: str) -> str:
    """ "dct:title" for an address of a known vocabulary, the address itself for all others."""
    found = _SPLIT.match(address)
    if found is None:
        return address
    name = found[2]
    prefix = _NAMESPACES.get(found[1])
    return f"{prefix}:{name}" if prefix and name else address


def spellings(name: str) -> tuple[str, ...]:
    """Every address that `short` calls `name`, in N-Triples."""
    prefix, _, local = name.partition(":")
    hosts = [address for address, known in _NAMESPACES.items() if known == prefix]
    return tuple(f"<{scheme}://{host}{local}>" for host in hosts for scheme in ("http", "https"))


def iri(address: str) -> str:
    """`address` in N-Triples; what may not stand in an IRI is percent-encoded."""
    safe = _FORBIDDEN.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), address
    )
    return f"<{safe}>"


def written(term: Any) -> str:
    """A term of pyoxigraph in N-Triples, so that it can be read again even where the parser was lenient."""
    kind = type(term).__name__
    if kind == "NamedNode":
        return iri(term.value)
    if kind == "Literal":
        is_sound = _LANGUAGE.match(term.language) if term.language else not _FORBIDDEN.search(term.datatype.value)
        return str(term if is_sound else type(term)(term.value))
    if kind == "BlankNode":
        return f"_:{term.value}" if _LABEL.match(term.value) else f"_:x{term.value.encode().hex()}"
    return ""
