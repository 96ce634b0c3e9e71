"""Answers of an OAI-PMH 2.0 repository as XML (https://www.openarchives.org/OAI/openarchivesprotocol.html).

Only the words of the protocol are here: what is listed, and what is wrong with a request, is for services.oai to say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from opendata.catalog.xmltext import clean
from opendata.export import datacite, datacite_xml, dublincore
from opendata.export.entry import Entry
from opendata.export.site import Site

OAI = "http://www.openarchives.org/OAI/2.0/"
IDENTIFIERS = "http://www.openarchives.org/OAI/2.0/oai-identifier"
OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES: Any = {None: OAI, "xsi": _XSI}

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Prefix:
    """A metadata format: its schema, its namespace, and what writes a record in it."""

    name: str
    schema: str
    namespace: str
    write: Callable[[Entry, Site], Element]


@dataclass(frozen=True, slots=True)
class Header:
    """What a list tells of every record. `entry` is None for one that is gone, and in lists of headers alone."""

    identifier: str
    stamp: dt.datetime
    sets: tuple[str, ...] = ()
    deleted: bool = False
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list. `token` None for a list that came whole; "" ends one that came in parts."""

    headers: Sequence[Header]
    token: str | None = None
    size: int = 0
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, but for what it holds: when it was made, which request it is to, and at which address."""

    date: dt.datetime
    base_url: str
    arguments: Mapping[str, str]


def _oai_datacite(entry: Entry, site: Site) -> Element:
    """DataCite in the envelope in which DataCite's own repository gives it."""
    names: Any = {None: OAI_DATACITE, "xsi": _XSI}
    root = etree.Element(f"{{{OAI_DATACITE}}}oai_datacite", nsmap=names)
    root.set(f"{{{_XSI}}}schemaLocation", f"{OAI_DATACITE} {OAI_DATACITE}oai.xsd")
    etree.SubElement(root, f"{{{OAI_DATACITE}}}schemaVersion").text = datacite.VERSION
    etree.SubElement(root, f"{{{OAI_DATACITE}}}datacentreSymbol").text = repository(site)
    etree.SubElement(root, f"{{{OAI_DATACITE}}}payload").append(datacite_xml.resource(entry, site))
    return root


PREFIXES = {
    one.name: one
    for one in (
        Prefix("oai_dc", dublincore.SCHEMA, dublincore.OAI_DC, dublincore.record),
        Prefix("oai_datacite", f"{OAI_DATACITE}oai.xsd", OAI_DATACITE, _oai_datacite),
    )
}
"""The metadata formats."""


def repository(site: Site) -> str:
    """The name of the repository in its identifiers: its host."""
    return urlsplit(site.url).hostname or "localhost"


def moment(at: dt.datetime) -> str:
    """An instant in whole seconds, never later than it is."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def refusal(answer: Answer, errors: Iterable[tuple[str, str]]) -> bytes:
    """What is wrong: codes and messages."""
    root = _envelope(answer)
    for code, message in errors:
        _add(root, "error", message).set("code", code)
    return _bytes(root)


def identify(answer: Answer, site: Site, earliest: dt.datetime) -> bytes:
    """Who answers."""
    root = _envelope(answer)
    found = _add(root, "Identify")
    _add(found, "repositoryName", site.title)
    _add(found, "baseURL", answer.base_url)
    _add(found, "protocolVersion", "2.0")
    _add(found, "adminEmail", _email(site))
    _add(found, "earliestDatestamp", moment(earliest))
    _add(found, "deletedRecord", "persistent")
    _add(found, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    _add(found, "compression", "gzip")
    _identifiers(_add(found, "description"), site)
    return _bytes(root)


def _email(site: Site) -> str:
    """Whom to write to; where the settings name nobody, the mailbox that every host is to have (RFC 2142 §7)."""
    host = repository(site)
    return site.contact_email or f"webmaster@{host if '.' in host else f'{host}.localdomain'}"


def _identifiers(parent: Element, site: Site) -> None:
    names: Any = {None: IDENTIFIERS, "xsi": _XSI}
    root = etree.SubElement(parent, f"{{{IDENTIFIERS}}}oai-identifier", nsmap=names)
    root.set(f"{{{_XSI}}}schemaLocation", f"{IDENTIFIERS} {IDENTIFIERS}.xsd")
    sample = f"oai:{repository(site)}:00000000-0000-4000-8000-000000000000"
    parts = (
        ("scheme", "oai"),
        ("repositoryIdentifier", repository(site)),
        ("delimiter", ":"),
        ("sampleIdentifier", sample),
    )
    for name, text in parts:
        etree.SubElement(root, f"{{{IDENTIFIERS}}}{name}").text = text


def formats(answer: Answer) -> bytes:
    """The metadata formats, which every record has."""
    root = _envelope(answer)
    found = _add(root, "ListMetadataFormats")
    for one in PREFIXES.values():
        part = _add(found, "metadataFormat")
        _add(part, "metadataPrefix", one.name)
        _add(part, "schema", one.schema)
        _add(part, "metadataNamespace", one.namespace)
    return _bytes(root)


def sets(answer: Answer, named: Iterable[tuple[str, str]]) -> bytes:
    """The sets: their setSpec and name."""
    root = _envelope(answer)
    found = _add(root, "ListSets")
    for spec, name in named:
        part = _add(found, "set")
        _add(part, "setSpec", spec)
        _add(part, "setName", name)
    return _bytes(root)


def record(answer: Answer, header: Header, prefix: Prefix, site: Site) -> bytes:
    """One record."""
    root = _envelope(answer)
    _record(_add(root, "GetRecord"), header, prefix, site)
    return _bytes(root)


def listing(answer: Answer, verb: str, page: Page, prefix: Prefix, site: Site) -> bytes:
    """A part of a list of records, or of their headers alone."""
    root = _envelope(answer)
    found = _add(root, verb)
    for header in page.headers:
        if verb == "ListIdentifiers":
            _header(found, header)
        else:
            _record(found, header, prefix, site)
    if page.token is not None:
        token = _add(found, "resumptionToken", page.token)
        token.set("completeListSize", str(page.size))
        token.set("cursor", str(page.cursor))
    return _bytes(root)


def _record(parent: Element, header: Header, prefix: Prefix, site: Site) -> None:
    found = _add(parent, "record")
    _header(found, header)
    if header.entry is not None:
        _add(found, "metadata").append(prefix.write(header.entry, site))


def _header(parent: Element, header: Header) -> None:
    found = _add(parent, "header")
    if header.deleted:
        found.set("status", "deleted")
    _add(found, "identifier", header.identifier)
    _add(found, "datestamp", moment(header.stamp))
    for spec in header.sets:
        _add(found, "setSpec", spec)


def _envelope(answer: Answer) -> Element:
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap=_NAMESPACES)
    root.set(f"{{{_XSI}}}schemaLocation", f"{OAI} {OAI}OAI-PMH.xsd")
    _add(root, "responseDate", moment(answer.date))
    request = _add(root, "request", answer.base_url)
    for name, value in answer.arguments.items():
        request.set(name, clean(value))
    return root


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    element = etree.SubElement(parent, f"{{{OAI}}}{name}")
    if text is not None:
        element.text = clean(text)
    return element


def _bytes(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
