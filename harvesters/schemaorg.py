"""Harvests the pages of a site that describe themselves to machines: schema.org, or the meta tags of repositories.

A sitemap says which pages there are and when each changed; robots.txt says which of them we may read. A page whose
`lastmod` is still that of its stored record is not fetched again.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

from harvesters.links import is_address, source_address
from harvesters.metatags import tags_record, tells
from harvesters.schemaorg_files import resources_of
from harvesters.schemaorg_graph import Graph, Node, type_names
from harvesters.schemaorg_page import Page, read_page, same_host
from harvesters.schemaorg_record import schemaorg_record
from harvesters.sitemaps import Listed, Sitemaps, is_sitemap, starts_of
from opendata.catalog import dates
from opendata.catalog.values import Disclosure
from opendata.errors import Problem, SourceError, TooLarge
from opendata.harvesting.client import FetchError, without_credentials
from opendata.harvesting.contract import (
    N_,
    Complete,
    Event,
    Failed,
    Found,
    Gone,
    Incomplete,
    Option,
    OptionType,
    Position,
    Raw,
    Response,
    Run,
    Same,
)
from opendata.harvesting.isolation import isolated

RAW_TYPE = "application/ld+json"
_ACCEPT = "text/html, application/xhtml+xml, application/ld+json;q=0.9, */*;q=0.1"
_EVERY = 20
"""Pages between two positions."""
_MOST_CANONICAL = 200_000
_MOST_FAILURES = 25
"""Pages in a row that cannot be fetched, after which the site is given up for this run."""


class SchemaOrgHarvester:
    """Reads the pages of a sitemap, and where there is none the page itself with those it leads to."""

    name = "schemaorg"
    title = N_("Web pages with schema.org or citation tags")
    version = 1
    options = (
        Option("sitemap", help=N_("Address of the sitemap (else robots.txt and /sitemap.xml are asked).")),
        Option("include", help=N_("Only pages whose address fits one of these patterns, e.g. */dataset/*;*/report/*.")),
        Option("exclude", help=N_("No pages whose address fits one of these patterns.")),
        Option("types", help=N_("Only these types of schema.org, e.g. Dataset;Report.")),
        Option("pages", help=N_("Most pages to read."), type=OptionType.INTEGER, default="50000", minimum=1,
               maximum=1_000_000),
        Option("depth", help=N_("Without a sitemap: how many links to follow from the first page."),
               type=OptionType.INTEGER, default="1", minimum=0, maximum=5),
        Option("organization_from", help=N_("Whose the records are: the source, or the named publisher."),
               type=OptionType.CHOICE, default="source", choices=("source", "publisher")),
    )  # fmt: skip

    def harvest(self, run: Run) -> Iterator[Event]:
        """The records of every page, in the order of the sitemap. SourceError where the site cannot be read."""
        return _Crawl(run).events()


class _Crawl:
    """One walk over the pages of a site."""

    def __init__(self, run: Run) -> None:
        source_address(run.source.url)
        if not is_address(run.source.url):
            raise SourceError(f"{run.source.url!r} is not an http address")
        self._run = run
        self._options = run.source.options
        self._site = without_credentials(run.source.url.strip())
        self._sent = self._pages = self._forbidden = self._failed_in_row = 0
        self._read = 0
        self._canonical: dict[str, bytes] = {}
        """Canonical addresses that pages of other addresses gave, with a mark of what such a page says."""
        self._links: list[str] = []
        """Where the last page leads."""

    def events(self) -> Iterator[Event]:
        starts = self._starts()
        sitemaps = Sitemaps(self._run.client, self._site)
        skip = self._skipped(starts)
        most = int(self._options.get("pages") or 50_000)
        broken = ""
        for number, listed in enumerate(self._wanted(sitemaps.pages(starts) if starts else self._linked()), start=1):
            if number > most:
                broken = f"the site lists more than {most} pages, and no more were to be read"
                break
            self._pages = number
            if number <= skip:
                continue
            for event in self._page(listed):
                if self._run.limit is not None and self._sent >= self._run.limit:
                    yield Incomplete(f"stopped after {self._sent} records, as asked")
                    return
                self._sent += 1
                yield event
            if self._failed_in_row >= _MOST_FAILURES:
                broken = f"{_MOST_FAILURES} pages in a row could not be fetched, the last one {listed.url}"
                break
            if starts and number % _EVERY == 0:
                yield Position(json.dumps({"pages": number, "last": listed.url}))
        yield self._verdict(sitemaps, broken, resumed=skip > 0)

    def _skipped(self, starts: list[str]) -> int:
        """How many pages were read before this run was interrupted; 0 where the sitemap has changed since."""
        number, last = _position(self._run.position)
        if not number or not starts:
            return 0
        listing = self._wanted(Sitemaps(self._run.client, self._site).pages(starts))
        there = next(itertools.islice(listing, number - 1, None), None)
        return number if there is not None and there.url == last else 0

    def _starts(self) -> list[str]:
        """The sitemaps; none where the site has none."""
        if stated := self._options.get("sitemap"):
            starts = [one.strip() for one in stated.split(";") if one.strip()]
            foreign = [one for one in starts if not same_host(one, self._site)]
            if foreign:
                raise SourceError(f"the sitemap {foreign[0]} is not of the host of the source")
            # The first must be readable: without it there would be a complete listing of nothing.
            if not is_sitemap(self._run.client.get(starts[0])):
                raise SourceError(f"{starts[0]} is no sitemap")
            return starts
        if not self._run.client.robots(self._site):
            raise SourceError(f"the robots.txt of {self._site} forbids to read it, or does not answer")
        try:
            if is_sitemap(self._run.client.get(self._run.source.url.strip(), accept=_ACCEPT)):
                return [self._site]
        except FetchError as error:
            if not error.status or not (found := starts_of(self._run.client, self._site)):
                raise
            return found
        return starts_of(self._run.client, self._site)

    def _wanted(self, listing: Iterator[Listed]) -> Iterator[Listed]:
        include = [part.strip() for part in self._options.get("include", "").split(";") if part.strip()]
        exclude = [part.strip() for part in self._options.get("exclude", "").split(";") if part.strip()]
        for one in listing:
            taken = not include or any(fnmatch.fnmatchcase(one.url, pattern) for pattern in include)
            if taken and not any(fnmatch.fnmatchcase(one.url, pattern) for pattern in exclude):
                yield one

    def _linked(self) -> Iterator[Listed]:
        """The page of the source, and the pages that links lead to from there, level by level."""
        depth, most = int(self._options.get("depth") or 0), int(self._options.get("pages") or 50_000)
        level, seen = [self._site], {self._site}
        for at in range(depth + 1):
            following: list[str] = []
            for url in level:
                self._links = []
                yield Listed(url)  # whoever takes it reads the page before the next step
                for link in self._links if at < depth else ():
                    bare = link.partition("#")[0]
                    if bare not in seen and len(seen) < most and same_host(bare, self._site):
                        seen.add(bare)
                        following.append(bare)
            level = following

    def _page(self, listed: Listed) -> Iterator[Event]:
        """What a page of the sitemap comes to; nothing where it describes nothing."""
        validator = _settled(listed.lastmod)
        if validator and self._run.known(listed.url) == validator:
            self._read += 1
            yield Same(listed.url)
            return
        if not self._run.client.robots(listed.url):
            self._forbidden += 1
            if self._run.known(listed.url):
                hint = "Ask the site to allow it, or take the record out."
                yield _failed(listed.url, "robots-forbidden", "robots.txt forbids to read this page now", hint=hint)
            return
        try:
            answer = self._run.client.get(listed.url, accept=_ACCEPT)
            self._failed_in_row = 0
        except FetchError as error:
            yield from self._unfetched(listed.url, error)
            return
        except TooLarge as error:
            yield _failed(listed.url, "page-too-large", error.message)
            return
        if not same_host(answer.url, self._site):
            yield _failed(listed.url, "page-elsewhere", f"the page leads to another site: {answer.url}")
            return
        self._read += 1
        yield from self._records(listed.url, answer, validator)

    def _unfetched(self, url: str, error: FetchError) -> Iterator[Event]:
        if error.status in (404, 410):
            self._failed_in_row = 0
            yield Gone(url)
            return
        self._failed_in_row += 1
        yield _failed(url, "page-unreadable", error.message)

    def _records(self, url: str, answer: Response, validator: str) -> Iterator[Event]:
        try:
            page = read_page(answer)
        except SourceError as error:
            if self._run.known(url) or not _is_other_type(answer):
                yield _failed(url, "page-unreadable", error.message)
            return
        self._links = page.links
        if page.noindex:
            return
        graph = Graph(page.blocks)
        nodes = self._of_wanted_types(graph.records())
        base = self._identifier(url, page)
        if not base:
            return
        if nodes:
            for number, node in enumerate(nodes):
                # A mark of the page stands for one record only: it could not tell which of several are still there.
                mark = validator if len(nodes) == 1 and base == url else ""
                raw = page.raw(node if len(nodes) > 1 else None)
                own = _numbered(base, node, number) if len(nodes) > 1 else base
                yield self._event(own, page, graph, node, raw, mark)
        elif tells(page.tags):
            yield self._event(base, page, graph, None, page.raw(), validator if base == url else "")
        elif page.problems:
            yield Failed(url, tuple(page.problems))
        elif page.is_json:
            kinds = ", ".join(graph.types()[:5]) or "none"
            said = f"the document describes no dataset or publication in schema.org; its types are: {kinds}"
            yield _failed(url, "description-missing", said, hint="Take its address out by the option exclude.")

    def _of_wanted_types(self, nodes: list[Node]) -> list[Node]:
        wanted = {part.strip() for part in self._options.get("types", "").split(";") if part.strip()}
        return [node for node in nodes if not wanted or wanted.intersection(type_names(node))]

    def _identifier(self, url: str, page: Page) -> str:
        """The canonical address, if it is of this host; "" for a page that was here by another address already.

        Sites that name one canonical address for all their pages are not believed.
        """
        canonical = page.canonical if same_host(page.canonical, self._site) else ""
        if not canonical or canonical == url or len(self._canonical) >= _MOST_CANONICAL:
            return url
        mark = hashlib.blake2b(page.raw(), digest_size=16).digest()
        if canonical not in self._canonical:
            self._canonical[canonical] = mark
            return canonical
        return "" if self._canonical[canonical] == mark else url

    def _event(self, identifier: str, page: Page, graph: Graph, node: Node | None, raw: bytes, validator: str) -> Event:
        by_publisher = self._options.get("organization_from") == "publisher"

        def make() -> Found:
            if node is None:
                record, warnings = tags_record(identifier, page.tags, page.url, self._run.source.name, by_publisher)
            else:
                record, warnings = schemaorg_record(identifier, graph, node, page.url, by_publisher, page.language)
                if not record.resources and page.files():
                    named = resources_of(graph, {"encoding": page.files()}, page.url, Disclosure(), warnings)
                    record = replace(record, resources=named)
            return Found(identifier, record, raw, RAW_TYPE, warnings=(*page.problems, *warnings), validator=validator)

        return Raw(identifier, raw, RAW_TYPE, lambda: isolated(identifier, raw, RAW_TYPE, make), validator)

    def _verdict(self, sitemaps: Sitemaps, broken: str, *, resumed: bool) -> Complete | Incomplete:
        if broken:
            return Incomplete(broken)
        if sitemaps.problems:
            return Incomplete("; ".join(sitemaps.problems[:3]))
        if not self._pages and not resumed:
            return Incomplete(f"the sitemaps list no page of {self._site}")
        if self._pages and not self._read and not resumed:
            raise SourceError(
                f"none of the {self._pages} pages of {self._site} could be read"
                + (f"; robots.txt forbids {self._forbidden} of them" if self._forbidden else "")
            )
        if self._pages and not self._sent and not resumed:
            return Incomplete(f"none of the {self._pages} pages describes a dataset or publication to machines")
        return Complete()


def _failed(url: str, code: str, message: str, *, hint: str = "") -> Failed:
    return Failed(url, (Problem(code, message, hint=hint, value=url[:300]),))


def _is_other_type(answer: Response) -> bool:
    """Whether it is a picture, a film or a file: sitemaps list those too, and they describe nothing."""
    return answer.media_type.partition("/")[0] in ("image", "video", "audio", "font") or answer.media_type in (
        "application/pdf", "application/zip", "application/octet-stream", "text/css", "application/xml", "text/xml",
    )  # fmt: skip


def _numbered(base: str, node: Node, number: int) -> str:
    """The identifier of one of several records of a page: its own @id as a whole address, else its place."""
    own = node.get("@id") or node.get("url")
    try:
        whole = urljoin(base, own) if isinstance(own, str) and not own.startswith("_:") else ""
    except ValueError:
        whole = ""
    return whole if whole and whole != base and len(whole) < 500 else f"{base}#{number + 1}"


def _settled(lastmod: str) -> str:
    """`lastmod` as a mark of a page's state; "" for a day that is not over, during which it may change again."""
    if not lastmod or len(lastmod) > 10:
        return lastmod
    day = dates.parse(lastmod).date
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    return lastmod if day is not None and day.day and day.first_day() < yesterday else ""


def _position(token: str | None) -> tuple[int, str]:
    """How many pages were read, and the last of them; 0 for none, and for a token of another harvester."""
    try:
        said = json.loads(token or "{}")
        pages, last = said["pages"], said["last"]
    except (ValueError, TypeError, KeyError):
        return 0, ""
    return (pages, str(last)) if isinstance(pages, int) and not isinstance(pages, bool) and pages > 0 else (0, "")
