"""The pages that a site lists in its sitemaps (sitemaps.org), with the days of their last change.

Indexes of sitemaps, gzip, plain text lists, and addresses in robots.txt are understood; only one host's pages count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import etree

from harvesters.links import is_address
from harvesters.schemaorg_page import same_host
from opendata.errors import SourceError
from opendata.harvesting.contract import Client, Response
from opendata.harvesting.decoding import BadEncoding, decoded
from opendata.harvesting.xml import MalformedXml, children, local_name, looks_like_html, parse_leniently, text_of

MAX_BYTES = 60 * 1024**2
"""Unpacked; the protocol allows 50 MB."""
MAX_SITEMAPS = 2_000
MAX_DEPTH = 4
"""Indexes inside indexes; the protocol allows none."""
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page: its address, and when it changed as the site says it ("" where it does not)."""

    url: str
    lastmod: str = ""


class Sitemaps:
    """One walk over the sitemaps of the host of `site`. `problems` are those that could not be read."""

    def __init__(self, client: Client, site: str) -> None:
        self._client = client
        self._site = site
        self._seen: set[str] = set()
        self.problems: list[str] = []
        self.foreign = 0
        """Addresses of other hosts, which were left out."""

    def pages(self, starts: list[str]) -> Iterator[Listed]:
        """Every page below the sitemaps `starts`, in their order."""
        for start in starts:
            yield from self._walk(start, 0)

    def _walk(self, url: str, depth: int) -> Iterator[Listed]:
        if url in self._seen:
            return
        if len(self._seen) >= MAX_SITEMAPS or depth > MAX_DEPTH:
            self.problems.append(f"more than {MAX_SITEMAPS} sitemaps, or deeper than {MAX_DEPTH}: {url} was left out")
            return
        self._seen.add(url)
        try:
            found = read_sitemap(self._client.get(url, accept="application/xml, text/xml, */*;q=0.5"))
        except SourceError as error:
            self.problems.append(f"a sitemap could not be read: {error.message}")
            return
        for one in found.pages:
            if same_host(one.url, self._site):
                yield one
            else:
                self.foreign += 1
        for inner in found.sitemaps:
            if same_host(inner, self._site):
                yield from self._walk(inner, depth + 1)
            else:
                self.foreign += 1


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one sitemap lists."""

    pages: tuple[Listed, ...] = ()
    sitemaps: tuple[str, ...] = ()


def starts_of(client: Client, site: str) -> list[str]:
    """The sitemaps that robots.txt names, else /sitemap.xml. Empty where there is neither."""
    robots = urljoin(site, "/robots.txt")
    try:
        answer = client.get(robots, accept="text/plain, */*;q=0.5")
        text = "" if looks_like_html(answer.content) else answer.content[: 512 * 1024].decode("utf-8", "replace")
    except SourceError:
        text = ""
    named = [urljoin(site, found) for found in _SITEMAP_LINE.findall(text)]
    if named := [one for one in dict.fromkeys(named) if same_host(one, site)]:
        return named
    usual = urljoin(site, "/sitemap.xml")
    try:
        read_sitemap(client.get(usual, accept="application/xml, text/xml, */*;q=0.5"))
    except SourceError:
        return []
    return [usual]


def is_sitemap(response: Response) -> bool:
    """Whether an answer is a sitemap, by what is in it."""
    try:
        read_sitemap(response)
    except SourceError:
        return False
    return True


def read_sitemap(response: Response) -> Sitemap:
    """The sitemap of an answer. SourceError for what is none."""
    content = _unpacked(response)
    if looks_like_html(content):
        raise SourceError(f"{response.url} should be a sitemap and is a web page")
    if b"<" not in content[:1000]:
        return _plain(content, response.url)
    try:
        root = parse_leniently(content).root
    except MalformedXml as error:
        raise SourceError(f"{response.url} is no sitemap that can be read: {error}") from error
    if local_name(root) == "sitemapindex":
        return Sitemap(sitemaps=tuple(one.url for one in _listed(root, "sitemap", response.url)))
    if local_name(root) == "urlset":
        return Sitemap(pages=tuple(_listed(root, "url", response.url)))
    raise SourceError(f"{response.url} is XML, but no sitemap (<{local_name(root)}>)")


def _unpacked(response: Response) -> bytes:
    if not response.content.startswith(b"\x1f\x8b"):
        return response.content
    pieces, size = [], 0
    try:
        for piece in decoded([response.content], "gzip"):
            size += len(piece)
            if size > MAX_BYTES:
                raise SourceError(f"{response.url} unpacks to more than {MAX_BYTES} bytes")
            pieces.append(piece)
    except BadEncoding as error:
        raise SourceError(f"{response.url}: {error}") from error
    return b"".join(pieces)


def _plain(content: bytes, url: str) -> Sitemap:
    lines = [line.strip() for line in content.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    if not lines or not all(is_address(line) for line in lines[:100]):
        raise SourceError(f"{url} is neither a sitemap in XML nor a list of addresses")
    return Sitemap(pages=tuple(Listed(line) for line in lines if is_address(line)))


def _listed(root: etree._Element, name: str, base: str) -> Iterator[Listed]:
    """The addresses; of one page in several languages (hreflang) only that which comes first."""
    translated: set[str] = set()
    for element in children(root, name):
        address = text_of(next(iter(children(element, "loc")), None))
        lastmod = text_of(next(iter(children(element, "lastmod")), None))[:40]
        try:
            whole = urljoin(base, address)
        except ValueError:
            continue
        if address and is_address(whole) and whole not in translated:
            translated.update(link.get("href", "") for link in children(element, "link") if link.get("hreflang"))
            yield Listed(whole.partition("#")[0], lastmod)
