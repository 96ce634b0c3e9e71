"""Signposting (signposting.org/FAIR, levels 1 and 2): typed links by which machines find their way around a record."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.export.entry import Entry, EntryFile
from opendata.export.reference import AUTHORS, address_of
from opendata.export.schemaorg import type_of
from opendata.export.site import Site

MEDIA_TYPE = "application/linkset+json"
SUFFIX = "linkset.json"
MOST_IN_HEADER = 20
"""Links of one relation in a header; where there are more, they are in the link set alone."""

_UNQUOTABLE = re.compile(r'[^ -~]|["\\]')
_UNSAFE = re.compile(r'[^!-~]|[<>"\\^`{|}]')


@dataclass(frozen=True, slots=True)
class TypedLink:
    """A link with its relation (RFC 8288); `type` is the media type of what it leads to."""

    rel: str
    href: str
    type: str = ""
    profile: str = ""


class Described(Protocol):
    """A format in which the record can be had, as far as links need it."""

    @property
    def suffix(self) -> str:
        """Behind the address of the page."""

    @property
    def media_type(self) -> str:
        """What it is."""

    @property
    def profile(self) -> str:
        """What it conforms to, "" where its media type says it."""


def landing_links(entry: Entry, site: Site, formats: Sequence[Described]) -> Iterator[TypedLink]:
    """What the page of a dataset leads to, except its link set."""
    record = entry.record
    yield TypedLink("cite-as", address_of(record, site))
    yield TypedLink("type", "https://schema.org/AboutPage")
    yield TypedLink("type", f"https://schema.org/{type_of(record.type)}")
    for who in record.contributors:
        if who.role in AUTHORS and who.orcid:
            yield TypedLink("author", who.orcid_url)
    if entry.verdict.license and entry.verdict.license.url:
        yield TypedLink("license", entry.verdict.license.url)
    for file in entry.available:
        yield TypedLink("item", content(record, file.resource, site), file.resource.media_type)
    for form in formats:
        yield TypedLink("describedby", site.dataset(record, form.suffix), form.media_type, form.profile)


def file_links(file: EntryFile, entry: Entry, site: Site) -> Iterator[TypedLink]:
    """What a file leads to."""
    yield TypedLink("collection", site.dataset(entry.record), "text/html")
    yield TypedLink("cite-as", address_of(entry.record, site))
    if file.verdict.license and file.verdict.license.url:
        yield TypedLink("license", file.verdict.license.url)


def set_link(record: DatasetRecord, site: Site) -> TypedLink:
    """Where all links of the record are in one document."""
    return TypedLink("linkset", site.dataset(record, SUFFIX), MEDIA_TYPE)


def content(record: DatasetRecord, resource: ResourceRecord, site: Site) -> str:
    """The file at our address, also where we only lead on to it: no address of others needs to be trusted."""
    return site.download(record, resource) if resource.stored else f"{site.resource(record, resource)}/download"


def header(links: list[TypedLink]) -> str:
    """The links as one Link header (RFC 8288), without relations that have more than MOST_IN_HEADER."""
    counts = Counter(one.rel for one in links)
    return ", ".join(_in_header(one) for one in links if counts[one.rel] <= MOST_IN_HEADER)


def _in_header(link: TypedLink) -> str:
    given = (("rel", link.rel), ("type", link.type), ("profile", link.profile))
    attributes = "".join(f'; {name}="{_quoted(value)}"' for name, value in given if value)
    return f"<{_address(link.href)}>{attributes}"


def _quoted(value: str) -> str:
    """What may stand between quotation marks in a header."""
    return _UNQUOTABLE.sub("", value)


def _address(url: str) -> str:
    """An address in a header: ASCII without what would end it."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)


def link_set(entry: Entry, site: Site, formats: Sequence[Described]) -> bytes:
    """The links of the page, of every file and of every format, as a link set (RFC 9264)."""
    record = entry.record
    landing = site.dataset(record)
    back = TypedLink("describes", landing, "text/html")
    contexts = [
        _context(landing, landing_links(entry, site, formats)),
        *(_context(content(record, one.resource, site), file_links(one, entry, site)) for one in entry.available),
        *(_context(site.dataset(record, form.suffix), [back]) for form in formats),
    ]
    return json.dumps({"linkset": contexts}, ensure_ascii=False, indent=1).encode()


def _context(anchor: str, links: Iterable[TypedLink]) -> dict[str, Any]:
    found: dict[str, Any] = {"anchor": anchor}
    for link in links:
        given = (("href", link.href), ("type", link.type), ("profile", link.profile))
        # RFC 9264 §4.2.4.3: extension attributes are lists of values.
        target = {name: [value] if name == "profile" else value for name, value in given if value}
        found.setdefault(link.rel, []).append(target)
    return found
