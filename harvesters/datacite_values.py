"""Safe reading of DataCite's JSON: strangers send text for lists, numbers for text, and null for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harvesters.terms import localized, merged
from opendata.catalog import vocabularies
from opendata.catalog.values import Text
from opendata.harvesting.xml import paragraphs

Values = Mapping[str, Any]


def text(values: Values, *names: str) -> str:
    """The first of these that says something, white space collapsed."""
    for name in names:
        value = values.get(name)
        if (
            isinstance(value, (str, int, float))
            and not isinstance(value, bool)
            and (said := " ".join(str(value).split()))
        ):
            return said
    return ""


def prose(values: Values, name: str) -> str:
    """What `name` says, with the empty lines between its paragraphs."""
    value = values.get(name)
    return paragraphs(value) if isinstance(value, str) else text(values, name)


def items(values: Values, name: str, main: str = "") -> list[Values]:
    """The objects of a list; a lone one is a list of one, and a bare text becomes an object with `main`."""
    value = values.get(name)
    parts = value if isinstance(value, list) else [value]
    found: list[Values] = []
    for part in parts:
        if isinstance(part, Mapping):
            found.append(part)
        elif main and isinstance(part, (str, int, float)) and str(part).strip():
            found.append({main: part})
    return found


def texts(values: Values, name: str) -> list[str]:
    """The texts of a list."""
    return [said for part in items(values, name, "value") if (said := text(part, "value"))]


def number(values: Values, name: str) -> float | None:
    """A finite number, None for none."""
    try:
        found = float(values[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) <= 1_000 else None


def language(values: Values) -> str:
    """The code of the language that a part is marked with, "" for none."""
    return vocabularies.language_code(text(values, "lang", "xml:lang"))


def side_by_side(parts: Iterable[tuple[str, str]], likely: str = "", *, join: bool = False) -> Text:
    """Texts with their languages as one: the first of each language, or all of a language as paragraphs (`join`)."""
    return merged((localized(value, code, likely) for value, code in parts), join=join)
