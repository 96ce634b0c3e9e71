"""A walk over a REST API that gives records page by page: loops, counts, resuming, and how it ends."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from opendata.errors import Problem, SourceError, TooLarge
from opendata.harvesting import json as strangers_json
from opendata.harvesting.contract import Complete, Event, Failed, Found, Gone, Incomplete, Position, Raw, Run, Since
from opendata.harvesting.isolation import isolated
from opendata.harvesting.paging import LOOP, Loop

RAW_TYPE = "application/json"
_IDLE_PAGES = 5
"""So many pages in a row without a new record are a loop, however fresh their cursors look."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its records, the cursor of the next page ("" at the end), the announced count (-1 unknown)."""

    records: list[Any]
    cursor: str
    count: int = -1


@dataclass(frozen=True, slots=True)
class Item:
    """One record: what names it, its raw bytes, its mark, and how it is mapped. `is_gone`: deleted at the source."""

    identifier: str
    raw: bytes
    mark: str
    read: Callable[[], Found | Failed | Gone]
    is_gone: bool = False


class Pages(Protocol):
    """What is particular to one API."""

    def page(self, cursor: str) -> Page:
        """The page at `cursor`, "" for the first. SourceError where it cannot be read."""
        ...

    def item(self, record: Mapping[str, Any]) -> Item:
        """One record, not yet mapped."""
        ...


class Api:
    """GETs JSON objects from one API and remembers the clock of its first answer."""

    def __init__(self, run: Run) -> None:
        self._client = run.client
        self.clock: dt.datetime | None = None

    def get(self, url: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object at `url`. SourceError for what is none."""
        try:
            response = self._client.get(url, params, accept="application/json")
        except TooLarge as error:
            raise SourceError(f"{error.message}: ask for fewer records per page") from error
        self.clock = self.clock or _date(response.headers.get("date", ""))
        answer = strangers_json.parsed(response.content, of=response.url)
        if not isinstance(answer, dict):
            raise SourceError(f"{response.url} is JSON, but no object")
        return answer


def raw_of(record: Any, leave_out: frozenset[str] = frozenset()) -> bytes:
    """The record as it came, without the counts of visits that would make it new every day."""
    kept = {key: value for key, value in record.items() if key not in leave_out} if isinstance(record, dict) else record
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", errors="backslashreplace")


@dataclass
class _State:
    """What a Position holds."""

    cursor: str = ""
    different: int = 0
    clock: str = ""


def walk(run: Run, api: Api, pages: Pages) -> Iterator[Event]:
    """Every record, a Position after each page, and at last Complete or Incomplete."""
    state = _load(run.position) or _State()
    try:
        page = pages.page(state.cursor)
    except SourceError as error:
        if not state.cursor or getattr(error, "status", 400) not in (400, 404, 410, 422):
            raise
        state = _State()  # the cursor is forgotten: from the beginning, since repeats do no harm
        page = pages.page("")
    state.clock = state.clock or (api.clock.isoformat() if api.clock else "")
    if state.clock:
        yield Since(dt.datetime.fromisoformat(state.clock))
    yield from _Walk(run, pages, state).events(page)


class _Walk:
    def __init__(self, run: Run, pages: Pages, state: _State) -> None:
        self._run, self._pages, self._state = run, pages, state
        self._seen, self._cursors = Loop(), Loop()
        self._told = 0
        self._idle = 0
        self._count = -1

    def events(self, page: Page) -> Iterator[Event]:
        while True:
            self._count = max(self._count, page.count)
            before = self._state.different
            for record in page.records:
                if self._run.limit is not None and self._told >= self._run.limit:
                    yield Incomplete(f"stopped after {self._told} records, as asked")
                    return
                self._told += 1
                yield self._event(record)
            self._idle = 0 if self._state.different > before else self._idle + 1
            if ending := self._ending(page):
                yield ending
                return
            self._state.cursor = page.cursor
            yield Position(json.dumps(asdict(self._state)), total=self._count if self._count >= 0 else None)
            try:
                page = self._pages.page(page.cursor)
            except SourceError as error:
                yield Incomplete(f"the listing broke off after {self._told} records: {error.message}")
                return

    def _ending(self, page: Page) -> Complete | Incomplete | None:
        if not page.cursor:
            if self._state.different < self._count:
                told = (
                    f"the listing ended after {self._state.different} different records; {self._count} were announced"
                )
                return Incomplete(told)
            return Complete()
        if self._cursors.seen(page.cursor):
            return Incomplete(LOOP.format(what="a cursor"))
        return Incomplete(LOOP.format(what="a page")) if self._idle >= _IDLE_PAGES else None

    def _event(self, record: Any) -> Event:
        item = self._pages.item(record) if isinstance(record, dict) else None
        self._state.different += not self._seen.seen(item.identifier if item and item.identifier else raw_of(record))
        if item is None or not item.identifier:
            problem = Problem("identifier-missing", "the record has no identifier")
            return Failed("", (problem,), raw_of(record), RAW_TYPE)
        if item.is_gone:
            return Gone(item.identifier)
        return Raw(
            item.identifier,
            item.raw,
            RAW_TYPE,
            lambda: isolated(item.identifier, item.raw, RAW_TYPE, item.read),
            validator=item.mark[:300],
        )


def _load(position: str | None) -> _State | None:
    """Where a Position says to go on; None for none, and for one that another harvester left."""
    try:
        state = _State(**json.loads(position or "null"))
        dt.datetime.fromisoformat(state.clock or "2000-01-01T00:00:00+00:00")
    except (ValueError, TypeError):
        return None
    return state if isinstance(state.cursor, str) and isinstance(state.different, int) else None


def _date(header: str) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
