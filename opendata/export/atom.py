"""Atom (RFC 4287), in pages (RFC 5005 §3), with the licence as a link (RFC 4946). What XML cannot hold is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from opendata.catalog.values import Localized
from opendata.catalog.xmltext import clean

ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
BEFORE_ALL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""When an empty feed was changed last: RFC 4287 §4.2.15 wants an instant, and it must not move from day to day."""

"""What is no Char (XML 1.0 §2.2)."""
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as Atom has it. `href` is absolute; what is "" or None is left out."""

    rel: str
    href: str
    type: str = ""
    title: str = ""
    hreflang: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One record. `id` is its permanent URI, the same in every feed; instants are aware; `author` may be ""."""

    id: str
    title: Localized
    updated: dt.datetime
    published: dt.datetime | None = None
    summary: Localized = Localized("", "")
    author: Localized = Localized("", "")
    rights: Localized = Localized("", "")
    categories: tuple[tuple[str, str], ...] = ()
    """(term, words for it)"""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed. `author` stands for those entries that name none; `language` is that of its own words."""

    id: str
    title: str
    author: str
    language: str
    links: tuple[Link, ...]
    entries: tuple[Entry, ...]
    subtitle: str = ""

    @property
    def updated(self) -> dt.datetime:
        """When the newest of its entries was changed."""
        return max((entry.updated for entry in self.entries), default=BEFORE_ALL)


def write(feed: Feed) -> bytes:
    """The document, in UTF-8."""
    root = etree.Element(f"{{{ATOM}}}feed", {_XML_LANG: feed.language}, nsmap={None: ATOM})  # type: ignore[dict-item]
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    if feed.subtitle:
        _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", _instant(feed.updated))
    _person(root, Localized(feed.author, ""))
    _links(root, feed.links)
    for entry in feed.entries:
        _entry(root, entry)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _entry(root: etree._Element, entry: Entry) -> None:
    found = etree.SubElement(root, f"{{{ATOM}}}entry")
    _add(found, "id", entry.id)
    _add(found, "title", entry.title.value, entry.title.language)
    _add(found, "updated", _instant(entry.updated))
    if entry.published:
        _add(found, "published", _instant(entry.published))
    if entry.author:
        _person(found, entry.author)
    if entry.summary:
        _add(found, "summary", entry.summary.value, entry.summary.language)
    for term, words in entry.categories:
        etree.SubElement(found, f"{{{ATOM}}}category", {"term": clean(term), "label": clean(words)})
    if entry.rights:
        _add(found, "rights", entry.rights.value, entry.rights.language)
    _links(found, entry.links)


def _add(parent: etree._Element, name: str, text: str, language: str = "") -> None:
    """A text construct: plain text, which is what `type` says when it is not there (RFC 4287 §3.1.1)."""
    made = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    made.text = clean(text)
    if language:
        made.set(_XML_LANG, language)


def _person(parent: etree._Element, name: Localized) -> None:
    author = etree.SubElement(parent, f"{{{ATOM}}}author")
    _add(author, "name", name.value, name.language)


def _links(parent: etree._Element, links: Sequence[Link]) -> None:
    for link in links:
        given = {
            "rel": link.rel,
            "type": link.type,
            "hreflang": link.hreflang,
            "title": link.title,
            "length": "" if link.length is None else str(link.length),
            "href": link.href,
        }
        etree.SubElement(parent, f"{{{ATOM}}}link", {name: clean(value) for name, value in given.items() if value})


def _instant(value: dt.datetime) -> str:
    """As RFC 3339 wants it, to the second."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
