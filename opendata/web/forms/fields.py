"""What a form is made of: sections with fields and with rows of fields, each with its words and its bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from flask_babel import LazyString

from opendata.catalog.values import LANGUAGES

Words: TypeAlias = "str | LazyString"

MARK = "row"
"""The hidden field that every row has, so that one without anything typed in it is still there."""
LINE, LONG = 1_000, 100_000
"""Characters that a line and a long text may have, where a field says nothing else."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; `group` is the heading that it stands under."""

    value: str
    words: str
    group: str = ""


Choices: TypeAlias = "Sequence[Choice] | Callable[[], Sequence[Choice]]"


class Kind(StrEnum):
    """How a field is typed."""

    LINE = "line"
    PROSE = "prose"
    TEXT = "text"
    """A line in each language."""
    TEXTS = "texts"
    """Several lines in each language."""
    WORDS = "words"
    """One keyword a line, in each language."""
    CHOICE = "choice"
    CHECKS = "checks"
    FLAG = "flag"
    DATE = "date"
    """A day, a month or a year."""
    DAY = "day"
    WHOLE = "whole"
    DECIMAL = "decimal"
    URL = "url"
    EMAIL = "email"
    HIDDEN = "hidden"


IN_LANGUAGES = frozenset({Kind.TEXT, Kind.TEXTS, Kind.WORDS})
LONG_KINDS = frozenset({Kind.PROSE, Kind.TEXTS, Kind.WORDS})
OTHER = "other"
"""Stands in the place of a language for a text in any other one."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is that of the record's field, with a point where that has parts (temporal.start).

    `choices` may also be given when the form is shown (those that depend on who asks). `empty` are the words for no
    choice; without them one of the choices is always chosen. `lookup` is the kind of completion (person, organization,
    subject, keyword, record, study), `check` what the value is checked for at once (orcid, doi, url …).
    """

    name: str
    label: Words
    kind: Kind = Kind.LINE
    hint: Words = ""
    limit: int = 0
    required: bool = False
    choices: Choices = ()
    empty: Words = ""
    lookup: str = ""
    check: str = ""
    check_by: str = ""
    """The field of the same row that says what it is checked for."""

    @property
    def most(self) -> int:
        """Characters that it may have."""
        return self.limit or (LONG if self.kind in LONG_KINDS else LINE)

    @property
    def names(self) -> tuple[str, ...]:
        """What its parts are called: one a language, where it has several."""
        if self.kind in IN_LANGUAGES:
            return tuple(f"{self.name}.{code}" for code in (*LANGUAGES, OTHER))
        return (self.name,)

    def offered(self) -> Sequence[Choice]:
        """What may be chosen, in the language of the page."""
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True, slots=True)
class Rows:
    """Fields that repeat: NAME-0-FIELD, NAME-1-FIELD … `one` calls a single row, `add` stands on the button."""

    name: str
    label: Words
    one: Words
    add: Words
    parts: tuple[Field | Rows, ...]
    hint: Words = ""
    limit: int = 100
    start: int = 0
    """Empty rows that are shown where there are none."""


Part: TypeAlias = "Field | Rows"


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together, under a heading."""

    name: str
    label: Words
    parts: tuple[Part, ...]
    hint: Words = ""


@dataclass(frozen=True)
class Form:
    """A whole form."""

    sections: tuple[Section, ...]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The fields and rows of all sections, in order."""
        return tuple(part for section in self.sections for part in section.parts)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Every field by its path without the numbers of rows (contracts-deliverables-due)."""
        return dict(_paths(self.parts, ""))

    @cached_property
    def _leaves(self) -> Mapping[str, Field]:
        return {
            f"{path.rpartition('-')[0]}-{name}".lstrip("-"): one
            for path, one in self.fields.items()
            for name in one.names
        }

    @cached_property
    def rows(self) -> Mapping[str, Rows]:
        """Every group of rows by its path."""
        return dict(_row_paths(self.parts, ""))

    def field(self, name: str) -> Field | None:
        """The field that a name of the form is of: `contracts-0-number`, `title.kk`; None for a name that is none."""
        return self._leaves.get(path_of(name) or "?")

    def is_mark(self, name: str) -> bool:
        """Whether the name is that of the hidden field of a row."""
        path = path_of(name)
        return path is not None and path.endswith(f"-{MARK}") and path.removesuffix(f"-{MARK}") in self.rows

    def group(self, name: str) -> Rows | None:
        """The rows of that name: `contracts`, `contracts-0-deliverables`."""
        return self.rows.get(path_of(name) or "?")


def path_of(name: str) -> str | None:
    """The name without the numbers of rows; None where these do not stand between the names."""
    pieces = name.split("-")
    numbers = pieces[1::2]
    if not all(one.isascii() and one.isdecimal() and len(one) <= 4 for one in numbers):
        return None
    return "-".join(pieces[::2])


def _paths(parts: Sequence[Part], above: str) -> Iterator[tuple[str, Field]]:
    for part in parts:
        if isinstance(part, Rows):
            yield from _paths(part.parts, f"{above}{part.name}-")
        else:
            yield f"{above}{part.name}", part


def _row_paths(parts: Sequence[Part], above: str) -> Iterator[tuple[str, Rows]]:
    for part in parts:
        if isinstance(part, Rows):
            yield f"{above}{part.name}", part
            yield from _row_paths(part.parts, f"{above}{part.name}-")
