"""What the pages of the desk and of one's account may use, as opendata.web.contexts does for the public ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opendata.errors import Problem
from opendata.services.demand import DemandLanguage, DemandReport
from opendata.services.desk_previews import PreviewLine
from opendata.services.desk_results import (
    DeskPage,
    JobList,
    PendingLine,
    ReaderReports,
    SourceLine,
    SourcePage,
)
from opendata.services.results import JobLine, JobReport, ProblemLine
from opendata.services.uploads.viewing_results import UploadLine
from opendata.web.contexts import CardView, DatasetContext, Link, Pagination
from opendata.web.work_contexts import GroupView, ScopeView


@dataclass(frozen=True, slots=True)
class Frame:
    """Around every page behind the sign-in: who is signed in, the second menu, the way out."""

    person: str
    tabs: tuple[Link, ...]
    account: Link
    sign_out_url: str


@dataclass(frozen=True, slots=True)
class SignInContext:
    """account/sign_in.html. `refused`: the last try was wrong; `wait` minutes before the next one, 0 for none.
    `carried` are hidden fields: a form that was sent after the session had ended (opendata.web.forms.carrying).
    """

    next: str
    email: str = ""
    refused: bool = False
    wait: int = 0
    carried: tuple[tuple[str, str], ...] = ()
    unkept: bool = False
    """What is carried cannot be a draft: it is sent again as it was."""
    file: bool = False
    """A file was sent with it, which has to be chosen again."""


@dataclass(frozen=True, slots=True)
class PasswordContext:
    """account/password.html. `required`: nothing else is open before it is changed."""

    next: str
    email: str
    required: bool
    minimum: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class OverviewContext:
    """desk/overview.html. `groups` are what waits for who asks, `scope` what of it is shown, `beginnings` the ways to
    something new; `uploads` the latest bulk uploads, None for those who may not send any.
    """

    desk: DeskPage
    groups: tuple[GroupView, ...]
    scope: ScopeView
    beginnings: tuple[Link, ...]
    uploads: tuple[UploadLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class SourcesContext:
    """desk/sources.html."""

    sources: tuple[SourceLine, ...]
    may_add: bool
    done: str = ""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """desk/source.html, and desk/remove.html which asks before it is done."""

    page: SourcePage
    title: str
    options: tuple[tuple[str, str], ...]
    """(name, value) of those that were given."""
    local: bool
    """Whether the address is a path on the server."""
    frequency: str
    """In words, or the cron line."""
    share: str
    """Of the records that may vanish at once, in percent; "" where the site's setting holds."""
    running: JobLine | None = None
    """The job that goes on."""
    waiting: JobLine | None = None
    """The job that waits for a decision."""
    done: str = ""


@dataclass(frozen=True, slots=True)
class OptionField:
    """A declared option as a field of the form. `language` is that of `words`."""

    name: str
    words: str
    language: str
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...]
    """(code, words)"""
    bounds: str
    """What is allowed of a number, "" where anything is."""


@dataclass(frozen=True, slots=True)
class SourceFormContext:
    """desk/source_form.html. `name` and `heading` are those of the source that is changed, "" for a new one, for which
    `types` are links that switch the kind; the fields follow the chosen one.
    """

    name: str
    heading: str
    types: tuple[Link, ...]
    type: str
    type_title: str
    path: bool
    """Whether its address may be a path on the server,"""
    bucket: bool
    """the prefix of an S3 bucket,"""
    web: bool
    """an address of the web."""
    folders: tuple[str, ...]
    """What [harvest] folders allows."""
    owners: tuple[tuple[str, str], ...]
    """(slug, title) of the agencies that it may be added for."""
    owner_required: bool
    frequencies: tuple[tuple[str, str], ...]
    """(code, words)"""
    timezone: str
    """In which cron lines are read."""
    options: tuple[OptionField, ...]
    credentials: tuple[tuple[str, str], ...]
    """(kind, words) that may be chosen; "keep" for those there are."""
    has_credentials: bool
    defaults: Mapping[str, str]
    """What holds where a number is left empty."""
    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class JobsContext:
    """desk/jobs.html. `source` is the name of the only source, "" for all."""

    list: JobList
    source: str
    pagination: Pagination


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A problem in the reader's words; `language` is that of `message` and `hint`. `raw_url`: "" for none."""

    line: ProblemLine
    message: str
    hint: str
    language: str
    raw_url: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One of the first records of a dry run. `view` is None where no record could be made of it."""

    line: PreviewLine
    view: CardView | None
    problems: tuple[ProblemRow, ...]


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A way to narrow the problems: `choices` are (code, words with their number)."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class JobContext:
    """desk/job.html. `counts` are (result, number) that are not zero; `first` and `last` number the problems shown."""

    report: JobReport
    source: SourcePage
    message: str
    """In English."""
    counts: tuple[tuple[str, int], ...]
    problems: tuple[ProblemRow, ...]
    first: int
    last: int
    pagination: Pagination
    filters: tuple[FilterChoice, ...]
    q: str
    narrowed: bool
    """Whether only some problems are asked for."""
    csv_url: str
    json_url: str
    live: bool
    """Whether it still runs."""
    share: int | None
    """How much of it is done, in percent; None where that is not known."""
    previews: tuple[PreviewRow, ...] = ()
    pending: tuple[PendingLine, ...] = ()
    done: str = ""


@dataclass(frozen=True, slots=True)
class RecordPreviewContext:
    """desk/record_preview.html: the page of a record that a dry run found."""

    dataset: DatasetContext
    row: PreviewRow
    job_id: int
    source: str


@dataclass(frozen=True, slots=True)
class ReportsContext:
    """desk/problems.html. `states` are links with counts; `answered_id` is the report that `problems` belong to."""

    list: ReaderReports
    states: tuple[Link, ...]
    pagination: Pagination
    done: str = ""
    answered_id: str = ""
    answer: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class DemandContext:
    """desk/searches.html. `days` different days must have had words before they are shown, within `keep_days`."""

    report: DemandReport
    months: tuple[Link, ...]
    year_url: str
    table_url: str
    languages: tuple[tuple[str, DemandLanguage], ...]
    """(name of the language of the interface, its searches)"""
    days: int
    keep_days: int
