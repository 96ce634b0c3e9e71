"""One document of a catalogue: the datasets that it describes, those it only names, and what comes after it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from harvesters.links import is_address
from harvesters.rdf_graph import Graph
from harvesters.rdf_parsing import Document, triples
from harvesters.rdf_spool import Spool
from harvesters.rdf_terms import spellings
from harvesters.rdf_troubles import Triple, Troubles
from opendata.errors import NoSpace, Stopped

_DATASETS = (*spellings("dcat:Dataset"), *spellings("dcat:DatasetSeries"))
_OTHERS = spellings("schema:Dataset")
_CATALOGS = spellings("dcat:Catalog")
_BOUNDARIES = frozenset((*_DATASETS, *_CATALOGS, *spellings("dcat:CatalogRecord")))
_NAMED = spellings("dcat:dataset")
_BELOW = (*spellings("dcat:catalog"), "<https://w3id.org/fdp/fdp-o#metadataCatalog>")
_NEXT = (*spellings("hydra:next"), *spellings("hydra:nextPage"), "<http://www.w3.org/1999/xhtml/vocab#next>")
_TOTAL = spellings("hydra:totalItems")
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_REL = re.compile(r"rel\s*=\s*\"?(?:[^\";]*\s)?next(?:\s[^\";]*)?\"?(?:;|,|\s|$)", re.IGNORECASE)
_PLACES = ("dcat:landingPage", "foaf:homepage", "foaf:page")
_LENGTH = 1_000
_ASKED = 20_000


@dataclass(frozen=True, slots=True)
class Item:
    """A dataset: its identifier ("" for none), the node it is, and its description in N-Triples."""

    identifier: str
    node: str
    raw: bytes


class Page:
    """The triples of a document, on disk in `folder`. Use `with`. SourceError where it cannot be read at all."""

    def __init__(
        self, document: Document, folder: Path, link: str = "", stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.url = document.url
        self.troubles = Troubles()
        self._link = link
        self._spool = Spool(folder, "triples.sqlite")
        try:
            self._spool.add(_until(stopped, triples(document, self.troubles)))
        except BaseException as error:
            self._spool.close()
            if isinstance(error, sqlite3.OperationalError):
                raise NoSpace(f"the triples of {document.url} cannot be kept on disk: {error}", "files") from error
            raise

    def __enter__(self) -> Page:
        self._spool.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._spool.close()

    @property
    def is_empty(self) -> bool:
        """Whether it holds no triple."""
        return self._spool.is_empty()

    @property
    def is_catalog(self) -> bool:
        """Whether it says of anything that it is a catalogue, or names datasets."""
        return (
            next(self._spool.typed(_CATALOGS), None) is not None or next(self._spool.objects(_NAMED), None) is not None
        )

    def items(self, only: str = "") -> Iterator[Item]:
        """Every dataset that is described, in the document's order; only that of the address `only` if given."""
        nodes = (f"<{only}>",) if only else self._described()
        for node in nodes:
            if not self._spool.rows(node):
                continue
            name, raw = self._spool.description(node, _BOUNDARIES)
            yield Item(self._identifier(name, raw), name, raw)

    def _described(self) -> Iterator[str]:
        types = _DATASETS if next(self._spool.typed(_DATASETS), None) is not None else _OTHERS
        told = set()
        for node in self._spool.typed(types):
            told.add(node)
            if not any(p in _NAMED for p, _ in self._spool.rows(node)):  # a catalogue is a dataset too since DCAT 2
                yield node
        for node in self._spool.objects(_NAMED):
            # Sources forget the type of what their catalogue lists.
            if node not in told and any(o[:1] == '"' for _, o in self._spool.rows(node)):
                yield node

    def named(self) -> Iterator[str]:
        """The addresses of datasets of which nothing is said here."""
        for node in self._spool.objects(_NAMED):
            if node.startswith("<") and not self._spool.rows(node):
                yield node[1:-1]

    def catalogs(self) -> Iterator[str]:
        """The addresses of other catalogues of which no dataset is named here."""
        for node in self._spool.objects(_BELOW):
            if node.startswith("<") and not any(p in _NAMED for p, _ in self._spool.rows(node)):
                yield node[1:-1]

    def following(self) -> str:
        """The address of the next page, by Hydra's terms of any age or by the Link header; "" for none."""
        for node in self._spool.objects(_NEXT):
            address = node[1:-1] if node.startswith("<") else node.split('"')[1] if node.startswith('"') else ""
            whole = urljoin(self.url, address) if address else ""
            if is_address(whole) and whole != self.url:
                return whole
        for address, attributes in _LINK.findall(self._link):
            if _REL.search(attributes) and is_address(whole := urljoin(self.url, address)):
                return whole
        return ""

    def total(self) -> int | None:
        """How many datasets the whole listing has, as it says itself."""
        for node in self._spool.objects(_TOTAL):
            text = node.split('"')[1] if node.startswith('"') else ""
            if text.isascii() and text.isdecimal() and len(text) < 12:
                return int(text)
        return None

    def _identifier(self, node: str, raw: bytes) -> str:
        """The dataset's address if it is one that lasts; else what it calls itself, else where it or its file is."""
        if node.startswith("<") and self._lasts(node[1:-1]):
            return node[1:-1][:_LENGTH]
        graph = Graph(raw, node)
        stated = [text for one in graph.objects(graph.root, "dct:identifier") if (text := graph.text(one))]
        files = [
            url
            for one in graph.nodes(graph.root, "dcat:distribution")
            for url in graph.addresses(one, "dcat:downloadURL", "dcat:accessURL")
        ]
        pages = graph.addresses(graph.root, *_PLACES)
        own = [node[1:-1]] if node.startswith("<") else []
        found = sorted(stated, key=lambda text: (len(text), text))[:1] or own or pages[:1] or sorted(files)[:1]
        return found[0][:_LENGTH] if found else ""

    def _lasts(self, address: str) -> bool:
        """Not an address of the page itself, which paging changes, nor one that stands for a blank node."""
        if "/.well-known/genid/" in address:
            return False
        bare, own = address.partition("#")[0], self.url.partition("#")[0]
        return bare != own or not urlsplit(own).query


def _until(stopped: Callable[[], bool], found: Iterator[Triple]) -> Iterator[Triple]:
    """What is `found`, and a question now and then whether to go on: a large document takes minutes."""
    for number, one in enumerate(found):
        if number % _ASKED == 0 and stopped():
            raise Stopped("The run was told to stop while a document was read.")
        yield one


def is_same_site(address: str, other: str) -> bool:
    """Whether two addresses have the same host."""
    try:
        return (urlsplit(address).hostname or "") == (urlsplit(other).hostname or "") != ""
    except ValueError:
        return False
