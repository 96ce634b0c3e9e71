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
    """A harvest source as a harvester sees it. `options` holds every declared option, defaults filled in."""

    id: UUID
    name: str
    type: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict)


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


class Client(Protocol):
    """HTTP with manners: time-outs, retries, Retry-After, pace per host, a size cap, no private addresses."""

    def get(self, url: str, params: Mapping[str, str] | None = None, *, accept: str = "*/*") -> Response:
        """The answer to a GET, any status below 400. SourceError (address, status, reason) for all else."""
        ...

    def download(self, url: str, target: Path, *, max_bytes: int) -> Response:
        """Stream the answer into `target` (its `content` is empty). TooLarge over `max_bytes`, else as `get`."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """One run: `since` None asks for a full listing; `position` is the last committed one of an interrupted run."""

    source: Source
    client: Client
    since: dt.datetime | None = None
    position: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A record, its identifier in the source, and the raw bytes it was made of.

    `files` says how to open the bytes of resources (by `ResourceRecord.key`) that the harvester has at hand itself,
    such as those of a folder. Resources with a `download_url` and no entry here are fetched later by the engine.
    """

    identifier: str
    record: DatasetRecord
    raw: bytes
    raw_type: str
    files: Mapping[str, Callable[[], BinaryIO]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


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
    """How far the listing has come; committed with the items before it."""

    token: str


@dataclass(frozen=True, slots=True)
class Complete:
    """The whole listing was read, to its own end and its own count. Never after a cut or capped listing."""


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The listing ended before its own end: `reason` says how it is known (short of its count, broken page …)."""

    reason: str


Event = Found | Gone | Failed | Position | Complete | Incomplete


class Harvester(Protocol):
    """Speaks one protocol."""

    name: str
    """The entry point, the `--type`, and the heading in docs/harvesters.md."""
    title: str
    """For people, in English, marked by `N_`."""
    options: tuple[Option, ...]

    def harvest(self, run: Run) -> Iterator[Event]:
        """Everything the source lists. An unreachable source raises SourceError; a bad item is yielded as Failed."""
        ...
