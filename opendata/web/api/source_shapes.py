"""What /api/v1 promises of harvest sources and their runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from opendata.services.results import JobLine


@dataclass(frozen=True, slots=True)
class Job:
    """A run of a source, with its counts by result. `pending` records wait for a person to say that they may go."""

    id: int
    source: str
    status: str
    dry_run: bool
    full: bool
    created: dt.datetime | None
    started: dt.datetime | None
    finished: dt.datetime | None
    total: int | None
    counts: Mapping[str, int]
    missing: int
    pending: int
    stopping: bool
    message: str


@dataclass(frozen=True, slots=True)
class Source:
    """A harvest source. Its credentials are never shown, only whether it has any."""

    name: str
    type: str
    title: str
    url: str
    organization: str
    frequency: str
    options: Mapping[str, str]
    priority: int
    withdraw_share: float | None
    grace_days: int | None
    full_days: int | None
    has_credentials: bool
    active: bool
    stopped_reason: str
    records: int
    withdrawn: int
    failures: int
    running: bool
    waiting: bool
    last_success: dt.datetime | None
    next_run: dt.datetime | None
    last_job: Job | None


@dataclass(frozen=True, slots=True)
class CredentialsGiven:
    """What a source is read with. `kind`: basic, bearer, header, query or s3."""

    kind: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class SourceGiven:
    """A source to write. What is None follows the settings of the site."""

    name: str
    type: str
    url: str
    title: str = ""
    organization: str = ""
    frequency: str = ""
    priority: int = 100
    withdraw_share: float | None = None
    grace_days: int | None = None
    full_days: int | None = None
    credentials: CredentialsGiven | None = None


@dataclass(frozen=True, slots=True)
class JobProblem:
    """What was wrong with one record of a run."""

    identifier: str
    severity: str
    code: str
    field: str
    message: str
    hint: str
    value: str
    created: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PendingRecord:
    """A record that its source has no more, and that would be withdrawn."""

    identifier: str
    slug: str
    missing_since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class SourceChange:
    """The fields of a source that may be changed."""

    url: str = ""
    title: str = ""
    organization: str = ""
    frequency: str = ""
    priority: int = 100
    withdraw_share: float | None = None
    grace_days: int | None = None
    full_days: int | None = None
    credentials: CredentialsGiven | None = None


def job(line: JobLine) -> Job:
    """The run as it is told."""
    return Job(
        id=line.id,
        source=line.source,
        status=line.status,
        dry_run=line.dry_run,
        full=line.full,
        created=line.created,
        started=line.started,
        finished=line.finished,
        total=line.total,
        counts=dict(line.counts),
        missing=line.missing,
        pending=line.pending,
        stopping=line.stopping,
        message=line.message,
    )
