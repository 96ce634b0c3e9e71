"""What is wrong in a bulk upload, cell by cell, in the reader's language.

data/upload_problems.toml has the words for the upload's own rules, data/record_problems.toml those for the rules that
all records keep to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from opendata.catalog.normalise import clean_text
from opendata.catalog.tables import table
from opendata.catalog.upload_columns import choices
from opendata.catalog.values import LANGUAGES, Text
from opendata.errors import Problem

MOST_CHOICES, MOST_LICENSES = 14, 5
"""Choices that a hint lists; of licences those that are recommended."""
MOST_VALUE = 200
"""Characters of a cell that a problem quotes."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One problem. `row` and `column` are numbered from 1; 0 stands for the whole sheet or row. `field` is the column
    of the model, `heading` what the sheet calls it, `filled` what goes into the braces of the message.
    """

    code: str
    sheet: str = ""
    row: int = 0
    column: int = 0
    field: str = ""
    heading: str = ""
    value: str = ""
    filled: Mapping[str, str] = dataclasses.field(default_factory=dict)
    severity: str = ""
    words: str = ""
    """The message where no table holds it: of a rule that all records keep to."""

    @property
    def is_error(self) -> bool:
        """Whether it keeps its row from being published."""
        return (self.severity or str(_table()[self.code]["severity"])) == "error"

    def message(self, language: str) -> str:
        """What is wrong, for a reader of `language`."""
        return self.words or self._filled("message", language)

    def hint(self, language: str) -> str:
        """How to mend it; "" where nothing is known."""
        return "" if self.words else self._filled("hint", language)

    def _filled(self, part: str, language: str) -> str:
        given = {"value": quoted(self.value), "sheet": self.sheet, **self.filled}
        if listed := self.filled.get("vocabulary"):
            offered, most = choices(listed, language), MOST_LICENSES if listed == "license" else MOST_CHOICES
            given["choices"] = "; ".join(offered[:most]) + (" …" if len(offered) > most else "")
        text = _texts()[self.code][part].show(language).value
        return text.format_map(_Known(given))


class _Known(dict[str, str]):
    """Names that nobody filled in stand for nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def quoted(value: str) -> str:
    """The beginning of a cell on one line, as a message quotes it."""
    line = clean_text(value)[0]
    return line if len(line) <= MOST_VALUE else line[: MOST_VALUE - 1] + "…"


def of_record(problem: Problem, cell: CellProblem) -> CellProblem:
    """A problem that the rules of all records found, at the place of `cell`."""
    known = problem.code in _table()
    return dataclasses.replace(
        cell,
        code=problem.code,
        value=cell.value or problem.value,
        severity=problem.severity,
        filled={**cell.filled, "message": quoted(problem.message)},
        words="" if known else problem.message,
    )


def codes() -> tuple[str, ...]:
    """Every code that has a message."""
    return tuple(_table())


@cache
def _table() -> dict[str, Any]:
    return {**table("record_problems"), **table("upload_problems")}


@cache
def _texts() -> dict[str, dict[str, Text]]:
    return {
        code: {
            "message": Text(**{one: entry[one] for one in LANGUAGES}, original="en"),
            "hint": Text(**{one: entry[f"hint_{one}"] for one in LANGUAGES}, original="en"),
        }
        for code, entry in _table().items()
    }
