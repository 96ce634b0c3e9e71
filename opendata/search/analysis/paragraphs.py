"""Where the paragraphs of a text are, each in one language more or less."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 1_000
"""Characters after which a paragraph is cut at the next blank; text read from files often has no empty lines."""

_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")
# Not where a word is broken: both halves must be seen together.
_BLANK = re.compile(r"(?<=[^\s\-\u2010\u2011\u00ad])\s")


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of the paragraphs of `text`, in order and without a gap; none for no text."""
    start = 0
    for match in _EMPTY_LINE.finditer(text):
        yield from _cut(text, start, match.end())
        start = match.end()
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        blank = _BLANK.search(text, start + LONGEST, end)
        if blank is None:
            break
        yield start, blank.end()
        start = blank.end()
    if start < end:
        yield start, end
