"""Every format in which a dataset, or the whole catalogue, can be had. Route, links, menu and docs come from here.

A format's module is imported when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from opendata.export.entry import Entry
from opendata.export.site import Site

Write = Callable[[Entry, Site], bytes]
WriteAll = Callable[[Iterator[Entry], Site], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Format:
    """One dataset as a document. `name` is for people and the same in every language; `suffix` has no dot before it.

    `profile` is the URI of what the document conforms to, where its media type alone does not say it. `cites`: it is
    for programs that keep references; `tables`: it tells the columns of tables;
    `menu`: people are offered it.
    """

    name: str
    suffix: str
    media_type: str
    write: Write
    profile: str = ""
    cites: bool = False
    tables: bool = False
    menu: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """The whole catalogue as one document, written piece by piece while the records are read."""

    name: str
    suffix: str
    media_type: str
    write: WriteAll


_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _one(module: str, function: str = "write") -> Write:
    def write(entry: Entry, site: Site) -> bytes:
        return cast("Write", getattr(import_module(f"opendata.export.{module}"), function))(entry, site)

    return write


def _all(module: str, function: str = "stream") -> WriteAll:
    def write(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
        return cast("WriteAll", getattr(import_module(f"opendata.export.{module}"), function))(entries, site)

    return write


def _link_set(entry: Entry, site: Site) -> bytes:
    return cast("bytes", import_module("opendata.export.signposting").link_set(entry, site, described()))


def described() -> tuple[Format, ...]:
    """The formats that tell of a record, rather than where everything of it is."""
    return tuple(one for one in EXPORTS if one.menu)


EXPORTS: tuple[Format, ...] = (
    Format("BibTeX", "bib", "application/x-bibtex", _one("bibtex"), cites=True),
    Format("RIS", "ris", "application/x-research-info-systems", _one("ris"), cites=True),
    Format("CSL-JSON", "csl.json", "application/vnd.citationstyles.csl+json", _one("csl"), cites=True),
    Format("schema.org JSON-LD", "schema.jsonld", "application/ld+json", _one("schemaorg"), "https://schema.org/"),
    Format(
        "Croissant",
        "croissant.jsonld",
        "application/ld+json",
        _one("croissant"),
        "http://mlcommons.org/croissant/1.1",
        tables=True,
    ),
    Format(
        "Frictionless Data Package",
        "datapackage.json",
        "application/vnd.datapackage+json",
        _one("frictionless"),
        "https://datapackage.org/profiles/2.0/datapackage.json",
        tables=True,
    ),
    Format("DataCite XML", "datacite.xml", "application/vnd.datacite.datacite+xml", _one("datacite_xml")),
    Format("DataCite JSON", "datacite.json", "application/vnd.datacite.datacite+json", _one("datacite")),
    Format("DCAT-AP Turtle", "ttl", "text/turtle", _one("dcat", "turtle")),
    Format("DCAT-AP RDF/XML", "rdf", "application/rdf+xml", _one("dcat", "rdf_xml")),
    Format("DCAT-AP JSON-LD", "jsonld", "application/ld+json", _one("dcat", "json_ld")),
    Format("Signposting", "linkset.json", "application/linkset+json", _link_set, menu=False),
)
"""In the order of the menu."""

STREAMS: tuple[Stream, ...] = (
    Stream("jsonl", "jsonl", "application/jsonl", _all("tables", "stream_jsonl")),
    Stream("csv", "csv", "text/csv", _all("tables", "stream_csv")),
    Stream("xlsx", "xlsx", f"{_OFFICE}.sheet", _all("tables", "stream_xlsx")),
    Stream("dcat-ttl", "ttl", "text/turtle", _all("dcat", "stream_turtle")),
    Stream("dcat-jsonld", "jsonld", "application/ld+json", _all("dcat", "stream_json_ld")),
    Stream("datajson", "json", "application/json", _all("datajson")),
)


def export(suffix: str) -> Format:
    """The format of that suffix. KeyError."""
    return {one.suffix: one for one in EXPORTS}[suffix]
