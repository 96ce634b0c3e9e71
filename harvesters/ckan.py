"""Harvests a CKAN portal through package_search of its action API (https://docs.ckan.org/en/latest/api/).

CKAN clamps `rows` without a word and counts while others write, so pages are taken by what they really brought: the
listing is complete only when the last page is empty or short, and as many different packages came as were counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.ckan_package import package_record
from harvesters.links import source_address
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
    Response,
    Run,
)
from opendata.harvesting.isolation import isolated
from opendata.harvesting.xml import looks_like_html

RAW_TYPE = "application/json"
_SORT = "id asc"
_ACTION = re.compile(r"(/api(?:/\d)?/action)(?:/.*)?\Z")
_PAGES = re.compile(r"/(?:api(?:/\d)?|datasets?|organizations?|groups?)(?:/.*)?\Z")
_SKIPPED_STATES = frozenset({"draft", "deleted"})


class CkanHarvester:
    """Lists every public package of a portal, or those that a filter names."""

    name = "ckan"
    title = N_("CKAN portal")
    options = (
        Option("organization", help=N_("Harvest only this organisation (its name in the portal's URLs).")),
        Option("q", help=N_("Harvest only what this search finds.")),
        Option("fq", help=N_("Harvest only what this filter query leaves, e.g. groups:science.")),
        Option("rows", help=N_("Packages per page."), type=OptionType.INTEGER, default="100", minimum=1, maximum=1000),
    )

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the portal lists. SourceError where it cannot be read, or is no CKAN."""
        return _Listing(run).events()


class _Listing:
    """One walk over package_search."""

    def __init__(self, run: Run) -> None:
        self._run = run
        portal, self._api = addresses(run.source.url)
        self._portal = without_credentials(portal)
        self._rows = int(run.source.options.get("rows") or 100)
        self._start = _start_of(run.position)
        self._resumed = self._start > 0
        self._count = 0
        self._listed = 0
        self._seen: set[str] = set()

    def events(self) -> Iterator[Event]:
        """The packages of each page, a Position after it, and at last Complete or Incomplete."""
        first = True
        while True:
            try:
                packages = self._page()
            except SourceError as error:
                if first:
                    raise
                yield Incomplete(f"the listing broke off after {self._listed} packages: {error.message}")
                return
            first = False
            before = len(self._seen)
            for package in packages:
                if self._run.limit is not None and self._listed >= self._run.limit:
                    yield Incomplete(f"stopped after {self._listed} packages, as asked")
                    return
                self._listed += 1
                yield from self._events(package)
            self._start += len(packages)
            if not packages or (len(packages) < self._rows and self._start >= self._count):
                yield self._verdict()
                return
            if len(self._seen) == before:
                yield Incomplete(f"after {self._listed} packages the portal gave the same page again")
                return
            yield Position(json.dumps({"start": self._start}))

    def _page(self) -> list[Any]:
        params = {"rows": str(self._rows), "start": str(self._start), "sort": _SORT}
        options = self._run.source.options
        if options.get("q"):
            params["q"] = options["q"]
        filters = [f"({options['fq']})"] if options.get("fq") else []
        if options.get("organization"):
            filters.append('organization:"{}"'.format(options["organization"].replace('"', "")))
        if self._run.since is not None:
            filters.append(f"metadata_modified:[{self._run.since:%Y-%m-%dT%H:%M:%SZ} TO *]")
        if filters:
            params["fq"] = " AND ".join(filters)
        result = self._action("package_search", params)
        packages = result.get("results") if isinstance(result, dict) else None
        if not isinstance(packages, list):
            raise SourceError(f"{self._portal}: package_search has no list of results")
        count = result.get("count")
        self._count = count if isinstance(count, int) and not isinstance(count, bool) else self._count
        return packages

    def _action(self, name: str, params: Mapping[str, str]) -> Any:
        try:
            response = self._run.client.get(self._api + name, params, accept="application/json")
        except TooLarge as error:
            raise SourceError(f"{error.message}: ask for fewer rows per page") from error
        return _result(response)

    def _events(self, package: Any) -> Iterator[Event]:
        """What becomes of one entry of the list; private, draft and deleted packages are left out."""
        raw = json.dumps(package, ensure_ascii=False).encode("utf-8", errors="backslashreplace")
        identifier = str(package.get("id") or package.get("name") or "") if isinstance(package, dict) else ""
        if not identifier:
            self._seen.add(f"?{self._listed}")
            yield Failed("", (Problem("identifier-missing", "the package has neither id nor name"),), raw, RAW_TYPE)
            return
        self._seen.add(identifier)
        if package.get("private") is True or str(package.get("state", "active")).lower() in _SKIPPED_STATES:
            return
        yield isolated(identifier, raw, RAW_TYPE, lambda: self._found(identifier, package, raw))

    def _found(self, identifier: str, package: dict[str, Any], raw: bytes) -> Found | Gone | Failed:
        if not package.get("title") and not package.get("name"):
            # Some portals list a few fields only; the whole package is one request away.
            package = self._whole(identifier, package)
            raw = json.dumps(package, ensure_ascii=False).encode("utf-8", errors="backslashreplace")
        record, warnings = package_record(identifier, package, self._portal)
        return Found(identifier, record, raw, RAW_TYPE, warnings=tuple(warnings))

    def _whole(self, identifier: str, package: dict[str, Any]) -> dict[str, Any]:
        try:
            whole = self._action("package_show", {"id": identifier})
        except FetchError as error:
            raise SourceError(f"the list gives no title, and package_show fails: {error.message}") from error
        return {**package, **whole} if isinstance(whole, dict) else package

    def _verdict(self) -> Complete | Incomplete:
        if self._resumed:
            return Incomplete("the listing was taken up in the middle, so this run has not seen all of it")
        if self._run.since is not None:
            return Incomplete("only what changed since the last run was asked for")
        if len(self._seen) < self._count:
            return Incomplete(
                f"the listing ended after {len(self._seen)} different packages; {self._count} were counted"
            )
        return Complete()


def addresses(url: str) -> tuple[str, str]:
    """The portal's root and its action API (with a closing /) from whatever address of the portal was given."""
    parts = source_address(url)
    path = parts.path.rstrip("/")
    named = _ACTION.search(path)
    root = path[: named.start()] if named else _PAGES.sub("", path)
    action = named.group(1) if named else "/api/3/action"
    base = parts._replace(query="", fragment="")
    return base._replace(path=root).geturl(), base._replace(path=f"{root}{action}/").geturl()


def _result(response: Response) -> Any:
    """The `result` of an answer. SourceError for web pages, other JSON, and answers without success."""
    if looks_like_html(response.content):
        raise SourceError(
            f"{response.url} should be JSON and is a web page (HTML). Is this the address of a CKAN portal?"
        )
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{response.url} is not JSON that can be read: {error}") from error
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise SourceError(f"{response.url} is JSON, but no answer of CKAN's action API")
    if answer.get("success") is False or "result" not in answer:
        raise SourceError(f"{response.url} answered without success: {_message(answer.get('error'))}")
    return answer["result"]


def _message(error: Any) -> str:
    if isinstance(error, dict):
        kind, text = error.get("__type", ""), error.get("message", "")
        return f"{kind}: {text}".strip(": ") or json.dumps(error, ensure_ascii=False)[:300]
    return str(error)[:300]


def _start_of(position: str | None) -> int:
    """Where a Position says to go on; 0 for none, and for one that another harvester left."""
    try:
        start = json.loads(position or "{}")["start"]
    except (ValueError, TypeError, KeyError):
        return 0
    return start if isinstance(start, int) and start > 0 else 0
