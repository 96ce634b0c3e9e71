"""Harvests a DCAT catalogue (https://www.w3.org/TR/vocab-dcat-3/) in any form of RDF: one document, or page after page.

A dataset's item is its own triples in one canonical form: as long as they say the same, nothing is mapped again, in
whatever order, with whatever blank nodes and in whatever form the source writes them.
"""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path

from harvesters.conditional import AsBefore, fetched
from harvesters.dcat_page import Item, Page, is_same_site
from harvesters.dcat_record import dataset_record
from harvesters.links import is_address, source_address
from harvesters.rdf_parsing import ACCEPT, Document, Format
from harvesters.rdf_spool import Seen
from opendata.errors import Problem, SourceError
from opendata.harvesting.client import without_credentials
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
    Unchanged,
    Validators,
)
from opendata.harvesting.isolation import isolated
from opendata.harvesting.paging import LOOP, Loop

RAW_TYPE = "application/n-triples"
MAX_CATALOGS = 100
"""Catalogues below the first that are read as well."""
MAX_FOLLOWED = 5_000
"""Datasets that are only named and are asked for one by one, in one run."""
Ending = Complete | Incomplete
_AUTOMATIC = "auto"


class DcatHarvester:
    """Reads every dcat:Dataset and dcat:DatasetSeries of a catalogue, its further pages and the catalogues below it."""

    name = "dcat"
    title = N_("DCAT catalogue (RDF)")
    version = 1
    options = (
        Option("format", help=N_("Take the data for this, whatever it seems to be."), type=OptionType.CHOICE,
               default=_AUTOMATIC, choices=(_AUTOMATIC, *(one.value for one in Format))),
        Option("pages", help=N_("Read at most this many pages."), type=OptionType.INTEGER, default="10000", minimum=1,
               maximum=1_000_000),
        Option("follow", help=N_("Ask for what is only named at its own address, on the same host."),
               type=OptionType.BOOLEAN, default="true"),
    )  # fmt: skip

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the catalogue describes. SourceError where it cannot be read, or is no RDF."""
        if not source_address(run.source.url).hostname:
            raise SourceError(f"{without_credentials(run.source.url)!r} is not the address of a catalogue")
        with tempfile.TemporaryDirectory(prefix="opendata-dcat-") as name, Seen(Path(name)) as seen:
            yield from _Walk(run, Path(name), seen).events()


class _Walk:
    """One walk over a catalogue."""

    def __init__(self, run: Run, folder: Path, seen: Seen) -> None:
        self._run = run
        self._folder = folder
        self._seen = seen
        self._start = run.source.url.strip()
        chosen = run.source.options.get("format") or _AUTOMATIC
        self._format = None if chosen == _AUTOMATIC else Format(chosen)
        self._pages = int(run.source.options.get("pages") or 10_000)
        self._follows = run.source.options.get("follow", "true") != "false"
        self._loop = Loop()
        self._named: dict[str, None] = {}
        self._catalogs: deque[str] = deque()
        self._known_catalogs: set[str] = set()
        self._read = 0
        self._count = 0
        self._total: int | None = None
        self._lost = 0
        self._validators: dict[str, str] = {}

    def events(self) -> Iterator[Event]:
        """The datasets of each page, a Position after it, and at last Complete or Incomplete."""
        resumed = _next_of(self._run.position)
        ending: Ending | None = None
        try:
            if resumed:
                ending = yield from self._chain(resumed)
        except SourceError:
            resumed = ""  # the source does not take the old address any more
        if not resumed:
            ending = yield from self._chain(self._start)
        while ending is None and self._catalogs:
            try:
                ending = yield from self._chain(self._catalogs.popleft())
            except SourceError as error:
                self._lost += 1
                yield Failed("", (Problem("catalogue-unreadable", error.message),))
        if ending is None:
            ending = yield from self._followed()
        if ending is None and self._validators and self._read == 1:
            yield Validators(self._validators)
        yield ending or self._verdict(is_whole=not resumed)

    def _chain(self, url: str) -> Generator[Event, None, Ending | None]:
        """One listing, page by page. Its result is how the run ends, None where it goes on."""
        while url:
            if self._loop.seen(url):
                return Incomplete(LOOP.format(what="a page"))
            if self._read >= self._pages:
                return Incomplete(f"stopped after {self._read} pages, as asked")
            try:
                with self._page(url) as page:
                    ending = yield from self._events(page)
                    url = page.following()
                    if ending is None and url:
                        yield Position(json.dumps({"next": url}), self._total)
            except AsBefore as same:
                yield Unchanged(same.reason)
                return Complete()
            except _Again:
                return Incomplete(LOOP.format(what="a page"))
            except SourceError as error:
                if not self._count:
                    raise
                return Incomplete(f"the listing broke off after {self._count} datasets: {error.message}")
            if ending is not None:
                return ending
        return None

    def _page(self, url: str) -> Page:
        """The document at `url`. AsBefore where the whole source is as it was, _Again where this page was before."""
        known = self._run.validators if url == self._start else {}
        got = fetched(self._run.client, url, self._folder / "page", accept=ACCEPT, known=known)
        if self._loop.seen(got.sha256):
            raise _Again
        page = self._parsed(got.response, self._folder / "page")
        self._read += 1
        self._validators = dict(got.marks)
        return page

    def _parsed(self, response: Response, path: Path) -> Page:
        url = without_credentials(response.url)
        document = Document(path, url, response.media_type, self._format)
        page = Page(document, self._folder, response.headers.get("link", ""), self._run.stopped)
        if not self._read and page.is_empty:
            reason = page.troubles.problems[0].message if page.troubles.problems else "it holds no triples"
            with page:
                raise SourceError(f"{url} is not RDF that can be read: {reason}")
        return page

    def _events(self, page: Page) -> Generator[Event, None, Ending | None]:
        """What a page brings, and what it makes to do later."""
        total = page.total()
        self._total = total if total is not None else self._total
        before = self._count
        for item in page.items():
            if self._run.limit is not None and self._count >= self._run.limit:
                return Incomplete(f"stopped after {self._count} datasets, as asked")
            yield from self._item(item)
        if errors := tuple(one for one in page.troubles.problems if one.severity == "error"):
            self._lost += page.troubles.count
            yield Failed("", errors)
        if self._count == before and self._read == 1 and not page.is_catalog:
            hint = f": {errors[0].message}" if errors else ""
            raise SourceError(f"{page.url} is RDF, but neither a catalogue nor a dataset of DCAT is in it{hint}")
        for address in page.named():
            if len(self._named) <= MAX_FOLLOWED:
                self._named[address] = None
        for address in page.catalogs():
            is_new = address not in self._known_catalogs and len(self._known_catalogs) < MAX_CATALOGS
            if self._follows and is_new and is_address(address) and is_same_site(address, self._start):
                self._known_catalogs.add(address)
                self._catalogs.append(address)
        return None

    def _item(self, item: Item) -> Iterator[Event]:
        if not item.identifier:
            self._count += 1
            problem = Problem("identifier-missing", "the dataset has neither an address nor an identifier")
            yield Failed("", (problem,), item.raw, RAW_TYPE)
        elif self._seen.add(item.identifier):
            self._count += 1
            yield Raw(item.identifier, item.raw, RAW_TYPE, lambda: _mapped(item))

    def _followed(self) -> Generator[Event, None, Ending | None]:
        """The datasets that the pages name without a word about them, each asked for at its own address."""
        names = [address for address in self._named if address not in self._seen]
        for address in names[:MAX_FOLLOWED]:
            if self._run.limit is not None and self._count >= self._run.limit:
                return Incomplete(f"stopped after {self._count} datasets, as asked")
            if address in self._seen:
                continue
            found = False
            reason = "the catalogue names it and says nothing of it"
            if self._follows and is_address(address) and is_same_site(address, self._start):
                try:
                    with self._page(address) as page:
                        for item in page.items(only=address):
                            found = True
                            yield from self._item(item)
                except (AsBefore, _Again):
                    reason = "its address answers what another has answered"
                except SourceError as error:
                    reason = error.message
            if not found and self._seen.add(address):
                self._count += 1
                yield Failed(address[:1000], (Problem("dataset-not-described", reason),))
        if len(names) > MAX_FOLLOWED:
            return Incomplete(f"more than {MAX_FOLLOWED} datasets are named and not described")
        return None

    def _verdict(self, *, is_whole: bool) -> Complete | Incomplete:
        if self._lost:
            return Incomplete(f"{self._lost} places of the source could not be read, so datasets may be missing")
        if is_whole and self._total is not None and self._count < self._total:
            return Incomplete(f"the listing ended after {self._count} datasets; {self._total} were announced")
        return Complete()


class _Again(Exception):
    """A page of the same bytes was here before."""


def _mapped(item: Item) -> Found | Gone | Failed:
    def found() -> Found:
        record, warnings = dataset_record(item.identifier, item.raw, item.node)
        return Found(item.identifier, record, item.raw, RAW_TYPE, warnings=warnings)

    return isolated(item.identifier, item.raw, RAW_TYPE, found)


def _next_of(position: str | None) -> str:
    """The page at which a Position says to go on; "" for none, and for one that another harvester left."""
    try:
        found = json.loads(position or "{}")["next"]
    except (ValueError, TypeError, KeyError):
        return ""
    return found if isinstance(found, str) and is_address(found) else ""
