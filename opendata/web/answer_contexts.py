"""What pages may use that stand in the place of what was asked for: withdrawn, closed, or wrong."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.records import DatasetRecord, StudyRecord, Tombstone
from opendata.catalog.values import Disclosure, Text
from opendata.errors import Problem


@dataclass(frozen=True, slots=True)
class TombstoneContext:
    """datasets/tombstone.html, for a withdrawn dataset or study."""

    record: DatasetRecord | StudyRecord
    tombstone: Tombstone
    is_study: bool


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """errors/error.html: `detail` names what was wrong with the request, in English, "" else.

    `words` are those of a search that can be tried again, for its field.
    """

    status: int
    title: str
    advice: str
    detail: str
    problems: tuple[Problem, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class ClosedContext:
    """errors/closed.html: a file that is not open, with the record (`title`, `url`) that it belongs to."""

    title: Text
    url: str
    demo: bool
    disclosure: Disclosure
