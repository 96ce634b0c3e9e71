"""What is wrong with a harvested record, in the reader's language; data/record_problems.toml has the words, by code."""

from __future__ import annotations

from dataclasses import dataclass

from opendata.catalog.tables import table
from opendata.catalog.upload_problems import CellProblem, codes

SOURCE_LANGUAGE = "en"
"""The language of messages as the harvesters make them."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong and what to do, both in `language`."""

    message: str
    hint: str
    language: str


def in_words(code: str, message: str, hint: str, language: str, *, field: str = "", value: str = "") -> Words:
    """The problem for a reader of `language`; as it was made where the tables have no words for it.

    `value` is the beginning of what stood there. Words that quote it are of no use where it was not kept.
    """
    if code not in codes() or (not value and "{value}" in _entry(code).get(language, "")):
        return Words(message, hint, SOURCE_LANGUAGE)
    filled = {"message": message, "field": field, "heading": field}
    cell = CellProblem(code, field=field, value=value, filled=filled)
    return Words(cell.message(language), cell.hint(language) or hint, language)


def saying(text: str, language: str) -> frozenset[str]:
    """The codes whose words in `language` hold `text`, in whatever case."""
    wanted = text.casefold()
    return frozenset(code for code in codes() if wanted in _entry(code).get(language, "").casefold())


def _entry(code: str) -> dict[str, str]:
    found = table("record_problems").get(code) or table("upload_problems").get(code)
    return {key: str(text) for key, text in (found or {}).items()}
