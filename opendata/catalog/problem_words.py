"""What is wrong with a harvested record, in the reader's language; data/record_problems.toml has the words, by code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter

from opendata.catalog.run_words import in_language
from opendata.catalog.tables import table
from opendata.catalog.upload_problems import quoted

_WORD = re.compile(r"\w+")
_SAME = {"dataset": "record", "entry": "record", "item": "record", "a": "the", "an": "the"}
"""Words of messages that say no more than others of the tables."""

SOURCE_LANGUAGE = "en"
"""The language of messages as the harvesters make them."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong and what to do, both in `language`."""

    message: str
    hint: str
    language: str


def in_words(code: str, message: str, hint: str, language: str, *, field: str = "", value: str = "") -> Words:
    """The problem for a reader of `language`. `value` is the beginning of what stood there.

    As it was made where the tables have no words for it, or where these name something that was not kept with it.
    """
    words = entry(code)
    told = "" if _repeats(message, words.get(SOURCE_LANGUAGE, "")) else in_language(message, language)
    given = {"value": quoted(value), "message": quoted(told), "field": field}
    filled = [_filled(words.get(key, ""), given) for key in (language, f"hint_{language}")]
    if not filled[0]:
        return Words(message, hint, SOURCE_LANGUAGE)
    return Words(filled[0], filled[1] or "", language)


def saying(text: str, language: str) -> frozenset[str]:
    """The codes whose words in `language` hold `text`, in whatever case."""
    wanted = text.casefold()
    return frozenset(code for code, words in _entries().items() if wanted in words.get(language, "").casefold())


def entry(code: str) -> Mapping[str, str]:
    """The words for a code by language, and its hints as hint_LANGUAGE; empty for one that has none. Those for records
    go before those for rows of a spreadsheet.
    """
    return _entries().get(code, {})


@cache
def _entries() -> Mapping[str, Mapping[str, str]]:
    return {**table("upload_problems"), **table("record_problems")}


def _repeats(message: str, template: str) -> bool:
    """Whether the message has no word that is not in the template itself, of whatever kind of thing it calls it."""
    said, own = ({_SAME.get(word, word) for word in _WORD.findall(text.lower())} for text in (message, template))
    return said <= own


def _filled(template: str, given: Mapping[str, str]) -> str | None:
    """The template with its names filled in; None where one of them is not known. What was said is no name that it
    needs.
    """
    if not given["message"]:
        template = template.removesuffix(": {message}")
    names = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    return template.format_map(given) if all(given.get(name) for name in names) else None
