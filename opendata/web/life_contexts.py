"""What the pages of a record's life and history at the desk may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.errors import Problem
from opendata.services.desk_records import RecordList, Wanted
from opendata.services.history import Note
from opendata.services.life import Standing
from opendata.services.reviewing import Word
from opendata.services.revisions import Line
from opendata.web.changes import ChangeRow
from opendata.web.contexts import Link, Pagination


@dataclass(frozen=True, slots=True)
class RecordsContext:
    """desk/records.html. `urls` lead to each record by its id; `new` to the forms of new ones."""

    list: RecordList
    wanted: Wanted
    states: tuple[Link, ...]
    urls: Mapping[str, str]
    new: tuple[Link, ...]
    pagination: Pagination


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a record's life. `place` is done, now or coming."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing, in words, and where it is mended. `blocking`: it cannot be published like this."""

    words: str
    blocking: bool
    url: str


@dataclass(frozen=True, slots=True)
class LifeContext:
    """desk/life/show.html. `words` are what was said, with the field in words; `page_url` is the page of the
    record that readers have, or would have; `person` who was named as the one that answers for it, to be mended; `me`
    is who asks.
    """

    standing: Standing
    place: str
    steps: tuple[Step, ...]
    words: tuple[tuple[Word, str], ...]
    lacks: tuple[Lack, ...]
    proposal: tuple[ChangeRow, ...]
    clashes: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    page_url: str
    edit_url: str
    states: int
    done: str = ""
    refused: str = ""
    problems: tuple[Problem, ...] = ()
    typed: str = ""
    person: str = ""
    me: str = ""
    files: object = None
    study: object = None

    @property
    def record(self) -> DatasetRecord | StudyRecord:
        """The record."""
        return self.standing.record


@dataclass(frozen=True, slots=True)
class HistoryContext:
    """desk/history/list.html. `next` is the number below which older states are listed, 0 for none."""

    kind: str
    place: str
    record: DatasetRecord | StudyRecord
    lines: tuple[Line, ...]
    next: int


@dataclass(frozen=True, slots=True)
class CompareContext:
    """desk/history/compare.html. `second` None: as it stands now. `restorable` may be brought back."""

    place: str
    record: DatasetRecord | StudyRecord
    first: Line
    second: Line | None
    rows: tuple[ChangeRow, ...]
    restorable: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RestoreContext:
    """desk/history/restore.html. `notes` are what does not come back, each with the field or file in words; `worth_it`
    whether anything would change.
    """

    place: str
    record: DatasetRecord | StudyRecord
    line: Line
    version: str
    rows: tuple[ChangeRow, ...]
    notes: tuple[tuple[Note, str], ...]
    worth_it: bool = True
    refused: str = ""
