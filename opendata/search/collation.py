"""The order of titles: digits, Latin, then the Kazakh alphabet, in which Russian letters keep their places."""

from __future__ import annotations

import re

from opendata.search.analysis.words import fold

_ALPHABET = "аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
# Code points of the private use area keep the alphabet in order and after Latin letters.
_PLACES = {ord(letter): 0xE000 + place for place, letter in enumerate(_ALPHABET)}
_LEADING = re.compile(r"^[\W_]+")
_DIGITS = re.compile(r"\d{1,12}")

MAX_KEY = 120
"""Characters of a title that decide its place."""


def title_key(title: str) -> str:
    """A string that sorts as `title` should: letter case and leading punctuation ignored, numbers by their value."""
    text = _LEADING.sub("", fold(title[: 2 * MAX_KEY]))[:MAX_KEY]
    return _DIGITS.sub(lambda match: match.group().zfill(12), text).translate(_PLACES)
