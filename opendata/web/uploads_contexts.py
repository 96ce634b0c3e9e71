"""What the pages of bulk uploads may use."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.errors import Problem
from opendata.services.uploads.viewing_results import (
    EditedRow,
    ProblemList,
    RowList,
    UploadList,
    UploadPage,
)
from opendata.web.contexts import DatasetContext, Link, Pagination


@dataclass(frozen=True, slots=True)
class UploadsContext:
    """desk/uploads.html."""

    list: UploadList
    pagination: Pagination


@dataclass(frozen=True, slots=True)
class UploadFormContext:
    """desk/upload_new.html. `organizations` are (slug, title) of those that one may upload for; sizes are in bytes,
    those of what a plain form may send, of what is taken in parts, and of the table alone.
    """

    organizations: tuple[tuple[str, str], ...]
    organization: str
    form_bytes: int
    most_bytes: int
    table_bytes: int
    most_rows: int
    tus_url: str
    create_url: str
    page_url: str
    """Where the pages of uploads are, to which the id is added."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadContext:
    """desk/upload.html: an upload from its check to its report. `conflict` says why the last thing asked was not done.

    `filters` are the kinds of rows, `show` and `q` those that are on; `share` is the progress in percent, None where
    nothing can be said of it.
    """

    upload: UploadPage
    rows: RowList
    general: ProblemList
    filters: tuple[Link, ...]
    show: str
    q: str
    page: int
    pagination: Pagination
    share: int | None
    publish: str
    """What the button says."""
    said: str
    """The list of words for what becomes, or became, of the rows."""
    conflict: str = ""
    held_url: str = ""
    """Where one answers for files that a mark of restricted use keeps back; "" where there are none."""
    done: str = ""
    problems: tuple[Problem, ...] = ()
    """What is wrong with a decision, and the words that were typed for it."""
    typed: str = ""
    headed: bool = False
    """Whether headings are known of a file that could not be taken, so that somebody may tell what they mean."""


@dataclass(frozen=True, slots=True)
class UndoContext:
    """desk/upload_undo.html, which asks before it is done. `edited` are the rows that keep it from being done."""

    upload: UploadPage
    made: int
    changed: int
    edited: tuple[EditedRow, ...]


@dataclass(frozen=True, slots=True)
class HeadingField:
    """A heading of a sheet as a field of the form. `like` are (column, words) that an unknown one may mean; `guessed`:
    it is only like the heading of its column.
    """

    name: str
    heading: str
    column: str
    like: tuple[tuple[str, str], ...]
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class HeadingSheet:
    """The headings of one kind of sheet, or (`sheets`) the names of all sheets; `choices` are (column, words)."""

    title: str
    headings: tuple[HeadingField, ...]
    choices: tuple[tuple[str, str], ...]
    sheets: bool = False


@dataclass(frozen=True, slots=True)
class ColumnsContext:
    """desk/upload_columns.html."""

    upload: UploadPage
    sheets: tuple[HeadingSheet, ...]


@dataclass(frozen=True, slots=True)
class PreviewContext:
    """desk/upload_preview.html: the page of a record that is not there yet. `row` is its number in the sheet."""

    dataset: DatasetContext
    row: int
    upload_url: str
