"""One walk over a CKAN portal: pages, what becomes of each package, and how the listing ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harvesters.ckan_api import Api, Choice
from harvesters.ckan_package import package_record
from harvesters.ckan_ways import CurrentList, Names, Page, Search, Way
from harvesters.terms import instant
from opendata.errors import Problem, SourceError
from opendata.harvesting.contract import Complete, Event, Failed, Found, Gone, Incomplete, Position, Raw, Run, Since
from opendata.harvesting.isolation import isolated
from opendata.harvesting.paging import Loop

RAW_TYPE = "application/json"
_DRAFTS = frozenset({"draft", "draft-complete"})
_VOLATILE = ("tracking_summary",)
"""Counts of visits, which change every day: with them no package would ever be unchanged."""
_BACK = 10
"""Pages to go back where packages went away while the listing was interrupted."""


@dataclass
class _State:
    """What a Position holds. `last` is the greatest id of the last page, `different` counts packages."""

    way: str = "package_search"
    start: int = 0
    last: str = ""
    different: int = 0
    clock: str = ""


class Listing:
    """The walk, with all that is remembered on the way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._api = Api(run.source.url, run.client)
        self._choice = Choice(run.source.options)
        rows = int(run.source.options.get("rows") or 100)
        since = run.since
        self._ways: list[Way] = [Search(self._api, self._choice, since, rows)]
        if not self._choice.needs_search:
            self._ways.append(CurrentList(self._api, self._choice, since, rows))
            self._ways.append(Names(self._api, self._choice, since, rows, run.stopped))
        self._state = _load(run.position) or _State()
        self._resumed_at = self._state.start
        self._resumed = self._resumed_at > 0
        self._count = -1
        self._events = 0
        self._seen = Loop()
        self._parents: dict[str, str] = {}

    def events(self) -> Iterator[Event]:
        """The packages of each page, a Position after it, and at last Complete or Incomplete."""
        page = self._first_page()
        self._state.clock = self._state.clock or (self._api.clock.isoformat() if self._api.clock else "")
        if clock := instant(self._state.clock):
            yield Since(clock)
        if page.packages:
            self._parents = self._api.parents()
        while True:
            self._count = page.count if page.count >= 0 else self._count
            before = self._state.different
            for package in page.packages:
                if self._run.limit is not None and self._events >= self._run.limit:
                    yield Incomplete(f"stopped after {self._events} packages, as asked")
                    return
                self._events += 1
                yield from self._told(package)
            for name, reason in page.failures.items():
                self._note(name)
                yield Failed(name, (Problem("record-unreadable", reason, value=name[:500]),), b"", RAW_TYPE)
            self._state.start += page.moved
            if page.is_last:
                yield self._verdict()
                return
            if self._is_stuck(page, before):
                yield Incomplete(f"after {self._events} packages the portal gave the same page again")
                return
            yield Position(json.dumps(asdict(self._state)), total=self._count if self._count >= 0 else None)
            try:
                page = self._way.page(self._state.start)
            except SourceError as error:
                yield Incomplete(f"the listing broke off after {self._events} packages: {error.message}")
                return

    def _is_stuck(self, page: Page, before: int) -> bool:
        """Whether a page that had something brought nothing new; after a break some of it was seen before it."""
        is_old = self._state.start <= self._resumed_at
        return not is_old and bool(page.packages or not page.moved) and self._state.different == before

    def _first_page(self) -> Page:
        """The first page, by the first way that the portal knows; its refusal of the first one where it knows none."""
        refusal: SourceError | None = None
        ways = [way for way in self._ways if not self._resumed or way.name == self._state.way] or self._ways
        for way in ways:
            try:
                page = self._taken_up(way) if self._resumed else way.page(0)
            except SourceError as error:
                refusal = refusal or error
                if getattr(error, "status", 400) in (0, 401, 429, 503):
                    break  # not a matter of which list is asked for
                continue
            self._way, self._state.way = way, way.name
            return page
        raise refusal or SourceError(f"{self._api.portal} gives no list of packages")

    def _taken_up(self, way: Way) -> Page:
        """The page where an interrupted run goes on: one page back, and more while packages are missing in between."""
        rows = int(self._run.source.options.get("rows") or 100)
        start = self._state.start
        step = rows
        while True:
            start = max(0, start - step)
            page = way.page(start)
            first = next((_identifier(one) for one in page.packages), "")
            if not start or way.name != "package_search" or (first and first <= self._state.last):
                break
            step = rows * _BACK
        self._state.start = start
        for package in page.packages:
            if way.name == "package_search" and _identifier(package) <= self._state.last:
                self._seen.seen(_identifier(package))  # told and counted before the break
        return page

    def _told(self, package: Any) -> Iterator[Event]:
        """What becomes of one entry of the list. Drafts are left out; what is no longer public is gone."""
        identifier = _identifier(package)
        raw = _raw(package)
        self._note(identifier or raw.decode(errors="replace"))
        if not identifier:
            yield Failed("", (Problem("identifier-missing", "the package has neither id nor name"),), raw, RAW_TYPE)
            return
        self._state.last = max(self._state.last, identifier)
        state = str(package.get("state") or "active").lower()
        if state == "deleted" or package.get("private") is True:
            yield Gone(identifier)
        elif state not in _DRAFTS:
            yield self._item(identifier, package, raw)

    def _note(self, mark: str) -> None:
        self._state.different += not self._seen.seen(mark)

    def _item(self, identifier: str, package: dict[str, Any], raw: bytes) -> Event:
        if not package.get("title") and not package.get("name"):
            # Some portals list a few fields only; the whole package is one request away.
            try:
                whole = self._api.call("package_show", {"id": identifier})
            except SourceError as error:
                told = f"the list gives no title, and package_show fails: {error.message}"
                return Failed(identifier, (Problem("unreadable", told),), raw, RAW_TYPE)
            package = {**package, **whole} if isinstance(whole, dict) else package
            raw = _raw(package)
        mark = str(package.get("metadata_modified") or "")[:300]
        return Raw(
            identifier,
            raw,
            RAW_TYPE,
            lambda: isolated(identifier, raw, RAW_TYPE, lambda: self._found(identifier, package, raw, mark)),
            validator=mark,
        )

    def _found(self, identifier: str, package: dict[str, Any], raw: bytes, mark: str) -> Found | Gone | Failed:
        record, warnings = package_record(identifier, package, self._api.portal, self._parents)
        return Found(identifier, record, raw, RAW_TYPE, warnings=tuple(warnings), validator=mark)

    def _verdict(self) -> Complete | Incomplete:
        if self._state.different < self._count:
            return Incomplete(
                f"the listing ended after {self._state.different} different packages; {self._count} were counted"
            )
        return Complete()


def _identifier(package: Any) -> str:
    return str(package.get("id") or package.get("name") or "") if isinstance(package, dict) else ""


def _raw(package: Any) -> bytes:
    """The package as it came, without what counts its visits."""
    if isinstance(package, dict):
        package = {key: value for key, value in package.items() if key not in _VOLATILE}
        files = package.get("resources")
        if isinstance(files, list) and any(isinstance(one, dict) and _VOLATILE[0] in one for one in files):
            package["resources"] = [
                {key: value for key, value in one.items() if key not in _VOLATILE} if isinstance(one, dict) else one
                for one in files
            ]
    return json.dumps(package, ensure_ascii=False).encode("utf-8", errors="backslashreplace")


def _load(position: str | None) -> _State | None:
    """Where a Position says to go on; None for none, and for one that another harvester left."""
    try:
        state = _State(**json.loads(position or "null"))
    except (ValueError, TypeError):
        return None
    right = isinstance(state.start, int) and isinstance(state.different, int) and state.start >= 0
    return state if right and isinstance(state.last, str) and isinstance(state.clock, str) else None
