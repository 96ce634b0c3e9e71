"""Reads RDF as sources really send it: told by its bytes and not its label, in a stream, the good beside the broken.

Turtle, TriG, N-Triples, N-Quads and RDF/XML go through pyoxigraph's streaming parsers, JSON-LD through jsonld.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pyoxigraph

from harvesters import jsonld, rdf_turtle, rdf_xml
from harvesters.rdf_troubles import Triple, Troubles, Unreadable, reason, triple
from opendata.errors import SourceError
from opendata.harvesting.xml import looks_like_html


class Format(StrEnum):
    """The forms of RDF that are read; the values are those of the option `format`."""

    TURTLE = "turtle"
    RDF_XML = "rdfxml"
    JSON_LD = "jsonld"
    N_TRIPLES = "ntriples"
    N_QUADS = "nquads"
    TRIG = "trig"


ACCEPT = (
    "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.9, application/n-triples;q=0.8, "
    "application/trig;q=0.7, application/n-quads;q=0.6, application/xml;q=0.4, application/json;q=0.4, */*;q=0.1"
)
MEDIA_TYPES = {
    "text/turtle": Format.TURTLE,
    "application/x-turtle": Format.TURTLE,
    "text/n3": Format.TURTLE,
    "application/rdf+xml": Format.RDF_XML,
    "application/xml": Format.RDF_XML,
    "text/xml": Format.RDF_XML,
    "application/ld+json": Format.JSON_LD,
    "application/json": Format.JSON_LD,
    "application/n-triples": Format.N_TRIPLES,
    "application/n-quads": Format.N_QUADS,
    "application/trig": Format.TRIG,
}
_SUFFIXES = {".nq": Format.N_QUADS, ".trig": Format.TRIG, ".nt": Format.N_TRIPLES, ".ttl": Format.TURTLE}
_PARSED = {
    Format.N_TRIPLES: pyoxigraph.RdfFormat.N_TRIPLES,
    Format.N_QUADS: pyoxigraph.RdfFormat.N_QUADS,
    Format.TRIG: pyoxigraph.RdfFormat.TRIG,
}
_START = 4096
_JSON = re.compile(rb"\[\s*(?:[\[{\"\]]|\d)|\{\s*[\"}]")
_XML = re.compile(rb"<\?xml|<!DOCTYPE|<!--|<[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?(?:\s|>)")
_IRI = re.compile(rb"<[A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*[/#:][^\s<>]*>")
_LINE = re.compile(rb"(?:<[^\s<>]*>|_:\S+)\s+<[^\s<>]*>\s+\S.*\.\s*(?:#.*)?\Z")
_QUAD = re.compile(rb"(?:<[^\s<>]*>|_:\S+)\s+<[^\s<>]*>\s+.*\s<[^\s<>]*>\s*\.\s*\Z")
_TURTLE = re.compile(rb"@prefix|@base|\bprefix\s|\bbase\s|^\s*[\w.-]*:[\w.-]+\s|\[", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file with RDF, the address that it came from, and the media type that it came with."""

    path: Path
    url: str
    media_type: str = ""
    format: Format | None = field(default=None)


def triples(document: Document, troubles: Troubles) -> Iterator[Triple]:
    """Every triple of the document. What cannot be read is named in `troubles`; SourceError where nothing can be."""
    found = document.format or format_of(document)
    base = document.url.partition("#")[0]
    if found is Format.JSON_LD:
        yield from jsonld.triples(document.path, base, troubles)
    elif found is Format.RDF_XML:
        yield from rdf_xml.triples(document.path, base, troubles)
    elif found is Format.TURTLE:
        yield from rdf_turtle.triples(document.path, base, troubles)
    else:
        yield from _lines(document.path, found, base, troubles)


def format_of(document: Document) -> Format:
    """What the document is, by its first bytes, then its media type and name. SourceError where it is no RDF."""
    with document.path.open("rb") as file:
        start = file.read(_START)
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    stated = MEDIA_TYPES.get(document.media_type) or _SUFFIXES.get(_suffix(document.url))
    if not bare:
        raise SourceError(f"{document.url} is empty")
    if looks_like_html(start):
        raise SourceError(f"{document.url} is a web page (HTML), not RDF. Is this the address of the catalogue's data?")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Format.RDF_XML if b"<" in start[:8] else Format.JSON_LD
    if _JSON.match(bare):
        return Format.JSON_LD
    if _XML.match(bare) and not _IRI.match(bare):
        return Format.RDF_XML
    return _textual(bare, stated, document)


def _textual(bare: bytes, stated: Format | None, document: Document) -> Format:
    if stated in (Format.TRIG, Format.N_QUADS, Format.TURTLE, Format.N_TRIPLES):
        return stated
    lines = [line.strip() for line in bare.splitlines()[:-1] or [bare]]
    lines = [line for line in lines if line and not line.startswith(b"#")]
    if lines and all(_LINE.match(line) for line in lines):
        return Format.N_QUADS if all(_QUAD.match(line) for line in lines) else Format.N_TRIPLES
    if _TURTLE.search(bare) or _IRI.search(bare):
        return Format.TURTLE
    raise SourceError(
        f"{document.url} is neither Turtle, RDF/XML, JSON-LD, N-Triples, N-Quads nor TriG; "
        f"it calls itself {document.media_type or 'nothing'}"
    )


def _suffix(url: str) -> str:
    return "." + url.partition("?")[0].rpartition(".")[2].lower()


def _lines(path: Path, found: Format, base: str, troubles: Troubles) -> Iterator[Triple]:
    """Formats of which the parser itself finds the way on after an error."""
    base_iri = None if found in (Format.N_TRIPLES, Format.N_QUADS) else base
    parser = pyoxigraph.parse(path=path, format=_PARSED[found], base_iri=base_iri)
    while True:
        try:
            yield triple(next(parser))
        except StopIteration:
            return
        except Unreadable as error:
            troubles.add(getattr(error, "lineno", 0) or 0, reason(error))
            if troubles.is_full or isinstance(error, MemoryError):
                return
