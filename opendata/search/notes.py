"""What of a query was not understood, or was understood differently from how it was typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_NOTES = 10
"""Notes of one kind that a query gets; a thousand of them would help nobody."""


class NoteCode(StrEnum):
    """Kinds of notes. The doors have the words for each, in every language."""

    LAYOUT = "layout"  # typed on another keyboard layout: `reading` is searched too
    UNKNOWN_VALUE = "unknown_value"  # `name` is a filter that does not take this value: read as words
    UNKNOWN_PREFIX = "unknown_prefix"  # `name` is no filter: read as words
    NO_VALUE = "no_value"  # `name` is a filter and nothing stands behind its colon: left out
    OPEN_QUOTE = "open_quote"  # a quotation mark that is not closed: the phrase goes to the end
    SHORT_BEGINNING = "short_beginning"  # too few letters before the asterisk: read as a word
    LONE_OR = "lone_or"  # nothing on one side of it: left out
    LONE_MINUS = "lone_minus"  # nothing behind it: left out
    TOO_MANY = "too_many"  # more terms than are searched: the rest, which begins so, left out
    TOO_LONG = "too_long"  # more characters than are read: the end, left out
    NO_RECORD = "no_record"  # no record has this value of the filter `name`
    NO_WORDS = "no_words"  # nothing to search for in all of it


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell. `piece` is a part of the query as typed, `name` the filter that it is about, or its prefix.

    `reading` is what was searched instead of, or beside, what was typed.
    """

    code: NoteCode
    piece: str = ""
    name: str = ""
    reading: str = ""
