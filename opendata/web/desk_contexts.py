"""What the pages of the desk and of one's account may use, as opendata.web.contexts does for the public ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opendata.errors import Problem
from opendata.services.demand import DemandLanguage, DemandReport
from opendata.services.desk_results import AccountPage, DeskPage, JobList, ReaderReports, SourcePage
from opendata.services.results import JobReport, SourceLine
from opendata.services.uploads.viewing_results import UploadLine
from opendata.web.contexts import Link, Pagination


@dataclass(frozen=True, slots=True)
class Frame:
    """Around every page behind the sign-in: who is signed in, the second menu, the way out."""

    person: str
    tabs: tuple[Link, ...]
    sign_out_url: str


@dataclass(frozen=True, slots=True)
class SignInContext:
    """account/sign_in.html. `refused`: the last try was wrong; `wait` minutes before the next one, 0 for none."""

    next: str
    email: str = ""
    refused: bool = False
    wait: int = 0


@dataclass(frozen=True, slots=True)
class PasswordContext:
    """account/password.html. `required`: nothing else is open before it is changed."""

    next: str
    email: str
    required: bool
    minimum: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountContext:
    """account/account.html. `new_token` is shown this once; `done` says what has just been done."""

    account: AccountPage
    max_days: int
    done: str = ""
    new_token: str = ""
    token_name: str = ""
    token_days: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class OverviewContext:
    """desk/overview.html. `troubled` are the sources whose last job went wrong, `uploads` the latest bulk uploads, None
    for those who may not send any; `held` files wait for an answer.
    """

    desk: DeskPage
    troubled: tuple[SourceLine, ...]
    uploads: tuple[UploadLine, ...] | None = None
    held: int = 0


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
    """desk/new_source.html. `types` are links that switch the kind; the fields follow the chosen one."""

    types: tuple[Link, ...]
    type: str
    local: bool
    folders: tuple[str, ...]
    """What [harvest] folders allows."""
    owners: tuple[tuple[str, str], ...]
    """(slug, title) of the agencies that it may be added for."""
    owner_required: bool
    frequencies: tuple[tuple[str, str], ...]
    """(code, words)"""
    options: tuple[OptionField, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class JobsContext:
    """desk/jobs.html. `source` is the name of the only source, "" for all."""

    list: JobList
    source: str
    pagination: Pagination


@dataclass(frozen=True, slots=True)
class JobContext:
    """desk/job.html. `counts` are (result, number) that are not zero; `first` and `last` number the problems shown."""

    report: JobReport
    counts: tuple[tuple[str, int], ...]
    first: int
    last: int
    pagination: Pagination
    live: bool
    """Whether it still runs."""


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
