"""What the services hand to the doors beyond the records themselves: pages of results, opened files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from opendata.catalog.licenses import Verdict
from opendata.catalog.records import DatasetRecord, OrganizationRecord, ResourceRecord, StudyRecord
from opendata.catalog.values import Disclosure, DisclosureStatus, Text
from opendata.reading.tablepreview import TablePreview
from opendata.search.marking import Piece
from opendata.search.notes import Note
from opendata.search.query import NO_WORDS, SearchQuery


@dataclass(frozen=True, slots=True)
class Passage:
    """Where the words stand inside a file. `page` counts from 1; 0 where the format has no pages.

    `viewable`: a browser can open the file itself, at that page.
    """

    resource_id: UUID
    resource_name: Text
    filename: str
    format: str
    page: int
    pieces: tuple[Piece, ...]
    viewable: bool = False

    @property
    def text(self) -> str:
        """Without marks."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a record was found inside its files: the best passages, and on how many `pages` of how many `files`.

    `everything`: these pages hold all the words, else any of them. `at_least`: not all pages could be looked at.
    """

    passages: tuple[Passage, ...]
    files: int
    pages: int
    everything: bool = True
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """Every page of some files that holds the words: `numbers` by checksum, and the passages of one leaf of the list.

    `everything` and `at_least` as in Inside.
    """

    passages: tuple[Passage, ...]
    numbers: Mapping[str, tuple[int, ...]]
    leaf: int
    leaves: int
    everything: bool
    at_least: bool

    @property
    def pages(self) -> int:
        """How many pages."""
        return sum(map(len, self.numbers.values()))


@dataclass(frozen=True, slots=True)
class Told:
    """A field of a record (description, title, organization, keywords, people, identifiers, table_of_contents, other)
    that holds what was searched: its best stretch, marked, or the whole name of the organization. `language` is ""
    where it is not known.
    """

    field: str
    pieces: tuple[Piece, ...]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One result: the record, what its licence says, and where words that were searched stand inside its files."""

    record: DatasetRecord | StudyRecord
    verdict: Verdict | None
    title: tuple[Piece, ...] = ()
    inside: Inside | None = None
    disclosure: DisclosureStatus = DisclosureStatus.OPEN
    """What its files come to together today; a study's own."""
    missing: tuple[str, ...] = ()
    """The words, as typed, that it lacks where no record holds all of them."""
    told: tuple[Told, ...] = ()
    """Where it says what was searched, where its files show nothing of it."""
    score: float = 0.0
    """How well it fits beside the others of the same search; 0 where nothing was searched for."""

    @property
    def kind(self) -> str:
        """dataset or study."""
        return "study" if isinstance(self.record, StudyRecord) else "dataset"

    @property
    def passage(self) -> Passage | None:
        """The best passage."""
        return self.inside.passages[0] if self.inside else None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One choice of a facet. `label` is for people; `chosen` when it is on.

    In a tree, `children` are the choices within this one, and its own count holds theirs.
    """

    value: str
    label: Text
    count: int
    chosen: bool = False
    children: tuple[FacetValue, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it or anything within it is chosen."""
        return self.chosen or any(child.open for child in self.children)


@dataclass(frozen=True, slots=True)
class Bar:
    """The records of the years `first` to `last`, both included; 0 for an end that is open."""

    first: int
    last: int
    count: int

    @property
    def value(self) -> str:
        """What the filter takes: 2019, 2015..2019, ..1999 or 2031.. ."""
        if self.first == self.last:
            return str(self.first)
        return f"{self.first or ''}..{self.last or ''}"


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter with its counted choices, by count (years by year); the chosen ones are always among them.

    `more` where there are others: those that `facets.values` gives. `bars` are those of the years.
    """

    name: str
    values: tuple[FacetValue, ...]
    more: bool = False
    bars: tuple[Bar, ...] = ()


Mark = tuple[int, str, str]
"""A place in a list of values by name."""


@dataclass(frozen=True, slots=True)
class FacetList:
    """A page of all values of one facet. `total` of them fit `find`; `cut` says that rare ones were left out. By name,
    `following` is the last of the page where there are more.
    """

    name: str
    query: SearchQuery
    values: tuple[FacetValue, ...]
    total: int
    page: int
    pages: int
    find: str
    order: str
    cut: bool
    records: int
    """How many records the search has."""
    active: tuple[ActiveFilter, ...] = ()
    following: Mark | None = None


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """A filter value that is on, with its label, for a chip that removes it."""

    name: str
    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of results with everything that a page, the API and an export show."""

    query: SearchQuery
    total: int
    cards: tuple[Card, ...]
    facets: tuple[Facet, ...]
    active: tuple[ActiveFilter, ...] = ()
    pages: int = 1
    notes: tuple[Note, ...] = ()
    """What of the query was not taken as typed."""
    complete: int = 0
    """How many of the total hold everything that was asked for. They come first; the others come closest."""
    checked: int = 0
    """In how many records a phrase was looked for, where there were more that may hold it; total and facets count those
    that do, and there may be others. 0: all were looked at."""
    following: UUID | None = None
    """In the order BY_ID, the id to go on behind; None at the end."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a dataset as its page lists it: licence verdict, whether it may be had now, what to show instead."""

    resource: ResourceRecord
    verdict: Verdict
    available: bool
    inline: bool


@dataclass(frozen=True, slots=True)
class RelatedRecord:
    """A relation as a page shows it: kind as seen from this record, and where it leads (slug of ours, or a link)."""

    kind: str
    title: Text
    slug: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """A dataset with everything its page shows. `permanent_path` is /id/<uuid>; `disclosure` stands today."""

    record: DatasetRecord
    verdict: Verdict
    files: tuple[FileLine, ...]
    related: tuple[RelatedRecord, ...]
    subjects: tuple[tuple[str, str, Text], ...]
    """(scheme, code, name of the code)"""
    permanent_path: str
    disclosure: Disclosure
    may_edit: bool = False


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A study with everything its page shows, as it stands on `today` (site's time zone)."""

    record: StudyRecord
    today: dt.date
    subjects: tuple[tuple[str, str, Text], ...]
    permanent_path: str
    may_edit: bool = False


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file's page. `page` counts from 1, `pages` is how many there are to leaf through (0: no text to show).

    `text` is the page's text with the query's words marked, `cut` when its end was left out; `hits` the pages that
    hold them, and `found` the list of them with their passages.
    """

    dataset: DatasetRecord
    line: FileLine
    page: int
    pages: int
    text: tuple[Piece, ...] = ()
    hits: tuple[int, ...] = ()
    found: Within | None = None
    table: TablePreview | None = None
    words: SearchQuery = NO_WORDS
    cut: bool = False

    @property
    def q(self) -> str:
        """What was typed."""
        return self.words.q


@dataclass(frozen=True, slots=True)
class InsidePage:
    """Where words stand in the files of a dataset."""

    dataset: DatasetRecord
    words: SearchQuery
    found: Within

    @property
    def q(self) -> str:
        """What was typed."""
        return self.words.q


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A stored file that the actor may have. `stream` is seekable; the door closes it."""

    stream: BinaryIO
    filename: str
    media_type: str
    byte_size: int
    checksum: str
    inline_allowed: bool
    encoding: str = ""
    """Python's name of the charset that a text is in, "" for what is no text."""
    modified: dt.datetime | None = None
    dataset_id: UUID | None = None
    resource_id: UUID | None = None
    public: bool = False
    """Whether anybody may have it."""


@dataclass(frozen=True, slots=True)
class ExternalFile:
    """A link of which we hold no copy."""

    url: str


@dataclass(frozen=True, slots=True)
class OrganizationPage:
    """An agency with the newest records of it and of those below it, and how many there are in all."""

    record: OrganizationRecord
    newest: tuple[Card, ...]
    datasets: int = 0
    studies: int = 0


@dataclass(frozen=True, slots=True)
class JobLine:
    """A harvest job with its counts by result (created, updated, unchanged, withdrawn, restored, rejected, …).

    `total` is how many items the source announced. `full`: it lists everything, else what changed. `missing` records
    were not in a complete listing and are left in the catalogue for some days, `pending` ones would be withdrawn if a
    person says so. `runs` processes worked on it: more than one where it was taken over.
    """

    id: int
    source: str
    status: str
    started: dt.datetime | None
    finished: dt.datetime | None
    counts: Mapping[str, int]
    message: str = ""
    created: dt.datetime | None = None
    dry_run: bool = False
    full: bool = True
    total: int | None = None
    stopping: bool = False
    missing: int = 0
    pending: int = 0
    runs: int = 0
    decided: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One problem of a job, as a table and a CSV show it. `value` is the beginning of what stood there; `has_raw`: the
    original of the item is kept.
    """

    identifier: str
    severity: str
    code: str
    field: str
    message: str
    hint: str
    created: dt.datetime | None = None
    value: str = ""
    has_raw: bool = False


@dataclass(frozen=True, slots=True)
class JobReport:
    """A job with its problems. `more` problems come after these, of `total` that were asked for; `kept` in all."""

    job: JobLine
    problems: tuple[ProblemLine, ...]
    more: int = 0
    total: int = 0
    kept: int = 0
