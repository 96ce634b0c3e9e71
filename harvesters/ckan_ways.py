"""The ways in which a portal lists its packages, page by page: its search, and two older lists where that is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harvesters.ckan_api import Api, Choice
from opendata.errors import SourceError

_SORT = "id asc"
_NAMES = 1000
"""Names that package_list gives at once."""
_REFUSED = 200
"""Names in a row from the first on that package_show may refuse: a portal that shows nothing is not asked for all."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought: entries as they came, how far to move on, and the portal's own count (-1 unknown)."""

    packages: list[Any]
    moved: int
    count: int = -1
    is_last: bool = False
    failures: Mapping[str, str] = field(default_factory=dict)


class Way(Protocol):
    """One way of listing."""

    name: str

    def page(self, start: int) -> Page:
        """The packages from `start` on. SourceError where the portal gives no such list."""
        ...


@dataclass
class Search:
    """package_search: filters, a count, and a stable order by id."""

    api: Api
    choice: Choice
    since: dt.datetime | None
    rows: int
    name: str = "package_search"

    def page(self, start: int) -> Page:
        """CKAN clamps `rows` without a word, so a page is as long as it is; only what is past the count is the end."""
        params = {"rows": str(self.rows), "start": str(start), "sort": _SORT} | self.choice.query(self.since)
        result = self.api.call(self.name, params)
        packages = result.get("results") if isinstance(result, dict) else None
        if not isinstance(packages, list):
            raise SourceError(f"{self.api.portal}: package_search has no list of results")
        count = result.get("count")
        known = count if isinstance(count, int) and not isinstance(count, bool) else -1
        is_last = not packages or (len(packages) < self.rows and start + len(packages) >= known)
        return Page(packages, len(packages), known, is_last)


@dataclass
class CurrentList:
    """current_package_list_with_resources: whole packages, latest change first, without filters or count."""

    api: Api
    choice: Choice
    since: dt.datetime | None
    rows: int
    name: str = "current_package_list_with_resources"

    def page(self, start: int) -> Page:
        """Some portals wrap the list into another."""
        listed = self.api.call(self.name, {"limit": str(self.rows), "offset": str(start)})
        if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], list):
            listed = listed[0]
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise SourceError(f"{self.api.portal}: {self.name} gives no list of packages")
        if not listed and not start:
            raise SourceError(f"{self.api.portal}: {self.name} is empty")
        kept = [one for one in listed if self.choice.takes(one, self.since)]
        return Page(kept, len(listed), is_last=not listed)


@dataclass
class Names:
    """package_list for the names and package_show for each: slow, and open nearly everywhere."""

    api: Api
    choice: Choice
    since: dt.datetime | None
    rows: int
    is_stopped: Callable[[], bool]
    name: str = "package_list"
    _held: list[str] = field(default_factory=list)
    _first: int = -1
    _shown: int = 0
    _refused: int = 0

    def page(self, start: int) -> Page:
        """`rows` packages from the `start`-th name on."""
        names = self._names(start)
        if not names and not start:
            raise SourceError(f"{self.api.portal}: package_list is empty")
        packages, failures = [], {}
        for name in names:
            if self.is_stopped():
                break
            try:
                package = self.api.call("package_show", {"id": name})
            except SourceError as error:
                if getattr(error, "status", 404) not in (403, 404, 409, 500):
                    raise
                failures[name] = error.message
                self._refused += 1
                if self._refused >= _REFUSED and not self._shown:
                    raise SourceError(
                        f"{self.api.portal}: package_show gives none of the first {self._refused} packages of"
                        f" {self.name}; of {name}: {error.message}"
                    ) from error
                continue
            self._shown += 1
            if isinstance(package, dict) and self.choice.takes(package, self.since):
                packages.append(package)
        return Page(packages, len(names), is_last=not names, failures=failures)

    def _names(self, start: int) -> list[str]:
        """From the names at hand; more are asked for where they end. A portal that knows no limit gives all at once."""
        if self._first < 0 or not self._first <= start < self._first + len(self._held):
            listed = self.api.call(self.name, {"limit": str(_NAMES), "offset": str(start)})
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                raise SourceError(f"{self.api.portal}: package_list gives no list of names")
            if len(listed) > _NAMES:  # limit and offset were not heard
                self._first, self._held = 0, listed
            elif listed and listed[:1] == self._held[:1]:
                return []
            else:
                self._first, self._held = start, listed
        at = start - self._first
        return self._held[at : at + self.rows]
