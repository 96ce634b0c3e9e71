"""What the desk and the account page are told: sources, the queue, readers' reports, somebody's own account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from opendata.catalog.values import Text
from opendata.services.results import JobLine
from opendata.services.source_rules import NewSource
from opendata.store.states import ReportState, Role


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A harvest source as the desk lists it, with its last job that was no dry run.

    `records` are those that stand, public or not; `withdrawn` ones are apart. `last_success` is when a run last read
    it, `next_run` when it is due (None: by hand only, or it is off), for the first time where it `is_new`.
    `stopped_reason` says why it was switched off by itself.
    """

    id: UUID
    name: str
    title: str
    type: str
    url: str
    active: bool
    organization: Text
    records: int
    last_job: JobLine | None = None
    last_success: dt.datetime | None = None
    next_run: dt.datetime | None = None
    stopped_reason: str = ""
    withdrawn: int = 0
    is_new: bool = False
    kind: str = ""
    """What its type is called, in English."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A source with its settings, its latest jobs, and what the asker may do with it.

    `settings` hold no credentials; `has_credentials` says whether there are any. `running`: it is being harvested,
    `waiting`: a harvest of it waits for the worker, `trying`: a dry run does.
    """

    line: SourceLine
    settings: NewSource
    has_credentials: bool
    created: dt.datetime
    version: str
    """Names its settings as they are: another one after every change of them."""
    failures: int
    """Runs that failed in a row."""
    jobs: tuple[JobLine, ...]
    running: bool
    waiting: bool
    trying: bool
    may_run: bool
    may_manage: bool
    may_withdraw: bool

    @property
    def live(self) -> bool:
        """Whether something of it goes on or is about to begin."""
        return self.running or self.waiting or self.trying


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A record that would be withdrawn if a person says so. `missing_since`: the first listing without it,
    None where the source itself called it deleted.
    """

    identifier: str
    slug: str
    title: Text
    missing_since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class JobList:
    """Some jobs, newest first, of `total`."""

    jobs: tuple[JobLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class QueueLine:
    """How much of a kind of work waits, is being done, and was given up."""

    kind: str
    waiting: int
    in_progress: int
    failed: int


@dataclass(frozen=True, slots=True)
class FailedWork:
    """A piece of work that was given up, with its last error."""

    id: int
    kind: str
    error: str
    finished: dt.datetime | None


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The overview. `queue` and `failed` are None for those who do not manage the site; `more_sources`: there are more
    than those first ones.
    """

    sources: tuple[SourceLine, ...]
    more_sources: bool
    jobs: tuple[JobLine, ...]
    queue: tuple[QueueLine, ...] | None
    failed: tuple[FailedWork, ...]
    may_add_source: bool


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """What a reader wrote about a record. `contact` is "" for those who may not answer. `taken_by` sees to it, or has
    answered it, `mine` where that is the asker; `again`: the reader was answered, and says that it does not help.
    `is_told`: the answer goes to them by mail.
    """

    id: UUID
    kind: str
    slug: str
    title: Text
    message: str
    contact: str
    state: ReportState
    answer: str
    created: dt.datetime
    answered: dt.datetime | None
    may_answer: bool
    taken_by: str = ""
    mine: bool = False
    again: bool = False
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class ReaderReports:
    """Some reports, newest first; `counts` holds how many there are by state."""

    reports: tuple[ReaderReport, ...]
    counts: Mapping[ReportState, int]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Who the asker is. `roles` are those given, by title of the organisation; they hold below it too."""

    name: str
    email: str
    sysadmin: bool
    roles: tuple[tuple[str, Text, Role], ...]
    """(slug, title, role)"""
    last_login: dt.datetime | None
    language: str = ""
    """In which letters are written to them; "" for the site's."""
    has_password: bool = True
    """Not where they sign in by a provider alone."""
    answers_for: Mapping[str, int] = field(default_factory=dict)
    """How many records of each kind ("datasets", "studies", "sources") are theirs to look after."""
    drafts: int = 0
    """Forms that they began and did not send."""
