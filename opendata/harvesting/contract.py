"""The contract between the engine and a harvester: what it is given, what it may yield.

A harvester speaks one protocol. It reads and yields; it stores nothing, logs nothing, knows no database. The engine
(opendata.services.harvest) owns the loop, the transactions, the counts and the isolation of errors.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from opendata.catalog.records import DatasetRecord
from opendata.errors import Problem


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """`message` as it is; marked for translators, who find it by this name. The page that shows it translates it."""
    return message


class OptionType(StrEnum):
    """How the value of an option is read and shown in a form."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Option:
    """One declared option of a harvester, checked before a run. Integers are bounded by `minimum` and `maximum`."""

    name: str
    help: str
    type: OptionType = OptionType.TEXT
    default: str = ""
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """A harvest source as a harvester sees it. `options` holds every declared option, defaults filled in.

    `credentials` are only what a harvester must have itself, such as the keys of an S3 store. Those of HTTP are the
    client's: it adds them to requests to the source's own origin (scheme, host, port), and to no other.
    """

    id: UUID
    name: str
    type: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer within the size cap. `url` is the address after redirects; `headers` have lower-case names."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        """The media type without parameters, lower case, "" where none is given."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def not_modified(self) -> bool:
        """Whether the source says that what we know already is still so (status 304, without content)."""
        return self.status == 304

    @property
    def etag(self) -> str:
        """The source's mark of these very bytes, "" for none."""
        return self.headers.get("etag", "")

    @property
    def last_modified(self) -> str:
        """When the source changed them last, as it says it, "" for nothing."""
        return self.headers.get("last-modified", "")


class Client(Protocol):
    """HTTP with manners: time-outs, retries, Retry-After, pace per host, a size cap, no private addresses.

    Where `etag` or `last_modified` of an earlier answer are given, an unchanged one comes back as `not_modified`.
    """

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = "*/*",
        etag: str = "",
        last_modified: str = "",
    ) -> Response:
        """The answer to a GET, any status below 400. SourceError (address, status, reason) for all else."""
        ...

    def head(self, url: str) -> Response:
        """The answer to a HEAD, without content. Errors as `get`."""
        ...

    def post(self, url: str, content: bytes, media_type: str, *, headers: Mapping[str, str] | None = None) -> Response:
        """The answer to a POST of `content`. Errors as `get`."""
        ...

    def download(
        self,
        url: str,
        target: Path,
        *,
        max_bytes: int,
        accept: str = "*/*",
        offset: int = 0,
        etag: str = "",
        last_modified: str = "",
    ) -> Response:
        """Stream the answer into `target` (its `content` is empty). TooLarge over `max_bytes`, else as `get`.

        With an `offset` above 0 the rest is asked for and appended, if it is still the same file; else all of it comes.
        """
        ...

    def robots(self, url: str) -> bool:
        """Whether the robots.txt of its host lets us read `url`."""
        ...


def _unknown(_identifier: str) -> str:
    return ""


def _going_on() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Run:
    """One run: `since` None asks for a full listing; `position` is the last committed one of an interrupted run.

    `validators` are those that the last complete run gave by `Validators`; a full listing that must see every item
    has none. `known` gives the stored `validator` of an item by its identifier ("" for none), so that what has not
    changed need not be fetched. `stopped` tells whether the run was asked to end.
    """

    source: Source
    client: Client
    since: dt.datetime | None = None
    position: str | None = None
    limit: int | None = None
    full: bool = True
    validators: Mapping[str, str] = field(default_factory=dict)
    known: Callable[[str], str] = _unknown
    stopped: Callable[[], bool] = _going_on


@dataclass(frozen=True, slots=True)
class Found:
    """A record, its identifier in the source, and the raw bytes it was made of.

    `files` says how to open the bytes of resources (by `ResourceRecord.key`) that the harvester has at hand itself,
    such as those of a folder. Resources with a `download_url` and no entry here are fetched later by the engine.
    `validator` is the source's own mark of this state of the item (its datestamp, its ETag), at most 300 characters.
    """

    identifier: str
    record: DatasetRecord
    raw: bytes
    raw_type: str
    files: Mapping[str, Callable[[], BinaryIO]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    validator: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """An item as it came, not yet mapped. To be preferred to `Found` wherever the raw bytes are at hand.

    Where `raw` is byte for byte what it was at the last run, the engine marks the item as seen and never calls `read`.
    """

    identifier: str
    raw: bytes
    raw_type: str
    read: Callable[[], Found | Failed | Gone]
    validator: str = ""


@dataclass(frozen=True, slots=True)
class Same:
    """An item that is still there and, by the source's own mark (see `Run.known`), unchanged."""

    identifier: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The source says that this record was deleted."""

    identifier: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An item that cannot be read; the rest of the listing goes on. `identifier` "" where even that is unknown."""

    identifier: str
    problems: tuple[Problem, ...]
    raw: bytes = b""
    raw_type: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How far the listing has come; committed with the items before it. `total`: how many items the source announces.

    Who yields it takes it back in `Run.position` and goes on after it; a token that the source no longer takes means to
    begin again at `Run.since`. Repeated items do no harm.
    """

    token: str
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """What the source's own clock said when this listing began: where the next incremental run may start."""

    moment: dt.datetime


@dataclass(frozen=True, slots=True)
class Validators:
    """Marks of the state of the source as a whole, to be kept when this run ends complete."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source says that nothing at all changed since the last complete run (304): every item counts as seen."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Complete:
    """The whole listing was read, to its own end and its own count. Never after a cut or capped listing.

    An incremental listing ends with it too; the engine knows what it asked for.
    """


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The listing ended before its own end: `reason` says how it is known (short of its count, broken page …)."""

    reason: str


Event = Found | Raw | Same | Gone | Failed | Position | Since | Validators | Unchanged | Complete | Incomplete


class Harvester(Protocol):
    """Speaks one protocol. It may also say its `version` and whether it is `incremental`; see below."""

    name: str
    """The entry point, the `--type`, and the heading in docs/harvesters.md."""
    title: str
    """For people, in English, marked by `N_`."""
    options: tuple[Option, ...]

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the source lists. An unreachable source raises SourceError; a bad item is yielded as Failed."""
        ...


def version_of(harvester: Harvester) -> int:
    """The version of its mapping, its attribute `version`: raised when the same raw item maps to another record."""
    return int(getattr(harvester, "version", 1))


def is_incremental(harvester: Harvester) -> bool:
    """Whether it can list what changed since `Run.since`: its attribute `incremental`."""
    return bool(getattr(harvester, "incremental", False))
