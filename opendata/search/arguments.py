"""Reads the parts of a search from URL arguments, each within its bounds, and says by name what is not allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from opendata.errors import Invalid, Problem
from opendata.search.filters import FILTERS, FilterDefinition, FilterKind, allowed

MAX_QUERY_CHARACTERS = 1_000
MAX_OFFSET = 100_000
MAX_VALUES = 50
"""The most values that one filter takes in one query."""
MAX_VALUE_CHARACTERS = 300
MAX_ALSO = 5
"""The most other wordings that are searched too; further ones are left out."""

SORTS = ("relevance", "-issued", "issued", "title", "-title", "-modified", "-downloads")

Pairs = list[tuple[str, str]]
Arguments = Mapping[str, Iterable[str] | str] | Iterable[tuple[str, str]]
"""URL arguments: a mapping (also a framework's multi-valued one) or pairs."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@runtime_checkable
class MultiDict(Protocol):
    """What Werkzeug gives for URL arguments: several values per name, of which plain mapping access shows one."""

    def lists(self) -> Iterable[tuple[str, list[str]]]:
        """Every name with all its values."""
        ...


def pairs_of(args: Arguments) -> Pairs:
    """Flat pairs of URL arguments in any of their shapes, in their order."""
    if isinstance(args, MultiDict):
        return [(name, value) for name, values in args.lists() for value in values]
    if not isinstance(args, Mapping):
        return list(args)
    return [(name, value) for name, given in args.items() for value in ([given] if isinstance(given, str) else given)]


def clean(text: str) -> str:
    """`text` without control characters and lone surrogates, each run of them a space."""
    return _UNPRINTABLE.sub(" ", text)


def refuse(parameter: str, value: str, allowed_text: str) -> Invalid:
    """The error for a parameter whose value is not allowed."""
    shown = clean(value)[:100]
    message = f"{parameter}={shown!r} is not allowed: {allowed_text}."
    return Invalid(message, [Problem("bad_parameter", message, field=parameter, hint=allowed_text)])


def read_words(pairs: Pairs) -> tuple[str, bool]:
    """The text of the search and whether it was cut to MAX_QUERY_CHARACTERS."""
    text = clean(next((value for name, value in pairs if name == "q"), "")).strip()
    return text[:MAX_QUERY_CHARACTERS].strip(), len(text) > MAX_QUERY_CHARACTERS


def read_also(pairs: Pairs) -> tuple[str, ...]:
    """Other wordings of the text, each once, in their order."""
    given = (" ".join(clean(value).split())[:MAX_VALUE_CHARACTERS] for name, value in pairs if name == "also")
    return tuple(dict.fromkeys(words for words in given if words))[:MAX_ALSO]


def read_sort(pairs: Pairs) -> str:
    """The order asked for, "" for none. Invalid for an unknown one."""
    sort = next((value for name, value in pairs if name == "sort"), "")
    if sort and sort not in SORTS:
        raise refuse("sort", sort, f"one of {', '.join(SORTS)}")
    return sort


def read_exact(pairs: Pairs) -> bool:
    """Whether words are wanted as they are typed only. Invalid for anything but 1 and 0."""
    value = next((value for name, value in pairs if name == "exact"), "")
    if value not in ("", "0", "1"):
        raise refuse("exact", value, "1 or 0")
    return value == "1"


def read_page(pairs: Pairs, size: int) -> int:
    """The page, from 1. Invalid for anything but a whole number whose first hit is within MAX_OFFSET."""
    value = next((value for name, value in pairs if name == "page"), "") or "1"
    last = MAX_OFFSET // max(size, 1) + 1
    if not (value.isascii() and value.isdigit() and len(value) < 9 and 1 <= int(value) <= last):
        raise refuse("page", value, f"a whole number from 1 to {last}")
    return int(value)


def read_filters(pairs: Pairs) -> dict[str, tuple[str, ...]]:
    """The chosen values by filter name, each once, in their order. Invalid for a value that a filter cannot take."""
    found: dict[str, dict[str, None]] = {}
    for definition in FILTERS.values():
        for name, raw in pairs:
            value = clean(raw).strip()
            if name == definition.parameter and value:
                found.setdefault(definition.name, {})[_checked(definition, value)] = None
    for name, values in found.items():
        if len(values) > MAX_VALUES:
            raise refuse(name, f"{len(values)} values", f"at most {MAX_VALUES} values")
    return {name: tuple(values) for name, values in found.items()}


def _checked(definition: FilterDefinition, value: str) -> str:
    if len(value) > MAX_VALUE_CHARACTERS:
        raise refuse(definition.parameter, value, f"at most {MAX_VALUE_CHARACTERS} characters")
    if not allowed(definition, value):
        years = definition.kind is FilterKind.YEARS
        expected = "a year or a range as 2019..2021" if years else f"one of {', '.join(definition.values)}"
        raise refuse(definition.parameter, value, expected)
    return value
