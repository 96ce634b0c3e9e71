"""RDF as a tree of nodes, written as Turtle, RDF/XML or nested JSON-LD: one document at once, or piece by piece.

What no document may hold is left out: control characters of texts, addresses that are none. A node with an address is
described once in a document and only named after that; so are its parts in JSON-LD (`@embed: @once`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import pyoxigraph

from opendata.catalog.values import Text
from opendata.catalog.xmltext import clean

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "locn": "http://www.w3.org/ns/locn#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Of DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/#normative-namespaces) and its profiles."""
_FORBIDDEN = re.compile(r"[\x00-\x20<>\"{}|\\^`\ud800-\udfff]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")


class Syntax(StrEnum):
    """How it is written, by the suffix of its address."""

    TURTLE = "ttl"
    XML = "rdf"
    JSON = "jsonld"


MEDIA_TYPES = {
    Syntax.TURTLE: "text/turtle",
    Syntax.XML: "application/rdf+xml",
    Syntax.JSON: "application/ld+json",
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A text with its language, or with its `datatype` in short ("xsd:date")."""

    text: str
    language: str = ""
    datatype: str = ""


@dataclass(slots=True)
class Node:
    """Something described: `iri` is absolute, "" for what has no address of its own. Names are short ("dct:title")."""

    iri: str = ""
    types: tuple[str, ...] = ()
    said: dict[str, list[Literal | Node]] = field(default_factory=dict)

    def add(self, name: str, *values: str | Literal | Node | None) -> Node:
        """Say `name` of it, with each of `values` that is there; a str is a text without language. Gives itself."""
        for value in values:
            if value:
                self.said.setdefault(name, []).append(Literal(value) if isinstance(value, str) else value)
        return self

    def text(self, name: str, text: Text) -> Node:
        """Say `name` with the text in each language that it has. Gives itself."""
        return self.add(name, *(Literal(one.value, one.language) for one in text.values()))

    def __bool__(self) -> bool:
        return bool(self.iri or self.said)


def node(iri: str, *types: str) -> Node | None:
    """A node by that address, None where it is none that RDF may hold."""
    safe = iri_of(iri)
    return Node(safe, types) if safe else None


@lru_cache(maxsize=8192)
def iri_of(text: str) -> str:
    """`text` as an IRI, with what may not stand in one percent-encoded; "" where it is no absolute one."""
    bare = text.strip()
    if not _ABSOLUTE.match(bare):
        return ""
    safe = _FORBIDDEN.sub(lambda one: "".join(f"%{byte:02X}" for byte in one[0].encode("utf-8", "replace")), bare)
    try:
        return pyoxigraph.NamedNode(safe).value
    except ValueError:
        return ""


class Document:
    """One document: `start`, a `piece` for each top node, `end`. `root` stands before the pieces, which are linked from
    it as `link`; in JSON-LD they stand inside it."""

    def __init__(self, syntax: Syntax, root: Node | None = None, link: str = "") -> None:
        self._syntax = syntax
        self._root = root
        self._link = link
        self._told: set[tuple[object, ...]] = set()
        self._blanks = 0
        self._pieces = 0

    def start(self) -> bytes:
        """What stands before the first piece."""
        if self._syntax is Syntax.JSON:
            return self._json_start()
        if self._syntax is Syntax.TURTLE:
            head = "".join(f"@prefix {short}: <{iri}> .\n" for short, iri in PREFIXES.items())
        else:
            spaces = "".join(f'\n\txmlns:{short}="{iri}"' for short, iri in PREFIXES.items())
            head = f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n'
        return head.encode() + (self._body(self._triples(self._root)) if self._root else b"")

    def piece(self, top: Node) -> bytes:
        """The description of `top`."""
        self._pieces += 1
        if self._syntax is Syntax.JSON:
            if not self._link:
                return _dumped({"@context": PREFIXES, **self._tree(top, is_top=True)})
            return (b",\n" if self._pieces > 1 else b"\n") + _dumped(self._tree(top, is_top=True))
        link = [self._linked(top)] if self._root and self._link else []
        return self._body([*link, *self._triples(top)])

    def end(self) -> bytes:
        """What stands after the last piece."""
        if self._syntax is Syntax.XML:
            return b"</rdf:RDF>\n"
        return b"" if self._syntax is Syntax.TURTLE else b"]}\n" if self._link else b"\n"

    def whole(self, tops: Iterable[Node]) -> Iterator[bytes]:
        """All of it, a piece at a time."""
        yield self.start()
        for top in tops:
            yield self.piece(top)
        yield self.end()

    def _linked(self, top: Node) -> pyoxigraph.Triple:
        assert self._root is not None
        return pyoxigraph.Triple(_named(self._root.iri), _term_of(self._link), _named(top.iri))

    def _triples(self, top: Node) -> Iterator[pyoxigraph.Triple]:
        """Everything that is said of `top`, then of its parts: so that what belongs together stands together."""
        waiting = [(top, self._subject(top))]
        while waiting:
            one, subject = waiting.pop(0)
            if one is not top and self._is_told(one):
                continue
            for kind in one.types:
                yield pyoxigraph.Triple(subject, _TYPE, _term_of(kind))
            for name, values in one.said.items():
                predicate = _term_of(name)
                for value in values:
                    if isinstance(value, Literal):
                        yield pyoxigraph.Triple(subject, predicate, _literal(value))
                    else:
                        target = self._subject(value)
                        yield pyoxigraph.Triple(subject, predicate, target)
                        waiting.append((value, target))

    def _is_told(self, one: Node) -> bool:
        """Whether the very same was said of it before. Of an address that stands for itself there is nothing to say."""
        if not one.iri:
            return False
        said = (
            (name, *(value if isinstance(value, Literal) else value.iri for value in values))
            for name, values in one.said.items()
        )
        key = (one.iri, one.types, *said)
        if key in self._told or (len(key) == 2 and not one.types):
            return True
        self._told.add(key)
        return False

    def _subject(self, one: Node) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode:
        if one.iri:
            return _named(one.iri)
        self._blanks += 1
        return pyoxigraph.BlankNode(f"b{self._blanks}")

    def _body(self, triples: Iterable[pyoxigraph.Triple]) -> bytes:
        """The triples without the head and foot of a document of their own."""
        turtle = self._syntax is Syntax.TURTLE
        form = pyoxigraph.RdfFormat.TURTLE if turtle else pyoxigraph.RdfFormat.RDF_XML
        written = pyoxigraph.serialize(triples, format=form, prefixes=PREFIXES) or b""
        if not turtle:
            head = written.index(b">", written.index(b"<rdf:RDF")) + 1
            return written[head : written.rindex(b"</rdf:RDF>")].lstrip(b"\n")
        at = 0
        while written.startswith(b"@prefix ", at):
            at = written.index(b"\n", at) + 1
        return written[at:]

    def _json_start(self) -> bytes:
        """The context; and the root, left open for its pieces."""
        if not self._link:
            return b""
        assert self._root is not None
        tree = {"@context": PREFIXES, **self._tree(self._root)}
        return _dumped(tree)[:-1] + f', "{self._link}": ['.encode()

    def _tree(self, one: Node, *, is_top: bool = False) -> dict[str, object]:
        """The node as nested JSON-LD."""
        tree: dict[str, object] = {}
        if one.iri:
            tree["@id"] = one.iri
            if not is_top and self._is_told(one):
                return tree
        if one.types:
            tree["@type"] = one.types[0] if len(one.types) == 1 else list(one.types)
        for name, values in one.said.items():
            inside = [_json_literal(value) if isinstance(value, Literal) else self._tree(value) for value in values]
            tree[name] = inside[0] if len(inside) == 1 else inside
        return tree


_TYPE = pyoxigraph.NamedNode(PREFIXES["rdf"] + "type")


@lru_cache(maxsize=1024)
def _term_of(short: str) -> pyoxigraph.NamedNode:
    prefix, _, local = short.partition(":")
    return pyoxigraph.NamedNode(PREFIXES[prefix] + local)


@lru_cache(maxsize=8192)
def _named(iri: str) -> pyoxigraph.NamedNode:
    return pyoxigraph.NamedNode(iri)


def _literal(value: Literal) -> pyoxigraph.Literal:
    text = clean(value.text)
    if value.datatype:
        return pyoxigraph.Literal(text, datatype=_term_of(value.datatype))
    return pyoxigraph.Literal(text, language=value.language if _LANGUAGE.match(value.language) else None)


def _json_literal(value: Literal) -> object:
    text = clean(value.text)
    if value.datatype:
        return {"@type": value.datatype, "@value": text}
    return {"@language": value.language, "@value": text} if _LANGUAGE.match(value.language) else text


def _dumped(tree: dict[str, object]) -> bytes:
    return json.dumps(tree, ensure_ascii=False, indent=None).encode()
