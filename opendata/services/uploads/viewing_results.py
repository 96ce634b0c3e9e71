"""What the pages and the API are told of bulk uploads: plain values, nothing that is still tied to the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from opendata.catalog.values import Text
from opendata.services.uploads.results import ProblemLine

LIVE = frozenset(("received", "checking", "publishing"))
"""Statuses in which the worker has the upload: it changes without anybody's doing."""
CHANGING = frozenset(("created", "updated", "restored"))
"""Results that change the catalogue."""


@dataclass(frozen=True, slots=True)
class UploadLine:
    """An upload in a list. `person` is "" where the account is gone; `counts` as the last step left them."""

    id: UUID
    filename: str
    organization: str
    organization_title: Text
    person: str
    status: str
    created: dt.datetime
    finished: dt.datetime | None
    counts: Mapping[str, int]

    @property
    def live(self) -> bool:
        """Whether the worker has it."""
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class UploadList:
    """Some uploads, newest first, of `total`; `more`: there are others behind them."""

    uploads: tuple[UploadLine, ...]
    total: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows of an upload there are of each kind. `good` have no error, `changing` are those of them that would
    change the catalogue, `chosen` those of these that are to be published; `warned` have a warning.
    """

    results: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    good: int = 0
    changing: int = 0
    chosen: int = 0
    warned: int = 0

    @property
    def failed(self) -> int:
        """How many have errors."""
        return self.total - self.good


@dataclass(frozen=True, slots=True)
class UploadPage:
    """An upload with what may be done with it now: publish, cancel, check, undo, failed (the sheet of failing rows),
    accept and return (what of it waits for a reviewer).

    `done` of `total` rows are through the step that runs; `stopping`: it was asked to stop. `general` is the number of
    problems that belong to no row.
    """

    line: UploadLine
    byte_size: int
    language: str
    message: str
    checked: dt.datetime | None
    undone: dt.datetime | None
    done: int
    total: int
    stopping: bool
    rows: RowCounts
    items: Mapping[str, int]
    """What it did to the catalogue: results with the number of records that still hang on it."""
    general: int
    may: frozenset[str]
    sends_in: bool = False
    """What the asker would publish of it waits for a reviewer."""
    waits: int = 0
    """Records, and changes of public ones, that wait for a reviewer."""
    returned: int = 0
    """Those that came back, to be mended."""
    reviewers: tuple[str, ...] | None = None
    """Who may accept them, by name; None where what the asker publishes waits for nobody."""
    deciding: bool = False
    """A decision on what waits is being carried out."""

    @property
    def published(self) -> int:
        """Records that it made public, or changed there."""
        return max(0, sum(self.items.values()) - self.waits - self.returned)


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a record that publishing changes, with short texts of it before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class UploadRowLine:
    """A row: `result` is what publishing would do with it, later what it did. `slug` leads to the record, "" for none;
    `has_page`: the page can be shown as it would look.
    """

    id: int
    sheet: str
    row: int
    kind: str
    identifier: str
    title: str
    result: str
    errors: int
    warnings: int
    chosen: bool
    slug: str
    has_page: bool
    changes: tuple[Change, ...]
    problems: tuple[ProblemLine, ...]

    @property
    def changing(self) -> bool:
        """Whether it may be published, and would change the catalogue."""
        return self.errors == 0 and self.result in CHANGING


@dataclass(frozen=True, slots=True)
class RowList:
    """Some rows, in the order of the sheet, of the `total` that fit."""

    rows: tuple[UploadRowLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ProblemList:
    """Some problems of `total`."""

    problems: tuple[ProblemLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A heading of a sheet of `kind` and the column that it is taken for: "" where it is left out,
    upload_headings.KEPT where its values are kept as a further field; `why` as upload_headings.Why has it. Of the kind
    "sheets" the heading is the name of a sheet, and the column its kind, KEPT where it is not known.
    """

    kind: str
    heading: str
    column: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class EditedRow:
    """A row whose record somebody edited after the upload; `slug` is "" for a study."""

    row: int
    title: str
    slug: str
