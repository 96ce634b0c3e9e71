"""What the advanced search form and the page about searching may use."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.values import Text
from opendata.errors import Problem
from opendata.search.composing import Boxes


@dataclass(frozen=True, slots=True)
class Option:
    """A value to tick; `level` counts from 0 in a tree."""

    value: str
    label: Text
    count: int
    chosen: bool
    level: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """The values of one filter, folded away unless `expanded`."""

    name: str
    title: str
    options: tuple[Option, ...]
    expanded: bool


@dataclass(frozen=True, slots=True)
class AdvancedContext:
    """datasets/advanced.html. `typed` are (name, words, value) of filters that are typed, `kept` (name, value)."""

    boxes: Boxes
    year_from: str
    year_to: str
    groups: tuple[Group, ...]
    typed: tuple[tuple[str, str, str], ...]
    kept: tuple[tuple[str, str], ...]
    sorts: tuple[tuple[str, str], ...]
    sort: str
    action: str
    help_url: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A query, what it finds, and its address."""

    q: str
    meaning: str
    url: str


@dataclass(frozen=True, slots=True)
class PrefixRow:
    """A filter with all the words for it, and a query that uses it in the language of the page."""

    title: str
    words: tuple[str, ...]
    example: Example


@dataclass(frozen=True, slots=True)
class HelpPageContext:
    """pages/search_help.html."""

    examples: tuple[Example, ...]
    prefixes: tuple[PrefixRow, ...]
    advanced_url: str
    search_url: str
